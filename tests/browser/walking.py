"""Moving through the desk with the keyboard alone, and counting what it takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

MOST_TABS = 60


@dataclass
class Hand:
    """A person's hand on the keyboard of a page.

    An **interaction** is a text typed into one field, or one key or shortcut pressed to act.
    Going from a field to the next one with Tab belongs to the typing; those keys are counted
    beside, as ``moves``.
    """

    page: Any
    interactions: int = 0
    moves: int = 0

    def press(self, key: str) -> None:
        """One key that does something."""
        self.page.keyboard.press(key)
        self.interactions += 1

    def type(self, text: str) -> None:
        """A text into the field that has the focus."""
        self.page.keyboard.type(text)
        self.interactions += 1

    def next_field(self, name: str) -> None:
        """Tab until the field ``name`` has the focus; further than a form is long is a fault."""
        self.next(f"[name='{name}']")

    def next(self, selector: str, key: str = "Tab") -> None:
        for _each in range(MOST_TABS):
            self.page.keyboard.press(key)
            self.moves += 1
            if self.page.evaluate("where => document.activeElement.matches(where)", selector):
                return
        raise AssertionError(f"{selector} cannot be reached with {key}")

    def has_focus(self, selector: str) -> None:
        """The focus has landed there by itself."""
        self.page.wait_for_function("where => document.activeElement?.matches(where)", arg=selector)

    def shows_focus(self) -> bool:
        """Whether one can see where the focus is."""
        return bool(
            self.page.evaluate(
                """() => {
                    const style = getComputedStyle(document.activeElement);
                    return style.outlineStyle !== "none" && style.outlineWidth !== "0px"
                        || style.boxShadow !== "none";
                }"""
            )
        )


def found(page: Any, words: str) -> None:
    """The results of just these words are there."""
    page.wait_for_selector(f'#found [data-typed="{words}"]')


def at_contact(page: Any) -> None:
    page.wait_for_url(re.compile(r"/console/contacts/\d+/"))
    page.wait_for_selector("#contact .console-prompt")
