"""The components of the desk's design system as template tags: ``{% load desk %}``.

The page /admin/design/ shows each with all its states. What stands in rows is put together here,
because a template of its own would cost more than the row; what stands once on a page has one
under ``templates/desk/``. Everything is escaped; what a block tag wraps has been by its template.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import template
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy

register = template.Library()

TONES = ("", "ok", "warn", "bad", "info")
CHIPS = {tone: f'<span class="desk-chip{f" desk-chip--{tone}" if tone else ""}">' for tone in TONES}
LONG_CHIP = 30
"""Longer words break into lines; in a table, shorter ones never do."""
BUTTONS = {
    "primary": "button",
    "quiet": "button button--quiet",
    "danger": "button button--danger",
}
STEP_SAID = {"done": gettext_lazy("done"), "current": gettext_lazy("now")}


def _one_of(given: Any, known: Iterable[str], what: str) -> str:
    """A tone or kind that does not exist is a slip in a template, and no style sheet knows it."""
    value = str(given or "")
    if value not in known:
        raise template.TemplateSyntaxError(f"{what} {value!r} is none of {', '.join(known)}")
    return value


@register.simple_tag
def chip(label: Any, tone: str | None = "") -> SafeString:
    """A state in one or two words."""
    start = CHIPS[_one_of(tone, CHIPS, "the tone")]
    shown = conditional_escape(label)
    if len(shown) > LONG_CHIP:
        start = start.replace("desk-chip", "desk-chip desk-chip--long", 1)
    return mark_safe(f"{start}{shown}</span>")  # noqa: S308 - escaped above


@register.simple_tag
def kbd(keys: str) -> SafeString:
    """Keys to press: words apart are keys apart ("Ctrl K")."""
    return format_html_join(" ", "<kbd>{}</kbd>", ((key,) for key in str(keys).split()))


@register.simple_tag
def button(
    label: Any,
    kind: str = "primary",
    type: str = "submit",
    name: str = "",
    value: Any = "",
    href: str = "",
    key: str = "",
    id: str = "",
    opens: str = "",
    small: bool = False,
    disabled: bool = False,
) -> SafeString:
    """A button, or with ``href`` a link that looks like one.

    ``key`` is what presses it (several apart by spaces; the first is shown); ``opens`` is the
    dialog that it opens, as ``#id``.
    """
    look = BUTTONS[_one_of(kind, BUTTONS, "the kind")] + (" button--small" if small else "")
    given: dict[str, Any] = {"class": look}
    if href:
        given["href"] = href
    else:
        given["type"] = "button" if opens else type
        given["disabled"] = disabled
    if name:
        given |= {"name": name, "value": value}
    given |= {name: each for name, each in (("id", id), ("data-key", key)) if each}
    if opens:
        given |= {"data-opens": opens, "aria-haspopup": "dialog"}
    shown = format_html(" <kbd>{}</kbd>", key.split()[0]) if key else ""
    tag = "a" if href else "button"
    return format_html("<{}{}>{}{}</{}>", SafeString(tag), flatatt(given), label, shown, tag)


@register.simple_block_tag
def card(content: str, title: str = "", tone: str = "", id: str = "", level: int = 2) -> SafeString:
    """What belongs together. ``tone="internal"``: it never leaves the desk, and looks so."""
    return _rendered(
        "card",
        title=title,
        tone=_one_of(tone, ("", "internal"), "the tone"),
        id=id,
        level=level,
        content=content,
    )


@register.simple_block_tag
def notice(content: str, tone: str = "info", role: str = "") -> SafeString:
    """A message inside the page. ``role="alert"`` reads it out at once."""
    return format_html(
        '<div class="desk-notice desk-notice--{}"{}>{}</div>',
        _one_of(tone, TONES[1:], "the tone"),
        flatatt({"role": role} if role else {}),
        content,
    )


@register.simple_block_tag
def tablewrap(content: str, label: str) -> SafeString:
    """A table that may be wider than its place: scrolls by itself, by keyboard, too."""
    return format_html(
        '<div class="desk-table-wrap" role="region" aria-label="{}" tabindex="0">{}</div>',
        label,
        content,
    )


@register.simple_block_tag
def timeline(content: str, label: str = "") -> SafeString:
    """What happened, in order: the content is its ``<li>``."""
    named = flatatt({"aria-label": label} if label else {})
    return format_html('<ol class="desk-timeline"{}>{}</ol>', named, content)


@register.simple_tag
def stepper(steps: Sequence[Mapping[str, str]], label: str = "") -> SafeString:
    """A way of several steps: each with ``label``, ``state`` (done, current, todo), ``href``."""
    shown = [{**step, "said": STEP_SAID.get(step["state"], "")} for step in steps]
    return _rendered("stepper", steps=shown, label=label)


@register.simple_tag
def empty(title: str, text: str = "", href: str = "", action: str = "") -> SafeString:
    """Nothing is here: what is not, why, and what to do next."""
    return _rendered("empty", title=title, text=text, href=href, action=action)


@register.simple_block_tag
def dialog(content: str, id: str, title: str) -> SafeString:
    """A native dialog, opened by whatever has ``data-opens="#id"``, closed by Esc or its button."""
    return _rendered("dialog", id=id, title=title, content=content)


@register.simple_tag
def progress(done: float | None, total: float | None, label: str) -> SafeString:
    """How far a long piece of work has come; without a total only that it goes on."""
    return _rendered("progress", done=done or 0, total=total, label=label)


@register.simple_tag
def skeleton(lines: int = 3, indicator: bool = False) -> SafeString:
    """The place of what is still loading. As an ``indicator`` htmx shows it during its request."""
    return _rendered("skeleton", lines=range(lines), indicator=indicator)


@register.simple_tag
def calendar(
    months: Sequence[Any], weekdays: Sequence[str], legend: Sequence[Any] = ()
) -> SafeString:
    """The months of a promise: each with ``title`` and ``weeks`` of cells (or None)."""
    return _rendered("calendar", months=months, weekdays=weekdays, legend=legend)


@register.simple_block_tag
def field(
    content: str, label: str, id: str, help: str = "", errors: Sequence[str] = ()
) -> SafeString:
    """A control with its label; give it ``id`` and ``aria-describedby="<id>-help <id>-errors"``."""
    return _rendered("field", label=label, id=id, help=help, errors=errors, content=content)


@register.simple_tag
def options(choices: Iterable[Any], chosen: Any = None) -> SafeString:
    """What a select offers: pairs of value and label, or objects with both.

    ``chosen`` is the value that is selected, as itself or as text.
    """
    chosen = None if chosen is None else str(chosen)
    parts = []
    for each in choices or ():
        value, label = each if isinstance(each, tuple) else (each.value, each.label)
        given = str(value)
        mark = " selected" if given == chosen else ""
        shown = conditional_escape(label)
        parts.append(f'<option value="{conditional_escape(given)}"{mark}>{shown}</option>')
    return mark_safe("".join(parts))  # noqa: S308 - escaped above


@register.simple_block_tag
def boxes(content: str, id: str = "") -> SafeString:
    """Several of many: the content is a ``<label class="desk-box">`` with its box for each.

    The list scrolls by itself; where it is long, ``desk/boxes.js`` puts a field above it that
    finds in it. What is ticked should stand first.
    """
    return _rendered("boxes", id=id, content=content)


@register.simple_tag
def tabs(items: Sequence[Mapping[str, Any]], label: str) -> SafeString:
    """The pages of one thing: each with ``label``, ``href`` and, where one is, ``current``."""
    return _rendered("tabs", items=items, label=label)


@register.inclusion_tag("admin/desk_pages.html", takes_context=True)
def pager(context: template.Context, page: Any) -> dict[str, Any]:
    """The way through the pages of a list; nothing where there is one page only."""
    return {"page": page, "request": context["request"]}


def _rendered(name: str, **values: Any) -> SafeString:
    return render_to_string(f"desk/{name}.html", values)
