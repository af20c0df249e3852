"""A contact with tier 1: begin it, walk its flow, end it, hand it over or chase."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.scopes import Scope
from kb.api.base import DeskView
from kb.api.bodies import told
from kb.api.contract import operation
from kb.api.cursors import check_parameters
from kb.api.sparse import PARAMETER, asked_fields
from kb.api.strict import Nothing
from klingdesk.core.roles import Role
from tickets.api.consultation_bodies import (
    LARGEST_ANSWER,
    AnswerBody,
    BackBody,
    ChaseBody,
    ChosenQuestionBody,
    ConsultationBody,
    ContactChaseBody,
    EscalateBody,
    FinishBody,
    FinishedBody,
    HandedOverBody,
    PassedOnBody,
    PassOnBody,
    PositionBody,
    StartBody,
    StartedBody,
    TakeOverBody,
    consultation_body,
    position_of,
)
from tickets.api.lookups import count_or_throttle
from tickets.selectors.consultations import consultation_get_for
from tickets.selectors.runs import RunState, run_state, withdrawal_of
from tickets.services.chases import chase_from_consultation
from tickets.services.consultations import (
    answer_step,
    choose_question,
    finish_consultation,
    go_back,
    hand_over_instead,
    jump_back,
    start_consultation,
)
from tickets.services.contact_transfers import pass_on, take_over
from tickets.services.hand_over import Capture, hand_over


class ContactView(DeskView):
    roles = frozenset({Role.AGENT, Role.MANAGER})

    def position(self, consultation_id: int, state: RunState, *, now: datetime) -> Response:
        """Where the contact stands, without scripts that may not be read out any more."""
        contact = consultation_get_for(user=self.request.user, consultation_id=consultation_id)
        withdrawn = withdrawal_of(contact, state, now=now)
        plain = contact.agent_id == self.request.user.pk
        return Response(position_of(state, withdrawn, now=now, plain=plain))

    def whole(
        self, consultation_id: int, *, now: datetime, only: frozenset[str] | None = None
    ) -> dict[str, Any]:
        """The contact and where its flow stands, masked unless it is the caller's own."""
        user = self.request.user
        found = consultation_get_for(user=user, consultation_id=consultation_id)
        state = run_state(found)
        withdrawn = withdrawal_of(found, state, now=now)
        return consultation_body(found, state, withdrawn, user=user, now=now, only=only)

    def may_recall(self, told: Any, /, **place: Any) -> None:
        """The contact of the address, or the one that was begun."""
        contact = place.get("consultation_id") or told["id"]
        consultation_get_for(user=self.request.user, consultation_id=contact)


class Start(ContactView):
    @operation(
        "Begin a contact",
        body=StartBody,
        ok={201: StartedBody},
        found=True,
        scope=Scope.CONTACTS_WRITE,
    )
    def post(self, request: Request) -> Response:
        given, now = self.body(StartBody), timezone.now()
        consultation = start_consultation(
            acting_user=request.user,
            channel=given["channel"],
            utterance=given["utterance"],
            question_key=given["question"],
            now=now,
        )
        position = position_of(run_state(consultation), None, now=now)
        return Response({"id": consultation.pk, "node": None, **position}, status=201)


class Detail(ContactView):
    @operation(
        "One contact and where its flow stands",
        ok={200: ConsultationBody},
        parts_of=ConsultationBody,
        found=True,
        scope=Scope.CONTACTS_READ,
    )
    def get(self, request: Request, consultation_id: int) -> Response:
        check_parameters(request, frozenset({PARAMETER}))
        only = asked_fields(request, ConsultationBody)
        return Response(self.whole(consultation_id, now=timezone.now(), only=only))


class Question(ContactView):
    @operation(
        "Say what a contact is about that began without a question",
        body=ChosenQuestionBody,
        ok={200: ConsultationBody},
        found=True,
        conflict=True,
        codes={409: ("question_chosen", "consultation_ended")},
        scope=Scope.CONTACTS_WRITE,
    )
    def post(self, request: Request, consultation_id: int) -> Response:
        key, now = self.body(ChosenQuestionBody)["question"], timezone.now()
        choose_question(
            consultation_id=consultation_id,
            acting_user=request.user,
            question_key=key,
            now=now,
        )
        return Response(self.whole(consultation_id, now=now))


class Answer(ContactView):
    largest_body = LARGEST_ANSWER

    @operation(
        "Answer the current node",
        body=AnswerBody,
        ok={200: PositionBody},
        found=True,
        conflict=True,
        codes={
            409: (
                "moved_on",
                "too_many_answers",
                "flow_broken",
                "no_flow",
                "consultation_ended",
            )
        },
        scope=Scope.CONTACTS_WRITE,
    )
    def post(self, request: Request, consultation_id: int) -> Response:
        given, now = self.body(AnswerBody), timezone.now()
        state = answer_step(
            consultation_id=consultation_id, acting_user=request.user, now=now, **given
        )
        return self.position(consultation_id, state, now=now)


class Back(ContactView):
    @operation(
        "Undo the last answer, or all from an earlier one on",
        body=BackBody,
        ok={200: PositionBody},
        found=True,
        conflict=True,
        codes={
            409: (
                "conflict",
                "moved_on",
                "no_flow",
                "consultation_ended",
            )
        },
        scope=Scope.CONTACTS_WRITE,
    )
    def post(self, request: Request, consultation_id: int) -> Response:
        step, now = self.body(BackBody)["step"], timezone.now()
        undo = go_back if step is None else partial(jump_back, step=step)
        state = undo(consultation_id=consultation_id, acting_user=request.user, now=now)
        return self.position(consultation_id, state, now=now)


class HandOverInstead(ContactView):
    @operation(
        "Leave a flow whose answer is not in force any more for the one that hands over",
        body=Nothing,
        ok={200: PositionBody},
        found=True,
        conflict=True,
        codes={
            409: (
                "moved_on",
                "in_force",
                "no_flow",
                "consultation_ended",
            )
        },
        scope=Scope.CONTACTS_WRITE,
    )
    def post(self, request: Request, consultation_id: int) -> Response:
        self.body(Nothing)
        now = timezone.now()
        state = hand_over_instead(
            consultation_id=consultation_id, acting_user=request.user, now=now
        )
        return self.position(consultation_id, state, now=now)


class Escalate(ContactView):
    @operation(
        "Hand the contact over to tier 2",
        body=EscalateBody,
        ok={201: HandedOverBody},
        found=True,
        conflict=True,
        codes={
            409: (
                "chase_due",
                "not_at_hand_over",
                "question_missing",
                "not_escalating",
                "no_flow",
                "try_again",
                "consultation_ended",
            )
        },
        scope=Scope.CONTACTS_WRITE,
    )
    def post(self, request: Request, consultation_id: int) -> Response:
        done = hand_over(
            consultation_id=consultation_id,
            acting_user=request.user,
            capture=Capture(**self.body(EscalateBody)),
            fill_in=True,
            now=timezone.now(),
        )
        body = {"ticket": done.ticket, "handover_script": done.script}
        return Response(told(HandedOverBody, body), status=201)


class PassOn(ContactView):
    @operation(
        "Give a running contact to another agent",
        body=PassOnBody,
        ok={200: PassedOnBody},
        found=True,
        conflict=True,
        codes={409: ("consultation_ended",)},
        scope=Scope.CONTACTS_WRITE,
    )
    def post(self, request: Request, consultation_id: int) -> Response:
        given = self.body(PassOnBody)
        moved = pass_on(
            consultation_id=consultation_id,
            to_agent=given["to"],
            acting_user=request.user,
            note=given["note"],
            now=timezone.now(),
        )
        return Response(told(PassedOnBody, moved))

    def may_recall(self, told: Any, /, **place: Any) -> None:
        """Always: the answer says to whom it went, and whoever gave it away sees it no more."""


class TakeOver(ContactView):
    @operation(
        "Take over a colleague's contact that waits for its user",
        body=TakeOverBody,
        ok={200: ConsultationBody},
        found=True,
        conflict=True,
        codes={
            409: (
                "taken_over",
                "not_waiting",
                "consultation_ended",
            )
        },
        scope=Scope.CONTACTS_WRITE,
    )
    def post(self, request: Request, consultation_id: int) -> Response:
        given, now = self.body(TakeOverBody), timezone.now()
        take_over(
            consultation_id=consultation_id,
            acting_user=request.user,
            note=given["note"],
            from_agent=given["from_agent"],
            now=now,
        )
        return Response(self.whole(consultation_id, now=now))


class Finish(ContactView):
    @operation(
        "End the contact without a ticket",
        body=FinishBody,
        ok={200: FinishedBody},
        found=True,
        conflict=True,
        codes={
            409: (
                "needs_hand_over",
                "consultation_ended",
            )
        },
        scope=Scope.CONTACTS_WRITE,
    )
    def post(self, request: Request, consultation_id: int) -> Response:
        done = finish_consultation(
            consultation_id=consultation_id,
            acting_user=request.user,
            now=timezone.now(),
            **self.body(FinishBody),
        )
        return Response(told(FinishedBody, done))


class Chase(ContactView):
    @operation(
        "End the contact as a chase on the open ticket of the same account and question",
        body=ContactChaseBody,
        ok={200: ChaseBody},
        found=True,
        conflict=True,
        codes={
            409: (
                "wrong_state",
                "consultation_ended",
            )
        },
        scope=Scope.CONTACTS_WRITE,
    )
    def post(self, request: Request, consultation_id: int) -> Response:
        body = self.body(ContactChaseBody)
        count_or_throttle(user=request.user, typed=body["account_id"], in_contact=True)
        ticket = chase_from_consultation(
            consultation_id=consultation_id,
            acting_user=request.user,
            now=timezone.now(),
            **body,
        )
        return Response(told(ChaseBody, {"ticket": ticket}))
