"""Settings of what leaves the desk, read from the environment with errors that say what to do."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from klingdesk import env
from notices.rules.targets import parse_allowed

_CONSOLE = "django.core.mail.backends.console.EmailBackend"
_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_EXAMPLE = "smtp://user:password@mail.example.com:587"


@dataclass(frozen=True, slots=True)
class Mail:
    """Django's settings for e-mail; not ``ready`` means that none leaves the desk."""

    ready: bool = True
    backend: str = _CONSOLE
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    use_tls: bool = False
    use_ssl: bool = False


def mail(*, is_demo: bool) -> Mail:
    """``KLINGDESK_EMAIL_URL``: ``smtp://`` (STARTTLS), ``smtps://`` (TLS from the first byte),
    ``smtp+plain://`` (no TLS, for a server on the same machine) or ``console://`` (printed).

    Without it a demo desk prints, any other has no e-mail.
    """
    raw = env.text("KLINGDESK_EMAIL_URL")
    if not raw:
        return Mail(ready=is_demo)
    try:
        parts = urlsplit(raw)
        port = parts.port
    except ValueError:
        raise _refused("is no address") from None
    if parts.scheme == "console":
        return Mail()
    ports = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
    if parts.scheme not in ports:
        raise _refused("must begin with smtp://, smtps://, smtp+plain:// or console://")
    if not parts.hostname:
        raise _refused("names no host")
    if bool(parts.username) != bool(parts.password):
        raise _refused("needs user and password, or neither")
    return Mail(
        backend=_SMTP,
        host=parts.hostname,
        port=port or ports[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_tls=parts.scheme == "smtp",
        use_ssl=parts.scheme == "smtps",
    )


def _refused(why: str) -> ImproperlyConfigured:
    # Never with the value: it holds a password.
    return ImproperlyConfigured(f"KLINGDESK_EMAIL_URL {why}. Write it like {_EXAMPLE}.")


def allowed_targets() -> list[str]:
    """``KLINGDESK_WEBHOOK_ALLOW``: host names and networks beside the public internet."""
    items = env.listing("KLINGDESK_WEBHOOK_ALLOW")
    try:
        parse_allowed(items)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"KLINGDESK_WEBHOOK_ALLOW: {error}. Write it like chat.internal,10.1.0.0/16."
        ) from None
    return items


def public_url() -> str:
    """``KLINGDESK_PUBLIC_URL``: where people reach the desk, for links in notices."""
    raw = env.text("KLINGDESK_PUBLIC_URL")
    if not raw:
        return ""
    try:
        parts = urlsplit(raw)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ImproperlyConfigured(
            f"KLINGDESK_PUBLIC_URL is {raw!r}; write it like https://desk.example.com."
        )
    return raw.rstrip("/")
