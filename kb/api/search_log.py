"""Telling the desk what was searched, so that its editors see where the knowledge has gaps."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.scopes import Scope
from kb.api.base import DeskView
from kb.api.bodies import told
from kb.api.contract import operation
from kb.api.serializers import MOST_WORDS
from kb.api.strict import StrictSerializer, Text, Truth
from kb.services.search_log import log_search
from klingdesk.core.errors import Invalid
from klingdesk.core.roles import is_bot


class SearchToLog(StrictSerializer):
    """A search as it ended. What was found is looked up again; numbers and addresses are masked."""

    query = Text(max_length=MOST_WORDS, trim_whitespace=False, help_text="The user's own words.")
    chosen = Text(
        max_length=80,
        required=False,
        default="",
        allow_blank=True,
        help_text="Key of the question that answered them, if any.",
    )
    retyped = Truth(
        required=False, default=False, help_text="Nothing fitted, and other words were tried next."
    )


class LoggedSearchBody(serializers.Serializer[Any]):
    id = serializers.IntegerField()


class SearchLog(DeskView):
    for_bots = True

    @operation(
        "Log a search that has ended, without personal data",
        ok={201: LoggedSearchBody},
        body=SearchToLog,
        scope=Scope.SEARCHES_WRITE,
    )
    def post(self, request: Request) -> Response:
        body = self.body(SearchToLog)
        try:
            entry = log_search(
                acting_user=request.user,
                words=body["query"],
                chosen=body["chosen"],
                retyped=body["retyped"],
                now=timezone.now(),
                channel="bot" if is_bot(request.user) else "api",
            )
        except Invalid as error:
            raise Invalid(error.message, fields=_as_sent(error)) from error
        return Response(told(LoggedSearchBody, entry), status=201)


def _as_sent(error: Invalid) -> dict[str, list[Any]]:
    """Messages under the names that the body has for the fields."""
    return {{"words": "query"}.get(name, name): list(texts) for name, texts in error.fields.items()}
