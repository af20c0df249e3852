"""Search and reading of the knowledge base, for the desk's people and for programs."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Prefetch
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.scopes import Scope
from kb.api.base import AcceptNegotiation, DeskView
from kb.api.bodies import told
from kb.api.contract import operation
from kb.api.cursors import DeskCursor, check_parameters
from kb.api.question_bodies import (
    question_body,
    question_row,
    question_to_read,
    readable,
)
from kb.api.serializers import (
    QuestionBody,
    SearchBody,
    SearchQuery,
    StaffQuestionBody,
)
from kb.api.sparse import PARAMETER, asked_fields
from kb.models import QuestionAttachment, StandardQuestion
from kb.search.documents import Hit
from kb.selectors.attachments import attachment_for
from kb.selectors.questions import questions_by_keys
from kb.selectors.search import hidden_keys, search_questions


class Search(DeskView):
    for_bots = True

    @operation(
        "Find the standard question behind a user's words",
        ok={200: SearchBody},
        parameters=[SearchQuery],
        scope=Scope.KB_READ,
    )
    def get(self, request: Request) -> Response:
        query, now = self.query(SearchQuery), timezone.now()
        hidden = hidden_keys(user=request.user, now=now)
        found = search_questions(query["q"], limit=query["limit"], without=hidden)
        keys = [hit.key for hit in found.hits] + [choice.key for choice in found.choices]
        # The index may be some seconds behind.
        questions = {
            key: question
            for key, question in questions_by_keys(user=request.user, keys=keys).items()
            if key not in hidden
        }
        seen = [hit for hit in found.hits if hit.key in questions]
        choices = [choice for choice in found.choices if choice.key in questions]
        body = {
            "query": found.query,
            "confident": found.confident and seen[:1] == list(found.hits[:1]),
            "choices": choices if len(choices) > 1 else (),
            "results": [
                {
                    **_hit(hit),
                    "category": questions[hit.key].category,
                    "standing": questions[hit.key].standing(now=now).value,
                }
                for hit in seen
            ],
        }
        return Response(told(SearchBody, body))


def _hit(hit: Hit) -> dict[str, object]:
    return {
        "key": hit.key,
        "title": hit.title,
        "score": hit.score,
        "text": hit.text,
        "matched": [{"token": part.token, "weight": part.weight} for part in hit.matched],
    }


class QuestionCursor(DeskCursor):
    ordering = "key"
    position = re.compile(r"[-a-zA-Z0-9_]{1,80}")


class QuestionList(DeskView, GenericAPIView[StandardQuestion]):
    for_bots = True
    pagination_class = QuestionCursor
    filter_backends = ()
    serializer_class = QuestionBody

    @operation(
        "Standard questions by key, without internal notes",
        ok={200: QuestionBody(many=True)},
        parts_of=QuestionBody,
        scope=Scope.KB_READ,
    )
    def get(self, request: Request) -> Response:
        check_parameters(request, frozenset({"cursor", "limit", PARAMETER}))
        only = asked_fields(request, QuestionBody)
        now = timezone.now()
        attachments = QuestionAttachment.objects.select_related("attachment")
        page = self.paginate_queryset(
            readable(user=request.user, now=now)
            .select_related("category", "flow")
            .prefetch_related(
                "follow_ups",
                "disagreements",
                Prefetch("attachments", queryset=attachments.defer("attachment__data")),
            )
        )
        rows = [question_row(question, now=now, only=only) for question in page or ()]
        return self.get_paginated_response(rows)


class QuestionDetail(DeskView):
    for_bots = True

    @operation(
        "One standard question",
        ok={200: StaffQuestionBody},
        parts_of=StaffQuestionBody,
        found=True,
        scope=Scope.KB_READ,
    )
    def get(self, request: Request, key: str) -> Response:
        check_parameters(request, frozenset({PARAMETER}))
        only, now = asked_fields(request, StaffQuestionBody), timezone.now()
        question = question_to_read(user=request.user, key=key, now=now)
        return Response(question_body(question, user=request.user, now=now, only=only))


class AnyAccept(AcceptNegotiation):
    """A file is what it is, whatever the ``Accept`` header would like."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class AttachmentFile(DeskView):
    for_bots = True
    content_negotiation_class = AnyAccept

    @operation(
        "A picture or video of an answer in force",
        ok={200: OpenApiTypes.BINARY},
        found=True,
        scope=Scope.KB_READ,
    )
    def get(self, request: Request, digest: str) -> HttpResponse:
        file = attachment_for(user=request.user, digest=digest, now=timezone.now())
        return HttpResponse(
            bytes(file.data),
            content_type=file.media_type,
            headers={
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "Cross-Origin-Resource-Policy": "same-origin",
                "X-Content-Type-Options": "nosniff",
            },
        )
