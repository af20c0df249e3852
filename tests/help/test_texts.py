"""The help's texts: the same in both languages, no page without its section, no state left out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import get_resolver
from django.utils import translation

from klingdesk.core.roles import Role
from klingdesk.help.texts import DEFAULT_LANGUAGE, FOR_EVERYBODY, languages, pages_with, text_of
from klingdesk.help.topics import TOPIC_OF, TOPICS
from tickets.models.labels import Status

NAMES = [*(role.value for role in Role), FOR_EVERYBODY]


def anchors(name: str, language: str) -> list[str]:
    return [section.anchor for section in text_of(name, language).sections]


def test_there_is_a_folder_for_every_language(settings: Any) -> None:
    assert languages() == sorted(code for code, _name in settings.LANGUAGES)


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_sections(name: str) -> None:
    for language in languages():
        text = text_of(name, language)
        assert text.title
        assert all(section.anchor and section.title for section in text.sections)
        assert anchors(name, language) == anchors(name, DEFAULT_LANGUAGE)
        shown = "".join([text.lead, *(section.html for section in text.sections)])
        assert "{#" not in shown
        # Beside Chinese punctuation two stars do not always mean bold.
        assert "**" not in shown


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_told_its_day_its_keys_and_what_to_do_in_trouble(role: Role) -> None:
    found = anchors(role.value, "en")
    assert {"steps", "keys", "trouble"} <= set(found)
    assert len(set(found + anchors(FOR_EVERYBODY, "en"))) == len(found) + len(
        anchors(FOR_EVERYBODY, "en")
    )


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_has_a_section(topic: str) -> None:
    assert pages_with(topic) or topic in anchors(FOR_EVERYBODY, "en")


def test_pages_with_a_topic_are_pages_of_the_desk() -> None:
    admin = next(
        each for each in get_resolver().url_patterns if getattr(each, "namespace", "") == "admin"
    )
    known = {key for key in admin.reverse_dict if isinstance(key, str)}
    assert set(TOPIC_OF) - known == set()


@pytest.mark.usefixtures("chinese")
def test_every_state_is_told_by_its_name_in_both_languages() -> None:
    for language in languages():
        states = next(
            each.html
            for each in text_of(FOR_EVERYBODY, language).sections
            if each.anchor == "states"
        )
        told = re.findall(r"<tr>\s*<td>(.*?)</td>", states)
        with translation.override(language):
            assert sorted(told) == sorted(str(status.label) for status in Status)


def test_html_in_a_text_would_be_shown_and_not_obeyed(settings: Any, tmp_path: Any) -> None:
    from klingdesk.help import texts

    folder = tmp_path / "docs" / "help" / DEFAULT_LANGUAGE
    folder.mkdir(parents=True)
    (folder / "agent.md").write_text(
        "# T\n\n<script>1</script>\n\n## S {#s}\n\n[x](javascript:1)\n"
    )
    settings.BASE_DIR = tmp_path
    texts._read.cache_clear()
    try:
        text = text_of("agent", DEFAULT_LANGUAGE)
    finally:
        texts._read.cache_clear()
    assert "<script>" not in text.lead
    assert "&lt;script&gt;" in text.lead
    assert "<a" not in text.sections[0].html
