"""Sessions that know whose they are, so that they can be counted, listed and ended."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _


class DeskSession(AbstractBaseSession):
    """A row of Django's session table with its person; written by ``accounts.sessions`` only.

    ``browser`` is what the browser said of itself, for the person to know the session again.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        related_name="desk_sessions",
        verbose_name=_("person"),
    )
    started_at = models.DateTimeField(_("logged in at"), null=True)
    seen_at = models.DateTimeField(_("last seen at"), null=True)
    browser = models.CharField(_("browser"), max_length=200, blank=True)

    class Meta(AbstractBaseSession.Meta):
        verbose_name = _("session")  # type: ignore[assignment]
        verbose_name_plural = _("sessions")  # type: ignore[assignment]
