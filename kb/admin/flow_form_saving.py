"""From a filled-in form to the draft of a flow: two editors notice each other, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from kb.admin.content_words import saved_words
from kb.admin.flow_editing import published_words
from kb.admin.flow_form_cards import Sheet
from kb.admin.flow_words import place_words
from kb.flows.difference import texts_of
from kb.flows.editing import CannotPatch, patched
from kb.flows.errors import FlowErrors
from kb.rules.word_diff import Piece, diff
from kb.selectors.flows import FlowText, flow_for, text_of, versions_of
from kb.services.flow_drafts import save_flow_draft
from klingdesk.core.errors import Conflict, Invalid

Change = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Opened:
    """The text to work on; ``sheet`` is None when it cannot be read."""

    shown: FlowText
    sheet: Sheet | None

    @classmethod
    def of(cls, user: Any, key: str) -> Opened:
        """Raises ``NotFound``."""
        shown = text_of(flow_for(user=user, key=key))
        try:
            return cls(shown, Sheet(shown))
        except FlowErrors:
            return cls(shown, None)

    @property
    def seen(self) -> dict[str, int]:
        """What a form remembers of the text that it was loaded with."""
        return {"expected_version": self.shown.version, "base_number": self.shown.base_number}


def save_change(request: HttpRequest, opened: Opened, form: forms.Form, change: Change) -> None:
    """Write ``change`` into the text and keep that as the draft; ``form`` is valid.

    ``Conflict`` when the text is not the one that ``form`` was loaded with, or has gone;
    ``Invalid`` when it is written in a way that cannot be changed here; and what ``change`` raises.
    """
    shown, sheet = opened.shown, opened.sheet
    assert sheet is not None  # noqa: S101 - pages change nothing in a text that cannot be read
    seen = {name: form.cleaned_data[name] for name in opened.seen}
    if seen != opened.seen:
        raise Conflict(
            _("Somebody else changed this flow meanwhile. Compare it with yours and save again.")
        )
    try:
        text = patched(shown.text, change(sheet.data))
    except CannotPatch as stuck:
        raise Invalid(
            _("This is written in a way that can be changed in the text only. Nothing was saved.")
        ) from stuck
    except FlowErrors as long:
        raise Invalid(long.errors[0].told(_)[1]) from long
    if text == shown.text:
        messages.info(request, _("Nothing was changed."))
        return
    draft = save_flow_draft(
        key=shown.flow.key,
        text=text,
        acting_user=request.user,
        now=timezone.now(),
        **seen,
    )
    messages.success(
        request, _("The draft is saved (version %(number)d).") % {"number": draft.version}
    )


def counting_from(data: QueryDict, opened: Opened) -> QueryDict:
    """What was sent, with the present numbers: sent again, it is a decision taken on them."""
    again = data.copy()
    for name, number in opened.seen.items():
        again[name] = str(number)
    return again


@dataclass(frozen=True, slots=True)
class Standing:
    """What others did since the page was loaded. ``fields`` are label and pieces of each text
    of the step that differs: what stands now is ``removed``, what was typed ``added``."""

    words: list[str]
    is_gone: bool
    fields: list[dict[str, Any]]


def standing_now(opened: Opened, step: str, typed: Mapping[str, Any], *, user: Any) -> Standing:
    """``typed`` is the step as it was filled in."""
    shown, steps = opened.shown, opened.sheet.steps if opened.sheet is not None else {}
    words = []
    if shown.draft is not None:
        words.append(saved_words(shown.draft, user=user))
    elif (newest := versions_of(shown.flow).first()) is not None:
        words.append(published_words(newest, user=user))
    theirs, mine = dict(texts_of(steps.get(step, {}))), dict(texts_of(typed))
    fields = [
        {"label": place_words(place), "pieces": _pieces(theirs.get(place), mine.get(place))}
        for place in dict.fromkeys([*mine, *theirs])
        if theirs.get(place, "").strip() != mine.get(place, "").strip()
    ]
    return Standing(words, step not in steps, fields)


def _pieces(theirs: str | None, mine: str | None) -> list[Piece]:
    return diff((theirs or "").strip(), (mine or "").strip())
