"""The life of an answer: what state it is in, and which step may follow (one table).

A question has a published state (its ``status`` and latest revision) and at most one draft
beside it. An answer that is published may be given only while it is *in force*; everything
else is computed from the dates when it is read, so that no task has to run for a stale script
to disappear.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """What is stored. ``UNRELEASED`` (未上线): agents know it, bots and users do not."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    UNRELEASED = "unreleased"
    ONLINE = "online"
    RETIRED = "retired"


PUBLISHED = (Status.UNRELEASED, Status.ONLINE, Status.RETIRED)
"""States that a revision can have; the other two live in the draft alone."""

KNOWN_TO_AGENTS = (Status.UNRELEASED, Status.ONLINE)


class DraftState(StrEnum):
    """``SCHEDULED``: approved, and to be published at its ``effective_from``."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    SCHEDULED = "scheduled"


class Standing(StrEnum):
    """What a question is at a given moment."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    UNRELEASED = "unreleased"
    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    EXPIRED = "expired"
    RETIRED = "retired"


def standing(
    *,
    status: str,
    effective_from: datetime | None,
    expires_at: datetime | None,
    replaced_at: datetime | None,
    now: datetime,
) -> Standing:
    """The standing at ``now``; both ends are half-open: in force from ``effective_from`` on,
    no longer in force at ``expires_at`` nor at ``replaced_at``.

    ``replaced_at`` is when a scheduled draft takes over: should its publication be late, the
    old text is withdrawn rather than given.
    """
    if status != Status.ONLINE:
        return Standing(status)
    ends = [end for end in (expires_at, replaced_at) if end is not None]
    if ends and min(ends) <= now:
        return Standing.EXPIRED
    if effective_from is not None and effective_from > now:
        return Standing.SCHEDULED
    return Standing.IN_FORCE


class Step(StrEnum):
    """What an editor can do to a question."""

    SAVE = "save"
    SUBMIT = "submit"
    SEND_BACK = "send_back"
    PUBLISH = "publish"
    DISCARD = "discard"
    RETIRE = "retire"
    RESTORE = "restore"


# Draft state (None: there is no draft) → the steps that are open. ``RETIRE`` and ``RESTORE``
# concern what is published, so they also need a published state.
_STEPS: dict[DraftState | None, frozenset[Step]] = {
    None: frozenset({Step.SAVE, Step.PUBLISH, Step.RETIRE, Step.RESTORE}),
    DraftState.DRAFT: frozenset(
        {Step.SAVE, Step.SUBMIT, Step.PUBLISH, Step.DISCARD, Step.RETIRE, Step.RESTORE}
    ),
    DraftState.IN_REVIEW: frozenset(
        {Step.SAVE, Step.SEND_BACK, Step.PUBLISH, Step.DISCARD, Step.RETIRE, Step.RESTORE}
    ),
    DraftState.SCHEDULED: frozenset(
        {Step.SAVE, Step.SEND_BACK, Step.PUBLISH, Step.DISCARD, Step.RETIRE, Step.RESTORE}
    ),
}


def open_steps(*, status: str, draft: DraftState | None) -> frozenset[Step]:
    """The steps open to an editor, from the one table that buttons and services read."""
    steps = _STEPS[draft]
    if status not in PUBLISHED:
        steps -= {Step.RETIRE, Step.RESTORE}
    if status == Status.RETIRED:
        steps -= {Step.RETIRE}
    return steps
