"""Decision flows (决策流程): a name, and its immutable published versions."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


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

    class Meta:
        verbose_name = _("decision flow")
        verbose_name_plural = _("decision flows")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.title


class FlowVersion(models.Model):
    """A published definition; a trigger refuses update and delete. Runs stay on theirs."""

    flow = models.ForeignKey(
        Flow, models.PROTECT, related_name="versions", verbose_name=_("decision flow")
    )
    number = models.PositiveIntegerField(_("number"))
    schema = models.PositiveSmallIntegerField(_("schema version"))
    definition = models.JSONField(_("definition"))
    digest = models.CharField(_("digest"), max_length=64)
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
