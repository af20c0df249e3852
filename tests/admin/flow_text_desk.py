"""An editor at the text of a flow: what a browser would send, and what it shows then."""

from __future__ import annotations

from typing import Any

from django.test import Client

from kb.models import Flow, FlowDraft, FlowVersion
from tests.admin.browserless import fields_of
from tests.conftest import FLOW

PAGE = "/admin/kb-flows/twice/"
CHANGED = FLOW.replace("请您先刷新页面再试。", "请您先刷新一下页面。")
BROKEN = FLOW.replace("next: done", "next: nowhere")
ALIKE = FLOW.replace("label: 开了", "label: 只有两个")
"""A warning: two answers begin alike."""


class FlowTextDesk:
    """One window with a flow's text: ``open`` it, ``press`` a step with what was typed."""

    def __init__(self, client: Client, address: str = PAGE) -> None:
        self.client = client
        self.address = address
        self.fields: dict[str, Any] = {}

    def open(self) -> str:
        response = self.client.get(self.address)
        assert response.status_code == 200
        return self._saw(response)

    def press(self, step: str, **typed: Any) -> Any:
        """The response; what it shows in the form is sent the next time."""
        sending = {**self.fields, **typed, "step": step}
        response = self.client.post(self.address, sending)
        if response.status_code != 302:
            self._saw(response)
        return response

    def check(self, text: str, **typed: Any) -> str:
        """The fragment beside the text."""
        sending = {**self.fields, **typed, "text": text}
        response = self.client.post(
            f"{self.address}check/", sending, headers={"hx-request": "true"}
        )
        assert response.status_code == 200
        return str(response.content.decode())

    def _saw(self, response: Any) -> str:
        html = str(response.content.decode())
        if 'id="flow-form"' in html:
            self.fields = fields_of(html, "flow-form")
        return html


def draft() -> FlowDraft:
    return FlowDraft.objects.get(flow__key="twice")


def current() -> FlowVersion:
    version = Flow.objects.get(key="twice").current
    assert version is not None
    return version


def typed(text: str) -> str:
    """A text as browsers send it."""
    return text.replace("\n", "\r\n")
