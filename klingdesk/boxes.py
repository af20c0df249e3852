"""The boxes of a form of the stock admin, as ``{% boxes %}`` shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.forms import CheckboxSelectMultiple, Media
from django.forms.utils import flatatt
from django.forms.widgets import Script
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from klingdesk.templatetags.desk import boxes


class ManyBoxes(CheckboxSelectMultiple):
    """Several of many: what is ticked stands first, and a field above finds in the list."""

    @property
    def media(self) -> Media:
        # An object of Django 5.2, which its stubs do not know yet.
        return Media(js=[Script("desk/boxes.js", defer=True)])  # type: ignore[list-item]

    def render(
        self,
        name: str,
        value: Any,
        attrs: Mapping[str, Any] | None = None,
        renderer: Any = None,
    ) -> SafeString:
        widget = self.get_context(name, value, dict(attrs or {}))["widget"]
        options = [each for _group, members, _index in widget["optgroups"] for each in members]
        options.sort(key=lambda each: not each["selected"])
        rows = format_html_join(
            "\n",
            '<label class="desk-box"><input type="checkbox" name="{}" value="{}"{}> {}</label>',
            (
                (each["name"], each["value"], flatatt(each["attrs"]), each["label"])
                for each in options
            ),
        )
        return boxes(rows, id=widget["attrs"].get("id", ""))
