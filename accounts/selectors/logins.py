"""What pages and logins ask about a person's login."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from accounts.models import Authenticator, DeskSession, LoginStanding, RecoveryCode


def has_two_step(user: Any) -> bool:
    return bool(Authenticator.objects.filter(user=user, confirmed=True).exists())


def authenticator_of(user: Any) -> Authenticator | None:
    """In force or being set up."""
    found: Authenticator | None = Authenticator.objects.filter(user=user).first()
    return found


def recovery_codes_left(user: Any) -> int:
    return RecoveryCode.objects.filter(user=user).count()


def must_change_password(user: Any) -> bool:
    return LoginStanding.objects.filter(user=user, must_change_password=True).exists()


def sessions_of(user: Any) -> QuerySet[DeskSession]:
    return DeskSession.objects.filter(user=user, started_at__isnull=False).order_by("-started_at")
