"""Walking the starter flows through the console, as an agent's browser does."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse

from kb.services.starter import load_starter
from tests.beginnings import begin_with
from tickets.services.consultations import start_consultation

STARTED = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""A Friday, 10:00 in Shanghai."""
HTMX = {"HX-Request": "true"}
CONTACT = {"contact_channel": "private_message"}


def begin_with_starter() -> None:
    """The starter knowledge base, published the day before; the watch has to say ``STARTED``."""
    begin_with("starter", lambda: load_starter(now=STARTED - timedelta(days=1)))


class Console:
    """One contact of ``agent`` in one tab. Every page that is shown is kept in ``pages``."""

    def __init__(self, agent: Any, question: str) -> None:
        self.client = Client(headers={"accept-language": "en"})
        self.client.force_login(agent)
        self.agent = agent
        self.pages: list[str] = []
        self.contact = start_consultation(
            acting_user=agent,
            channel="phone",
            utterance="帮我看看",
            question_key=question,
            now=STARTED,
        ).pk
        self.show()

    @property
    def page(self) -> str:
        return self.pages[-1]

    @property
    def stage(self) -> str:
        return self._found(r'data-stage="(\w+)"')

    @property
    def node(self) -> str:
        return self._found(r'name="node" value="([^"]*)"')

    @property
    def script(self) -> str:
        return html.unescape(self._found(r'id="script-main">(.*?)</p>'))

    def show(self) -> str:
        address = reverse("admin:console_contact", args=[self.contact])
        self.pages.append(self.client.get(address).content.decode())
        return self.page

    def post(self, name: str, status: int = 200, **data: str) -> str:
        address = reverse(f"admin:console_{name}", args=[self.contact])
        response = self.client.post(address, data, headers=HTMX)
        self.pages.append(response.content.decode())
        assert response.status_code == status, self.page
        return self.page

    def answer(self, given: str | Mapping[str, str], status: int = 200) -> str:
        typed = {} if isinstance(given, str) else {f"values.{k}": v for k, v in given.items()}
        value = given if isinstance(given, str) else "next"
        return self.post("answer", status, node=self.node, value=value, **typed)

    def walk(self, *given: str | Mapping[str, str]) -> Console:
        for each in given:
            self.answer(each)
        return self

    def value_of(self, name: str) -> str:
        """What stands in a field of the page."""
        field = re.search(
            rf'<input type="\w+"[^>]* name="{re.escape(name)}" value="([^"]*)"', self.page
        )
        area = re.search(
            rf'<textarea[^>]* name="{re.escape(name)}"[^>]*>\n?(.*?)</textarea>',
            self.page,
            re.DOTALL,
        )
        found = field or area
        assert found, name
        return html.unescape(found[1])

    def errors(self) -> dict[str, str]:
        found = re.findall(r'id="id-([\w-]+)-error">(.*?)</p>', self.page, re.DOTALL)
        return {name: html.unescape(words) for name, words in found}

    def hand_over(self, status: int = 200, **changes: str) -> str:
        data = {
            name: self.value_of(name)
            for name in re.findall(r'name="((?:extra\.)?[\w]+)"', self.page)
            if name in ("account_id", "problem") or name.startswith("extra.")
            if f'type="radio" name="{name}"' not in self.page
        }
        data |= {"node": self.node, "demand": "请核实", "problem": "详情", **CONTACT, **changes}
        return self.post("hand_over", status, **data)

    def _found(self, pattern: str) -> str:
        found = re.search(pattern, self.page, re.DOTALL)
        assert found, (pattern, self.page)
        return found[1]


def everything_stored() -> str:
    """Every row of the database as text."""
    rows: list[str] = []
    with connection.cursor() as cursor:
        for table in {m._meta.db_table for m in apps.get_models(include_auto_created=True)}:
            cursor.execute(f'select t::text from "{table}" t')
            rows += [row[0] for row in cursor.fetchall()]
    return "\n".join(rows)
