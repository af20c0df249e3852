"""Open questions: where two sources say different things and an editor has to decide."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Verdict(models.TextChoices):
    OURS = "ours", _("Our answer stands")
    THEIRS = "theirs", _("The other statement is right")
    NEITHER = "neither", _("Neither: see the reason")


class Disagreement(models.Model):
    """Two statements about one question, and where each comes from.

    Until it is decided, agents see ``caution`` beside the answer. ``caution`` and the
    statements are internal.
    """

    question = models.ForeignKey(
        "kb.StandardQuestion",
        models.PROTECT,
        related_name="disagreements",
        verbose_name=_("question"),
    )
    key = models.SlugField(_("key"), max_length=60)
    caution = models.CharField(_("caution for agents"), max_length=300)
    our_statement = models.TextField(_("our answer says"))
    our_source = models.CharField(_("source of our answer"), max_length=200)
    their_statement = models.TextField(_("the other source says"))
    their_source = models.CharField(_("the other source"), max_length=200)
    opened_at = models.DateTimeField(_("opened at"))
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("opened by"),
    )
    verdict = models.CharField(_("verdict"), max_length=12, choices=Verdict.choices, blank=True)
    verdict_reason = models.TextField(_("reason of the verdict"), blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )

    class Meta:
        verbose_name = _("open question")
        verbose_name_plural = _("open questions")
        ordering = ["decided_at", "question", "key"]
        constraints = [
            models.UniqueConstraint(
                fields=["question", "key"], name="disagreement_key_once_per_question"
            ),
            models.CheckConstraint(
                name="disagreement_verdict_known",
                condition=Q(verdict="") | Q(verdict__in=Verdict.values),
            ),
            models.CheckConstraint(
                name="disagreement_decided_with_a_verdict",
                condition=Q(decided_at=None, verdict="", verdict_reason="")
                | (Q(decided_at__isnull=False) & ~Q(verdict="") & ~Q(verdict_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question_id}/{self.key}"
