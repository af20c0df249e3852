"""Tier-2 teams and the rules that route tickets to them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tickets.models.labels import Priority


class Team(models.Model):
    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=60)
    is_default = models.BooleanField(_("default team"), default=False)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="teams", verbose_name=_("members")
    )

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_team"
            )
        ]

    def __str__(self) -> str:
        return self.name


class RoutingRule(models.Model):
    """First match by ``order`` wins; an empty condition matches everything."""

    order = models.PositiveSmallIntegerField(_("order"), unique=True)
    category = models.ForeignKey(
        "kb.Category", models.CASCADE, null=True, blank=True, verbose_name=_("category")
    )
    question = models.ForeignKey(
        "kb.StandardQuestion",
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("standard question"),
    )
    tag = models.CharField(_("tag"), max_length=40, blank=True)
    team = models.ForeignKey(Team, models.PROTECT, related_name="rules", verbose_name=_("team"))
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, default=Priority.NORMAL
    )

    class Meta:
        verbose_name = _("routing rule")
        verbose_name_plural = _("routing rules")
        ordering = ["order"]
        constraints = [
            models.CheckConstraint(
                name="routing_rule_has_condition",
                condition=Q(category__isnull=False) | Q(question__isnull=False) | ~Q(tag=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.order} → {self.team_id}"
