"""Merging two tickets about the same matter: both histories are kept, one promise goes on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Conflict, Invalid, NotFound
from tickets.models import Ticket
from tickets.models.labels import Status
from tickets.rules.ticket_number import parse_number
from tickets.selectors.access import may_see
from tickets.services.clocks import adopt_promise
from tickets.services.events import record
from tickets.services.locking import guard, standing
from tickets.services.telling import tell_merged
from tickets.services.text import check_reason

_NOT_MERGED = _("The tickets were not merged.")
_NO_SUCH = _("There is no such ticket, or you may not see it.")


@transaction.atomic
def merge(
    *,
    number: str,
    into: str,
    acting_user: Any,
    reason: str,
    now: datetime,
    expected_event: int | None = None,
) -> Ticket:
    """Let ticket ``number`` go on as ticket ``into``; returns the latter.

    Both must be open, of the same account, and seen by the acting person. The target keeps one
    clock of each kind with the earlier due instant, the higher priority, the chases and those
    watchers of both who may see it. Contacts, notes and the timeline stay where they were
    written; tickets that had been merged into the source before now belong to the target.

    ``Invalid`` for a target that is unknown, the same, of another account or without the promise
    that the source carries; ``Conflict`` when either is not open any more.
    """
    errors: dict[str, list[Any]] = {}
    clean = check_reason("reason", reason, errors)
    source_id, target_id = parse_number(number), parse_number(into)
    if source_id is None:
        raise NotFound(_NO_SUCH)
    if target_id is None:
        errors["into"] = [_NO_SUCH]
    elif source_id == target_id:
        errors["into"] = [_("A ticket cannot be merged into itself.")]
    if errors or target_id is None:
        raise Invalid(_NOT_MERGED, fields=errors)
    source, target, earlier = _lock_family(source_id, target_id, acting_user)
    guard(source, "merge", acting_user=acting_user, expected_event=expected_event)
    if target is None:
        raise Invalid(_NOT_MERGED, fields={"into": [_NO_SUCH]})
    guard(target, "merge", acting_user=acting_user)
    _check_all_locked(source, earlier)
    _check_fits(source, target)
    adopt_promise(target=target, source=source, now=now)
    _end(source, target, acting_user=acting_user, reason=clean, now=now)
    _absorb(source, target, acting_user=acting_user, reason=clean, now=now)
    for ticket in earlier:
        _pass_on(ticket, source, target, acting_user=acting_user, now=now)
    tell_merged(ticket=source, acting_user=acting_user, now=now)
    return target


def _lock_family(
    source_id: int, target_id: int, acting_user: Any
) -> tuple[Ticket, Ticket | None, list[Ticket]]:
    """Source, target (None when it may not be seen) and what was merged into the source before,
    locked in the order of ids.

    One order for everybody: of A into B and B into A at once, one waits and is then refused.
    """
    wanted = Q(pk__in=[source_id, target_id]) | Q(merged_into=source_id)
    found = {
        ticket.pk: ticket
        for ticket in Ticket.objects.filter(wanted)
        .order_by("pk")
        .select_for_update(no_key=True, of=("self",))
    }
    seen = set(
        Ticket.objects.visible_to(acting_user)
        .filter(pk__in=[source_id, target_id])
        .values_list("pk", flat=True)
    )
    source, target = (found.pop(pk, None) if pk in seen else None for pk in (source_id, target_id))
    if source is None:
        raise NotFound(_NO_SUCH)
    return source, target, [each for each in found.values() if each.merged_into_id == source.pk]


def _check_all_locked(source: Ticket, earlier: list[Ticket]) -> None:
    """Somebody may have merged one more into the source while this waited for its lock."""
    if source.merged.count() != len(earlier):
        raise Conflict(
            _("Somebody else was merging at the same moment. Merge again."),
            code="try_again",
            state=standing(source),
        )


def _check_fits(source: Ticket, target: Ticket) -> None:
    problem: Any = None
    if not source.account_id or source.account_id != target.account_id:
        problem = _("Only tickets of the same account can be merged.")
    elif source.promise and not target.promise:
        problem = _("This one carries no promise to the user: merge it into the other one.")
    if problem is not None:
        raise Invalid(_NOT_MERGED, fields={"into": [problem]})


def _end(source: Ticket, target: Ticket, *, acting_user: Any, reason: str, now: datetime) -> None:
    old = source.status
    source.status = Status.MERGED
    source.merged_into = target
    source.ended_at = now
    source.next_try_at = None
    source.save(update_fields=["status", "merged_into", "ended_at", "next_try_at"])
    record(
        ticket=source,
        code="ticket.merged",
        acting_user=acting_user,
        now=now,
        old={"status": old},
        new={"status": Status.MERGED, "into": target.number},
        note=reason,
    )


def _absorb(
    source: Ticket, target: Ticket, *, acting_user: Any, reason: str, now: datetime
) -> None:
    old = {"priority": target.priority, "chases": target.chase_count}
    target.priority = max(target.priority, source.priority)
    target.chase_count += source.chase_count
    target.save(update_fields=["priority", "chase_count"])
    watchers = [each for each in source.watchers.all() if may_see(target, each)]
    target.watchers.add(*watchers)
    record(
        ticket=target,
        code="ticket.absorbed",
        acting_user=acting_user,
        now=now,
        old=old,
        new={
            "from": source.number,
            "priority": target.priority,
            "chases": target.chase_count,
            "watchers": [each.get_username() for each in watchers],
        },
        note=reason,
    )


def _pass_on(
    ticket: Ticket, source: Ticket, target: Ticket, *, acting_user: Any, now: datetime
) -> None:
    ticket.merged_into = target
    ticket.save(update_fields=["merged_into"])
    record(
        ticket=ticket,
        code="ticket.merged_further",
        acting_user=acting_user,
        now=now,
        old={"into": source.number},
        new={"into": target.number},
    )
