"""Shapes of the knowledge base in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kb.api.strict import StrictSerializer, Text

MOST_WORDS = 300
"""So many characters, escaped, still fit into the request line that a server accepts (4094 bytes).
Only the first 200 are searched."""


class CategoryBody(serializers.Serializer[Any]):
    slug = serializers.CharField()
    title = serializers.CharField()


class FollowUpBody(serializers.Serializer[Any]):
    """What the same user asks next; both are fit for the user's ears."""

    question = serializers.CharField()
    script = serializers.CharField()


class QuestionBody(serializers.Serializer[Any]):
    """A standard question as it may be read to a user: nothing internal is in here."""

    key = serializers.CharField()
    title = serializers.CharField()
    category = CategoryBody()
    status = serializers.CharField(help_text="`draft`, `online` or `retired`.")
    script = serializers.CharField()
    follow_ups = FollowUpBody(many=True)
    flow = serializers.CharField(
        source="flow.key", default=None, allow_null=True, help_text="Key of the decision flow."
    )
    escalates = serializers.BooleanField(help_text="May go to tier 2.")
    expires_at = serializers.DateTimeField(allow_null=True)
    review_due = serializers.DateField(allow_null=True)


class StaffQuestionBody(QuestionBody):
    """The same with what is for the desk's own people only."""

    internal_note = serializers.CharField(help_text="Never read this to a user.")


class MatchBody(serializers.Serializer[Any]):
    token = serializers.CharField()
    weight = serializers.FloatField(help_text="Its part of the score.")


class SearchHitBody(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    category = CategoryBody()
    score = serializers.FloatField(help_text="0 to 1; 1 for the very words.")
    text = serializers.CharField(help_text="The title or phrasing that fitted best.")
    matched = MatchBody(many=True)


class SearchBody(serializers.Serializer[Any]):
    query = serializers.CharField(help_text="What was searched, cut to 200 characters.")
    confident = serializers.BooleanField(help_text="The first result is clearly the best.")
    results = SearchHitBody(many=True)


class SearchQuery(StrictSerializer):
    q = Text(max_length=MOST_WORDS, trim_whitespace=False, help_text="The user's own words.")
    limit = serializers.IntegerField(min_value=1, max_value=50, default=8)
