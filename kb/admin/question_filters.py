"""Filters of the editors' list of questions; their home page links to them."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kb.admin.content_words import person_words
from kb.admin.standing_words import CHIPS
from kb.models import DraftSource, StandardQuestion
from kb.rules.lifecycle import DraftState
from kb.selectors.editors import active_editors
from kb.selectors.room import expires_soon, review_due, review_soon

Questions = QuerySet[StandardQuestion]


class AddressFilter(SimpleListFilter):
    """A filter whose value, typed into the address, is at worst one that nothing has."""

    def value(self) -> str | None:
        value: str | None = super().value()
        return value.replace("\x00", "\ufffd") if value is not None else None


class StandingFilter(AddressFilter):
    """By what they are now (``standing_now`` comes with the list)."""

    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        standings = [(standing.value, chip.label) for standing, chip in CHIPS.items()]
        return [*standings, ("expires_soon", _("Expires within 14 days"))]

    def queryset(self, request: HttpRequest, queryset: Questions) -> Questions:
        match self.value():
            case None:
                return queryset
            case "expires_soon":
                return queryset.filter(expires_soon(timezone.now()))
        return queryset.filter(Q(standing_now=self.value()))


class OwnerFilter(AddressFilter):
    title = _("owner")
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        others = active_editors().exclude(pk=request.user.pk)
        return [
            ("-me", _("Owned by me")),
            ("-none", _("Without an owner")),
            *((person.get_username(), person_words(person)) for person in others),
        ]

    def queryset(self, request: HttpRequest, queryset: Questions) -> Questions:
        match self.value():
            case None:
                return queryset
            case "-me":
                return queryset.filter(owner=request.user.pk)
            case "-none":
                return queryset.filter(owner=None)
        return queryset.filter(owner__username=self.value())


class ReviewFilter(AddressFilter):
    title = _("review")
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("due", _("Due or overdue")),
            ("soon", _("Due within 14 days")),
            ("none", _("Without a date")),
        ]

    def queryset(self, request: HttpRequest, queryset: Questions) -> Questions:
        match self.value():
            case "due":
                return queryset.filter(review_due(timezone.now()))
            case "soon":
                return queryset.filter(review_soon(timezone.now()))
            case "none":
                return queryset.filter(review_due=None)
        return queryset


class DraftFilter(AddressFilter):
    title = _("draft")
    parameter_name = "draft"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("mine", _("Being written by me")),
            (DraftState.DRAFT.value, _("Being written")),
            (DraftState.IN_REVIEW.value, _("In review")),
            (DraftState.SCHEDULED.value, _("Scheduled")),
            ("none", _("Without a draft")),
        ]

    def queryset(self, request: HttpRequest, queryset: Questions) -> Questions:
        match self.value():
            case None:
                return queryset
            case "none":
                return queryset.filter(draft=None)
            case "mine":
                mine = Q(draft__author=request.user.pk, draft__state=DraftState.DRAFT.value)
                return queryset.filter(mine)
        return queryset.filter(draft__state=self.value())


class SourceFilter(AddressFilter):
    title = _("source of the draft")
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(DraftSource.choices)

    def queryset(self, request: HttpRequest, queryset: Questions) -> Questions:
        return queryset.filter(draft__source=self.value()) if self.value() else queryset


class DisputeFilter(AddressFilter):
    title = _("open question")
    parameter_name = "disputed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("yes")), ("no", _("no"))]

    def queryset(self, request: HttpRequest, queryset: Questions) -> Questions:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(Q(is_disputed=self.value() == "yes"))
