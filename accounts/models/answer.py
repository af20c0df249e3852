"""Answers that are kept for callers who ask the same thing again."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

MOST_KEY = 128
"""Characters of an ``Idempotency-Key``."""


class KeptAnswer(models.Model):
    """What a request with an ``Idempotency-Key`` was told, written in the transaction of its work.

    ``request`` is a hash of method, address and body. ``sealed_body`` can be read by nobody who
    has the database alone: answers hold personal data.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="+",
        verbose_name=_("person"),
    )
    key = models.CharField(_("key"), max_length=MOST_KEY)
    request = models.CharField(_("request"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"))
    headers = models.JSONField(_("headers"), default=dict)
    sealed_body = models.TextField(_("body, sealed"), blank=True)
    at = models.DateTimeField(_("at"), db_index=True)

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_for_a_key")]
