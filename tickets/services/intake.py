"""A chatbot hands its user to the agents; one of them comes, or nobody does in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kb.selectors.questions import questions_by_keys
from kb.selectors.search import hidden_keys, search_questions
from klingdesk.core.account_id import AccountIdError, parse_account_id
from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from klingdesk.core.roles import Role, is_bot, roles_of
from notices.services.notifying import Telling, notify_all
from tickets.models import Intake
from tickets.models.labels import Channel, IntakeStatus
from tickets.selectors.people import name_of
from tickets.services.capture import account_id_message
from tickets.services.consultations import start_consultation
from tickets.services.telling import managers
from tickets.services.text import check_length

MOST_TURNS = 200
"""Of the conversation; the chatbot sends its last ones."""
MOST_SUGGESTED = 3
MOST_SEARCHED = 400
"""Characters of the user's words that are searched with."""
BATCH = 500


@dataclass(frozen=True, slots=True)
class HandOff:
    """What the chatbot sends; see ``Intake``."""

    external_id: str
    channel: str
    text: str
    account_id: str = ""
    session: str = ""
    transcript: Sequence[Mapping[str, Any]] = ()


@transaction.atomic
def open_intake(*, acting_user: Any, given: HandOff, now: datetime) -> tuple[Intake, bool]:
    """Let the user wait for an agent; and whether this is new.

    The same ``external_id`` again, from the same program, is the same user: nothing is done
    twice. ``Conflict`` (``external_id_used``) when other words came with it. ``NotAllowed`` for
    everybody but programs; ``Invalid`` with the fields that are wrong.
    """
    if not is_bot(acting_user):
        raise NotAllowed(_("Only chatbots send users to the agents."))
    clean = _checked(given)
    known = Intake.objects.filter(bot=acting_user, external_id=clean.external_id).first()
    if known is None:
        made = _create(clean, acting_user=acting_user, now=now)
        if made is not None:
            return made, True
        # Sent twice at once: the other one was faster.
        known = Intake.objects.get(bot=acting_user, external_id=clean.external_id)
    if known.anonymised_at is None and _told(known) != clean:
        raise Conflict(
            _("This number was sent before, with other details. Draw a new one."),
            code="external_id_used",
            state={"id": known.pk, "status": known.status},
        )
    return known, False


def _checked(given: HandOff) -> HandOff:
    errors: dict[str, list[Any]] = {}
    if given.channel not in Channel.values:
        errors["channel"] = [_("Choose phone or chat.")]
    if not given.text.strip():
        errors["text"] = [_("Send the user's words.")]
    else:
        check_length("text", given.text, errors)
    if len(given.transcript) > MOST_TURNS:
        errors["transcript"] = [_("At most the last %(most)d turns.") % {"most": MOST_TURNS}]
    account_id = ""
    if given.account_id.strip():
        try:
            account_id = parse_account_id(given.account_id)
        except AccountIdError:
            errors["account_id"] = [account_id_message(given.account_id)]
    if errors:
        raise Invalid(_("Some details are missing or wrong."), fields=errors)
    return HandOff(
        external_id=given.external_id,
        channel=given.channel,
        text=given.text.strip(),
        account_id=account_id,
        session=given.session,
        transcript=[dict(turn) for turn in given.transcript],
    )


def _create(given: HandOff, *, acting_user: Any, now: datetime) -> Intake | None:
    """None when the number was taken meanwhile."""
    wait = timedelta(minutes=settings.KLINGDESK_INTAKE_MINUTES)
    suggestions = suggested(given.text, user=acting_user, now=now)
    try:
        with transaction.atomic():
            return Intake.objects.create(
                bot=acting_user,
                **asdict(given),
                suggestions=suggestions,
                created_at=now,
                expires_at=now + wait,
            )
    except IntegrityError:
        return None


def _told(intake: Intake) -> HandOff:
    return HandOff(
        external_id=intake.external_id,
        channel=intake.channel,
        text=intake.text,
        account_id=intake.account_id,
        session=intake.session,
        transcript=intake.transcript,
    )


def suggested(words: str, *, user: Any, now: datetime) -> list[dict[str, str]]:
    """The best questions for the user's words, of those that ``user`` may know."""
    hidden = hidden_keys(user=user, now=now)
    hits = search_questions(words[:MOST_SEARCHED], limit=MOST_SUGGESTED, without=hidden).hits
    known = questions_by_keys(user=user, keys=[hit.key for hit in hits])
    return [
        {"key": hit.key, "title": hit.title}
        for hit in hits
        if hit.key in known and hit.key not in hidden
    ]


@transaction.atomic
def take_intake(
    *, intake_id: int, acting_user: Any, question_key: str | None = None, now: datetime
) -> Intake:
    """Begin the contact with a waiting user, about ``question_key`` if it is clear already. Twice
    by the same agent is the same as once.

    ``Conflict``: a colleague was faster (``intake_taken``), or the user waits no more
    (``intake_over``). ``NotAllowed`` for everybody but agents, ``NotFound`` for no such user or
    question.
    """
    if Role.AGENT not in roles_of(acting_user):
        raise NotAllowed(_("Only frontline agents take users over from a chatbot."))
    # Locked before it is looked at: of two agents the second sees what the first has done.
    intake = Intake.objects.select_for_update(no_key=True).filter(pk=intake_id).first()
    if intake is None:
        raise NotFound(_("There is no such waiting user, or you may not see them."))
    if intake.taken_by_id == acting_user.pk:
        return intake
    _check_waiting(intake, now=now)
    intake.consultation = start_consultation(
        acting_user=acting_user,
        channel=intake.channel,
        utterance=intake.text,
        question_key=question_key or None,
        now=now,
    )
    intake.taken_by = acting_user
    return _end(intake, IntakeStatus.TAKEN, now=now)


@transaction.atomic
def withdraw_intake(*, intake_id: int, acting_user: Any, now: datetime) -> Intake:
    """The user has left, or the chatbot goes on with them. Twice is the same as once.

    ``Conflict`` once an agent has come. ``NotFound`` for another program's user.
    """
    intake = (
        Intake.objects.visible_to(acting_user)
        .select_for_update(no_key=True)
        .filter(pk=intake_id)
        .first()
    )
    if intake is None:
        raise NotFound(_("There is no such waiting user, or you may not see them."))
    if intake.bot_id != acting_user.pk:
        raise NotAllowed(_("Only the chatbot that sent a user takes them back."))
    if intake.status == IntakeStatus.WITHDRAWN:
        return intake
    if intake.status == IntakeStatus.TAKEN:
        # Not by whom: people are not named to programs.
        raise Conflict(
            _("An agent has this user already."),
            code="intake_taken",
            state={"status": intake.status},
        )
    _check_waiting(intake, now=None)
    return _end(intake, IntakeStatus.WITHDRAWN, now=now)


def _check_waiting(intake: Intake, *, now: datetime | None) -> None:
    if intake.status == IntakeStatus.TAKEN:
        agent = intake.taken_by
        raise Conflict(
            _("%(name)s was faster and has this user already.") % {"name": name_of(agent)},
            code="intake_taken",
            state={"status": intake.status, "agent": agent.get_username() if agent else None},
        )
    # Not yet swept is over, too: what was promised to the chatbot is the minute.
    late = now is not None and intake.expires_at <= now
    if intake.status != IntakeStatus.WAITING or late:
        status = IntakeStatus.EXPIRED if late else intake.status
        raise Conflict(
            _("This user waits no more."), code="intake_over", state={"status": str(status)}
        )


def _end(intake: Intake, status: IntakeStatus, *, now: datetime) -> Intake:
    intake.status = status
    intake.ended_at = now
    intake.save(update_fields=["status", "ended_at", "taken_by", "consultation"])
    return intake


def expire_intakes(*, now: datetime, batch: int = BATCH) -> int:
    """End the wait of everybody for whom nobody came in time, and tell the managers; returns how
    many. In batches; safe to run twice, and twice at once."""
    done = 0
    while True:
        ended = _expire_some(now, batch)
        done += ended
        if ended < batch:
            return done


@transaction.atomic
def _expire_some(now: datetime, batch: int) -> int:
    rows = list(
        Intake.objects.filter(status=IntakeStatus.WAITING, expires_at__lte=now)
        .order_by("expires_at")
        .select_for_update(no_key=True, skip_locked=True)
        .values_list("pk", "channel", "created_at")[:batch]
    )
    if not rows:
        return 0
    Intake.objects.filter(pk__in=[pk for pk, _channel, _since in rows]).update(
        status=IntakeStatus.EXPIRED, ended_at=now
    )
    chiefs = managers()
    notify_all(
        tellings=[
            Telling(
                code="intake.expired",
                event=f"intake.expired:{pk}",
                recipients=chiefs,
                params={"number": pk, "since": f"{timezone.localtime(since):%Y-%m-%d %H:%M}"},
                path=reverse("admin:intake"),
            )
            for pk, _channel, since in rows
        ],
        now=now,
    )
    return len(rows)
