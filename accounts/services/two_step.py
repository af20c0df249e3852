"""Two-step login: switching it on and off, and judging codes."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b32encode
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django_otp.oath import TOTP

from accounts.models import Authenticator, RecoveryCode
from accounts.services.sessions import end_logins
from klingdesk.core.errors import Conflict, Invalid, NotAllowed
from klingdesk.core.roles import roles_of
from notices.channels.sealing import Unsealable, seal, unseal

ISSUER = "klingdesk"
SECRET_BYTES = 20
"""As RFC 4226 recommends for SHA-1."""
STEP_SECONDS = 30
TOLERANCE = 1
"""Steps before and after the present one: clocks of phones go wrong by seconds."""
RECOVERY_CODES = 10
_PURPOSE = b"klingdesk.accounts.authenticators.1"


class TooSoon(Conflict):
    """A wrong code was given just before; ``seconds`` until the next is looked at."""

    code = "too_soon"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            _("Too many wrong codes. Wait %(seconds)s seconds, then enter a new code.")
            % {"seconds": seconds}
        )
        self.seconds = seconds


@transaction.atomic
def begin_setup(*, user: Any, now: datetime) -> Authenticator:
    """A new secret, not in force before a code of it is confirmed. ``Conflict`` when it is on."""
    present = Authenticator.objects.select_for_update().filter(user=user).first()
    if present is not None and present.confirmed:
        raise Conflict(_("Two-step login is already on."))
    if present is not None:
        present.delete()
    try:
        with transaction.atomic():
            made: Authenticator = Authenticator.objects.create(
                user=user,
                name=ISSUER,
                confirmed=False,
                sealed_secret=seal(secrets.token_hex(SECRET_BYTES), purpose=_PURPOSE),
                created_at=now,
            )
            return made
    except IntegrityError:
        raise Conflict(_("Another page has just begun the same. Load this page anew.")) from None


def secret_of(authenticator: Authenticator) -> str:
    """The secret as people type it into an app, in Base32."""
    return b32encode(_key(authenticator)).decode().rstrip("=")


def address_of(authenticator: Authenticator) -> str:
    """The ``otpauth://`` address that an app reads from the picture."""
    label = quote(f"{ISSUER}:{authenticator.user.get_username()}")
    return f"otpauth://totp/{label}?" + urlencode(
        {"secret": secret_of(authenticator), "issuer": ISSUER}
    )


def _key(authenticator: Authenticator) -> bytes:
    try:
        return bytes.fromhex(unseal(authenticator.sealed_secret, purpose=_PURPOSE))
    except Unsealable:
        raise NotAllowed(
            _(
                "This desk cannot read your authenticator any more. "
                "Ask an administrator to reset it."
            )
        ) from None


def confirm_setup(*, user: Any, code: str, session_key: str, now: datetime) -> list[str]:
    """Switch it on with a code of the new secret; returns the recovery codes, shown this once.

    The person's other sessions and tokens end: they came without the second step.
    """
    _judge(user=user, code=code, now=now, confirmed=False)
    with transaction.atomic():
        if not Authenticator.objects.filter(user=user, confirmed=False).update(confirmed=True):
            raise Conflict(_("Two-step login is already on."))
        end_logins(user=user, but=(session_key,))
        return _new_codes(user)


def check_code(*, user: Any, code: str, now: datetime) -> None:
    """Accept a code of the app, or use up a recovery code.

    ``Invalid`` when it is wrong or was used before, ``TooSoon`` while wrong ones slow it down.
    """
    _judge(user=user, code=code, now=now, confirmed=True)


def _judge(*, user: Any, code: str, now: datetime, confirmed: bool) -> None:
    # The count of wrong codes must be kept: nothing is raised before the end of the transaction.
    with transaction.atomic():
        device = (
            Authenticator.objects.select_for_update().filter(user=user, confirmed=confirmed).first()
        )
        if device is None:
            raise Conflict(_("Begin the set-up again: load this page anew."))
        allowed, told = device.verify_is_allowed()
        if allowed:
            typed = "".join(code.split()).replace("-", "")
            is_right = _accept(device, typed, now) or (confirmed and _use_up(user, typed))
            if is_right:
                device.throttle_reset(commit=False)
                device.save()
            else:
                device.throttle_increment()
    if not allowed:
        raise TooSoon(max(1, round((told["locked_until"] - now).total_seconds())))
    if not is_right:
        text = _("This code is wrong or was used before. Enter the one that the app shows now.")
        raise Invalid(text, code="wrong_code", fields={"code": [text]})


def _accept(device: Authenticator, typed: str, now: datetime) -> bool:
    if not (typed.isascii() and typed.isdigit() and len(typed) == 6):
        return False
    totp = TOTP(_key(device), step=STEP_SECONDS, digits=6)
    totp.time = now.timestamp()
    if not totp.verify(int(typed), TOLERANCE, device.last_step + 1):
        return False
    device.last_step = totp.t() + totp.drift
    return True


def _use_up(user: Any, typed: str) -> bool:
    return bool(RecoveryCode.objects.filter(user=user, digest=_digest(typed)).delete()[0])


def _digest(code: str) -> str:
    """Fast on purpose: 80 random bits are not guessed from their hash."""
    return hashlib.sha256(code.lower().encode()).hexdigest()


def _new_codes(user: Any) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    drawn = [b32encode(secrets.token_bytes(10)).decode().lower() for _n in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(c)) for c in drawn)
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in drawn]


def renew_codes(*, user: Any, code: str, now: datetime) -> list[str]:
    """New recovery codes in place of the old ones, for a valid code."""
    check_code(user=user, code=code, now=now)
    with transaction.atomic():
        return _new_codes(user)


def switch_off(*, user: Any, code: str, now: datetime) -> None:
    """Switch it off with a valid code. ``NotAllowed`` where a role of the person needs it."""
    if is_required(user):
        raise NotAllowed(_("Your role needs two-step login, so it cannot be switched off."))
    check_code(user=user, code=code, now=now)
    _forget(user)


@transaction.atomic
def reset_for(*, user: Any) -> None:
    """An administrator's way when phone and codes are lost; all logins of the person end."""
    _forget(user)
    end_logins(user=user)


@transaction.atomic
def _forget(user: Any) -> None:
    Authenticator.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()


def is_required(user: Any) -> bool:
    """Whether a role of the person may log in with the second step only."""
    return bool({role.value for role in roles_of(user)} & set(settings.KLINGDESK_REQUIRE_TOTP))
