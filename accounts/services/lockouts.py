"""Lock-outs after failed logins (django-axes), counted in the database for all web processes.

A name is locked for one address only: whoever guesses at it elsewhere cannot keep its owner out.
An address that fails with many names is locked for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max, Sum
from django.http import HttpRequest

from accounts.addresses import client_address, login_name

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lockout:
    """``name`` is what was typed, and need not be anybody's; empty for a whole address."""

    name: str
    address: str | None
    failures: int
    last_at: datetime


def minutes_locked() -> int:
    return int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)


def is_locked(request: HttpRequest, username: str, *, now: datetime) -> bool:
    """Whether nobody may try to log in as ``username`` from where ``request`` comes from."""
    credentials = {"username": username}
    if not AxesProxyHandler.is_allowed(request, credentials):
        return True
    return _of_address(client_address(request), now) >= settings.KLINGDESK_ADDRESS_FAILURES


def in_turn(call: Callable[[], T], *, request: HttpRequest, username: str) -> T:
    """What ``call`` returns, which looks whether ``username`` is locked, tries and counts.

    Of one name from one address one at a time: all that look at once would find nobody locked.
    A ``ValidationError`` refuses, and what was counted before it stays counted.
    """
    whose = f"login {login_name(request, {'username': username})} {client_address(request)}"
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [whose])
        try:
            return call()
        except ValidationError as error:
            refused = error
    raise refused


def count_failure(*, request: HttpRequest, username: str) -> None:
    """A wrong password that was asked for elsewhere than at the login counts as one there."""
    user_login_failed.send(sender=__name__, credentials={"username": username}, request=request)


def _since(now: datetime) -> datetime:
    cool_off: timedelta = settings.AXES_COOLOFF_TIME
    return now - cool_off


def _of_address(address: str | None, now: datetime) -> int:
    tried = AccessAttempt.objects.filter(ip_address=address, attempt_time__gt=_since(now))
    return int(tried.aggregate(n=Sum("failures_since_start"))["n"] or 0)


def locked_now(*, now: datetime) -> list[Lockout]:
    """Who is locked out, the latest first: names with their addresses, and whole addresses."""
    recent = AccessAttempt.objects.filter(attempt_time__gt=_since(now))
    sums: dict[str, Any] = {"n": Sum("failures_since_start"), "last": Max("attempt_time")}
    names = (
        recent.values("username", "ip_address")
        .annotate(**sums)
        .filter(n__gte=settings.AXES_FAILURE_LIMIT)
    )
    addresses = (
        recent.values("ip_address")
        .annotate(**sums)
        .filter(n__gte=settings.KLINGDESK_ADDRESS_FAILURES)
    )
    found = [Lockout(r["username"] or "", r["ip_address"], r["n"], r["last"]) for r in names]
    found += [Lockout("", r["ip_address"], r["n"], r["last"]) for r in addresses]
    return sorted(found, key=lambda row: row.last_at, reverse=True)


def lift(*, name: str, address: str | None) -> int:
    """Forget the failures of a name at an address, or of a whole address (``name`` empty)."""
    rows = AccessAttempt.objects.filter(ip_address=address or None)
    if name:
        rows = rows.filter(username=login_name(HttpRequest(), {"username": name}))
    return int(rows.delete()[0])


def lift_for(*, user: Any) -> int:
    """Forget the failures with a person's name, wherever they came from."""
    name = login_name(HttpRequest(), {"username": user.get_username()})
    return int(AccessAttempt.objects.filter(username=name).delete()[0])


def purge(*, now: datetime) -> int:
    """Forget failures that count no more. People type passwords into the wrong field."""
    return int(AccessAttempt.objects.filter(attempt_time__lte=_since(now)).delete()[0])
