"""Where an answer stands at a moment, and which steps are open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.rules.lifecycle import PUBLISHED, DraftState, Standing, Status, Step, open_steps, standing

NOON = datetime(2026, 3, 4, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOMENTS = st.none() | st.integers(-3, 3).map(lambda hours: NOON + hours * HOUR)


@pytest.mark.parametrize(
    ("begins", "ends", "replaced", "expected"),
    [
        (None, None, None, Standing.IN_FORCE),
        (NOON, None, None, Standing.IN_FORCE),  # from this very moment on
        (NOON + HOUR, None, None, Standing.SCHEDULED),
        (None, NOON, None, Standing.EXPIRED),  # no longer at this very moment
        (None, NOON + HOUR, None, Standing.IN_FORCE),
        (None, None, NOON, Standing.EXPIRED),  # the next text is late: the old one is withdrawn
        (None, NOON + HOUR, NOON - HOUR, Standing.EXPIRED),
        (NOON + HOUR, NOON - HOUR, None, Standing.EXPIRED),
    ],
)
def test_the_standing_of_what_is_online(
    begins: datetime | None, ends: datetime | None, replaced: datetime | None, expected: Standing
) -> None:
    found = standing(
        status=Status.ONLINE,
        effective_from=begins,
        expires_at=ends,
        replaced_at=replaced,
        now=NOON,
    )
    assert found is expected


@given(st.sampled_from(list(Status)), MOMENTS, MOMENTS, MOMENTS)
def test_only_what_is_online_is_ever_in_force(
    status: Status, begins: datetime | None, ends: datetime | None, replaced: datetime | None
) -> None:
    found = standing(
        status=status, effective_from=begins, expires_at=ends, replaced_at=replaced, now=NOON
    )
    if status is not Status.ONLINE:
        assert found.value == status.value
    in_time = (begins is None or begins <= NOON) and all(
        end is None or end > NOON for end in (ends, replaced)
    )
    assert (found is Standing.IN_FORCE) == (status is Status.ONLINE and in_time)


@given(MOMENTS, MOMENTS, MOMENTS)
def test_what_has_expired_stays_expired(
    begins: datetime | None, ends: datetime | None, replaced: datetime | None
) -> None:
    def at(now: datetime) -> Standing:
        return standing(
            status=Status.ONLINE,
            effective_from=begins,
            expires_at=ends,
            replaced_at=replaced,
            now=now,
        )

    course = [at(NOON + hours * HOUR) for hours in range(-4, 5)]
    order = [Standing.SCHEDULED, Standing.IN_FORCE, Standing.EXPIRED]
    assert course == sorted(course, key=order.index)


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("draft", [None, *DraftState])
def test_the_table_of_steps(status: Status, draft: DraftState | None) -> None:
    steps = open_steps(status=status, draft=draft)
    assert {Step.SAVE, Step.PUBLISH} <= steps
    assert (Step.SUBMIT in steps) == (draft is DraftState.DRAFT)
    assert (Step.SEND_BACK in steps) == (draft in (DraftState.IN_REVIEW, DraftState.SCHEDULED))
    assert (Step.DISCARD in steps) == (draft is not None)
    assert (Step.RETIRE in steps) == (status in (Status.ONLINE, Status.UNRELEASED))
    assert (Step.RESTORE in steps) == (status in PUBLISHED)
