"""Reading contacts with tier 1."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import NotFound
from tickets.models import Consultation
from tickets.selectors.archive import archived_of


def consultation_get_for(*, user: Any, consultation_id: int) -> Consultation:
    """One contact with its question and ticket, or ``NotFound`` when ``user`` may not see it.

    A ticket that is archived is given as it was, to be shown.
    """
    found = (
        Consultation.objects.visible_to(user)
        .select_related(
            "question__category", "question__flow", "ticket__question", "agent", "intake__bot"
        )
        .filter(pk=consultation_id)
        .first()
    )
    if found is None:
        raise NotFound(_("There is no such contact, or you may not see it."))
    if found.archived_id is not None:
        found.ticket = archived_of(found, user=user)
    return found


def open_consultations(*, user: Any) -> QuerySet[Consultation]:
    """The agent's own contacts that have not ended, the latest first: what was left lying long
    ago does not push the user of a moment ago out of a short list."""
    return (
        Consultation.objects.filter(agent=user, status="open")
        .select_related("question")
        .order_by("-started_at", "-pk")
    )
