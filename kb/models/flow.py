"""Decision flows (决策流程): a name, and its immutable published versions."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from kb.querysets import FlowQuerySet


class Flow(models.Model):
    key = models.SlugField(_("key"), max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=120)
    current = models.ForeignKey(
        "kb.FlowVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published version"),
    )

    objects = FlowQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision flow")
        verbose_name_plural = _("decision flows")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.title


class FlowVersion(models.Model):
    """A published definition; a trigger refuses update and delete. Runs stay on theirs.

    ``source`` is the text that it was read from, as it was written (with its comments).
    ``accepted`` are the warnings that the publisher saw and answered with ``reason``
    (``FlowError.as_data``).
    """

    flow = models.ForeignKey(
        Flow, models.PROTECT, related_name="versions", verbose_name=_("decision flow")
    )
    number = models.PositiveIntegerField(_("number"))
    schema = models.PositiveSmallIntegerField(_("schema version"))
    definition = models.JSONField(_("definition"))
    source = models.TextField(_("source text"))
    digest = models.CharField(_("digest"), max_length=64)
    accepted = models.JSONField(_("accepted warnings"), default=list, blank=True)
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
        verbose_name = _("flow version")
        verbose_name_plural = _("flow versions")
        ordering = ["flow", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["flow", "number"], name="flow_version_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.flow_id} v{self.number}"


class FlowDraft(models.Model):
    """What an editor is writing for a flow, whatever state it is in; only editors see it.

    ``base_number`` is the published version it was begun on (0: there was none), ``version``
    counts the saves, so that a second editor's save on an older one is noticed.
    """

    flow = models.OneToOneField(
        Flow, models.CASCADE, related_name="draft", verbose_name=_("decision flow")
    )
    text = models.TextField(_("source text"))
    version = models.PositiveIntegerField(_("version"), default=0)
    base_number = models.PositiveIntegerField(_("begun on version"), default=0)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("author"),
    )
    updated_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("draft of a flow")
        verbose_name_plural = _("drafts of flows")

    def __str__(self) -> str:
        return f"{self.flow_id} draft {self.version}"
