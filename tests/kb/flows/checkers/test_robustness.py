"""Whatever is pasted, there is a result, and soon."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.checker_speed import HEAPS
from kb.flows.checkers import CheckResult, Kind
from kb.flows.checkers.rules import FIELDS, MODELS
from kb.flows.checkers.words import WORDS
from tests.kb.flows.checkers.samples import check, codes, encoded, o1, sora

PIECES = st.sampled_from(
    [
        *"{}[]():,=\"'`“”：，\\\n\r\t $^#/*+-.@&|<>?!%;",
        *(
            "curl ",
            "-d ",
            "-H ",
            "--data-raw ",
            "$'",
            "^\n",
            "\\\n",
            "/*",
            "//",
            '"""',
            "\\u00",
            "\ud83d",
        ),
        *(
            '"model":',
            '"prompt":',
            '"image_list":[',
            "model:",
            "'status':",
            "data:image/png;base64,",
        ),
        *(
            "https://",
            "/videos",
            "?sign=",
            "Bearer ",
            "Authorization: ",
            "api_key=",
            "token",
            "eyJ",
        ),
        *(
            "NaN",
            "1e999",
            "None",
            "true",
            "JSON.stringify(",
            "create(",
            "...",
            "f'",
            "5",
            "sora-2",
            "x",
        ),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)
NAMES = st.sampled_from(
    sorted({path.rpartition(".")[2].rstrip("[]") for path in FIELDS} | {"status"})
)
SOUND = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def is_whole(result: CheckResult) -> None:
    assert isinstance(result.kind, Kind)
    assert result.findings or result.readable
    for finding in result.findings:
        assert finding.code in WORDS
        assert finding.say
        assert len(finding.found) <= 80
    if result.corrected is not None:
        json.loads(result.corrected)
    json.dumps([result.pasted, result.corrected, result.model]).encode()
    assert "\0" not in result.pasted
    result.pasted.encode()


@SOUND
@given(st.text(max_size=400))
def test_any_text(text: str) -> None:
    is_whole(check(text))


@SOUND
@given(st.lists(PIECES, max_size=60).map("".join))
def test_any_heap_of_syntax(text: str) -> None:
    is_whole(check(text))


@SOUND
@given(
    st.dictionaries(NAMES, JSON, max_size=7),
    st.sampled_from([*MODELS, "kling-v9", None]),
    st.sampled_from(["{}", "curl $B/videos -d '{}'", "curl $B/videos/$I/remix -d '{}'", "x = {}"]),
)
def test_any_request(body: dict[str, object], model: str | None, around: str) -> None:
    whole = body if model is None else {**body, "model": model}
    is_whole(check(around.replace("{}", json.dumps(whole))))


@SOUND
@given(st.dictionaries(NAMES, JSON), JSON, JSON, JSON)
def test_any_response(body: dict[str, object], status: object, error: object, at: object) -> None:
    response = {**body, "status": status, "error": error, "completed_at": at, "object": "video"}
    is_whole(check(json.dumps(response)))
    is_whole(check(json.dumps({**response, "status": "completed", "expires_at": at})))
    is_whole(check(json.dumps({**response, "status": "failed"})))


@pytest.mark.parametrize("piece", HEAPS)
def test_a_heap_of_one_thing_has_a_result(piece: str) -> None:
    """How long it takes is for ``bench/checker_speed.py`` to say."""
    is_whole(check((piece * (5_000 // len(piece) + 1))[:5_000]))


def test_a_megabyte_of_noise_is_refused_in_words() -> None:
    result = check("x" * 1_000_000)
    assert codes(result) == ["too-long"]
    assert "1000000 个字符" in result.findings[0].say
    assert not result.readable
    assert len(result.pasted) <= 2_000


def test_pictures_do_not_count_towards_the_limit() -> None:
    picture = encoded(more=1_000_000)
    result = check(o1(image_list=[{"image": picture}]))
    assert result.findings == ()
    assert f"{len(picture)} 个字符" in result.pasted
    assert len(result.pasted) < 300


def test_a_prompt_that_looks_like_base64_is_counted_in_full() -> None:
    assert codes(check(sora(prompt="a" * 2500))) == []
    assert "2501 个字符" in check(sora(prompt="a" * 2501)).findings[0].say


def test_thousands_of_wrong_items_are_not_all_listed() -> None:
    result = check(o1(image_list=[1] * 20_000))
    assert codes(result).count("type-wrong") == 20
    assert "20000 项" in next(f.say for f in result.findings if f.code == "too-many-pictures")


def test_huge_pixels_are_not_decoded() -> None:
    bomb = encoded()[:20] + "AAAAAf////8B////CAIAAAA" + "A" * 200
    result = check(o1(image_list=[{"image": bomb[: len(bomb) // 4 * 4]}]))
    assert "picture-format" not in codes(result)
    is_whole(result)
