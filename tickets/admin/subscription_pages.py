"""Event subscriptions: the manager's pages of programs that are told what happens to tickets."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from klingdesk.core.errors import Conflict, DeskError, Invalid
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render
from notices.error_words import in_error_words
from notices.pages.parts import number_in, status_of, tabs
from tickets.admin.subscription_words import choices
from tickets.models import EventSubscription, Team
from tickets.selectors.feed import Bounds, feed_bounds
from tickets.selectors.subscriptions import events_behind, subscription_get, subscriptions
from tickets.selectors.traces import traces_of
from tickets.services.event_sending import LOST
from tickets.services.subscriptions import (
    SubscriptionForm,
    change_subscription,
    delete_subscription,
    go_on,
    replay,
    rotate_subscription_secret,
    subscribe,
    switch_off,
    try_subscription,
)

PER_PAGE = 50

DELETED = 10
"""So many of those that were deleted are told of below the list."""


@desk_page(Role.MANAGER, methods=("GET", "HEAD", "POST"))
def subscription_list(request: HttpRequest) -> HttpResponse:
    """All subscriptions, page by page; POST adds one, and shows once the secret drawn for it."""
    form, refused = SubscriptionForm(), None
    if request.method == "POST":
        form = _form(request)
        try:
            made, secret = subscribe(acting_user=request.user, form=form, now=timezone.now())
            return _secret_page(request, made, secret)
        except Invalid as error:
            refused = error
    page = Paginator(subscriptions(), PER_PAGE).get_page(request.GET.get("page"))
    bounds = feed_bounds()
    context = {
        **_choices(request),
        "title": _("Event subscriptions"),
        "page": page,
        "rows": [_row(each, bounds) for each in page],
        "deleted": [each for each in traces_of(EventSubscription, most=DELETED) if not each.new],
        "form": form,
        "is_new": True,
        **_trouble(refused),
    }
    return desk_render(request, "admin/subscriptions/list.html", context, status=status_of(refused))


@desk_page(Role.MANAGER, methods=("GET", "HEAD", "POST"))
def subscription_page(request: HttpRequest, subscription_id: int) -> HttpResponse:
    """One subscription; POST changes it."""
    subscription = subscription_get(subscription_id)
    if request.method != "POST":
        return _page(request, subscription, _of(subscription))
    form = _form(request)
    try:
        change_subscription(
            acting_user=request.user,
            subscription_id=subscription_id,
            form=form,
            now=timezone.now(),
        )
    except Invalid as refused:
        return _page(request, subscription, form, refused)
    messages.success(request, _("Saved."))
    return redirect("admin:subscription", subscription_id)


@desk_page(Role.MANAGER, methods=("POST",))
def subscription_act(request: HttpRequest, subscription_id: int) -> HttpResponse:
    """``do`` is ``test``, ``go_on``, ``off``, ``rotate``, ``replay`` (with ``first``), or
    ``delete``, which asks first and does it with ``confirm``."""
    subscription, act = subscription_get(subscription_id), request.POST.get("do", "")
    who: dict[str, Any] = {
        "acting_user": request.user,
        "subscription_id": subscription_id,
        "now": timezone.now(),
    }
    try:
        if act == "rotate":
            return _secret_page(request, subscription, rotate_subscription_secret(**who))
        if act == "delete":
            return _deleted(request, subscription, who)
        if act == "test":
            try_subscription(**who)
            messages.success(request, _("The test has arrived."))
        elif act == "go_on":
            go_on(**who)
            messages.success(request, _("It goes on from where it stopped."))
        elif act == "off":
            switch_off(**who)
            messages.success(request, _("Nothing more is sent there."))
        elif act == "replay":
            # Zero is no position: what is no number is refused like one that is not kept.
            replay(**who, first=number_in(request.POST.get("first", "")) or 0)
            messages.success(request, _("The events are told once more."))
    except (Conflict, Invalid) as refused:
        return _page(request, subscription, _of(subscription), refused)
    return redirect("admin:subscription", subscription_id)


def _deleted(
    request: HttpRequest, subscription: EventSubscription, who: dict[str, Any]
) -> HttpResponse:
    """Asks whether it shall go, says what goes with it; then deletes it."""
    if request.POST.get("confirm") == "1":
        name = delete_subscription(**who)
        messages.success(request, _("The subscription “%(name)s” was deleted.") % {"name": name})
        return redirect("admin:subscriptions")
    context = {
        "title": _("Delete “%(name)s”?") % {"name": subscription.name},
        "tabs": tabs(request),
        **_row(subscription, feed_bounds()),
    }
    return desk_render(request, "admin/subscriptions/delete.html", context)


def _secret_page(
    request: HttpRequest, subscription: EventSubscription, secret: str
) -> HttpResponse:
    """Shown in the answer to the POST alone; the site keeps browsers from storing it."""
    context = {
        "title": _("The secret of “%(name)s”") % {"name": subscription.name},
        "tabs": tabs(request),
        "back": reverse("admin:subscription", args=[subscription.pk]),
        "secret": secret,
    }
    return desk_render(request, "admin/notices/secret.html", context)


def _page(
    request: HttpRequest,
    subscription: EventSubscription,
    form: SubscriptionForm,
    refused: DeskError | None = None,
) -> HttpResponse:
    bounds = feed_bounds()
    context = {
        **_choices(request),
        **_row(subscription, bounds),
        "title": subscription.name,
        "bounds": bounds,
        "first": request.POST.get("first", ""),
        "form": form,
        "is_new": False,
        **_trouble(refused),
    }
    status = status_of(refused)
    return desk_render(request, "admin/subscriptions/subscription.html", context, status=status)


def _choices(request: HttpRequest) -> dict[str, Any]:
    return {"tabs": tabs(request), "teams": Team.objects.all(), "groups": choices()}


def _trouble(refused: DeskError | None) -> dict[str, Any]:
    return {
        "refused": refused,
        "errors": refused.fields if isinstance(refused, Invalid) else {},
    }


def _row(subscription: EventSubscription, bounds: Bounds) -> dict[str, Any]:
    return {
        "subscription": subscription,
        "behind": events_behind(subscription, bounds),
        "error": _error_words(subscription.last_error),
    }


def _error_words(text: str) -> str:
    if text == LOST:
        return _(
            "Events were deleted before they could be told: they are older than the feed keeps."
        )
    return in_error_words(text)


def _form(request: HttpRequest) -> SubscriptionForm:
    posted = request.POST
    return SubscriptionForm(
        name=posted.get("name", "").replace("\x00", ""),
        url=posted.get("url", ""),
        codes=posted.getlist("codes"),
        team=posted.get("team", "").replace("\x00", ""),
    )


def _of(subscription: EventSubscription) -> SubscriptionForm:
    return SubscriptionForm(
        name=subscription.name,
        codes=subscription.codes,
        team=subscription.team.slug if subscription.team is not None else "",
    )
