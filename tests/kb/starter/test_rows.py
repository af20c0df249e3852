"""Every question of the starter knowledge base is there, readable, and states its facts."""

from __future__ import annotations

import re

import pytest

from kb.search.canonical import canonicalise
from kb.search.synonyms import Synonyms
from kb.services.content import content_from_row
from tests.kb.starter.facts import FACTS, FIGURES, FOLLOW_UP_FIGURES, GROUPS
from tests.kb.starter.files import (
    FILES,
    FLOWS,
    PICTURES,
    ROWS,
    SYNONYMS,
    bare,
    numbers,
    spoken_texts,
)

WEB = "https://klingai.kuaishou.com/"
PROMPT_GUIDE = "https://docs.qingque.cn/d/home/eZQDp092-vzqbhb02KUdurkwP?identityId=1rm7UUTeCNX"
ESCALATING = {
    *("double-charge", "kwaicut-watermark-escalate", "other"),
    *("api-usage", "api-package-refund"),
}
REQUIRED = {"key", "title", "status", "escalates", "script", "phrasings"}
OPTIONAL = {
    *("flow", "internal_note", "follow_ups", "owner", "review", "effective_from", "expires_at"),
    *("fallback", "contrast", "attachments", "disagreements"),
}


def test_every_question_stands_once_in_its_group() -> None:
    assert {slug: [row["key"] for row in file["questions"]] for slug, file in FILES.items()} == {
        slug: list(facts) for slug, facts in GROUPS.items()
    }
    assert len(FACTS) == sum(len(facts) for facts in GROUPS.values()) == 86


def test_groups_have_names_and_an_order() -> None:
    for slug, file in FILES.items():
        assert file.keys() == {"category", "questions"}
        assert file["category"]["slug"] == slug
        assert file["category"]["title"].strip()
    orders = [file["category"]["order"] for file in FILES.values()]
    assert len(set(orders)) == len(orders)


@pytest.mark.parametrize("key", FACTS)
def test_a_row_is_complete_and_readable(key: str) -> None:
    row = ROWS[key]
    digests = {path.name: path.stem for path in PICTURES.iterdir()}
    assert content_from_row(row, category="any", digests=digests).title == row["title"]
    assert row.keys() >= REQUIRED
    assert row.keys() <= REQUIRED | OPTIONAL
    assert row["status"] == "online"
    assert 4 <= len(row["title"]) <= 40
    assert 3 <= len(row["phrasings"]) <= 8
    assert all(2 <= len(text) <= 60 for text in row["phrasings"])
    assert row["script"].startswith("您好，")
    for item in row.get("follow_ups", []):
        assert item.keys() == {"question", "script"}
        assert item["question"].strip()


@pytest.mark.parametrize("key", FACTS)
def test_what_is_spoken_is_plain_text_that_ends_well(key: str) -> None:
    for text in spoken_texts(ROWS[key]):
        assert re.search(r"[*#`~<>|]|\]\(|[{}]", text) is None, "plain text, no mark-up"
        assert re.fullmatch(r".*([。？]|\d\. [\w \-/:.]+)", text.strip(), re.DOTALL)
        assert set(re.findall(r"https?://[^\s，。；]+", text)) <= {WEB, PROMPT_GUIDE}


@pytest.mark.parametrize("key", FACTS)
def test_the_script_states_every_fact(key: str) -> None:
    script = ROWS[key]["script"]
    assert [fact for fact in FACTS[key] if not re.search(fact, script)] == []


@pytest.mark.parametrize("key", FACTS)
def test_no_number_but_those_of_the_facts(key: str) -> None:
    script, *others = spoken_texts(ROWS[key])
    figures = FIGURES.get(key, set())
    assert numbers(script) == figures
    assert numbers("\n".join(others)) - figures == FOLLOW_UP_FIGURES.get(key, set())


def test_no_wording_stands_under_two_questions() -> None:
    """Neither as written nor after synonyms, where two wordings may become one."""
    synonyms = Synonyms.from_groups((group["canonical"], group["variants"]) for group in SYNONYMS)
    owners: dict[str, set[str]] = {}
    for key, row in ROWS.items():
        wordings = [row["title"], *row["phrasings"]]
        assert len({bare(text) for text in wordings}) == len(wordings), key
        for text in wordings:
            owners.setdefault(bare(canonicalise(text, synonyms).text), set()).add(key)
    assert {text: keys for text, keys in owners.items() if len(keys) > 1} == {}


def test_only_questions_with_a_flow_escalate() -> None:
    assert {key for key, row in ROWS.items() if row["escalates"]} == ESCALATING
    assert {row["flow"] for row in ROWS.values() if "flow" in row} <= FLOWS.keys()
    assert all("flow" in ROWS[key] for key in ESCALATING)
