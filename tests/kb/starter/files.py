"""The files of the starter knowledge base, read once, and what is said to whom in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from kb.flows.loader import load_flow

DATA = Path(__file__).resolve().parents[3] / "kb" / "data"
PICTURES = DATA / "pictures"
# Words of the house. None may reach a customer, whatever the question.
HOUSE_WORDS = "二线|工单|建单|流转|坐席|标准问|内部|备注|兜底|口径|复核|线索|承诺|外传|运营|推演"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


FILES = {path.stem: read(path) for path in sorted((DATA / "questions").glob("*.yaml"))}
ROWS: dict[str, dict[str, Any]] = {
    row["key"]: row for file in FILES.values() for row in file["questions"]
}
FLOWS = {
    path.stem: load_flow(path.read_text(encoding="utf-8"))
    for path in sorted((DATA / "flows").glob("*.yaml"))
}
SYNONYMS = read(DATA / "synonyms.yaml")


def spoken_texts(row: dict[str, Any]) -> list[str]:
    """What an agent reads out to the customer."""
    return [
        row["script"],
        *(item["script"] for item in row.get("follow_ups", [])),
        *([row["fallback"]] if "fallback" in row else []),
    ]


def public_texts(row: dict[str, Any]) -> list[str]:
    """Everything of a question that a customer may come to see or hear; notes are not."""
    return [
        row["title"],
        *row["phrasings"],
        *spoken_texts(row),
        *(item["question"] for item in row.get("follow_ups", [])),
        *(item["title"] for item in row.get("attachments", [])),
        *([row["contrast"]["label"]] if "contrast" in row else []),
    ]


def staff_texts(row: dict[str, Any]) -> list[str]:
    """What only staff may see."""
    return [
        row.get("internal_note", ""),
        row.get("review", {}).get("reason", ""),
        *(item["caution"] for item in row.get("disagreements", [])),
    ]


def flow_scripts(key: str) -> Iterator[tuple[str, str]]:
    for node_key, node in FLOWS[key].nodes.items():
        script: str | None = node.script
        if script is not None:
            yield node_key, script


def bare(text: str) -> str:
    """Letters and digits only, small: what is left when two wordings are merely styled apart."""
    return re.sub(r"[\W_]+", "", text).casefold()


def numbers(text: str) -> set[str]:
    """Figures of a text; not those that number its lines, nor those in names and addresses."""
    plain = re.sub(r"(?m)^\s*\d\. |https?://\S+", "", text)
    return set(re.findall(r"(?<![A-Za-z\d_.-])\d+(?:\.\d+)?", plain))
