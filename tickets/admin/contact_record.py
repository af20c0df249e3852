"""One contact as a manager may read it: what was asked, the way through its flow, how it ended.

Nothing can be done here, and nothing personal is shown: a manager looks at how a contact went,
and does not work with its user.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from klingdesk.core.account_id import mask_account_id
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render
from tickets.admin.console_path import PathLine, collected_lines, path_lines
from tickets.models import Consultation
from tickets.models.labels import ConsultationStatus
from tickets.selectors.consultations import consultation_get_for
from tickets.selectors.masking import masked_text
from tickets.selectors.people import name_of
from tickets.selectors.runs import run_state

_TONES: dict[str, str] = {
    ConsultationStatus.OPEN: "info",
    ConsultationStatus.ANSWERED: "ok",
    ConsultationStatus.CHASED: "warn",
}


@desk_page(Role.MANAGER)
def contact_record(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Whoever may see the contact (``visible_to``) and manages; 404 for any other number."""
    contact = consultation_get_for(user=request.user, consultation_id=contact_id)
    state = run_state(contact)
    context: dict[str, Any] = {
        "title": _("Contact %(number)s") % {"number": contact.pk},
        "contact": contact,
        "agent": name_of(contact.agent),
        "agent_name": contact.agent.get_username(),
        "tone": _TONES.get(contact.status, ""),
        "is_running": contact.status == ConsultationStatus.OPEN,
        "utterance": masked_text(contact.utterance),
        "account": _masked_account(contact),
        "steps": [masked_line(line) for line in path_lines(contact, state)],
        "collected": collected_lines(state, plain=False) if state else (),
        "ticket": contact.ticket,
    }
    return desk_render(request, "admin/contacts/record.html", context)


def _masked_account(contact: Consultation) -> str:
    return mask_account_id(contact.account_id) if contact.account_id else ""


def masked_line(line: PathLine) -> PathLine:
    """A line of the path for whoever does not work with the user."""
    return replace(line, text=masked_text(line.text), answer=masked_text(line.answer))


urlpatterns: list[URLPattern] = [
    path("contacts/<int:contact_id>/", contact_record, name="contact_record"),
]
