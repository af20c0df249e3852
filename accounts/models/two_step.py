"""The second step of a login: an authenticator app (RFC 6238), and codes for when it is lost."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin


class Authenticator(ThrottlingMixin, Device):  # type: ignore[misc]
    """One for each person; in force once ``confirmed``.

    The secret is sealed (``accounts.services.two_step``). ``last_step`` is the time step of the
    last code accepted, so that no code works twice. Wrong codes, recovery codes too, are slowed
    down by the mixin: 1, 2, 4, 8 … seconds.
    """

    sealed_secret = models.TextField(_("secret, sealed"))
    last_step = models.BigIntegerField(default=-1)
    created_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("authenticator")
        verbose_name_plural = _("authenticators")
        constraints = [
            models.UniqueConstraint(fields=["user"], name="one_authenticator_for_a_person")
        ]

    def get_throttle_factor(self) -> int:
        """Seconds to wait after the first wrong code."""
        return 1


class RecoveryCode(models.Model):
    """The hash of a code of 80 random bits, which logs in once in place of the app."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="recovery_codes",
        verbose_name=_("person"),
    )
    digest = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")
        ]
