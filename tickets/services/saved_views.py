"""Filters of the ticket list that people keep under a name."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from klingdesk.core.roles import Role, roles_of
from tickets.models import SavedView
from tickets.rules import transitions

MOST_NAME = 60
MOST_QUERY = 1_000
MOST_VIEWS = 50

_POSITION = frozenset({"page", "cursor"})
_LONG_NUMBER = re.compile(r"\d{6,}")
_NOT_SAVED = _("The view was not saved.")


@transaction.atomic
def save_view(
    *, acting_user: Any, name: str, query: str, now: datetime, replace: bool = False
) -> SavedView:
    """Keep the filters ``query`` (a query string) under ``name``, for the acting person alone.

    Where in the list somebody was is not kept. ``Conflict`` with code ``name_taken`` for a name
    they have already, unless ``replace``. ``Invalid`` for filters that search for one account:
    a view is kept for long, and personal data is not.
    """
    if not transitions.permits("watch", roles=roles_of(acting_user), is_assignee=False):
        raise NotAllowed(_("Views are for people who work with tickets."))
    errors: dict[str, list[Any]] = {}
    clean_name = _name(name, errors)
    clean = _query(query, errors)
    if errors:
        raise Invalid(_NOT_SAVED, fields=errors)
    # Of one person one at a time: rows that others add meanwhile cannot be locked.
    get_user_model().objects.select_for_update(no_key=True).get(pk=acting_user.pk)
    mine = SavedView.objects.filter(owner=acting_user)
    views = {view.name: view for view in mine.order_by("pk")}
    view = views.get(clean_name)
    if view is None:
        if len(views) >= MOST_VIEWS:
            raise Invalid(
                _NOT_SAVED,
                fields={
                    "name": [_("Delete a view first: %(most)d at most.") % {"most": MOST_VIEWS}]
                },
            )
        return _created(acting_user, clean_name, clean, now=now)
    if not replace:
        raise _taken(clean_name)
    view.query = clean
    view.save(update_fields=["query"])
    return view


@transaction.atomic
def rename_view(*, view_id: int, acting_user: Any, name: str) -> SavedView:
    """Give a view of one's own another name. ``Conflict`` for one that is taken."""
    errors: dict[str, list[Any]] = {}
    clean = _name(name, errors)
    if errors:
        raise Invalid(_("The view was not renamed."), fields=errors)
    view = _own(view_id, acting_user)
    view.name = clean
    try:
        with transaction.atomic():
            view.save(update_fields=["name"])
    except IntegrityError as error:
        raise _taken(clean) from error
    return view


@transaction.atomic
def share_view(*, view_id: int, acting_user: Any, shared: bool) -> SavedView:
    """Show a view to everybody, or no more. Managers share their own, and take back anybody's."""
    if Role.MANAGER not in roles_of(acting_user):
        raise NotAllowed(_("Only managers share views."))
    view = _locked(view_id)
    if view is None or (view.owner_id != acting_user.pk and not view.is_shared):
        raise NotFound(_NO_VIEW)
    if shared and view.owner_id != acting_user.pk:
        raise NotAllowed(_("This view belongs to somebody else: save it as your own first."))
    view.is_shared = shared
    view.save(update_fields=["is_shared"])
    return view


@transaction.atomic
def delete_view(*, view_id: int, acting_user: Any) -> None:
    """Delete a view of one's own."""
    _own(view_id, acting_user).delete()


_NO_VIEW = _("There is no such view.")


def _locked(view_id: int) -> SavedView | None:
    return SavedView.objects.select_for_update().filter(pk=view_id).first()


def _own(view_id: int, acting_user: Any) -> SavedView:
    view = _locked(view_id)
    if view is None or view.owner_id != acting_user.pk:
        raise NotFound(_NO_VIEW)
    return view


def _taken(name: str) -> Conflict:
    return Conflict(
        _("You have a view of this name already: choose another one, or replace it."),
        code="name_taken",
        state={"name": name},
    )


def _created(owner: Any, name: str, query: str, *, now: datetime) -> SavedView:
    view, created = SavedView.objects.get_or_create(
        owner=owner, name=name, defaults={"query": query, "created_at": now}
    )
    if not created:  # in another tab, at this very moment
        raise _taken(name)
    return view


def _name(raw: str, errors: dict[str, list[Any]]) -> str:
    name = " ".join(raw.replace("\x00", "").split())
    if not name:
        errors["name"] = [_("Give the view a name.")]
    elif len(name) > MOST_NAME:
        errors["name"] = [_("At most %(most)d characters.") % {"most": MOST_NAME}]
    return name


def _query(raw: str, errors: dict[str, list[Any]]) -> str:
    pairs = [
        (key, value)
        for key, value in parse_qsl(raw.lstrip("?").replace("\x00", ""))
        if key not in _POSITION
    ]
    if any(_LONG_NUMBER.search(value) for _key, value in pairs):
        errors["query"] = [_("A view cannot search for one account or telephone number.")]
    query = urlencode(pairs)
    if len(query) > MOST_QUERY:
        errors["query"] = [_("These are too many filters for a view.")]
    return query
