"""Tickets: the list, a single one, and taking the next one."""

from __future__ import annotations

import re
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import (  # type: ignore[import-untyped]
    DjangoFilterBackend,
)
from drf_spectacular.utils import OpenApiParameter
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.scopes import Scope
from kb.api.base import DeskView
from kb.api.contract import operation
from kb.api.cursors import DeskCursor, check_parameters
from kb.api.sparse import PARAMETER, asked_fields
from klingdesk.core.errors import Conflict
from klingdesk.core.roles import Role
from tickets.api.action_bodies import TeamBody
from tickets.api.filters import TicketFilter
from tickets.api.ticket_bodies import (
    TicketBody,
    TicketRow,
    ticket_body,
    ticket_rows,
)
from tickets.api.versions import etag_of, is_known
from tickets.models import Ticket
from tickets.querysets import TicketQuerySet
from tickets.selectors.access import sees_personal_data
from tickets.selectors.archive import ticket_read_for
from tickets.selectors.masking import PersonalPart
from tickets.selectors.tickets import last_event_id, tickets_for
from tickets.services.claims import claim_next

WORKERS = frozenset({Role.AGENT, Role.ADVISOR, Role.MANAGER})
NUMBER = OpenApiParameter(
    "number", {"type": "string", "pattern": "^T[0-9]{8,18}$"}, OpenApiParameter.PATH
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="`ETag` of the ticket as it was read: 304 while nothing about it is different.",
)
NO_CONTENT: dict[int, Any] = {204: None}


class TicketView(DeskView):
    roles = WORKERS

    def ticket(
        self,
        number: str,
        *,
        revealed: frozenset[PersonalPart] = frozenset(),
        only: frozenset[str] | None = None,
    ) -> Response:
        """The ticket with its ``ETag``; what is shown this once has none."""
        user, now = self.request.user, timezone.now()
        found = ticket_read_for(user=user, number=number)
        body = ticket_body(found, user=user, now=now, revealed=revealed, only=only)
        if revealed:
            return Response(body)
        return Response(body, headers={"ETag": etag_of(body, last_event=last_event_id(found))})

    def may_recall(self, told: Any, /, **place: Any) -> None:
        """The ticket of the address, or the one that was taken; of many no contents were told.

        ``Conflict`` as well, when it told in full what the caller would read masked by now.
        """
        told = told or {}
        number = place.get("number") or told.get("number")
        if number is None:
            return
        found = ticket_read_for(user=self.request.user, number=number)
        if told.get("masked") is False and not sees_personal_data(found, self.request.user):
            raise Conflict(
                _("This was done before, but its answer told what you may not read any more."),
                code="answer_lost",
            )


class TicketCursor(DeskCursor):
    """Newest first: the only order in which a page stays a page while tickets are worked."""

    ordering = "-id"
    position = re.compile(r"[0-9]{1,18}")


class TicketList(TicketView, GenericAPIView[Ticket]):
    pagination_class = TicketCursor
    filter_backends = (DjangoFilterBackend,)
    filterset_class = TicketFilter
    serializer_class = TicketRow

    def get_queryset(self) -> TicketQuerySet:
        return tickets_for(user=self.request.user).prefetch_related("clocks")

    @operation(
        "Tickets that the caller may see, newest first",
        ok={200: TicketRow(many=True)},
        parts_of=TicketRow,
        scope=Scope.TICKETS_READ,
    )
    def get(self, request: Request) -> Response:
        known = frozenset(TicketFilter.base_filters) | {"cursor", "limit", PARAMETER}
        check_parameters(request, known)
        only = asked_fields(request, TicketRow)
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        rows = ticket_rows(page, user=request.user, now=timezone.now(), only=only)
        return self.get_paginated_response(rows)


class TicketDetail(TicketView):
    @operation(
        "One ticket with its events, transcript, clocks and allowed actions",
        parameters=[NUMBER, IF_NONE_MATCH],
        ok={200: TicketBody, 304: None},
        parts_of=TicketBody,
        found=True,
        scope=Scope.TICKETS_READ,
    )
    def get(self, request: Request, number: str) -> Response:
        check_parameters(request, frozenset({PARAMETER}))
        answer = self.ticket(number, only=asked_fields(request, TicketBody))
        if is_known(request, answer.headers["ETag"]):
            return Response(status=304, headers={"ETag": answer.headers["ETag"]})
        return answer


class ClaimNext(TicketView):
    @operation(
        "Take the ticket of the caller's teams that is due first; 204 when there is none",
        body=TeamBody,
        ok={200: TicketBody, **NO_CONTENT},
        found=True,
        conflict=True,
        codes={409: ("absent",)},
        examples={"Of one team": {"team": "tier2"}},
        scope=Scope.TICKETS_WRITE,
    )
    def post(self, request: Request) -> Response:
        taken = claim_next(
            acting_user=request.user, now=timezone.now(), team_slug=self.body(TeamBody)["team"]
        )
        return Response(status=204) if taken is None else self.ticket(taken.number)
