"""Users whom a chatbot hands to the agents: sent by programs, seen and taken by agents."""

from __future__ import annotations

import re
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.scopes import Scope
from kb.api.base import DeskView
from kb.api.contract import operation
from kb.api.cursors import DeskCursor, check_parameters
from kb.api.sparse import CONTEXT, PARAMETER, SparseSerializer, asked_fields
from kb.api.strict import Moment, Nothing, StrictSerializer, Text
from kb.rules.masking import mask
from klingdesk.core.account_id import mask_account_id
from klingdesk.core.roles import Role
from tickets.models import Intake
from tickets.models.labels import Channel
from tickets.querysets import IntakeQuerySet
from tickets.selectors.intake import intake_get_for, sees_person, waiting_for
from tickets.services.intake import (
    MOST_TURNS,
    HandOff,
    open_intake,
    take_intake,
    withdraw_intake,
)
from tickets.services.text import MOST_TEXT

LARGEST_HAND_OFF = 2_621_440
"""Bytes: a long conversation, each character escaped."""
MOST_TURN = 2_000

# --- shapes ---------------------------------------------------------------------------------------


class TurnBody(StrictSerializer):
    """Something that was said before."""

    who = serializers.ChoiceField(["user", "bot"])
    text = Text(max_length=MOST_TURN)
    at = Moment(required=False, allow_null=True, default=None)


class HandOffBody(StrictSerializer):
    external_id = Text(
        max_length=100,
        help_text="The chatbot's own number for this user: sent again, it is the "
        "same one, and nothing is done twice.",
    )
    channel = serializers.ChoiceField(Channel.values)
    text = Text(max_length=MOST_TEXT, help_text="What the user wants, in their own words.")
    account_id = Text(
        max_length=100, required=False, allow_blank=True, default="", help_text="If it is known."
    )
    session = Text(
        max_length=200,
        required=False,
        allow_blank=True,
        default="",
        help_text="Where the conversation goes on; shown to the agent who takes the user.",
    )
    transcript = serializers.ListField(
        child=TurnBody(),
        required=False,
        default=list,
        max_length=MOST_TURNS,
        help_text="The last turns of the conversation, the oldest first.",
    )


class TakeBody(StrictSerializer):
    question = Text(
        max_length=80,
        required=False,
        allow_null=True,
        default=None,
        help_text="Key of the standard question, one of the suggested ones for example.",
    )


class SuggestionBody(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()


class SaidBody(serializers.Serializer[Any]):
    who = serializers.CharField()
    text = serializers.CharField()
    at = serializers.CharField(allow_null=True)


class IntakeBody(SparseSerializer):
    """``context["user"]`` is who asks."""

    id = serializers.IntegerField()
    status = serializers.CharField(help_text="`waiting`, `taken`, `expired` or `withdrawn`.")
    external_id = serializers.CharField()
    channel = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="Until then an agent may come.")
    ended_at = serializers.DateTimeField(allow_null=True)
    suggestions = SuggestionBody(many=True, help_text="Standard questions that may be meant.")
    masked = serializers.SerializerMethodField(
        help_text="Who it is and what was said shows once an agent has taken the user."
    )
    text = serializers.SerializerMethodField()
    account_id = serializers.SerializerMethodField()
    session = serializers.SerializerMethodField()
    transcript = serializers.SerializerMethodField()
    consultation = serializers.IntegerField(
        source="consultation_id", allow_null=True, help_text="The contact that it has become."
    )

    def get_masked(self, intake: Intake) -> bool:
        return not sees_person(intake, self.context["user"])

    def get_text(self, intake: Intake) -> str:
        return mask(intake.text) if self.get_masked(intake) else intake.text

    def get_account_id(self, intake: Intake) -> str:
        return mask_account_id(intake.account_id) if self.get_masked(intake) else intake.account_id

    def get_session(self, intake: Intake) -> str:
        return "" if self.get_masked(intake) else intake.session

    @extend_schema_field(SaidBody(many=True))
    def get_transcript(self, intake: Intake) -> Any:
        return [] if self.get_masked(intake) else intake.transcript


# --- views ----------------------------------------------------------------------------------------


class IntakeCursor(DeskCursor):
    ordering = "id"
    position = re.compile(r"[0-9]{1,18}")


class IntakeView(DeskView):
    roles = frozenset({Role.AGENT, Role.MANAGER})
    for_bots = True

    def shown(
        self, intake: Intake, *, status: int = 200, only: frozenset[str] | None = None
    ) -> Response:
        body = IntakeBody(intake, context={"user": self.request.user, CONTEXT: only}).data
        return Response(body, status=status)


class IntakeList(IntakeView, GenericAPIView[Intake]):
    largest_body = LARGEST_HAND_OFF
    pagination_class = IntakeCursor
    filter_backends = ()
    serializer_class = IntakeBody

    def get_queryset(self) -> IntakeQuerySet:
        return waiting_for(user=self.request.user, now=timezone.now())

    @operation(
        "Users of a chatbot who wait for an agent, the longest first",
        ok={200: IntakeBody(many=True)},
        parts_of=IntakeBody,
        scope=Scope.INTAKE_READ,
    )
    def get(self, request: Request) -> Response:
        check_parameters(request, frozenset({"cursor", "limit", PARAMETER}))
        context = {"user": request.user, CONTEXT: asked_fields(request, IntakeBody)}
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(IntakeBody(page, many=True, context=context).data)

    @operation(
        "Let a user of a chatbot wait for an agent; 200 when this was sent before",
        body=HandOffBody,
        ok={201: IntakeBody, 200: IntakeBody},
        conflict=True,
        codes={409: ("external_id_used",)},
        scope=Scope.INTAKE_WRITE,
        examples={
            "A user who wants a person": {
                "external_id": "chat-20260304-0193",
                "channel": "chat",
                "text": "我要人工，灵感值扣了两次",
                "account_id": "880001",
                "session": "room-5512",
                "transcript": [
                    {"who": "user", "text": "为什么扣我两次灵感值"},
                    {"who": "bot", "text": "请问您是否同时打开了多个页面？"},
                ],
            }
        },
    )
    def post(self, request: Request) -> Response:
        given = self.body(HandOffBody)
        given["transcript"] = [
            {**turn, "at": turn["at"] and turn["at"].isoformat()} for turn in given["transcript"]
        ]
        intake, is_new = open_intake(
            acting_user=request.user, given=HandOff(**given), now=timezone.now()
        )
        return self.shown(intake, status=201 if is_new else 200)


class IntakeDetail(IntakeView):
    @operation(
        "One user of a chatbot: whether somebody has come, and what was said",
        ok={200: IntakeBody},
        found=True,
        parts_of=IntakeBody,
        scope=Scope.INTAKE_READ,
    )
    def get(self, request: Request, intake_id: int) -> Response:
        check_parameters(request, frozenset({PARAMETER}))
        only = asked_fields(request, IntakeBody)
        return self.shown(intake_get_for(user=request.user, intake_id=intake_id), only=only)


class Take(IntakeView):
    for_bots = False

    @operation(
        "Take a waiting user: the contact begins",
        body=TakeBody,
        ok={200: IntakeBody},
        found=True,
        conflict=True,
        codes={409: ("intake_taken", "intake_over")},
        scope=Scope.INTAKE_WRITE,
    )
    def post(self, request: Request, intake_id: int) -> Response:
        taken = take_intake(
            intake_id=intake_id,
            acting_user=request.user,
            question_key=self.body(TakeBody)["question"],
            now=timezone.now(),
        )
        return self.shown(taken)


class Withdraw(IntakeView):
    @operation(
        "The user waits no more: has left, or goes on with the chatbot",
        body=Nothing,
        ok={200: IntakeBody},
        found=True,
        conflict=True,
        codes={409: ("intake_taken", "intake_over")},
        scope=Scope.INTAKE_WRITE,
    )
    def post(self, request: Request, intake_id: int) -> Response:
        self.body(Nothing)
        return self.shown(
            withdraw_intake(intake_id=intake_id, acting_user=request.user, now=timezone.now())
        )
