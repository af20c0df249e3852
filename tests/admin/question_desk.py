"""An editor at the page of a standard question, as a browser would use it."""

from __future__ import annotations

from typing import Any

from django.test import Client

from kb.models import StandardQuestion
from tests.admin.browserless import fields_of

QUESTIONS = "/admin/kb/standardquestion/"
ADD = f"{QUESTIONS}add/"
FORM = "question-form"


class Desk:
    """``desk.send("save", script="…")`` opens nothing anew: it sends the page last seen."""

    def __init__(self, user: Any) -> None:
        # English, whatever the catalogues say.
        self.client = Client(headers={"accept-language": "en"})
        self.client.force_login(user)
        self.address = ""
        self.fields: dict[str, str] = {}

    def open(self, question: StandardQuestion | None = None) -> str:
        """Load the page of a question, or of a new one; gives its HTML."""
        address = f"{QUESTIONS}{question.pk}/change/" if question is not None else ADD
        return self._saw(self.client.get(address), address)

    def send(self, step: str, **typed: Any) -> Any:
        """Type into the page last seen and press a button; ``a__b`` stands for ``a-b``."""
        self.fields |= {name.replace("__", "-"): value for name, value in typed.items()}
        response = self.client.post(self.address, {**self.fields, "step": step})
        if response.status_code != 302:
            self._saw(response, self.address)
        return response

    def done(self, step: str, **typed: Any) -> str:
        """As ``send`` for what must work; gives the page that it leads to."""
        response = self.send(step, **typed)
        assert response.status_code == 302, self.errors(response)
        return str(self.client.get(response["Location"]).content.decode())

    def errors(self, response: Any) -> Any:
        editing = response.context["editing"]
        return {
            **editing.form.errors,
            **{f"follow_ups-{n}": e for n, e in enumerate(editing.follow_ups.errors) if e},
            **{f"attachments-{n}": e for n, e in enumerate(editing.attachments.errors) if e},
        }

    def ask(self, name: str, **typed: Any) -> str:
        """A fragment beside the form: ``preview`` or ``phrasings``."""
        fields = {name.replace("__", "-"): value for name, value in typed.items()}
        response = self.client.post(
            f"/admin/kb-questions/{name}/",
            {**self.fields, **fields},
            headers={"hx-request": "true"},
        )
        assert response.status_code == 200
        return str(response.content.decode())

    def _saw(self, response: Any, address: str) -> str:
        html = str(response.content.decode())
        self.fields = fields_of(html, FORM)
        self.address = response.context["action"] if response.context else address
        return html
