"""What the knowledge base tells its editors, and where each notice leads."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from kb.models import StandardQuestion
from klingdesk.core.roles import Role
from notices.rules.topics import Topic

KNOWLEDGE = Topic(
    "kb.answers",
    _("Answers"),
    _("An answer of mine expires, needs a review, or came back from one."),
    frozenset({Role.EDITOR.value}),
)

NOTICE_TEXTS = {
    "kb.expired": _(
        "The answer to “%(title)s” has expired. Agents are given the fallback script instead."
    ),
    "kb.expires_soon": _(
        "The answer to “%(title)s” expires on %(date)s. Prolong it, or write the next one."
    ),
    "kb.review_due": _("“%(title)s” is due for review since %(date)s: %(reason)s"),
    "kb.review_due_plain": _("“%(title)s” is due for review since %(date)s."),
    "kb.not_published": _("The scheduled text of “%(title)s” could not be published: %(reason)s"),
    "kb.review_wanted": _("“%(title)s” waits for a review."),
    "kb.sent_back": _("Your text for “%(title)s” came back from the review: %(comment)s"),
}


def question_path(question: StandardQuestion) -> str:
    """The page on which the question is written."""
    return reverse("admin:kb_standardquestion_change", args=[question.pk])
