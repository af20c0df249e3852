"""What the stock admin pages share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from klingdesk.changelist import StrictLists
from klingdesk.lean_media import LeanMedia
from klingdesk.moments import moment_words

# Generic to the type checker only: Django's own classes take no parameters when they run.
if TYPE_CHECKING:
    AnyModelForm = forms.ModelForm[Any]
    AnyMultipleChoice = forms.ModelMultipleChoiceField[Any]
else:
    AnyModelForm = forms.ModelForm
    AnyMultipleChoice = forms.ModelMultipleChoiceField


class DeskModelAdmin(StrictLists, LeanMedia):
    """A stock page."""

    list_per_page = 50


class ReadOnlyAdmin(DeskModelAdmin):
    """Pages to look at: rows are written by services, or never changed at all."""

    class Media:
        css = {"all": ["desk/knowledge.css"]}

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ShownElsewhere(ReadOnlyAdmin):
    """The stock address of a row leads to the editors' page of it; other forms can still search
    for rows. ``own_page`` is the name of that page, ``own_parts`` says which attribute of the row
    stands in which part of its address."""

    own_page: ClassVar[str]
    own_parts: ClassVar[Mapping[str, str]]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return super().change_view(request, object_id, form_url, extra_context)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        parts = {name: attrgetter(path)(row) for name, path in self.own_parts.items()}
        return HttpResponseRedirect(reverse(self.own_page, kwargs=parts))


def instant_words(at: datetime) -> str:
    """An instant as people say it now: 今天 14:05, 11月3日 18:00."""
    return moment_words(at, now=timezone.now())
