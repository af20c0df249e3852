"""Imports: files become a proposal, a reviewed proposal becomes drafts; nothing is published."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from kb.imports.apart import described
from kb.imports.entries import Code, Reading, ReadingError, Remark
from kb.imports.proposal import Kind, Knowledge, Known, completed, propose
from kb.imports.reading import check_offered, read_file
from kb.models import (
    Attachment,
    Category,
    Draft,
    DraftSource,
    Flow,
    ImportBatch,
    ImportState,
    Revision,
    StandardQuestion,
)
from kb.models.import_batch import ImportUpload
from kb.rules.lifecycle import DraftState
from kb.selectors.answers import FALLBACK_FLOW
from kb.services.content import QuestionContent
from kb.services.content_rules import check_draft
from kb.services.drafts import save_draft
from kb.services.import_words import told_problems, words_of
from kb.services.publishing import lock_questions
from klingdesk.core.errors import Conflict, Invalid, NotFound

MOST_FILES = 20
_REASON = "导入"
_CLOSED = {
    ImportState.READING: _("This import is being read. Look at it again in a moment."),
    ImportState.REFUSED: _("The files of this import cannot be read. Upload them again."),
    ImportState.APPLYING: _("This import is being saved. Nothing is applied a second time."),
    ImportState.APPLIED: _("This import was applied already. Nothing was applied a second time."),
    ImportState.DISCARDED: _("This import was discarded. Upload the files again to import them."),
}
_PARTS = {
    "phrasings": _("phrasings"),
    "follow_ups": _("follow-ups"),
    "attachments": _("attachments"),
}


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file by its name, without folders, and its bytes."""

    name: str
    data: bytes


def propose_files(files: Sequence[GivenFile]) -> dict[str, Any]:
    """The proposal for ``files`` (shape: ``kb.imports.proposal.propose``); nothing is stored.

    Also holds ``files`` ({name, form, digest, size}) and, under ``read``, what was read, so that
    it can be compared again. Raises ``Invalid`` at the field ``files``, with one message for
    each problem of each file.
    """
    _check_count(len(files))
    readings: list[Reading] = []
    problems: list[dict[str, Any]] = []
    for file in files:
        try:
            readings.append(read_file(file.name, file.data))
        except ReadingError as error:
            problems += error.as_json()
    if problems:
        raise _unreadable(problems)
    return {
        **without_refused(propose(readings, knowledge_now())),
        "files": [
            described(file.name, file.data, reading)
            for file, reading in zip(files, readings, strict=True)
        ],
        "read": [reading.as_json() for reading in readings],
    }


def check_files(files: Sequence[tuple[str, int]]) -> None:
    """Refuse files by their names and sizes in bytes, before their bytes are looked at: ``Invalid``
    at the field ``files``, with a message for each that is wrong."""
    _check_count(len(files))
    problems: list[dict[str, Any]] = []
    for name, size in files:
        try:
            check_offered(name, size)
        except ReadingError as error:
            problems += error.as_json()
    if problems:
        raise _unreadable(problems)


def _check_count(count: int) -> None:
    if not count:
        raise Invalid(_("Choose at least one file."), fields={"files": [_("No file was given.")]})
    if count > MOST_FILES:
        message = _("At most %(most)d files at once.") % {"most": MOST_FILES}
        raise Invalid(message, fields={"files": [message]})


def _unreadable(problems: Sequence[Mapping[str, Any]]) -> Invalid:
    message = _("Nothing was imported: a file cannot be read.")
    return Invalid(message, fields={"files": list(told_problems(problems))})


@transaction.atomic
def store_import(
    *, files: Sequence[GivenFile], acting_user: Any | None, now: datetime
) -> ImportBatch:
    """Keep the proposal for review. Raises what ``propose_files`` raises."""
    proposal = propose_files(files)
    return ImportBatch.objects.create(
        files=proposal.pop("files"), proposal=proposal, created_at=now, created_by=acting_user
    )


def default_choices(proposal: Mapping[str, Any]) -> dict[int, int]:
    """What is taken unless an editor says otherwise: new and changed ones, none in conflict."""
    return {
        entry["number"]: 0
        for entry in proposal["entries"]
        if entry["kind"] in (Kind.NEW, Kind.CHANGED)
    }


@transaction.atomic
def apply_import(
    *, batch_id: int, choices: Mapping[int, int], acting_user: Any, now: datetime
) -> ImportBatch:
    """Save the chosen entries as drafts, all or none.

    ``choices`` names entries by their number, each with what is taken: 0 for its content, 1 and
    up for an alternative. Raises ``Conflict`` when the import is closed already, or a question
    has changed since the proposal was made (comparing again helps); ``Invalid`` for a choice
    that is none.
    """
    batch = open_batch(batch_id)
    try:
        save_chosen(batch, choices, acting_user=acting_user, now=now)
    except NotSavable as error:
        raise error.told from error
    _close(batch, ImportState.APPLIED, acting_user=acting_user, now=now)
    return batch


class NotSavable(Exception):
    """A chosen entry cannot be a draft; ``problem`` ({file, code, line, text, params}) says why,
    ``told`` is the error for whoever waits."""

    def __init__(self, problem: Remark, told: Conflict | Invalid) -> None:
        super().__init__(problem.code.value)
        self.problem = {"file": "", **problem.as_json()}
        self.told = told


def save_chosen(
    batch: ImportBatch,
    choices: Mapping[int, int],
    *,
    acting_user: Any,
    now: datetime,
    count: Callable[[], None] = lambda: None,
) -> None:
    """Save the chosen entries as drafts and note them in ``batch.proposal``, inside the caller's
    transaction; ``count`` is called after each. Raises ``NotSavable``, after which nothing may be
    committed, and ``Invalid`` for a choice that is none."""
    taken = chosen_entries(batch.proposal, choices)
    reason = f"{_REASON}：{batch}"[:300]
    lock_questions(str(entry["key"]) for entry, _content in taken)
    for entry, content in sorted(taken, key=lambda each: str(each[0]["key"])):
        _make_category(entry, content)
        place, title = f"take-{entry['number']}", {"title": entry["title"]}
        try:
            save_draft(
                key=entry["key"],
                content=QuestionContent.from_json(content),
                acting_user=acting_user,
                now=now,
                expected_revision=entry["base"]["revision"],
                expected_version=entry["base"]["version"],
                reason=reason,
                source=DraftSource.IMPORT,
            )
        except Conflict as conflict:
            problem = Remark(Code.STALE, params=title)
            state = {**conflict.state, "number": entry["number"]}
            told = Conflict(_in_words(problem), code="import.stale", state=state)
            raise NotSavable(problem, told) from conflict
        except Invalid as invalid:
            why = _field_words(invalid)
            problem = Remark(Code.NOT_SAVABLE, params={**title, "why": why})
            raise NotSavable(
                problem, Invalid(_in_words(problem), fields={place: [why]})
            ) from invalid
        count()
    batch.proposal["applied"] = {str(number): choices[number] for number in sorted(choices)}


def _in_words(problem: Remark) -> str:
    return words_of(problem.code, problem.text, problem.params)


@transaction.atomic
def discard_import(*, batch_id: int, acting_user: Any, now: datetime) -> ImportBatch:
    """Put an import away without applying anything, also one that is being read. ``Conflict``
    when it is closed already or being saved."""
    batch = open_batch(batch_id, ImportState.PROPOSED, ImportState.READING)
    forget_uploads(batch)
    _close(batch, ImportState.DISCARDED, acting_user=acting_user, now=now)
    return batch


def forget_uploads(batch: ImportBatch) -> None:
    """Delete the bytes: they were read, or nobody will read them."""
    ImportUpload.objects.filter(batch=batch).delete()


def open_batch(batch_id: int, *states: ImportState) -> ImportBatch:
    """The import under a lock, in one of ``states`` (else: proposed). Of two people who close it,
    the second gets a ``Conflict``; ``NotFound`` where there is none."""
    batch = ImportBatch.objects.select_for_update(of=("self",)).filter(pk=batch_id).first()
    if batch is None:
        raise NotFound(_("There is no such import."))
    if batch.state not in (states or (ImportState.PROPOSED,)):
        message = _CLOSED[ImportState(batch.state)]
        raise Conflict(message, code="import.closed", state={"state": batch.state})
    return batch


def _close(batch: ImportBatch, state: ImportState, *, acting_user: Any, now: datetime) -> None:
    batch.state, batch.closed_at, batch.closed_by = state, now, acting_user
    batch.claimed_until = None
    batch.save(update_fields=["state", "closed_at", "closed_by", "claimed_until", "proposal"])


def chosen_entries(
    proposal: Mapping[str, Any], choices: Mapping[int, int]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each chosen entry with the content that is taken. ``Invalid`` for a choice that is none."""
    if not choices:
        message = _("Tick at least one question, or discard the import.")
        raise Invalid(message, fields={"take": [message]})
    entries = {entry["number"]: entry for entry in proposal["entries"]}
    taken = []
    for number, choice in choices.items():
        entry = entries.get(number)
        ways = [entry, *entry["alternatives"]] if entry is not None else []
        if entry is None or entry["kind"] == Kind.SAME or not 0 <= choice < len(ways):
            nothing = _("There is nothing to take at number %(number)s.") % {"number": number}
            raise Invalid(nothing, fields={"take": [nothing]})
        taken.append((entry, ways[choice]["content"]))
    return taken


def _make_category(entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    category = entry["category"]
    if category["is_new"] and content["category"] == category["slug"]:
        Category.objects.get_or_create(
            slug=category["slug"],
            defaults={"title": category["title"][:60], "order": category["order"]},
        )


# --- comparing ------------------------------------------------------------------------------------


def knowledge_now() -> Knowledge:
    """Every published question and every draft."""
    drafts = {draft.question_id: draft for draft in Draft.objects.all()}
    closed = ImportBatch.objects.filter(state=ImportState.APPLIED.value)
    imported_at = set(closed.values_list("closed_at", flat=True))
    published = published_contents()
    questions = [
        Known(
            key=question.key,
            revision=question.revision_number,
            version=drafts[question.pk].version if question.pk in drafts else 0,
            published=published.get(question.key),
            draft=_full(drafts[question.pk].content) if question.pk in drafts else None,
            is_written_here=question.pk in drafts
            and not _is_as_imported(drafts[question.pk], imported_at),
        )
        for question in StandardQuestion.objects.order_by("pk")
        if question.pk in drafts or question.key in published
    ]
    return Knowledge(
        questions=questions,
        categories=dict(Category.objects.values_list("slug", "title")),
        hand_over_flow=Flow.objects.filter(key=FALLBACK_FLOW).values_list("key", flat=True).first(),
    )


def _is_as_imported(draft: Draft, imported_at: Collection[datetime | None]) -> bool:
    """Whether nobody has touched a draft since an import saved it; ``imported_at``: all imports.

    One that was corrected or submitted for review is a person's text, though its source stays.
    """
    return (
        draft.source == DraftSource.IMPORT
        and draft.state == DraftState.DRAFT
        and draft.updated_at in imported_at
    )


def published_contents() -> dict[str, dict[str, Any]]:
    """What each published question says now, as JSON by its key, in the order of the tree."""
    rows = (
        Revision.objects.filter(number=F("question__revision_number"))
        .order_by("question__category__order", "question__category__slug", "question__pk")
        .values_list("question__key", "question__category__slug", "content")
    )
    return {key: {**_full(content), "category": slug} for key, slug, content in rows}


def _full(content: Mapping[str, Any]) -> dict[str, Any]:
    """A stored content with the parts that an older one did not have yet."""
    return QuestionContent.from_json(content).as_json()


def without_refused(proposal: dict[str, Any]) -> dict[str, Any]:
    """Entries that could not even be a draft are moved to what was not understood."""
    flows = set(Flow.objects.values_list("key", flat=True))
    digests = set(Attachment.objects.values_list("digest", flat=True))
    kept = []
    for entry in proposal["entries"]:
        refused = None
        for way in (entry, *entry["alternatives"]):
            refused = refused or _refusal(entry, way["content"], flows=flows, digests=digests)
        if refused is None:
            kept.append(entry)
        else:
            source = entry["sources"][0]
            remark = Remark(refused.code, source["line"], entry["title"], refused.params)
            proposal["not_understood"].append({"file": source["file"], **remark.as_json()})
    proposal["entries"] = kept
    return completed(proposal)


def _refusal(
    entry: Mapping[str, Any], content: Mapping[str, Any], *, flows: set[str], digests: set[str]
) -> Remark | None:
    if entry["kind"] == Kind.SAME:
        return None
    if content["flow"] and content["flow"] not in flows:
        return Remark(Code.UNKNOWN_FLOW, params={"flow": content["flow"]})
    for item in content["attachments"]:
        if item["digest"] not in digests:
            return Remark(Code.UNKNOWN_ATTACHMENT, params={"digest": item["digest"][:64]})
    try:
        check_draft(QuestionContent.from_json(content))
    except Invalid as invalid:
        fields = dict(invalid.fields)
        if entry["category"]["is_new"]:
            fields.pop("category", None)
        if fields:
            why = _field_words(Invalid(invalid.message, fields=fields))
            return Remark(Code.REFUSED, params={"why": why})
    return None


def _field_words(invalid: Invalid) -> str:
    """All field errors in one line, each with the name that the form gives its field."""
    lines = [
        f"{_PARTS.get(name) or _verbose(name)}: {message}"
        for name, found in invalid.fields.items()
        for message in found
    ]
    return "; ".join(lines) or str(invalid)


def _verbose(name: str) -> str:
    return str(getattr(StandardQuestion._meta.get_field(name), "verbose_name", name))
