"""What the addresses of actions share: read the body, call the service, give the ticket."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils import timezone
from rest_framework.response import Response

from accounts.scopes import Scope
from kb.api.contract import View, operation
from kb.api.strict import StrictSerializer
from klingdesk.core.errors import NotFound
from tickets.api.ticket_bodies import TicketBody
from tickets.api.tickets import NO_CONTENT, NUMBER, TicketView
from tickets.api.versions import version_seen
from tickets.services.locking import LastSeen

Examples = Mapping[str, Mapping[str, Any]]


def action(
    summary: str,
    body: type[StrictSerializer],
    examples: Examples | None = None,
    *,
    may_vanish: bool = False,
    codes: Sequence[str] = (),
    scope: Scope = Scope.TICKETS_WRITE,
) -> Callable[[View], View]:
    """An operation that gives the ticket and whose guard may fail.

    ``may_vanish``: afterwards the caller may not see it any more, and gets 204. ``codes``: of its
    own conflicts.
    """
    return operation(
        summary + ("; 204 when the caller may not see it any more" if may_vanish else ""),
        body=body,
        parameters=[NUMBER],
        ok={200: TicketBody, **(NO_CONTENT if may_vanish else {})},
        found=True,
        conflict=True,
        matching=True,
        codes={409: (*codes, "wrong_state", "stale")},
        scope=scope,
        examples=examples,
    )


class ActionView(TicketView):
    def seen(self) -> dict[str, LastSeen]:
        """The version in ``If-Match`` as what services expect; it wins over the body's."""
        version = version_seen(self.request)
        return {} if version is None else {"expected_event": version}

    def act(
        self, service: Callable[..., object], body: type[StrictSerializer], number: str
    ) -> Response:
        """Do it with the fields of the body; 204 when the ticket left the caller's sight."""
        given = self.body(body) | self.seen()
        service(number=number, acting_user=self.request.user, now=timezone.now(), **given)
        try:
            return self.ticket(number)
        except NotFound:
            return Response(status=204)
