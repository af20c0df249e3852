"""What a browser would send from a form of a page, without a browser."""

from __future__ import annotations

from html.parser import HTMLParser


class _Form(HTMLParser):
    """The successful controls of one form, files and buttons left out."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self._id = form_id
        self._inside = False
        self._template = 0
        self._area: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("id") == self._id
        self._template += tag == "template"
        if not self._inside or self._template or "disabled" in given:
            return
        name = given.get("name", "")
        if tag == "input" and name and given.get("type") not in {"file", "submit"}:
            is_box = given.get("type") in {"checkbox", "radio"}
            if not is_box or "checked" in given:
                self.sent[name] = given.get("value", "on" if is_box else "")
        elif tag == "textarea":
            self._area = name
            self.sent[name] = ""
        elif tag == "select":
            self._select = name
        elif (
            tag == "option"
            and self._select
            and ("selected" in given or self._select not in self.sent)
        ):
            self.sent[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._template -= tag == "template"
        if tag == "form":
            self._inside = False
        if tag == "textarea" and self._area:
            text = self.sent[self._area].removeprefix("\r\n").removeprefix("\n")
            self.sent[self._area] = text.replace("\r\n", "\n").replace("\n", "\r\n")
            self._area = None
        if tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._area:
            self.sent[self._area] += data


def fields_of(html: str, form_id: str) -> dict[str, str]:
    """Names and values; line breaks of text areas as browsers send them."""
    form = _Form(form_id)
    form.feed(html)
    assert form.sent, f"no form {form_id}"
    return form.sent
