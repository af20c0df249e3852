"""A running contact goes from one agent to another, and its run goes on at the same step."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from klingdesk.core.roles import Role, roles_of
from notices.services import notify
from tickets.models import Consultation, ContactTransfer
from tickets.models.labels import ConsultationStatus
from tickets.selectors.people import active_agents, name_of
from tickets.services.locking import lock_own_consultation

MOST_NOTE = 300
"""Characters of the note that goes along."""


@transaction.atomic
def pass_on(
    *, consultation_id: int, to_agent: str, acting_user: Any, note: str = "", now: datetime
) -> Consultation:
    """Give an open contact to the agent with the user name ``to_agent``.

    By its agent, or by a manager in the agent's place. ``Invalid`` with the fields ``to`` (no
    active agent, or the one who has it already) and ``note``; ``Conflict`` once it is over.
    """
    consultation = lock_own_consultation(
        consultation_id=consultation_id, acting_user=acting_user, for_others=True
    )
    receiver = active_agents().filter(username=to_agent).first() if to_agent else None
    errors = _note_errors(note)
    if receiver is None:
        errors["to"] = [_("Choose a colleague who is an active agent.")]
    elif receiver.pk == consultation.agent_id:
        errors["to"] = [_("This contact is theirs already; choose somebody else.")]
    if errors:
        raise Invalid(_("Some details are missing or wrong."), fields=errors)
    before = consultation.agent
    _move(consultation, receiver, acting_user=acting_user, note=note, now=now)
    _tell(consultation, "contacts.passed_on", [receiver], acting_user=acting_user, now=now)
    if before.pk != acting_user.pk:
        _tell(consultation, "contacts.passed_by_other", [before], acting_user=acting_user, now=now)
    return consultation


@transaction.atomic
def take_over(
    *,
    consultation_id: int,
    acting_user: Any,
    note: str = "",
    from_agent: str | None = None,
    now: datetime,
) -> Consultation:
    """Take a colleague's contact that waits for its user: the user has come back to us.

    ``from_agent`` is whose it was when the acting agent decided so (user name; unless given,
    whose it is when this begins). ``Conflict`` when it is not theirs any more, when they are
    going on with it, or when it is over; ``NotFound`` when it did not wait for its user.
    """
    if Role.AGENT not in roles_of(acting_user):
        raise NotAllowed(_("Only frontline agents take contacts over."))
    errors = _note_errors(note)
    if errors:
        raise Invalid(_("Some details are missing or wrong."), fields=errors)
    seen = (
        Consultation.objects.to_take_over_by(acting_user)
        .filter(pk=consultation_id)
        .values_list("agent__username", flat=True)
        .first()
    )
    if seen is None:
        raise NotFound(_("This contact does not wait for its user, or you may not see it."))
    # Two agents may have seen it waiting: whoever gets the lock second learns of the first. No
    # join with the agent: PostgreSQL would give no row at all when that changes meanwhile.
    consultation = (
        Consultation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("question")
        .get(pk=consultation_id)
    )
    _check_still_waiting(consultation, from_agent or seen)
    before = consultation.agent
    _move(consultation, acting_user, acting_user=acting_user, note=note, now=now)
    _tell(consultation, "contacts.taken_over", [before], acting_user=acting_user, now=now)
    return consultation


def _check_still_waiting(consultation: Consultation, seen: str) -> None:
    if consultation.status != ConsultationStatus.OPEN:
        raise Conflict(_("This contact has already ended."), code="consultation_ended")
    if consultation.agent.username != seen:
        name = name_of(consultation.agent)
        raise Conflict(
            _("%(name)s was faster: the contact is theirs now.") % {"name": name},
            code="taken_over",
            state={"agent": consultation.agent.username},
        )
    if consultation.parked_at is None:
        name = name_of(consultation.agent)
        raise Conflict(
            _("%(name)s is going on with this contact already.") % {"name": name},
            code="not_waiting",
            state={"agent": consultation.agent.username},
        )


def _note_errors(note: str) -> dict[str, list[Any]]:
    if len(note.strip()) <= MOST_NOTE:
        return {}
    return {"note": [_("At most %(most)d characters.") % {"most": MOST_NOTE}]}


def _move(
    consultation: Consultation, receiver: Any, *, acting_user: Any, note: str, now: datetime
) -> None:
    ContactTransfer.objects.create(
        consultation=consultation,
        from_agent_id=consultation.agent_id,
        to_agent=receiver,
        by=acting_user,
        note=note.replace("\x00", "").strip(),
        at=now,
    )
    consultation.agent = receiver
    consultation.save(update_fields=["agent"])


def _tell(
    consultation: Consultation,
    code: str,
    recipients: list[Any],
    *,
    acting_user: Any,
    now: datetime,
) -> None:
    """The words stand in ``notice_texts``. The note stays behind: it may name the user."""
    question = consultation.question
    # Whose contact it was may not look at it any more.
    is_theirs = code == "contacts.passed_on"
    notify(
        recipients=[person for person in recipients if person.pk != acting_user.pk],
        code=code,
        event=f"{code}:{consultation.pk}:{now.isoformat()}",
        params={
            "contact": consultation.pk,
            "by": name_of(acting_user),
            "to": name_of(consultation.agent),
            "question": question.title if question is not None else "",
        },
        path=reverse("admin:console_contact", args=[consultation.pk])
        if is_theirs
        else reverse("admin:console"),
        now=now,
    )
