"""What is done to a ticket in the course of the work. The answer is the ticket as it is then."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.scopes import Scope
from kb.api.contract import operation
from tickets.api.action_bodies import (
    ContactBody,
    NoteBody,
    RemarkBody,
    ResolveBody,
    SeenBody,
    UndoBody,
    WaitBody,
)
from tickets.api.action_views import ActionView, action
from tickets.api.ticket_bodies import TicketBody
from tickets.api.tickets import NUMBER
from tickets.services.chases import chase
from tickets.services.claims import claim, release
from tickets.services.notes import add_note
from tickets.services.undo import undo
from tickets.services.waiting import resume, wait
from tickets.services.work import log_contact, resolve


class Claim(ActionView):
    @action("Take the ticket", SeenBody, codes=["absent"])
    def post(self, request: Request, number: str) -> Response:
        return self.act(claim, SeenBody, number)


class Release(ActionView):
    @action("Give the ticket back to its team", RemarkBody, may_vanish=True)
    def post(self, request: Request, number: str) -> Response:
        return self.act(release, RemarkBody, number)


class Contact(ActionView):
    @action(
        "Log an attempt to reach the user",
        ContactBody,
        {
            "Nobody answered": {
                "kind": "call_back",
                "result": "no_answer",
                "next_try_at": "2026-03-05T10:00:00+08:00",
            },
            "A private message that keeps the promise": {
                "kind": "private_message",
                "result": "sent",
                "note": "已告知核实结果",
            },
        },
    )
    def post(self, request: Request, number: str) -> Response:
        return self.act(log_contact, ContactBody, number)


class Wait(ActionView):
    @action(
        "Wait for the user; the solution's clock stands still",
        WaitBody,
        {"For a picture": {"note": "等用户发截图", "next_try_at": "2026-03-06T10:00:00+08:00"}},
    )
    def post(self, request: Request, number: str) -> Response:
        return self.act(wait, WaitBody, number)


class Resume(ActionView):
    @action("Take up a ticket that waits for the user", RemarkBody)
    def post(self, request: Request, number: str) -> Response:
        return self.act(resume, RemarkBody, number)


class Resolve(ActionView):
    @action(
        "End the work",
        ResolveBody,
        {"Credits given back": {"code": "refunded", "summary": "已退回多扣的 10 灵感值"}},
        codes=["promise_open"],
    )
    def post(self, request: Request, number: str) -> Response:
        return self.act(resolve, ResolveBody, number)


class Chase(ActionView):
    @action("The user asked again", RemarkBody)
    def post(self, request: Request, number: str) -> Response:
        return self.act(chase, RemarkBody, number)


class Note(ActionView):
    @action(
        "Put an internal note into the timeline",
        NoteBody,
        {"To a colleague": {"note": "@advisor2 请帮忙核对流水", "expected_event": 42}},
    )
    def post(self, request: Request, number: str) -> Response:
        return self.act(add_note, NoteBody, number)


class Undo(ActionView):
    @operation(
        "Take back a release, a transfer or a note of a moment ago",
        body=UndoBody,
        parameters=[NUMBER],
        ok={200: TicketBody},
        found=True,
        conflict=True,
        codes={409: ("too_late", "nothing_to_undo", "wrong_state")},
        scope=Scope.TICKETS_WRITE,
    )
    def post(self, request: Request, number: str) -> Response:
        given = self.body(UndoBody)
        undo(number=number, acting_user=request.user, now=timezone.now(), **given)
        return self.ticket(number)
