"""What a button of the ticket page does: one service call each, and a word about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.admin.ticket_forms import ActionForm, ContactForm, MergeForm
from tickets.admin.ticket_missing_forms import CompleteForm, ReturnForm
from tickets.models import Ticket
from tickets.services import (
    cancelling,
    chases,
    claims,
    completing,
    consultations,
    merging,
    notes,
    priorities,
    privacy,
    reopening,
    returns,
    transfers,
    waiting,
    watching,
    work,
)


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts on what, when; ``seen`` is the last event that the page showed them."""

    ticket: Ticket
    user: Any
    form: ActionForm
    now: datetime
    seen: int | None

    def __getitem__(self, name: str) -> Any:
        return self.form.cleaned_data[name]

    @property
    def who(self) -> dict[str, Any]:
        return {"number": self.ticket.number, "acting_user": self.user, "now": self.now}

    @property
    def who_saw(self) -> dict[str, Any]:
        return {**self.who, "expected_event": self.seen}


@dataclass(frozen=True, slots=True)
class Button:
    """``label`` is on the button, ``done`` is said afterwards; ``key`` opens it by keyboard.

    ``rare`` ones wait in a menu.
    """

    label: Any
    done: Any
    run: Callable[[Act], object]
    key: str = ""
    rare: bool = False


def _contact(act: Act) -> object:
    kind, result = cast(ContactForm, act.form).kind_and_result()
    return work.log_contact(
        **act.who_saw,
        kind=kind,
        result=result,
        at=act["at"],
        note=act["note"],
        next_try_at=act["next_try_at"],
        resume=act.form.cleaned_data.get("resume", False),
    )


def _resolve(act: Act) -> object:
    return work.resolve(**act.who_saw, code=act["code"], summary=act["summary"])


def _wait(act: Act) -> object:
    return waiting.wait(**act.who_saw, note=act["note"], next_try_at=act["next_try_at"])


def _return(act: Act) -> object:
    form = cast(ReturnForm, act.form)
    return returns.return_ticket(**act.who_saw, reason=act["reason"], missing=form.missing())


def _complete(act: Act) -> object:
    form = cast(CompleteForm, act.form)
    return completing.complete(**act.who_saw, corrections=form.corrections(), note=act["note"])


def _transfer(act: Act) -> object:
    return transfers.transfer(
        **act.who_saw,
        reason=act["reason"],
        team=act["team"] or None,
        person=act["person"] or None,
        skill=act["skill"] or None,
    )


def _priority(act: Act) -> object:
    chosen = int(act["priority"]) if act["priority"] else -1
    return priorities.set_priority(**act.who, priority=chosen, reason=act["reason"])


def _merge(act: Act) -> object:
    return merging.merge(**act.who, into=cast(MergeForm, act.form).into(), reason=act["reason"])


def _follow_up(act: Act) -> object:
    """A contact about the same question; its hand-over will follow this ticket."""
    return consultations.start_consultation(
        acting_user=act.user,
        channel=act["channel"],
        utterance=act["utterance"],
        question_key=act.ticket.question.key,
        now=act.now,
    )


BUTTONS: Mapping[str, Button] = {
    "claim": Button(
        _("Take this ticket"),
        _("The ticket is yours now."),
        lambda act: claims.claim(**act.who),
        "t",
    ),
    "contact": Button(_("Log a contact"), _("The contact is logged."), _contact, "c"),
    "resolve": Button(_("Resolve"), _("The ticket is resolved."), _resolve, "s"),
    "wait": Button(_("Wait for the user"), _("The ticket waits for the user."), _wait, "w"),
    "resume": Button(
        _("Take the work up again"),
        _("The ticket is in work again."),
        lambda act: waiting.resume(**act.who_saw, note=act["note"]),
        "u",
    ),
    "complete": Button(
        _("Complete and send back"), _("The ticket is back in its team's queue."), _complete, "e"
    ),
    "note": Button(
        _("Add a note"),
        _("The note is in the timeline."),
        lambda act: notes.add_note(**act.who_saw, note=act["note"]),
        "o",
    ),
    "reopen": Button(
        pgettext_lazy("ticket", "Reopen"),
        _("The ticket is open again."),
        lambda act: reopening.reopen(**act.who_saw, reason=act["reason"]),
        "a",
    ),
    "follow_up": Button(
        _("Begin a contact that follows"),
        _("The contact has begun; its hand-over will follow the old ticket."),
        _follow_up,
        "b",
    ),
    "return": Button(
        _("Return to tier 1"), _("The ticket is with tier 1."), _return, "r", rare=True
    ),
    "chase": Button(
        _("Record a chase"),
        _("The chase is recorded."),
        lambda act: chases.chase(**act.who, note=act["note"]),
        "h",
        rare=True,
    ),
    "transfer": Button(_("Pass on"), _("The ticket is passed on."), _transfer, "f", rare=True),
    "priority": Button(_("Set the priority"), _("The priority is set."), _priority, "i", rare=True),
    "release": Button(
        _("Give back to the queue"),
        _("The ticket is back in the queue."),
        lambda act: claims.release(**act.who, note=act["note"]),
        "l",
        rare=True,
    ),
    "merge": Button(
        _("Merge into another ticket"), _("The tickets are merged."), _merge, "m", rare=True
    ),
    "cancel": Button(
        _("Cancel the ticket"),
        _("The ticket is cancelled."),
        lambda act: cancelling.cancel(**act.who_saw, reason=act["reason"]),
        rare=True,
    ),
    "watch": Button(
        _("Watch"),
        _("You are told what happens to it."),
        lambda act: watching.watch(**act.who),
        "v",
        rare=True,
    ),
    "unwatch": Button(
        _("Watch no more"),
        _("You are told no more."),
        lambda act: watching.unwatch(**act.who),
        "v",
        rare=True,
    ),
    "reveal": Button(
        _("Reveal"),
        _("Shown this once; the timeline says so."),
        lambda act: privacy.reveal(**act.who, reason=act["reason"]),
    ),
}
"""In the order in which they are offered."""
