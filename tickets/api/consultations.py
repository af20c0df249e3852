"""A contact with tier 1: begin it, walk its flow, end it, hand it over or chase."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from kb.api.base import DeskView
from kb.api.contract import operation
from kb.api.strict import Nothing
from klingdesk.core.roles import Role
from tickets.api.consultation_bodies import (
    AnswerBody,
    ChaseBody,
    ConsultationBody,
    ContactChaseBody,
    EscalateBody,
    FinishBody,
    FinishedBody,
    HandedOverBody,
    PositionBody,
    StartBody,
    StartedBody,
    consultation_body,
    position_of,
)
from tickets.selectors.consultations import consultation_get_for
from tickets.selectors.runs import run_state
from tickets.services.chases import chase_from_consultation
from tickets.services.consultations import (
    answer_step,
    finish_consultation,
    go_back,
    start_consultation,
)
from tickets.services.hand_over import Capture, hand_over


class ContactView(DeskView):
    roles = frozenset({Role.AGENT, Role.MANAGER})


class Start(ContactView):
    @operation("Begin a contact", body=StartBody, ok={201: StartedBody}, found=True)
    def post(self, request: Request) -> Response:
        given = self.body(StartBody)
        consultation = start_consultation(
            acting_user=request.user,
            channel=given["channel"],
            utterance=given["utterance"],
            question_key=given["question"],
            now=timezone.now(),
        )
        position = position_of(run_state(consultation))
        return Response({"id": consultation.pk, "node": None, **position}, status=201)


class Detail(ContactView):
    @operation("One contact and where its flow stands", ok={200: ConsultationBody}, found=True)
    def get(self, request: Request, consultation_id: int) -> Response:
        found = consultation_get_for(user=request.user, consultation_id=consultation_id)
        return Response(consultation_body(found, run_state(found)))


class Answer(ContactView):
    @operation(
        "Answer the current node",
        body=AnswerBody,
        ok={200: PositionBody},
        found=True,
        conflict=True,
    )
    def post(self, request: Request, consultation_id: int) -> Response:
        state = answer_step(
            consultation_id=consultation_id,
            acting_user=request.user,
            now=timezone.now(),
            **self.body(AnswerBody),
        )
        return Response(position_of(state))


class Back(ContactView):
    @operation(
        "Undo the last answer", body=Nothing, ok={200: PositionBody}, found=True, conflict=True
    )
    def post(self, request: Request, consultation_id: int) -> Response:
        self.body(Nothing)
        state = go_back(
            consultation_id=consultation_id, acting_user=request.user, now=timezone.now()
        )
        return Response(position_of(state))


class Escalate(ContactView):
    @operation(
        "Hand the contact over to tier 2",
        body=EscalateBody,
        ok={201: HandedOverBody},
        found=True,
        conflict=True,
    )
    def post(self, request: Request, consultation_id: int) -> Response:
        done = hand_over(
            consultation_id=consultation_id,
            acting_user=request.user,
            capture=Capture(**self.body(EscalateBody)),
            now=timezone.now(),
        )
        body = HandedOverBody({"ticket": done.ticket, "handover_script": done.script})
        return Response(body.data, status=201)


class Finish(ContactView):
    @operation(
        "End the contact without a ticket",
        body=FinishBody,
        ok={200: FinishedBody},
        found=True,
        conflict=True,
    )
    def post(self, request: Request, consultation_id: int) -> Response:
        done = finish_consultation(
            consultation_id=consultation_id,
            acting_user=request.user,
            now=timezone.now(),
            **self.body(FinishBody),
        )
        return Response(FinishedBody(done).data)


class Chase(ContactView):
    @operation(
        "End the contact as a chase on the open ticket of the same account and question",
        body=ContactChaseBody,
        ok={200: ChaseBody},
        found=True,
        conflict=True,
    )
    def post(self, request: Request, consultation_id: int) -> Response:
        ticket = chase_from_consultation(
            consultation_id=consultation_id,
            acting_user=request.user,
            now=timezone.now(),
            **self.body(ContactChaseBody),
        )
        return Response(ChaseBody({"ticket": ticket}).data)
