"""Settings of what leaves the desk: read, or refused with the way to write them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from klingdesk import checks, notice_settings
from notices.services.preferences import save_preferences

URL = "KLINGDESK_EMAIL_URL"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://u:p%40ss@mail.example.com", ("mail.example.com", 587, "u", "p@ss", True, False)),
        ("smtps://mail.example.com", ("mail.example.com", 465, "", "", False, True)),
        ("smtp+plain://127.0.0.1:2525", ("127.0.0.1", 2525, "", "", False, False)),
    ],
)
def test_a_mail_server(monkeypatch: pytest.MonkeyPatch, url: str, expected: Any) -> None:
    monkeypatch.setenv(URL, url)
    mail = notice_settings.mail(is_demo=False)
    assert mail.ready
    assert mail.backend.endswith("smtp.EmailBackend")
    found = (mail.host, mail.port, mail.user, mail.password, mail.use_tls, mail.use_ssl)
    assert found == expected


def test_without_a_server_a_demo_prints_and_a_production_desk_sends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(URL, raising=False)
    assert notice_settings.mail(is_demo=True).backend.endswith("console.EmailBackend")
    assert not notice_settings.mail(is_demo=False).ready
    monkeypatch.setenv(URL, "console://")
    assert notice_settings.mail(is_demo=False).ready


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mail.example.com", "must begin with"),
        ("http://u:hush@mail.example.com", "must begin with"),
        ("smtp://:587", "names no host"),
        ("smtp://u@mail.example.com", "user and password"),
        ("smtp://u:hush@mail.example.com:x", "is no address"),
    ],
)
def test_a_wrong_address_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    monkeypatch.setenv(URL, url)
    with pytest.raises(ImproperlyConfigured, match=said) as error:
        notice_settings.mail(is_demo=False)
    assert "hush" not in str(error.value)


def test_what_may_be_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLINGDESK_WEBHOOK_ALLOW", "chat.internal, 10.1.0.0/16")
    assert notice_settings.allowed_targets() == ["chat.internal", "10.1.0.0/16"]
    monkeypatch.setenv("KLINGDESK_WEBHOOK_ALLOW", "10.1.0.1/16")
    with pytest.raises(ImproperlyConfigured, match=r"'10\.1\.0\.1/16' is neither"):
        notice_settings.allowed_targets()


@pytest.mark.parametrize("url", ["desk.example.com", "ftp://x", "https://", "https://x/?a", "//x"])
def test_a_wrong_public_address(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("KLINGDESK_PUBLIC_URL", url)
    with pytest.raises(ImproperlyConfigured, match="write it like"):
        notice_settings.public_url()


def test_a_public_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLINGDESK_PUBLIC_URL", "https://desk.example.com/")
    assert notice_settings.public_url() == "https://desk.example.com"
    monkeypatch.delenv("KLINGDESK_PUBLIC_URL")
    assert notice_settings.public_url() == ""


def test_a_desk_without_mail_warns_when_somebody_wants_it(agent: Any, settings: Any) -> None:
    settings.KLINGDESK_EMAIL_READY = False
    assert checks.check_email(databases=["default"]) == []
    agent.email = "agent@example.com"
    agent.save()
    save_preferences(acting_user=agent, email_topics=["tickets.mine"])
    (found,) = checks.check_email(databases=["default"])
    assert (found.id, "KLINGDESK_EMAIL_URL" in str(found.hint)) == ("klingdesk.W010", True)
    assert checks.check_email(databases=None) == []
    settings.KLINGDESK_EMAIL_READY = True
    assert checks.check_email(databases=["default"]) == []
