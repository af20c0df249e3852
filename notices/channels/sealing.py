"""Addresses and secrets of webhooks at rest: a copy of the database alone calls nobody.

Sealed with a key made of ``SECRET_KEY``; what an older key has sealed (``SECRET_KEY_FALLBACKS``)
can still be opened.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_PURPOSE = b"klingdesk.notices.webhooks.1"


class Unsealable(ValueError):
    """Sealed with a key that this desk does not have (any more)."""


def draw_secret() -> str:
    """A secret that signs what is sent to one target: 256 bits as text, to be shown once."""
    return secrets.token_urlsafe(32)


def seal(text: str, *, purpose: bytes = _PURPOSE) -> str:
    """``text`` so that only this desk can read it, for one purpose; empty stays empty."""
    return _box(purpose).encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str, *, purpose: bytes = _PURPOSE) -> str:
    """What was sealed. ``Unsealable`` when its key is gone or it was tampered with."""
    if not sealed:
        return ""
    try:
        return _box(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unsealable("sealed with a key that is gone") from None


def _box(purpose: bytes) -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key, purpose)) for key in keys])


def _derived(key: str, purpose: bytes) -> bytes:
    drawn = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key.encode())
    return urlsafe_b64encode(drawn)
