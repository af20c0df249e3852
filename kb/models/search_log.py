"""What was searched for: without personal data, to see where the knowledge has gaps."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class LoggedSearch(models.Model):
    """One settled search. ``words`` are masked: no run of digits, no address survives.

    ``group_key`` is the canonical form, under which the same search in other spellings falls
    together. ``chosen`` is the key of the question that was opened, empty for none.
    ``retyped``: the same person searched again without having chosen.
    """

    asked_at = models.DateTimeField(_("asked at"), db_index=True)
    words = models.CharField(_("words"), max_length=200)
    group_key = models.CharField(_("canonical form"), max_length=400, db_index=True)
    results = models.JSONField(_("results"), default=list)
    confident = models.BooleanField(_("confident"), default=False)
    chosen = models.CharField(_("chosen question"), max_length=80, blank=True)
    retyped = models.BooleanField(_("typed again"), default=False)
    channel = models.CharField(_("channel"), max_length=12, default="console")

    class Meta:
        verbose_name = _("search")
        verbose_name_plural = _("searches")
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return self.words


class HandledGap(models.Model):
    """A group of searches that an editor has dealt with; later ones count anew."""

    group_key = models.CharField(_("canonical form"), max_length=400, unique=True)
    handled_at = models.DateTimeField(_("handled at"))
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("handled by")
    )
    outcome = models.CharField(
        _("outcome"),
        max_length=12,
        choices=[
            ("phrasing", _("made a phrasing")),
            ("question", _("made a question")),
            ("ignored", _("not ours to answer")),
        ],
    )

    class Meta:
        verbose_name = _("handled gap")
        verbose_name_plural = _("handled gaps")

    def __str__(self) -> str:
        return self.group_key
