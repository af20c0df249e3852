"""Tokens of the API: stored as hashes, named, with a purpose and an end."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken, get_digest_token
from knox.settings import CONSTANTS, knox_settings

from accounts.scopes import everything

LAST_SHOWN = 4
"""Characters at the end of a token by which its owner knows it again."""


class ApiTokenManager(models.Manager["ApiToken"]):
    def create(  # type: ignore[override]
        self, user: Any, expiry: timedelta | None = None, **kwargs: Any
    ) -> tuple[ApiToken, str]:
        """The row and the token itself, which nobody can read again.

        ``expiry`` is how long it lives; ``KLINGDESK_TOKEN_DAYS`` unless given.
        """
        digest, token = get_digest_token()
        lives = knox_settings.TOKEN_TTL if expiry is None else expiry
        row = super().create(
            digest=digest,
            token_key=token[: CONSTANTS.TOKEN_KEY_LENGTH],
            last_shown=token[-LAST_SHOWN:],
            user=user,
            expiry=timezone.now() + lives,
            **kwargs,
        )
        return row, token


class ApiToken(AbstractAuthToken):  # type: ignore[misc]
    """``reference`` names it in pages and addresses: the hash, its key, stays in the database."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=80, blank=True)
    scopes = ArrayField(
        models.CharField(max_length=30), verbose_name=_("scopes"), default=everything
    )
    last_shown = models.CharField(_("ends in"), max_length=LAST_SHOWN, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("made by"),
    )

    objects = ApiTokenManager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [
            models.CheckConstraint(name="token_has_an_end", condition=Q(expiry__isnull=False)),
            models.CheckConstraint(name="token_has_a_purpose", condition=~Q(scopes=[])),
        ]

    def __str__(self) -> str:
        return f"…{self.last_shown}"
