"""Exports of what is published, in the forms that an import reads back without a difference."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import yaml
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from kb.imports.cells import guarded, list_cells, mapping_cells
from kb.imports.tables import sheet_rows
from kb.models import Category
from kb.services.importing import published_contents
from klingdesk.core.errors import Invalid

MOST_CELL = 32_767
"""What a cell of a workbook holds; a longer text would be cut without a word."""


class ExportForm(StrEnum):
    YAML = "yaml"
    XLSX = "xlsx"
    CSV = "csv"


MEDIA_TYPES = {
    ExportForm.YAML: "application/yaml; charset=utf-8",
    ExportForm.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportForm.CSV: "text/csv; charset=utf-8",
}


def export_questions(form: ExportForm) -> bytes:
    """Every published question: online, not released and retired ones, no drafts.

    Raises ``Invalid`` for a workbook that could not hold a text as it is.
    """
    groups = list(_groups())
    if form is ExportForm.YAML:
        return _yaml(groups)
    rows = list(sheet_rows(_cells(category, row) for category, rows in groups for row in rows))
    return _xlsx(rows) if form is ExportForm.XLSX else _csv(rows)


Group = tuple[dict[str, Any], list[dict[str, Any]]]


def _groups() -> Iterator[Group]:
    """Each category with its questions, as the members of a YAML file."""
    categories = Category.objects.in_bulk(field_name="slug")
    contents = published_contents().items()
    for slug, members in itertools.groupby(contents, key=lambda each: str(each[1]["category"])):
        category = categories[slug]
        head = {"slug": slug, "title": category.title, "order": category.order}
        yield head, [_row(key, content) for key, content in members]


def _row(key: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Every member, also empty ones: what is not there would be left as it is by an import."""
    return {
        "key": key,
        "title": content["title"],
        "status": content["status"],
        "escalates": content["escalates"],
        "flow": content["flow"],
        "script": content["script"],
        "fallback": content["fallback"],
        "internal_note": content["internal_note"],
        "phrasings": list(content["phrasings"]),
        "learned": list(content["learned"]),
        "follow_ups": [dict(item) for item in content["follow_ups"]],
        "attachments": [dict(item) for item in content["attachments"]],
        "contrast": {"group": content["contrast_group"], "label": content["contrast_label"]},
        "owner": content["owner"],
        "effective_from": _moment(content["effective_from"]),
        "expires_at": _moment(content["expires_at"]),
        "review": {
            "due": date.fromisoformat(content["review_due"]) if content["review_due"] else None,
            "reason": content["review_reason"],
        },
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as they are read, and no anchors, which an import refuses."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text_node)


def _yaml(groups: list[Group]) -> bytes:
    documents = ({"category": head, "questions": rows} for head, rows in groups)
    text = yaml.dump_all(documents, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1000)
    return text.encode() if groups else b"category:\nquestions: []\n"


def _cells(category: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, list[str]]:
    """The cells of each column; a list has as many as it needs."""
    return {
        "category": [category["slug"]],
        "category_title": [category["title"]],
        "category_order": [str(category["order"])],
        **{
            name: [row[name] or ""]
            for name in (
                "key",
                "title",
                "status",
                "script",
                "fallback",
                "internal_note",
                "flow",
                "owner",
            )
        },
        "escalates": ["true" if row["escalates"] else "false"],
        "phrasings": list_cells(row["phrasings"]),
        "learned": list_cells(row["learned"]),
        "follow_ups": mapping_cells(row["follow_ups"]),
        "attachments": mapping_cells(row["attachments"]),
        "contrast_group": [row["contrast"]["group"]],
        "contrast_label": [row["contrast"]["label"]],
        "effective_from": [_iso(row["effective_from"])],
        "expires_at": [_iso(row["expires_at"])],
        "review_due": [_iso(row["review"]["due"])],
        "review_reason": [row["review"]["reason"]],
    }


def _iso(value: date | None) -> str:
    return value.isoformat() if value is not None else ""


def _csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(rows: list[list[str]]) -> bytes:
    guarded_rows = [[guarded(cell) for cell in row] for row in rows]
    for row in guarded_rows:
        if any(len(cell) > MOST_CELL or ILLEGAL_CHARACTERS_RE.search(cell) for cell in row):
            raise Invalid(
                _(
                    "“%(key)s” has a text that a workbook cannot hold: too long, or with invisible "
                    "control characters. Export as YAML instead."
                )
                % {"key": row[0]}
            )
    book = Workbook(write_only=True)
    sheet = book.create_sheet("questions")
    for row in guarded_rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
