"""Search and reading of the knowledge base."""

from __future__ import annotations

import re
from typing import Any

from django.utils import timezone
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from kb.api.base import DeskView
from kb.api.contract import operation
from kb.api.cursors import DeskCursor, check_parameters
from kb.api.serializers import (
    QuestionBody,
    SearchBody,
    SearchQuery,
    StaffQuestionBody,
)
from kb.models import StandardQuestion
from kb.selectors import question_for, questions_by_keys, search_questions
from klingdesk.core.roles import roles_of


class Search(DeskView):
    @operation(
        "Find the standard question behind a user's words",
        ok={200: SearchBody},
        parameters=[SearchQuery],
    )
    def get(self, request: Request) -> Response:
        query = self.query(SearchQuery)
        now = timezone.now()
        found = search_questions(query["q"], now=now, limit=query["limit"])
        keys = [hit.key for hit in found.hits]
        questions = questions_by_keys(user=request.user, keys=keys, now=now)
        results = [
            {
                "key": hit.key,
                "title": hit.title,
                "category": questions[hit.key].category,
                "score": hit.score,
                "text": hit.text,
                "matched": [{"token": part.token, "weight": part.weight} for part in hit.matched],
            }
            for hit in found.hits
            if hit.key in questions
        ]
        return Response(
            SearchBody(
                {"query": found.query, "confident": found.confident, "results": results}
            ).data
        )


class QuestionCursor(DeskCursor):
    ordering = "key"
    position = re.compile(r"[-a-zA-Z0-9_]{1,80}")


class QuestionList(DeskView, GenericAPIView[StandardQuestion]):
    pagination_class = QuestionCursor
    filter_backends = ()
    serializer_class = QuestionBody

    @operation(
        "Standard questions by key, without internal notes", ok={200: QuestionBody(many=True)}
    )
    def get(self, request: Request) -> Response:
        check_parameters(request, frozenset({"cursor", "limit"}))
        visible = StandardQuestion.objects.visible_to(request.user, now=timezone.now())
        page = self.paginate_queryset(
            visible.select_related("category", "flow").prefetch_related("follow_ups")
        )
        return self.get_paginated_response(QuestionBody(page, many=True).data)


class QuestionDetail(DeskView):
    @operation("One standard question", ok={200: StaffQuestionBody}, found=True)
    def get(self, request: Request, key: str) -> Response:
        question = question_for(user=request.user, key=key, now=timezone.now())
        return Response(question_body(question, user=request.user))


def question_body(question: StandardQuestion, *, user: Any) -> dict[str, Any]:
    """With the internal note only for somebody who has a role on the desk."""
    shape = StaffQuestionBody if roles_of(user) else QuestionBody
    return dict(shape(question).data)
