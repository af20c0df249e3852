"""Questions in every standing, with everything internal about them marked by the canary."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kb.models import Disagreement, FlowVersion, StandardQuestion
from kb.services.attachments import keep_starter_picture
from kb.services.content import AttachmentContent, FollowUpContent, QuestionContent
from kb.services.flow_publishing import keep_version
from kb.services.publishing import publish_question
from tests.conftest import CANARY, NOW

HAND_OVER = Path(__file__).parents[1] / "kb" / "data" / "flows" / "hand-over.yaml"
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'

SCRIPT = f"正式话术 {CANARY}"
"""Of an answer that is not in force: nobody may be given it."""
FALLBACK = "备用话术。"

LATER = NOW + timedelta(days=2)
"""2026-03-06 10:30 in Shanghai."""

NOT_IN_FORCE: dict[str, dict[str, Any]] = {
    "unreleased": {"status": "unreleased"},
    "scheduled": {"effective_from": LATER},
    "expired": {"expires_at": NOW},
}
"""What makes a question stand like that at ``NOW``."""

WITHHELD = ("unreleased", "scheduled")
"""Standings whose text agents may know."""


def publish(key: str, **changes: Any) -> StandardQuestion:
    """An online question in the group of the test desk."""
    values = {"title": f"标题 {key}", "category": "credits", "status": "online", "script": "话术。"}
    return publish_question(
        key=key,
        content=QuestionContent(**{**values, **changes}),
        acting_user=None,
        reason="test",
        now=NOW,
    )


def publish_not_in_force(standing: str, **changes: Any) -> StandardQuestion:
    """A question that stands like ``standing`` at ``NOW``, under that key, with all parts."""
    question = publish(
        standing,
        **{
            "script": SCRIPT,
            "fallback": FALLBACK,
            "internal_note": CANARY,
            "follow_ups": (FollowUpContent("接着问", SCRIPT),),
            "attachments": (attachment("图"),),
            **NOT_IN_FORCE[standing],
            **changes,
        },
    )
    disagree(question, CANARY)
    return question


def attachment(title: str) -> AttachmentContent:
    """A picture that is kept, under a title."""
    kept = keep_starter_picture(name="picture.svg", data=PICTURE, now=NOW)
    return AttachmentContent(kept.digest, title)


def disagree(
    question: StandardQuestion, caution: str, *, decided_at: datetime | None = None
) -> Disagreement:
    verdict = {"verdict": "ours", "verdict_reason": "核对过"} if decided_at else {}
    return Disagreement.objects.create(
        question=question,
        key=f"case-{question.disagreements.count()}",
        caution=caution,
        our_statement="甲",
        our_source="一",
        their_statement="乙",
        their_source="二",
        opened_at=NOW,
        decided_at=decided_at,
        **verdict,
    )


def publish_hand_over() -> FlowVersion:
    """The flow that the starter knowledge base hands over with."""
    return keep_version(text=HAND_OVER.read_text(), acting_user=None, reason="test", now=NOW)
