"""Webhooks: made, changed, tested, switched off; secrets are shown once and kept sealed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from notices.channels.sealing import Unsealable, seal, unseal
from notices.models import Webhook
from notices.services.webhooks import (
    WebhookForm,
    add_webhook,
    change_webhook,
    rotate_secret,
    switch_webhook,
    try_webhook,
)
from tests.conftest import NOW
from tests.notices.conftest import TOPIC
from tests.notices.targets import answering, serving

URL = "https://hooks.example.com/robot?key=TOPSECRETKEY"


def form(**changes: Any) -> WebhookForm:
    values: dict[str, Any] = {
        "name": "群",
        "kind": "feishu",
        "audience": "team:tier2",
        "topics": [TOPIC.key],
        "url": URL,
        "secret": "robotsecret",
        **changes,
    }
    return WebhookForm(**values)


def posted(**changes: Any) -> dict[str, Any]:
    given = form(**changes)
    return {name: getattr(given, name) for name in WebhookForm.__slots__}


def test_address_and_secret_are_sealed_in_the_database(manager: Any) -> None:
    hook, drawn = add_webhook(acting_user=manager, form=form(), now=NOW)
    assert drawn == ""
    assert (hook.host, unseal(hook.sealed_url), unseal(hook.sealed_secret)) == (
        "hooks.example.com",
        URL,
        "robotsecret",
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT row::text FROM notices_webhook AS row")
        row = cursor.fetchone()[0]
    assert "TOPSECRET" not in row
    assert "robotsecret" not in row


def test_what_was_tampered_with_does_not_open() -> None:
    sealed = seal("x")
    assert unseal(sealed) == "x"
    assert (seal(""), unseal("")) == ("", "")
    with pytest.raises(Unsealable):
        unseal(sealed[:-4] + "AAA=")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"kind": "carrier pigeon"}, "kind"),
        ({"audience": "team:nobody"}, "audience"),
        ({"topics": []}, "topics"),
        ({"topics": ["nothing"]}, "topics"),
        ({"secret": "x" * 201}, "secret"),
        ({"secret": "密"}, "secret"),
        ({"url": ""}, "url"),
        ({"url": "http://hooks.example.com/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://[::1]/"}, "url"),
        ({"url": "https://169.254.169.254/latest/meta-data/"}, "url"),
        ({"url": "https://localhost/"}, "url"),
        ({"url": "https://user:pass@hooks.example.com/"}, "url"),
        ({"url": "https://hooks.example.com:5432/"}, "url"),
    ],
)
def test_what_is_refused_names_its_field(manager: Any, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        add_webhook(acting_user=manager, form=form(**changes), now=NOW)
    assert list(refused.value.fields) == [field]
    assert not Webhook.objects.exists()


def test_a_name_is_taken_once(manager: Any) -> None:
    add_webhook(acting_user=manager, form=form(), now=NOW)
    with pytest.raises(Invalid) as refused:
        add_webhook(acting_user=manager, form=form(), now=NOW)
    assert list(refused.value.fields) == ["name"]


def test_only_managers(advisor: Any, manager: Any) -> None:
    hook, _secret = add_webhook(acting_user=manager, form=form(kind="generic"), now=NOW)
    who = {"acting_user": advisor, "now": NOW}
    for refused in (
        lambda: add_webhook(form=form(), **who),
        lambda: change_webhook(webhook_id=hook.pk, form=form(), **who),
        lambda: switch_webhook(webhook_id=hook.pk, is_active=False, **who),
        lambda: rotate_secret(webhook_id=hook.pk, **who),
        lambda: try_webhook(webhook_id=hook.pk, **who),
    ):
        with pytest.raises(NotAllowed):
            refused()


def test_a_webhook_that_is_not_there(manager: Any) -> None:
    who = {"acting_user": manager, "now": NOW, "webhook_id": 77}
    for missing in (
        lambda: change_webhook(form=form(), **who),
        lambda: switch_webhook(is_active=False, **who),
        lambda: rotate_secret(**who),
        lambda: try_webhook(**who),
    ):
        with pytest.raises(NotFound):
            missing()


def test_a_change_keeps_what_was_left_empty(manager: Any) -> None:
    hook, _secret = add_webhook(acting_user=manager, form=form(), now=NOW)
    kept = form(name="新名", url="", secret="", audience="desk")
    changed = change_webhook(acting_user=manager, webhook_id=hook.pk, form=kept, now=NOW)
    assert (changed.name, changed.audience, changed.kind) == ("新名", "desk", "feishu")
    assert (unseal(changed.sealed_url), unseal(changed.sealed_secret)) == (URL, "robotsecret")
    moved = form(url="https://other.example.com/", secret="new")
    changed = change_webhook(acting_user=manager, webhook_id=hook.pk, form=moved, now=NOW)
    assert changed.host == "other.example.com"
    assert unseal(changed.sealed_secret) == "new"


def test_a_secret_of_ours_is_drawn_and_drawn_anew(manager: Any) -> None:
    hook, first = add_webhook(acting_user=manager, form=form(kind="generic"), now=NOW)
    second = rotate_secret(acting_user=manager, webhook_id=hook.pk, now=NOW)
    hook.refresh_from_db()
    assert len(first) >= 40
    assert first != second == unseal(hook.sealed_secret)
    robot, _secret = add_webhook(acting_user=manager, form=form(name="r"), now=NOW)
    with pytest.raises(Conflict):
        rotate_secret(acting_user=manager, webhook_id=robot.pk, now=NOW)


def test_a_test_arrives_or_says_why(manager: Any) -> None:
    with serving(answering(200, b'{"code":0}')) as server:
        hook, _secret = add_webhook(acting_user=manager, form=form(url=server.url), now=NOW)
        try_webhook(acting_user=manager, webhook_id=hook.pk, now=NOW)
        assert "manager" in server.received[0].body.decode()
        server.behave = answering(200, b'{"code":19021,"msg":"sign match fail: TOPSECRETKEY"}')
        with pytest.raises(Conflict, match="sign match fail") as error:
            try_webhook(acting_user=manager, webhook_id=hook.pk, now=NOW)
    assert "TOPSECRET" not in str(error.value)


# --- pages ----------------------------------------------------------------------------------------


def test_the_secret_is_shown_once(client: Client, manager: Any) -> None:
    client.force_login(manager)
    answer = client.post(reverse("admin:webhooks"), posted(kind="generic"))
    hook = Webhook.objects.get()
    secret = unseal(hook.sealed_secret)
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    for name, args in (("webhooks", []), ("webhook", [hook.pk])):
        page = client.get(reverse(f"admin:{name}", args=args)).content.decode()
        assert secret not in page
        assert "TOPSECRETKEY" not in page
        assert "hooks.example.com" in page
    rotated = client.post(reverse("admin:webhook_act", args=[hook.pk]), {"do": "rotate"})
    hook.refresh_from_db()
    assert unseal(hook.sealed_secret) in rotated.content.decode()
    assert secret not in rotated.content.decode()


def test_what_was_typed_stays_after_a_refusal(client: Client, manager: Any) -> None:
    client.force_login(manager)
    wrong = posted(url="http://10.0.0.1/x")
    answer = client.post(reverse("admin:webhooks"), wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    for typed in ("群", "http://10.0.0.1/x", "robotsecret"):
        assert f'value="{typed}"' in page
    assert 'id="webhook-url-error"' in page
    assert re.search(r'value="feishu" selected', page)
    assert f'value="{TOPIC.key}" checked' in page


def test_a_webhook_is_changed_switched_and_tested_on_its_page(client: Client, manager: Any) -> None:
    client.force_login(manager)
    client.post(reverse("admin:webhooks"), posted())
    hook = Webhook.objects.get()
    page, act = (reverse(f"admin:{name}", args=[hook.pk]) for name in ("webhook", "webhook_act"))
    assert client.post(page, posted(name="")).status_code == 422
    assert client.post(page, posted(name="乙", url="")).status_code == 302
    client.post(act, {"do": "off"})
    hook.refresh_from_db()
    assert (hook.name, hook.is_active) == ("乙", False)
    client.post(act, {"do": "on"})
    hook.refresh_from_db()
    assert hook.is_active
    assert client.post(act, {"do": "rotate"}).status_code == 409
    assert client.post(act, {"do": "dance"}).status_code == 302
    with serving(answering(500)) as server:
        client.post(page, posted(url=server.url))
        failed = client.post(act, {"do": "test"})
        assert failed.status_code == 409
        assert "HTTP 500" in failed.content.decode()
        server.behave = answering(200, b'{"code":0}')
        assert client.post(act, {"do": "test"}).status_code == 302


def test_the_pages_are_for_managers(client: Client, advisor: Any, manager: Any) -> None:
    hook, _secret = add_webhook(acting_user=manager, form=form(), now=NOW)
    client.force_login(advisor)
    assert client.get(reverse("admin:webhooks")).status_code == 403
    assert client.get(reverse("admin:webhook", args=[hook.pk])).status_code == 403
    act = reverse("admin:webhook_act", args=[hook.pk])
    assert client.post(act, {"do": "off"}).status_code == 403
    client.force_login(manager)
    assert client.get(act).status_code == 405
    assert client.get(reverse("admin:webhook", args=[hook.pk + 1])).status_code == 404
