"""Tier-2 teams and the rules that route tickets to them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tickets.models.labels import Assignment, Priority


class Team(models.Model):
    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=60)
    is_default = models.BooleanField(_("default team"), default=False)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="teams", verbose_name=_("members")
    )

    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="led_teams",
        verbose_name=_("team lead"),
    )
    assignment = models.CharField(
        _("assignment"), max_length=10, choices=Assignment.choices, default=Assignment.PULL
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
    """First match by ``order`` wins; an empty condition matches everything.

    What a condition names cannot be deleted while the rule is there: the rule would go silently.
    """

    order = models.PositiveSmallIntegerField(_("order"), unique=True)
    category = models.ForeignKey(
        "kb.Category", models.PROTECT, null=True, blank=True, verbose_name=_("category")
    )
    question = models.ForeignKey(
        "kb.StandardQuestion",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("standard question"),
    )
    tag = models.CharField(_("tag"), max_length=40, blank=True)
    flow = models.ForeignKey(
        "kb.Flow", models.PROTECT, null=True, blank=True, verbose_name=_("decision flow")
    )
    queue = models.SlugField(_("queue hint of the flow"), max_length=60, blank=True)
    chased = models.BooleanField(_("chased"), null=True, blank=True)
    api_customer = models.BooleanField(_("API customer"), null=True, blank=True)
    team = models.ForeignKey(Team, models.PROTECT, related_name="rules", verbose_name=_("team"))
    skill = models.SlugField(_("skill"), max_length=40, blank=True)
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
                condition=Q(category__isnull=False)
                | Q(question__isnull=False)
                | Q(flow__isnull=False)
                | Q(chased__isnull=False)
                | Q(api_customer__isnull=False)
                | ~Q(tag="")
                | ~Q(queue=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.order} → {self.team_id}"
