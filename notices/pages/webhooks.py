"""Webhooks: the manager's page of programs and group robots that are told, too."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from klingdesk.core.errors import Conflict, DeskError, Invalid
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render
from notices.models import Webhook
from notices.models.labels import WebhookKind
from notices.pages.parts import status_of, tabs
from notices.providers import audiences
from notices.rules.robots import SIGNED_BY_US, Kind
from notices.selectors import webhook_get, webhooks
from notices.services.webhooks import (
    WebhookForm,
    add_webhook,
    change_webhook,
    rotate_secret,
    switch_webhook,
    try_webhook,
)
from notices.words import topics


@desk_page(Role.MANAGER, methods=("GET", "HEAD", "POST"))
def webhook_list(request: HttpRequest) -> HttpResponse:
    """All webhooks; POST adds one, and shows the secret that was drawn for it this once."""
    form = _form(request) if request.method == "POST" else WebhookForm()
    refused: DeskError | None = None
    if request.method == "POST":
        try:
            webhook, secret = add_webhook(acting_user=request.user, form=form, now=timezone.now())
        except Invalid as error:
            refused = error
        else:
            if secret:
                return _secret_page(request, webhook, secret)
            messages.success(request, _("The webhook was added. Send it a test."))
            return redirect("admin:webhook", webhook.pk)
    labels = dict(audiences())
    context = {
        **_choices(request),
        "title": _("Webhooks"),
        "rows": [_row(webhook, labels) for webhook in webhooks()],
        "form": form,
        "kinds": WebhookKind.choices,
        "is_new": True,
        **_trouble(refused),
    }
    return desk_render(request, "admin/notices/webhooks.html", context, status=status_of(refused))


@desk_page(Role.MANAGER, methods=("GET", "HEAD", "POST"))
def webhook_page(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """One webhook; POST changes it."""
    webhook = webhook_get(webhook_id)
    if request.method != "POST":
        return _page(request, webhook, _of(webhook))
    form = _form(request)
    try:
        change_webhook(
            acting_user=request.user, webhook_id=webhook_id, form=form, now=timezone.now()
        )
    except Invalid as refused:
        return _page(request, webhook, form, refused)
    messages.success(request, _("Saved."))
    return redirect("admin:webhook", webhook_id)


@desk_page(Role.MANAGER, methods=("POST",))
def webhook_act(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """``do`` is ``test``, ``on``, ``off`` or ``rotate``."""
    webhook, now, act = webhook_get(webhook_id), timezone.now(), request.POST.get("do", "")
    who: dict[str, Any] = {"acting_user": request.user, "webhook_id": webhook_id, "now": now}
    try:
        if act == "test":
            try_webhook(**who)
            messages.success(request, _("The test has arrived."))
        elif act in {"on", "off"}:
            switch_webhook(**who, is_active=act == "on")
            messages.success(request, _("Saved."))
        elif act == "rotate":
            return _secret_page(request, webhook, rotate_secret(**who))
    except Conflict as refused:
        return _page(request, webhook, _of(webhook), refused)
    return redirect("admin:webhook", webhook_id)


def _secret_page(request: HttpRequest, webhook: Webhook, secret: str) -> HttpResponse:
    """Shown in the answer to the POST alone; the site keeps browsers from storing it."""
    context = {
        "title": _("The secret of “%(name)s”") % {"name": webhook.name},
        "tabs": tabs(request),
        "back": reverse("admin:webhook", args=[webhook.pk]),
        "secret": secret,
    }
    return desk_render(request, "admin/notices/secret.html", context)


def _page(
    request: HttpRequest, webhook: Webhook, form: WebhookForm, refused: DeskError | None = None
) -> HttpResponse:
    context = {
        **_choices(request),
        "title": webhook.name,
        "webhook": webhook,
        "is_ours": Kind(webhook.kind) in SIGNED_BY_US,
        "form": form,
        "is_new": False,
        **_trouble(refused),
    }
    return desk_render(request, "admin/notices/webhook.html", context, status=status_of(refused))


def _choices(request: HttpRequest) -> dict[str, Any]:
    return {"tabs": tabs(request), "audiences": audiences(), "topics": topics()}


def _trouble(refused: DeskError | None) -> dict[str, Any]:
    return {
        "refused": refused,
        "errors": refused.fields if isinstance(refused, Invalid) else {},
    }


def _row(webhook: Webhook, labels: dict[str, Any]) -> dict[str, Any]:
    named = {topic.key: topic.label for topic in topics()}
    return {
        "webhook": webhook,
        "audience": labels.get(webhook.audience, webhook.audience),
        "topics": [named.get(key, key) for key in webhook.topics],
    }


def _form(request: HttpRequest) -> WebhookForm:
    posted = request.POST
    return WebhookForm(
        name=posted.get("name", "").replace("\x00", ""),
        kind=posted.get("kind", ""),
        audience=posted.get("audience", ""),
        topics=posted.getlist("topics"),
        url=posted.get("url", ""),
        secret=posted.get("secret", ""),
    )


def _of(webhook: Webhook) -> WebhookForm:
    return WebhookForm(
        name=webhook.name, kind=webhook.kind, audience=webhook.audience, topics=webhook.topics
    )
