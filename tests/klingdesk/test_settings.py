"""Settings as they come out of an environment, read apart from those the tests run with."""

from __future__ import annotations

import os
import re
import runpy
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.klingdesk.production import ROOT, SAFE, run

Settings = dict[str, Any]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """``read(NAME="value")``: the settings of a safe production desk with that on top."""

    def make(**more: str) -> Settings:
        for name in list(os.environ):
            if name.startswith(("KLINGDESK_", "CELERY_")) or name == "DATABASE_URL":
                monkeypatch.delenv(name)
        for name, value in {**SAFE, **more}.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "klingdesk" / "settings.py"))

    return make


def test_production_is_the_default_and_is_strict(read: Callable[..., Settings]) -> None:
    found = read(KLINGDESK_MODE="")
    assert found["KLINGDESK_MODE"] == "production"
    assert found["DEBUG"] is False
    for name in (
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SESSION_COOKIE_HTTPONLY",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    ):
        assert found[name] is True, name
    assert found["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert "PASSWORD_HASHERS" not in found


@pytest.mark.parametrize("more", [{"KLINGDESK_MODE": "demo"}, {"KLINGDESK_PLAIN_HTTP": "1"}])
def test_without_https_no_cookie_asks_for_it(
    read: Callable[..., Settings], more: dict[str, str]
) -> None:
    found = read(**more)
    assert (found["SESSION_COOKIE_SECURE"], found["SECURE_SSL_REDIRECT"]) == (False, False)
    assert found["SECURE_HSTS_SECONDS"] == 0


def test_the_proxy_is_believed_only_when_told(read: Callable[..., Settings]) -> None:
    assert "SECURE_PROXY_SSL_HEADER" not in read()
    told = read(KLINGDESK_BEHIND_PROXY="1")
    assert told["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_the_policy_for_browsers_allows_nothing_inline(read: Callable[..., Settings]) -> None:
    directives = read()["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    sources = {source for values in directives.values() for source in values}
    assert sources == {"'none'", "'self'", "data:"}
    assert "data:" not in directives["script-src"] + directives["style-src"]


def test_rabbitmq_keeps_messages_in_quorum_queues(read: Callable[..., Settings]) -> None:
    found = read(CELERY_BROKER_URL="amqp://desk@broker//")
    assert found["CELERY_TASK_DEFAULT_QUEUE_TYPE"] == "quorum"
    assert found["CELERY_BROKER_TRANSPORT_OPTIONS"]["confirm_publish"] is True


def test_postgresql_as_broker_gets_its_own_connection_string(
    read: Callable[..., Settings],
) -> None:
    found = read(CELERY_BROKER_URL="pgmq://desk@%2Ftmp%2Fkd-x/desk")
    assert (
        found["CELERY_BROKER_TRANSPORT_OPTIONS"]["conn_string"]
        == "host=/tmp/kd-x port=5432 dbname=desk user=desk"
    )


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set."),
        ({"KLINGDESK_MODE": "prod"}, "KLINGDESK_MODE is 'prod'; it must be one of production"),
        ({"KLINGDESK_DEBUG": "perhaps"}, "KLINGDESK_DEBUG is 'perhaps'; write 1 or 0."),
        ({"KLINGDESK_DB_MAX_AGE": "-1"}, "it must be from 0 to 3600"),
        ({"KLINGDESK_SLA_SWEEP_SECONDS": "often"}, "write a whole number"),
    ],
)
def test_what_cannot_be_read_stops_with_a_sentence(
    read: Callable[..., Settings], more: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=re.escape(sentence)):
        read(**more)


def test_the_sentence_is_what_a_process_ends_with() -> None:
    done = run("manage.py", "check", environment={**SAFE, "KLINGDESK_MODE": "prod"})
    assert done.returncode != 0
    assert "KLINGDESK_MODE is 'prod'; it must be one of production, demo, test." in done.stderr


def test_look_ups_of_accounts_are_limited_unless_told(read: Callable[..., Settings]) -> None:
    assert read()["KLINGDESK_ACCOUNT_LOOKUPS"] == 300
    assert read(KLINGDESK_ACCOUNT_LOOKUPS="0")["KLINGDESK_ACCOUNT_LOOKUPS"] == 0
    with pytest.raises(ImproperlyConfigured, match="KLINGDESK_ACCOUNT_LOOKUPS"):
        read(KLINGDESK_ACCOUNT_LOOKUPS="-1")
