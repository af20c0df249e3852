"""The starter knowledge base: readable files under ``kb/data`` put into the database.

Loading again is safe: rows that a person has edited since are left alone, rows
that only the starter ever wrote follow the files.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from kb.flows.loader import load_flow
from kb.models import (
    Category,
    Disagreement,
    Flow,
    Revision,
    StandardQuestion,
    StarterSynonym,
)
from kb.services.attachments import keep_starter_picture
from kb.services.content import content_from_row
from kb.services.flow_publishing import FlowRefused, publish_flow
from kb.services.publishing import (
    lock_questions,
    publish_question,
)
from kb.services.synonyms import add_synonyms

log = logging.getLogger(__name__)

DATA = Path(__file__).resolve().parent.parent / "data"
REASON = "初始知识库"


@dataclass(slots=True)
class Loaded:
    """How many rows were written and how many were left as they are."""

    flows: int = 0
    questions: int = 0
    unchanged: int = 0
    kept: int = 0
    synonyms: int = 0


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@transaction.atomic
def load_starter(*, now: datetime, data: Path = DATA) -> Loaded:
    """Load flows, categories, questions and synonyms from ``data``, all or nothing."""
    done = Loaded()
    lock_questions()
    flows = _flow_files(data)
    digests = {
        path.name: keep_starter_picture(name=path.name, data=path.read_bytes(), now=now).digest
        for path in sorted((data / "pictures").glob("*.svg"))
    }
    for path in sorted((data / "questions").glob("*.yaml")):
        _load_group(read_yaml(path), digests=digests, now=now, done=done)
    _load_flows(flows, now=now, done=done)
    done.synonyms = _load_synonyms(read_yaml(data / "synonyms.yaml"))
    return done


def _flow_files(data: Path) -> dict[str, str]:
    """Texts of the flows by key, each with its row: questions refer to flows, and flows to
    questions, so both must be there before the first flow can be published."""
    texts = {path.stem: path.read_text("utf-8") for path in sorted((data / "flows").glob("*.yaml"))}
    for key in texts:
        Flow.objects.get_or_create(key=key, defaults={"title": key})
    return texts


def _load_flows(texts: dict[str, str], *, now: datetime, done: Loaded) -> None:
    """Publish what is new; a flow that an editor has changed stays as the editor left it.

    A flow whose file is sound but refers to what editors have taken out of use since stays as it
    is, too: a desk must come up again whatever its editors retire. Raises ``FlowErrors`` for a
    file that is wrong in itself.
    """
    for key, text in texts.items():
        # An editor who publishes at this moment is waited for, and then seen.
        flow = Flow.objects.select_for_update().get(key=key)
        if flow.versions.filter(author__isnull=False).exists():
            done.kept += 1
            continue
        load_flow(text)
        try:
            publish_flow(key=key, text=text, acting_user=None, reason=REASON, now=now)
        except FlowRefused as refused:
            faults = "; ".join(str(each) for each in refused.findings)
            log.warning("the starter flow %s stays as it is: %s", key, faults)
            done.kept += 1
        else:
            done.flows += 1


def _load_group(
    group: dict[str, Any], *, digests: dict[str, str], now: datetime, done: Loaded
) -> None:
    head = group["category"]
    edited = _edited_by_people()
    latest = _latest_contents()
    for row in group["questions"]:
        content = content_from_row(row, category=head["slug"], digests=digests)
        key = row["key"]
        if key in edited:
            done.kept += 1
        elif latest.get(key) == content.as_json():
            done.unchanged += 1
        else:
            # Only when it is missed: editors rename, reorder, empty and delete groups.
            Category.objects.get_or_create(
                slug=head["slug"], defaults={"title": head["title"], "order": head["order"]}
            )
            publish_question(key=key, content=content, acting_user=None, reason=REASON, now=now)
            done.questions += 1
        _open_disagreements(key, row.get("disagreements") or (), now=now)


def _open_disagreements(key: str, rows: Iterable[dict[str, Any]], *, now: datetime) -> None:
    """Open each of the files' disagreements once; one that was decided stays decided."""
    for row in rows:
        Disagreement.objects.get_or_create(
            question=StandardQuestion.objects.get(key=key),
            key=row["key"],
            defaults={
                "caution": row["caution"].strip(),
                "our_statement": row["ours"]["says"].strip(),
                "our_source": row["ours"]["source"].strip(),
                "their_statement": row["theirs"]["says"].strip(),
                "their_source": row["theirs"]["source"].strip(),
                "opened_at": now,
            },
        )


def _edited_by_people() -> set[str]:
    return set(
        Revision.objects.filter(author__isnull=False).values_list("question__key", flat=True)
    )


def _latest_contents() -> dict[str, dict[str, Any]]:
    rows = StandardQuestion.objects.values_list("key", "revision_number", "pk")
    wanted = {(pk, number): key for key, number, pk in rows}
    contents: dict[str, dict[str, Any]] = {}
    for question_id, number, content in Revision.objects.values_list(
        "question_id", "number", "content"
    ):
        key = wanted.get((question_id, number))
        if key is not None:
            contents[key] = content
    return contents


def _load_synonyms(groups: list[dict[str, Any]]) -> int:
    """Put in every rule of the files that was never put in before.

    What an editor deleted or changed stays so. A rule that would contradict the present
    table is left out, so that the search always has one it can be built from.
    """
    seen = set(StarterSynonym.objects.values_list("variant", flat=True))
    fresh = [
        (variant, group["canonical"])
        for group in groups
        for variant in group["variants"]
        if variant not in seen
    ]
    left_out = add_synonyms(rules=fresh)
    for variant, canonical in left_out:
        log.warning("synonym %s → %s left out: it contradicts others", variant, canonical)
    StarterSynonym.objects.bulk_create(StarterSynonym(variant=variant) for variant, _ in fresh)
    return len(fresh) - len(left_out)
