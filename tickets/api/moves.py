"""Where a ticket goes: to others, back to tier 1, into another ticket, to its end and back."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.scopes import Scope
from kb.api.bodies import told
from kb.api.contract import operation
from kb.api.strict import Nothing
from tickets.api.action_bodies import (
    BulkBody,
    CompleteBody,
    MergeBody,
    PriorityBody,
    ReasonBody,
    ReturnBody,
    RevealBody,
    TransferBody,
)
from tickets.api.action_views import ActionView, action
from tickets.api.ticket_bodies import BulkResult
from tickets.api.tickets import TicketView
from tickets.api.versions import version_seen
from tickets.selectors.masking import PersonalPart
from tickets.services.bulk import Row, bulk_priority, bulk_transfer
from tickets.services.cancelling import cancel
from tickets.services.completing import Corrections, complete
from tickets.services.merging import merge
from tickets.services.priorities import set_priority
from tickets.services.privacy import reveal
from tickets.services.reopening import reopen
from tickets.services.returns import return_ticket
from tickets.services.transfers import transfer
from tickets.services.watching import unwatch, watch


class Transfer(ActionView):
    @action(
        "Pass the ticket on, to a team's queue or into an advisor's hands",
        TransferBody,
        {
            "To a team": {"team": "safety", "reason": "涉及账号安全"},
            "To a colleague": {"person": "advisor2", "reason": "此前由其跟进"},
        },
        may_vanish=True,
    )
    def post(self, request: Request, number: str) -> Response:
        return self.act(transfer, TransferBody, number)


class Return(ActionView):
    @action(
        "Send the ticket back to tier 1 with what is missing",
        ReturnBody,
        {
            "The account is unknown": {
                "reason": "资料不全",
                "missing": [{"field": "account_id", "why": "查不到这个号"}],
            }
        },
        may_vanish=True,
    )
    def post(self, request: Request, number: str) -> Response:
        return self.act(return_ticket, ReturnBody, number)


class Complete(ActionView):
    @action(
        "Complete a returned ticket; it goes back to its team",
        CompleteBody,
        {"The right account": {"account_id": "880002", "note": "已与用户核对"}},
        codes=["open_ticket", "try_again"],
    )
    def post(self, request: Request, number: str) -> Response:
        return self.act(_complete, CompleteBody, number)


def _complete(*, note: str, expected_event: int | None, **given: Any) -> object:
    who = {name: given.pop(name) for name in ("number", "acting_user", "now")}
    corrections = Corrections(**given)
    return complete(**who, corrections=corrections, note=note, expected_event=expected_event)


class Merge(ActionView):
    @action(
        "Let the ticket go on as another one of the same account; both histories are kept",
        MergeBody,
        {"A duplicate": {"into": "T00000007", "reason": "同一件事"}},
        codes=["promise_lost", "try_again"],
    )
    def post(self, request: Request, number: str) -> Response:
        return self.act(merge, MergeBody, number)


class Reopen(ActionView):
    @action(
        "Open a resolved ticket again; its clocks go on",
        ReasonBody,
        may_vanish=True,
        codes=["too_late", "open_ticket", "try_again"],
    )
    def post(self, request: Request, number: str) -> Response:
        return self.act(reopen, ReasonBody, number)


class Cancel(ActionView):
    @action("End the ticket without an answer", ReasonBody)
    def post(self, request: Request, number: str) -> Response:
        return self.act(cancel, ReasonBody, number)


class SetPriority(ActionView):
    @action("Set the priority", PriorityBody, {"Urgent": {"priority": 2, "reason": "媒体已关注"}})
    def post(self, request: Request, number: str) -> Response:
        return self.act(set_priority, PriorityBody, number)


class Watch(ActionView):
    @action("Be told what happens to the ticket; twice is the same as once", Nothing)
    def post(self, request: Request, number: str) -> Response:
        return self.act(watch, Nothing, number)


class Unwatch(ActionView):
    @action("Be told no more; twice is the same as once", Nothing)
    def post(self, request: Request, number: str) -> Response:
        return self.act(unwatch, Nothing, number)


class Reveal(ActionView):
    is_shown_once = True

    @action(
        "Show personal data this once; who, what and why leave an event",
        RevealBody,
        {"To call the user": {"what": ["account_id", "contact"], "reason": "代同事回拨"}},
        codes=["shown_once"],
        scope=Scope.TICKETS_REVEAL,
    )
    def post(self, request: Request, number: str) -> Response:
        given = self.body(RevealBody)
        reveal(
            number=number,
            acting_user=request.user,
            now=timezone.now(),
            what=given["what"],
            reason=given["reason"],
            expected_event=version_seen(request),
        )
        return self.ticket(number, revealed=frozenset(PersonalPart(name) for name in given["what"]))


class Bulk(TicketView):
    @operation(
        "Change many tickets, each by itself, with a word about each",
        body=BulkBody,
        ok={200: BulkResult},
        examples={
            "To a team": {
                "action": "transfer",
                "numbers": ["T00000007", "T00000009"],
                "team": "safety",
                "reason": "涉及账号安全",
            },
            "Urgent": {
                "action": "priority",
                "numbers": ["T00000007"],
                "priority": 2,
                "reason": "媒体已关注",
            },
        },
        scope=Scope.TICKETS_WRITE,
    )
    def post(self, request: Request) -> Response:
        rows = _bulk(self.body(BulkBody), acting_user=request.user)
        return Response(told(BulkResult, {"rows": rows, "changed": sum(row.ok for row in rows)}))


def _bulk(given: dict[str, Any], *, acting_user: Any) -> list[Row]:
    who = {"numbers": given["numbers"], "acting_user": acting_user, "now": timezone.now()}
    if given["action"] == "priority":
        return bulk_priority(**who, priority=given["priority"], reason=given["reason"])
    to = {name: given[name] for name in ("team", "person", "skill")}
    return bulk_transfer(**who, **to, reason=given["reason"])
