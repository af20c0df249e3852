"""Tickets: the list, a single one, and taking the next one."""

from __future__ import annotations

import re
from typing import Any

from django.utils import timezone
from django_filters.rest_framework import (  # type: ignore[import-untyped]
    DjangoFilterBackend,
)
from drf_spectacular.utils import OpenApiParameter
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from kb.api.base import DeskView
from kb.api.contract import operation
from kb.api.cursors import DeskCursor, check_parameters
from klingdesk.core.roles import Role
from tickets.api.action_bodies import TeamBody
from tickets.api.filters import TicketFilter
from tickets.api.ticket_bodies import (
    TicketBody,
    TicketRow,
    ticket_body,
    ticket_rows,
)
from tickets.models import Ticket
from tickets.querysets import TicketQuerySet
from tickets.selectors.masking import PersonalPart
from tickets.selectors.tickets import ticket_get_for, tickets_for
from tickets.services.claims import claim_next

WORKERS = frozenset({Role.AGENT, Role.ADVISOR, Role.MANAGER})
NUMBER = OpenApiParameter(
    "number", {"type": "string", "pattern": "^T[0-9]{8,18}$"}, OpenApiParameter.PATH
)
NO_CONTENT: dict[int, Any] = {204: None}


class TicketView(DeskView):
    roles = WORKERS

    def ticket(self, number: str, *, revealed: frozenset[PersonalPart] = frozenset()) -> Response:
        found = ticket_get_for(user=self.request.user, number=number)
        now = timezone.now()
        return Response(ticket_body(found, user=self.request.user, now=now, revealed=revealed))


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

    @operation("Tickets that the caller may see, newest first", ok={200: TicketRow(many=True)})
    def get(self, request: Request) -> Response:
        known = frozenset(TicketFilter.base_filters) | {"cursor", "limit"}
        check_parameters(request, known)
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        rows = ticket_rows(page, user=request.user, now=timezone.now())
        return self.get_paginated_response(rows)


class TicketDetail(TicketView):
    @operation(
        "One ticket with its events, transcript, clocks and allowed actions",
        parameters=[NUMBER],
        ok={200: TicketBody},
        found=True,
    )
    def get(self, request: Request, number: str) -> Response:
        return self.ticket(number)


class ClaimNext(TicketView):
    @operation(
        "Take the ticket of the caller's teams that is due first; 204 when there is none",
        body=TeamBody,
        ok={200: TicketBody, **NO_CONTENT},
        found=True,
        conflict=True,
        examples={"Of one team": {"team": "tier2"}},
    )
    def post(self, request: Request) -> Response:
        taken = claim_next(
            acting_user=request.user, now=timezone.now(), team_slug=self.body(TeamBody)["team"]
        )
        return Response(status=204) if taken is None else self.ticket(taken.number)
