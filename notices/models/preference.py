"""What a person wants to be told outside of the desk, too."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from notices.models.labels import ChannelKind


class Preference(models.Model):
    """A row means yes; without one a person is told in the inbox only."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="notice_preferences",
        verbose_name=_("person"),
    )
    topic = models.CharField(_("topic"), max_length=40)
    channel = models.CharField(_("channel"), max_length=10, choices=ChannelKind.choices)

    class Meta:
        verbose_name = _("notice preference")
        verbose_name_plural = _("notice preferences")
        constraints = [
            models.UniqueConstraint(fields=["person", "topic", "channel"], name="preference_once"),
            models.CheckConstraint(
                name="preference_channel_known", condition=models.Q(channel="email")
            ),
        ]
