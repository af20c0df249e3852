"""What can be done to a ticket. The answer is the ticket as it is then."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from kb.api.contract import View, operation
from kb.api.strict import Nothing, StrictSerializer
from klingdesk.core.errors import NotFound
from tickets.api.ticket_bodies import (
    ContactBody,
    NoteBody,
    RemarkBody,
    ResolveBody,
    TicketBody,
)
from tickets.api.tickets import NO_CONTENT, NUMBER, TicketView
from tickets.services.chases import chase
from tickets.services.claims import claim, release
from tickets.services.privacy import reveal
from tickets.services.work import add_note, log_contact, resolve


def action(summary: str, body: type[StrictSerializer] = Nothing) -> Callable[[View], View]:
    """An operation that gives the ticket and whose guard may fail."""
    return operation(
        summary,
        body=body,
        parameters=[NUMBER],
        ok={200: TicketBody},
        found=True,
        conflict=True,
    )


class Claim(TicketView):
    @action("Take the ticket")
    def post(self, request: Request, number: str) -> Response:
        self.body(Nothing)
        claim(number=number, acting_user=request.user, now=timezone.now())
        return self.ticket(number)


class Release(TicketView):
    @operation(
        "Give the ticket back to its team; 204 when the caller may not see it any more",
        body=RemarkBody,
        parameters=[NUMBER],
        ok={200: TicketBody, **NO_CONTENT},
        found=True,
        conflict=True,
    )
    def post(self, request: Request, number: str) -> Response:
        given = self.body(RemarkBody)
        release(number=number, acting_user=request.user, now=timezone.now(), **given)
        try:
            return self.ticket(number)
        except NotFound:  # it was the caller's own, in a team that is not
            return Response(status=204)


class Contact(TicketView):
    @action("Log an attempt to reach the user", ContactBody)
    def post(self, request: Request, number: str) -> Response:
        given = self.body(ContactBody)
        log_contact(number=number, acting_user=request.user, now=timezone.now(), **given)
        return self.ticket(number)


class Resolve(TicketView):
    @action("End the work", ResolveBody)
    def post(self, request: Request, number: str) -> Response:
        given = self.body(ResolveBody)
        resolve(number=number, acting_user=request.user, now=timezone.now(), **given)
        return self.ticket(number)


class Chase(TicketView):
    @action("The user asked again", RemarkBody)
    def post(self, request: Request, number: str) -> Response:
        given = self.body(RemarkBody)
        chase(number=number, acting_user=request.user, now=timezone.now(), **given)
        return self.ticket(number)


class Note(TicketView):
    @action("Put an internal note into the timeline", NoteBody)
    def post(self, request: Request, number: str) -> Response:
        given = self.body(NoteBody)
        add_note(number=number, acting_user=request.user, now=timezone.now(), **given)
        return self.ticket(number)


class Reveal(TicketView):
    @action("Show the personal data this once; it leaves an event")
    def post(self, request: Request, number: str) -> Response:
        self.body(Nothing)
        reveal(number=number, acting_user=request.user, now=timezone.now())
        return self.ticket(number, revealed=True)
