"""Shapes of the knowledge base in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kb.api.sparse import SparseSerializer
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


class AttachmentBody(serializers.Serializer[Any]):
    """A picture or a short video for the user."""

    title = serializers.CharField()
    url = serializers.CharField(help_text="Path on this host; ask for it with the same login.")
    media_type = serializers.CharField(help_text="For example `image/png` or `video/mp4`.")


STANDINGS = (
    "`in_force`: it may be given. `scheduled`: not yet. `expired`: not any more. For people of "
    "the desk only: `unreleased`; for editors also `draft`, `in_review`, `retired`."
)


class QuestionBody(SparseSerializer):
    """A standard question as it may be told to a user now: nothing internal is in here."""

    key = serializers.CharField()
    title = serializers.CharField()
    category = CategoryBody()
    status = serializers.CharField(
        help_text="What is stored: `draft`, `in_review`, `unreleased`, `online` or `retired`."
    )
    standing = serializers.CharField(help_text=STANDINGS)
    script = serializers.CharField(
        help_text="What may be told to a user now, variables filled in: the reference script "
        "while the answer is in force, otherwise the fallback."
    )
    is_fallback = serializers.BooleanField(help_text="`script` is the fallback.")
    withdrawn = serializers.BooleanField(
        help_text="The answer was in force and is not any more: drop any copy of its script."
    )
    follow_ups = FollowUpBody(many=True, help_text="Empty unless in force.")
    attachments = AttachmentBody(many=True, help_text="Empty unless in force.")
    flow = serializers.CharField(
        allow_null=True, help_text="Key of the decision flow that a contact about it walks now."
    )
    escalates = serializers.BooleanField(help_text="May go to tier 2.")
    effective_from = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="When the present script ends; keep no copy beyond it."
    )
    review_due = serializers.DateField(allow_null=True)


class StaffQuestionBody(QuestionBody):
    """The same with what is for the desk's own people only; programs do not get these fields."""

    internal_note = serializers.CharField(required=False, help_text="Never read this to a user.")
    cautions = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Undecided contradictions between sources. Never read these to a user.",
    )
    withheld_script = serializers.CharField(
        required=False,
        allow_null=True,
        help_text="A script that is not released or not effective yet. Never read it to a user.",
    )


class MatchBody(serializers.Serializer[Any]):
    token = serializers.CharField()
    weight = serializers.FloatField(help_text="Its part of the score.")


class SearchHitBody(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    category = CategoryBody()
    standing = serializers.CharField(help_text=STANDINGS)
    score = serializers.FloatField(help_text="0 to 1; 1 for the very words.")
    text = serializers.CharField(help_text="The title or phrasing that fitted best.")
    matched = MatchBody(many=True)


class CaseBody(serializers.Serializer[Any]):
    """One of several questions that the words cannot tell apart."""

    key = serializers.CharField()
    label = serializers.CharField(help_text="What tells it apart.")  # type: ignore[assignment]


class SearchBody(serializers.Serializer[Any]):
    query = serializers.CharField(help_text="What was searched, cut to 200 characters.")
    confident = serializers.BooleanField(help_text="The first result is clearly the best.")
    choices = CaseBody(
        many=True, help_text="Ask the user which case it is, when there are any (then two or more)."
    )
    results = SearchHitBody(many=True)


class SearchQuery(StrictSerializer):
    q = Text(max_length=MOST_WORDS, trim_whitespace=False, help_text="The user's own words.")
    limit = serializers.IntegerField(min_value=1, max_value=50, default=8)
