"""What the addresses of actions share: read the body, call the service, give the ticket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone
from rest_framework.response import Response

from kb.api.contract import View, operation
from kb.api.strict import StrictSerializer
from klingdesk.core.errors import NotFound
from tickets.api.ticket_bodies import TicketBody
from tickets.api.tickets import NO_CONTENT, NUMBER, TicketView

Examples = Mapping[str, Mapping[str, Any]]


def action(
    summary: str,
    body: type[StrictSerializer],
    examples: Examples | None = None,
    *,
    may_vanish: bool = False,
) -> Callable[[View], View]:
    """An operation that gives the ticket and whose guard may fail.

    ``may_vanish``: afterwards the caller may not see it any more, and gets 204.
    """
    return operation(
        summary + ("; 204 when the caller may not see it any more" if may_vanish else ""),
        body=body,
        parameters=[NUMBER],
        ok={200: TicketBody, **(NO_CONTENT if may_vanish else {})},
        found=True,
        conflict=True,
        examples=examples,
    )


class ActionView(TicketView):
    def act(
        self, service: Callable[..., object], body: type[StrictSerializer], number: str
    ) -> Response:
        """Do it with the fields of the body; 204 when the ticket left the caller's sight."""
        given = self.body(body)
        service(number=number, acting_user=self.request.user, now=timezone.now(), **given)
        try:
            return self.ticket(number)
        except NotFound:
            return Response(status=204)
