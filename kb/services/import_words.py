"""What was found in a file, in words: where, what, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kb.imports.entries import Code
from kb.imports.proposal import Reason

_WORDS = {
    Code.UNKNOWN_FORM: gettext_lazy(
        "This kind of file cannot be read. Save it as .txt, .md, .yaml, .csv or .xlsx."
    ),
    Code.TOO_LARGE: gettext_lazy(
        "The file has %(found)s MB, at most %(most)s MB can be read. Split it."
    ),
    Code.EMPTY: gettext_lazy("The file is empty."),
    Code.NOT_TEXT: gettext_lazy(
        "This is no text. Export it as text or Markdown from the program that it was written in."
    ),
    Code.BROKEN_ENCODING: gettext_lazy(
        "The text is damaged at byte %(byte)s: it is neither UTF-8 nor GB18030. Save it as UTF-8."
    ),
    Code.BROKEN_YAML: gettext_lazy("This is no YAML: %(text)s"),
    Code.YAML_ALIAS: gettext_lazy(
        "Anchors and aliases (& and *) are not read. Write the text out, or put it in quotes."
    ),
    Code.YAML_DEPTH: gettext_lazy(
        "Nested deeper than %(most)s levels. Questions need fewer: check the indentation."
    ),
    Code.YAML_SHAPE: gettext_lazy(
        "Here a mapping with “category” and “questions” is needed, and a list of questions in it."
    ),
    Code.DUPLICATE_MEMBER: gettext_lazy("“%(key)s” is there twice. Keep one of them."),
    Code.BROKEN_TABLE: gettext_lazy(
        "The table is damaged here (%(text)s). Check that every quotation mark is closed."
    ),
    Code.BROKEN_XLSX: gettext_lazy(
        "The workbook is damaged or protected. Open it, save it anew as .xlsx and try again."
    ),
    Code.XLSX_BOMB: gettext_lazy(
        "The workbook unpacks to %(found)s MB, at most %(most)s MB can be read. "
        "Keep only the sheet with the questions."
    ),
    Code.FORMULA: gettext_lazy(
        "Column %(column)s has a formula (%(text)s). Replace it by its value, or put an "
        "apostrophe (') before text that begins with =."
    ),
    Code.NO_TITLE_COLUMN: gettext_lazy(
        "There is no column “title”. The first row must have the names of the columns."
    ),
    Code.UNKNOWN_COLUMN: gettext_lazy("There is no column “%(text)s”. Rename or delete it."),
    Code.DUPLICATE_COLUMN: gettext_lazy("The column “%(text)s” is there twice. Delete one."),
    Code.TOO_MANY: gettext_lazy("More than %(most)s questions. Split the file."),
    Code.UNKNOWN_KEY: gettext_lazy("“%(key)s” is not known. Check the spelling or delete it."),
    Code.MISSING: gettext_lazy("“%(key)s” is missing. Every question needs it."),
    Code.BAD_VALUE: gettext_lazy("“%(key)s” cannot be “%(found)s”. %(remedy)s"),
    Code.BAD_KEY: gettext_lazy(
        "The key “%(text)s” may only have Latin letters, digits, hyphens and underscores, "
        "at most 80."
    ),
    Code.DUPLICATE_KEY: gettext_lazy(
        "The key “%(text)s” is there already, at %(first)s. Give one of them another key."
    ),
    Code.TOO_SLOW: gettext_lazy("Reading takes too long. Split the file, or import fewer at once."),
    Code.TOO_BIG: gettext_lazy(
        "Reading takes too much memory. Split the file, or import fewer at once."
    ),
    Code.TOO_MUCH: gettext_lazy(
        "Too much for one review: more than %(most)s MB. Import fewer questions at once."
    ),
    Code.BROKEN: gettext_lazy(
        "This is a mistake of the desk, not yours. Nothing was changed; tell whoever runs it."
    ),
    Code.GAVE_UP: gettext_lazy(
        "It was begun several times and interrupted each time. Nothing was changed; try again, "
        "with fewer questions at once."
    ),
    Code.STALE: gettext_lazy(
        "“%(title)s” has changed since this proposal was made, so nothing was applied. "
        "Compare again, then review and apply."
    ),
    Code.NOT_SAVABLE: gettext_lazy("“%(title)s” cannot be saved, so nothing was applied: %(why)s"),
    Code.OUTSIDE: gettext_lazy("Stands under no question"),
    Code.NO_QUESTION: gettext_lazy("Its heading is no question"),
    Code.NO_ANSWER: gettext_lazy("A question without an answer"),
    Code.MORE: gettext_lazy("%(number)s further passages were not understood"),
    Code.UNKNOWN_ATTACHMENT: gettext_lazy(
        "There is no attachment with the digest %(digest)s. Upload the file, then import again."
    ),
    Code.UNKNOWN_FLOW: gettext_lazy(
        "There is no decision flow “%(flow)s”. Publish it first, or leave it out."
    ),
    Code.REFUSED: gettext_lazy("It cannot be saved: %(why)s"),
    Code.PICTURE: gettext_lazy("A picture or file was here; attach it to the draft: %(text)s"),
    Code.LINK: gettext_lazy("Check that this address still leads to the right place: %(text)s"),
    Code.NO_SCRIPT: gettext_lazy("There are only instructions for staff: the script is to write."),
    Code.HAND_OVER: gettext_lazy("It hands over to tier 2: check the decision flow."),
    Code.CUT: gettext_lazy("The title was cut to 120 characters: %(text)s"),
    Code.TITLE_NO_QUESTION: gettext_lazy("The title does not ask anything: check its wording."),
    Code.IGNORED_MEMBER: gettext_lazy("“%(key)s” is not imported."),
}

_REMEDIES = {
    "bool": gettext_lazy("Write true or false."),
    "text": gettext_lazy("Write text; put numbers and dates in quotes."),
    "list": gettext_lazy("Write a list."),
    "status": gettext_lazy("Write online, unreleased or retired."),
    "mapping": gettext_lazy("Write members with names, as in the documentation."),
    "date": gettext_lazy("Write a date as 2026-03-31, a moment as 2026-03-31T18:00:00+08:00."),
    "category": gettext_lazy("Write a slug, a title and an order."),
    "head": gettext_lazy("The column has no name."),
    "phrasings": gettext_lazy("Write one wording a line."),
    "learned": gettext_lazy("Write one wording a line."),
    "follow_ups": gettext_lazy("Write a line “问：…”, then a line “答：…”, for each follow-up."),
    "attachments": gettext_lazy("Write a digest, a blank and a title on each line."),
    "value": gettext_lazy("Look the column up in the documentation."),
}

REASONS = {
    Reason.SOURCES: gettext_lazy("The sources say different things"),
    Reason.DRAFT: gettext_lazy("Somebody is writing a draft of this question"),
    Reason.RETIRED: gettext_lazy("This question was retired"),
}


def words_of(code: str, text: str, params: Mapping[str, Any]) -> str:
    """What was found, in one sentence of the reader's language."""
    values = {"text": text, **params}
    if code == Code.BAD_VALUE:
        values["remedy"] = str(_REMEDIES.get(str(params.get("expected")), _REMEDIES["value"]))
    return str(_WORDS[Code(code)] % values)


def told_problems(problems: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What stands against an import, in the reader's language: one line for each of ``problems``
    ({file, code, line, text, params}), with the file and the line where there are some."""
    for problem in problems:
        words = words_of(problem["code"], problem["text"], problem["params"])
        place = {"file": problem["file"], "line": problem["line"], "words": words}
        if problem["line"]:
            yield _("%(file)s, line %(line)s: %(words)s") % place
        elif problem["file"]:
            yield _("%(file)s: %(words)s") % place
        else:
            yield words
