"""What somebody still has to do before the desk opens to them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class LoginStanding(models.Model):
    """No row is the same as a row in which nothing is owed."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="login_standing",
        verbose_name=_("person"),
    )
    must_change_password = models.BooleanField(_("has to change the password"), default=False)

    class Meta:
        verbose_name = _("login")
        verbose_name_plural = _("logins")
