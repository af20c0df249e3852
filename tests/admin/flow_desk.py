"""An editor at the forms of a flow, as a browser would use them."""

from __future__ import annotations

import difflib
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from kb.models import Flow
from kb.services.flow_drafts import save_flow_draft
from kb.services.flow_publishing import keep_version
from tests.conftest import NOW
from tests.kb.flows.starters import SOURCES

FLOWS = "/admin/kb-flows/"


class _Form(HTMLParser):
    """The successful controls of the form that posts to ``action``, as pairs."""

    def __init__(self, action: str, page: str) -> None:
        super().__init__()
        self.pairs: list[tuple[str, str]] = []
        self._action = action
        self._page = page
        self._inside = False
        self._template = 0
        self._area: str | None = None
        self._text = ""
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("action", self._page) == self._action
        self._template += tag == "template"
        if not self._inside or self._template:
            return
        name = given.get("name", "")
        if tag == "input" and name:
            is_box = given.get("type") in {"checkbox", "radio"}
            if not is_box or "checked" in given:
                self.pairs.append((name, given.get("value", "on" if is_box else "")))
        elif tag == "textarea":
            self._area, self._text = name, ""
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option" and self._select:
            self._options.append((given.get("value", ""), "selected" in given))

    def handle_endtag(self, tag: str) -> None:
        self._template -= tag == "template"
        if tag == "form":
            self._inside = False
        if tag == "textarea" and self._area:
            text = self._text.removeprefix("\r\n").removeprefix("\n")
            self.pairs.append((self._area, text.replace("\r\n", "\n").replace("\n", "\r\n")))
            self._area = None
        if tag == "select" and self._select:
            chosen = [value for value, selected in self._options if selected]
            first = [value for value, _selected in self._options][:1]
            self.pairs += [(self._select, value) for value in (chosen or first)[:1]]
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._area:
            self._text += data


class FlowDesk:
    """``desk.open("step/pages/")`` loads a page; ``desk.send(title="…")`` types and sends it."""

    def __init__(self, user: Any, key: str = "twice") -> None:
        # English, whatever the catalogues say.
        self.client = Client(headers={"accept-language": "en"})
        self.client.force_login(user)
        self.user = user
        self.base = f"{FLOWS}{key}/form/"
        self.key = key
        self.address = ""
        self.fields: dict[str, list[str]] = {}

    @property
    def text(self) -> str:
        """The draft's text, else the published one."""
        flow = Flow.objects.get(key=self.key)
        draft = getattr(flow, "draft", None)
        return draft.text if draft is not None else flow.current.source  # type: ignore[union-attr]

    def drafted(self, text: str) -> None:
        """Save ``text`` as the draft, beside the page last seen."""
        save_flow_draft(key=self.key, text=text, acting_user=self.user, now=NOW)

    def open(self, page: str = "", *, status: int = 200) -> str:
        self.address = self.base + page
        response = self.client.get(self.address)
        assert response.status_code == status, response.status_code
        return self._saw(response)

    def send(self, **typed: Any) -> Any:
        """``choices__0__label`` stands for ``choices-0-label``; None takes a field out."""
        for name, value in typed.items():
            given = [] if value is None else value if isinstance(value, list) else [value]
            self.fields[name.replace("__", "-")] = given
        response = self.client.post(self.address, self.fields)
        if response.status_code != 302:
            self._saw(response)
        return response

    def done(self, **typed: Any) -> str:
        """As ``send`` for what must work; gives the page that it leads to."""
        response = self.send(**typed)
        assert response.status_code == 302, errors_of(response)
        self.address = response["Location"].partition("#")[0]
        return self._saw(self.client.get(self.address))

    def delete(self, step: str) -> Any:
        page = f"{self.base}step/{step}/delete/"
        seen = {name: self.fields[name] for name in ("expected_version", "base_number")}
        response = self.client.post(page, seen)
        if response.status_code != 302:
            self._saw(response)
        return response

    def value(self, name: str) -> str:
        """What stands in a field of the page last seen."""
        return self.fields[name.replace("__", "-")][0]

    def _saw(self, response: Any) -> str:
        html = str(response.content.decode())
        form = _Form(self.address, self.address)
        form.feed(html)
        self.fields = {}
        for name, value in form.pairs:
            self.fields.setdefault(name, []).append(value)
        return html


def errors_of(response: Any) -> dict[str, list[str]]:
    """Messages at the fields of a step's page, rows as ``choices-0-label``."""
    filling = response.context["filling"]
    found = {name: list(map(str, each)) for name, each in filling.form.errors.items()}
    for row in filling.rows.forms if filling.rows is not None else ():
        for name, each in row.errors.items():
            found[f"{row.prefix}-{name}"] = list(map(str, each))
    return found


def starter(user: Any, key: str) -> FlowDesk:
    """The desk at a flow of the starter knowledge base, published."""
    keep_version(text=SOURCES[key], acting_user=None, reason="test", now=NOW)
    return FlowDesk(user, key)


def changed_lines(old: str, new: str) -> list[str]:
    """The lines that only one of them has, as ``- old`` and ``+ new``."""
    return [line for line in difflib.ndiff(old.splitlines(), new.splitlines()) if line[0] in "+-"]
