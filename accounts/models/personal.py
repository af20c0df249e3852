"""What a person has chosen for themselves, on every machine they log in at."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class PersonalSettings(models.Model):
    """No row is the same as a row in which nothing was chosen."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="personal_settings",
        verbose_name=_("person"),
    )
    language = models.CharField(_("language"), max_length=12, blank=True)
    """A code of ``settings.LANGUAGES``; empty: that of the browser's cookie, else the desk's."""
    tours_seen = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("guided tours seen"),
        default=list,
        blank=True,
    )

    class Meta:
        verbose_name = _("personal settings")
        verbose_name_plural = _("personal settings")
