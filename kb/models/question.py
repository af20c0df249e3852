"""Standard questions (标准问) and what belongs to them."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kb.querysets import StandardQuestionQuerySet
from kb.rules.lifecycle import PUBLISHED, DraftState, Standing, Status, standing


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
    DRAFT = Status.DRAFT.value, _("Draft")
    IN_REVIEW = Status.IN_REVIEW.value, _("In review")
    UNRELEASED = Status.UNRELEASED.value, _("Not released")
    ONLINE = Status.ONLINE.value, _("Online")
    RETIRED = Status.RETIRED.value, _("Retired")


class StandardQuestion(models.Model):
    """What users want to know, in one canonical wording, with its reference script.

    The row holds the latest published revision; what is being written is in its ``Draft``.
    ``script`` and ``fallback`` are customer-facing; ``internal_note`` is not and has its own
    column so that no code path can hand it out by accident.
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
    fallback = models.TextField(_("fallback script"), blank=True)
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
    contrast_group = models.SlugField(_("contrast group"), max_length=60, blank=True)
    contrast_label = models.CharField(_("what tells it apart"), max_length=40, blank=True)
    effective_from = models.DateTimeField(_("effective from"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    replaced_at = models.DateTimeField(_("replaced at"), null=True, blank=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
    )
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
            models.CheckConstraint(
                name="question_published_has_revision",
                condition=~Q(status__in=[each.value for each in PUBLISHED])
                | Q(revision_number__gt=0),
            ),
            models.CheckConstraint(
                name="question_contrast_has_group_and_label",
                condition=Q(contrast_group="", contrast_label="")
                | (~Q(contrast_group="") & ~Q(contrast_label="")),
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="question_by_expiry"),
            models.Index(fields=["review_due"], name="question_by_review"),
        ]

    def __str__(self) -> str:
        return self.title

    def standing(self, *, now: datetime) -> Standing:
        """What it is at ``now``: only in force may its script be given."""
        return standing(
            status=self.status,
            effective_from=self.effective_from,
            expires_at=self.expires_at,
            replaced_at=self.replaced_at,
            now=now,
        )


class Phrasing(models.Model):
    """Another wording (相似问) under which users ask the same thing.

    ``learned``: taken from what users typed, so it weighs less in search than one that an
    editor has written.
    """

    question = models.ForeignKey(
        StandardQuestion, models.CASCADE, related_name="phrasings", verbose_name=_("question")
    )
    text = models.CharField(_("phrasing"), max_length=200)
    learned = models.BooleanField(_("learned"), default=False)

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


class DraftSource(models.TextChoices):
    PERSON = "person", _("written here")
    IMPORT = "import", _("from an import")
    GAP = "gap", _("from a search that found nothing")


class Draft(models.Model):
    """What is being written for a question; nobody but editors sees it.

    ``content`` is what a revision would hold. ``version`` rises with every save: whoever saves
    names the one that he began from. ``base_revision`` is the published one it was begun on.
    """

    question = models.OneToOneField(
        StandardQuestion, models.CASCADE, related_name="draft", verbose_name=_("question")
    )
    content = models.JSONField(_("content"))
    state = models.CharField(
        _("state"),
        max_length=12,
        choices=[
            (DraftState.DRAFT.value, _("Draft")),
            (DraftState.IN_REVIEW.value, _("In review")),
            (DraftState.SCHEDULED.value, _("Scheduled")),
        ],
        default=DraftState.DRAFT.value,
    )
    version = models.PositiveIntegerField(_("version"), default=1)
    base_revision = models.PositiveIntegerField(_("begun on revision"), default=0)
    source = models.CharField(
        _("source"), max_length=12, choices=DraftSource.choices, default=DraftSource.PERSON
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    review_comment = models.TextField(_("comment of the review"), blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("author"),
    )
    publish_at = models.DateTimeField(_("publish at"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated at"))

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        ordering = ["-updated_at"]
        constraints = [
            models.CheckConstraint(
                name="draft_state_known",
                condition=Q(state__in=[each.value for each in DraftState]),
            ),
            models.CheckConstraint(
                name="draft_scheduled_has_its_moment",
                condition=~Q(state=DraftState.SCHEDULED.value) | Q(publish_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.question)
