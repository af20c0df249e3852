"""Standard questions (标准问) and what belongs to them."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kb.querysets import StandardQuestionQuerySet


class Category(models.Model):
    """First-level group of standard questions: the tree that an agent browses."""

    slug = models.SlugField(_("slug"), unique=True)
    title = models.CharField(_("title"), max_length=60)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.title


class QuestionStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    ONLINE = "online", _("Online")
    RETIRED = "retired", _("Retired")


class StandardQuestion(models.Model):
    """What users want to know, in one canonical wording, with its reference script.

    ``script`` is customer-facing; ``internal_note`` is not and has its own column so
    that no code path can hand it out by accident.
    """

    key = models.SlugField(_("key"), max_length=80, unique=True)
    category = models.ForeignKey(
        Category, models.PROTECT, related_name="questions", verbose_name=_("category")
    )
    title = models.CharField(_("title"), max_length=120)
    status = models.CharField(
        _("status"), max_length=12, choices=QuestionStatus.choices, default=QuestionStatus.DRAFT
    )
    script = models.TextField(_("reference script"))
    internal_note = models.TextField(_("internal note"), blank=True)
    flow = models.ForeignKey(
        "kb.Flow",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="questions",
        verbose_name=_("decision flow"),
    )
    escalates = models.BooleanField(_("may go to tier 2"), default=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    review_due = models.DateField(_("review due"), null=True, blank=True)
    review_reason = models.TextField(_("why review"), blank=True)
    revision_number = models.PositiveIntegerField(_("revision"), default=0)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = StandardQuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("standard question")
        verbose_name_plural = _("standard questions")
        ordering = ["category__order", "key"]
        constraints = [
            models.CheckConstraint(
                name="question_status_known", condition=Q(status__in=QuestionStatus.values)
            ),
            models.CheckConstraint(
                name="question_online_has_script",
                condition=~Q(status=QuestionStatus.ONLINE) | ~Q(script=""),
            ),
            models.CheckConstraint(
                name="question_escalates_through_a_flow",
                condition=Q(escalates=False) | Q(flow__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def is_online(self, *, now: datetime) -> bool:
        """Whether its script may be given at ``now``."""
        expired = self.expires_at is not None and self.expires_at <= now
        return self.status == QuestionStatus.ONLINE and not expired


class Phrasing(models.Model):
    """Another wording (相似问) under which users ask the same thing."""

    question = models.ForeignKey(
        StandardQuestion, models.CASCADE, related_name="phrasings", verbose_name=_("question")
    )
    text = models.CharField(_("phrasing"), max_length=200)

    class Meta:
        verbose_name = _("phrasing")
        verbose_name_plural = _("phrasings")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["question", "text"], name="phrasing_once_per_question")
        ]

    def __str__(self) -> str:
        return self.text


class FollowUp(models.Model):
    """What the same user asks next (追问), with its own script."""

    parent = models.ForeignKey(
        StandardQuestion, models.CASCADE, related_name="follow_ups", verbose_name=_("question")
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    question = models.CharField(_("follow-up"), max_length=200)
    script = models.TextField(_("reference script"))

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.question


class Revision(models.Model):
    """One published state of a standard question; a trigger refuses update and delete."""

    question = models.ForeignKey(
        StandardQuestion, models.PROTECT, related_name="revisions", verbose_name=_("question")
    )
    number = models.PositiveIntegerField(_("number"))
    content = models.JSONField(_("content"))
    reason = models.CharField(_("reason"), max_length=300)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("author"),
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["question", "number"], name="revision_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.question_id}/{self.number}"
