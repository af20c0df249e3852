"""What the stock admin pages share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from klingdesk.changelist import StrictChangeList

# Generic to the type checker only: Django's own classes take no parameters when they run.
if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
    AnyModelForm = forms.ModelForm[Any]
    AnyMultipleChoice = forms.ModelMultipleChoiceField[Any]
else:
    AnyModelAdmin = admin.ModelAdmin
    AnyModelForm = forms.ModelForm
    AnyMultipleChoice = forms.ModelMultipleChoiceField


class DeskModelAdmin(AnyModelAdmin):
    """A stock page whose list answers a senseless filter with 400."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[StrictChangeList]:
        return StrictChangeList


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


def content_lines(pairs: Iterable[tuple[Any, str]]) -> SafeString:
    """Labels and texts as a list, line breaks kept, everything escaped."""
    rows = format_html_join("", "<dt>{}</dt><dd>{}</dd>", pairs)
    return format_html('<dl class="desk-content">{}</dl>', rows)


def instant_words(at: datetime) -> str:
    """An instant on the desk's clock: 2026-11-25 18:00."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def pretty_json(value: Any) -> SafeString:
    """A JSON value, indented and escaped."""
    return format_html(
        '<pre class="desk-json">{}</pre>', json.dumps(value, ensure_ascii=False, indent=2)
    )
