"""Stock pages without the scripts they have no use for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin

# Generic to the type checker only: Django's own class takes no parameters when it runs.
if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
else:
    AnyModelAdmin = admin.ModelAdmin

_PREPOPULATING = ("urlify.js", "prepopulate.js", "xregexp.js", "xregexp.min.js")


class LeanMedia(AnyModelAdmin):
    """Django sends to every page what fills in one field from another: a third of its weight,
    most of it a library of regular expressions."""

    @property
    def media(self) -> forms.Media:
        found: forms.Media = super().media
        if self.prepopulated_fields:
            return found
        scripts: list[Any] = found._js  # type: ignore[attr-defined]
        kept = [each for each in scripts if not str(each).endswith(_PREPOPULATING)]
        return forms.Media(css=found._css, js=kept)  # type: ignore[attr-defined]
