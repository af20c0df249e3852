"""Groups of standard questions: added, renamed, put in order, deleted when nothing needs them."""

from __future__ import annotations

import re
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max, ProtectedError
from django.utils.translation import gettext_lazy as _

from kb.models import Category, Draft, StandardQuestion
from klingdesk.core.errors import Conflict, Invalid, NotFound

MOST_TITLE = int(Category._meta.get_field("title").max_length or 0)
MOST_SLUG = int(Category._meta.get_field("slug").max_length or 0)


@transaction.atomic
def add_category(*, slug: str, title: str) -> Category:
    """A new group, as the last one. ``Invalid`` with field errors."""
    slug, title = slug.strip(), title.strip()
    categories = _locked()
    errors = _title_errors(title, categories)
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) or len(slug) > MOST_SLUG:
        errors["slug"] = [
            _("Small letters, digits and single hyphens only, at most %(most)d.")
            % {"most": MOST_SLUG}
        ]
    elif any(category.slug == slug for category in categories):
        errors["slug"] = [_("There is a group with this slug already.")]
    if errors:
        raise Invalid(_("The group was not added."), fields=errors)
    last = Category.objects.aggregate(last=Max("order"))["last"] or 0
    return Category.objects.create(slug=slug, title=title, order=last + 1)


@transaction.atomic
def rename_category(*, slug: str, title: str, expected_title: str) -> Category:
    """Give a group another title; its slug stays, because texts and files name it.

    ``Conflict`` when its title is no longer ``expected_title``, with the present one in its
    state; ``Invalid`` with field errors; ``NotFound``.
    """
    title = title.strip()
    categories = _locked()
    category = _one(categories, slug)
    if category.title != expected_title:
        raise Conflict(
            _("Somebody else has renamed this group to “%(title)s” meanwhile.")
            % {"title": category.title},
            state={"title": category.title},
        )
    others = [each for each in categories if each.pk != category.pk]
    if errors := _title_errors(title, others):
        raise Invalid(_("The group was not renamed."), fields=errors)
    category.title = title
    category.save(update_fields=["title"])
    return category


@transaction.atomic
def swap_categories(*, slug: str, neighbour: str) -> None:
    """Let a group and the one beside it change places.

    ``Conflict`` when they are no longer side by side; ``NotFound`` when one is gone.
    """
    categories = _locked()
    first, second = _one(categories, slug), _one(categories, neighbour)
    here, there = categories.index(first), categories.index(second)
    if abs(here - there) != 1:
        raise Conflict(_("The order has changed meanwhile. Look again, then move it."))
    categories[here], categories[there] = second, first
    for order, category in enumerate(categories, start=1):
        if category.order != order:
            category.order = order
            category.save(update_fields=["order"])


@transaction.atomic
def delete_category(*, slug: str) -> None:
    """Delete an empty group. ``Conflict`` while a question or a draft is in it, or something else
    needs it; ``NotFound``."""
    category = _one(_locked(), slug)
    full = Conflict(_("There are standard questions in this group. Move them to another first."))
    if Draft.objects.filter(content__category=slug).exists():
        raise full
    try:
        with transaction.atomic():
            category.delete()
            connection.check_constraints()  # now, not at the commit, where nobody could tell why
    except ProtectedError as needed:
        others = {
            str(each._meta.verbose_name_plural)
            for each in needed.protected_objects
            if not isinstance(each, StandardQuestion)
        }
        if not others:
            raise full from needed
        raise Conflict(
            _("This group is still used by: %(things)s. Change or delete those first.")
            % {"things": ", ".join(sorted(others))}
        ) from needed
    except IntegrityError as needed:
        raise full from needed


def _locked() -> list[Category]:
    """All groups in their order, under a lock: there are few, and their order is one thing."""
    rows = Category.objects.select_for_update().order_by("pk")
    return sorted(rows, key=lambda category: (category.order, category.slug))


def _one(categories: list[Category], slug: str) -> Category:
    for category in categories:
        if category.slug == slug:
            return category
    raise NotFound(_("There is no such group."))


def _title_errors(title: str, others: list[Category]) -> dict[str, list[Any]]:
    if not title:
        return {"title": [_("Please fill this in.")]}
    if len(title) > MOST_TITLE:
        return {"title": [_("At most %(most)d characters.") % {"most": MOST_TITLE}]}
    if any(category.title == title for category in others):
        return {"title": [_("There is a group with this title already.")]}
    return {}
