"""By which names secrets go in headers, fields, variables and query parameters."""

from __future__ import annotations

_PARTS = (
    "authorization",
    "apikey",
    "accesskey",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "token",
    "signature",
    "credential",
    "cookie",
    "privatekey",
    "appkey",
    "authkey",
    "sessionid",
    "sessionkey",
    "bearer",
    "jwt",
    "密钥",
    "秘钥",
    "密码",
    "口令",
    "令牌",
)
_WHOLE = frozenset(
    {"key", "ak", "sk", "sign", "sig", "pwd", "pass", "auth", "expires", "hmac", "xapikey"}
)
# Counters, which are no secrets although they are called tokens.
_HARMLESS = frozenset(
    {"maxtokens", "maxcompletiontokens", "prompttokens", "completiontokens", "totaltokens"}
)
_SIGNS = str.maketrans("", "", "-_.$")


def is_secret_name(name: str) -> bool:
    """Whether a value of this name has to be taken out."""
    plain = name.translate(_SIGNS).lower()
    if plain in _HARMLESS:
        return False
    return plain in _WHOLE or any(part in plain for part in _PARTS)
