"""What a button of the ticket page does: one service call each, and a word about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.utils.translation import gettext_lazy as _

from tickets.admin.ticket_forms import ActionForm, ContactForm
from tickets.services import chases, claims, privacy, work

Run = Callable[[str, Any, ActionForm, datetime], object]


@dataclass(frozen=True, slots=True)
class Button:
    """``label`` is on the button, ``done`` is said afterwards; ``key`` opens it by keyboard."""

    label: Any
    done: Any
    run: Run
    key: str = ""


def _claim(number: str, user: Any, form: ActionForm, now: datetime) -> object:
    return claims.claim(number=number, acting_user=user, now=now)


def _release(number: str, user: Any, form: ActionForm, now: datetime) -> object:
    return claims.release(number=number, acting_user=user, now=now, note=form.cleaned_data["note"])


def _contact(number: str, user: Any, form: ActionForm, now: datetime) -> object:
    kind, result = cast(ContactForm, form).kind_and_result()
    return work.log_contact(
        number=number,
        acting_user=user,
        kind=kind,
        result=result,
        now=now,
        note=form.cleaned_data["note"],
        next_try_at=form.cleaned_data["next_try_at"],
    )


def _note(number: str, user: Any, form: ActionForm, now: datetime) -> object:
    return work.add_note(number=number, acting_user=user, note=form.cleaned_data["note"], now=now)


def _resolve(number: str, user: Any, form: ActionForm, now: datetime) -> object:
    return work.resolve(
        number=number,
        acting_user=user,
        code=form.cleaned_data["code"],
        summary=form.cleaned_data["summary"],
        now=now,
    )


def _chase(number: str, user: Any, form: ActionForm, now: datetime) -> object:
    return chases.chase(number=number, acting_user=user, note=form.cleaned_data["note"], now=now)


def _reveal(number: str, user: Any, form: ActionForm, now: datetime) -> object:
    return privacy.reveal(number=number, acting_user=user, now=now)


BUTTONS: Mapping[str, Button] = {
    "claim": Button(_("Take this ticket"), _("The ticket is yours now."), _claim, "t"),
    "contact": Button(_("Log a contact"), _("The contact is logged."), _contact, "c"),
    "resolve": Button(_("Resolve"), _("The ticket is resolved."), _resolve, "s"),
    "note": Button(_("Add a note"), _("The note is in the timeline."), _note, "o"),
    "chase": Button(_("Record a chase"), _("The chase is recorded."), _chase),
    "release": Button(_("Give back to the queue"), _("The ticket is back in the queue."), _release),
    "reveal": Button(_("Reveal"), _("Shown this once; the timeline says so."), _reveal),
}
