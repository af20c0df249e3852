"""Each finding by a bad example that gives it and a good one, close to it, that does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kb.flows.checkers import Severity
from kb.flows.checkers.rules import MODELS, RULES, STATUSES, Shape
from kb.flows.checkers.words import WORDS
from tests.kb.flows.checkers.samples import (
    HEADERS,
    PICTURE_URL,
    URL,
    VIDEO_URL,
    check,
    codes,
    curl,
    encoded,
    kling,
    o1,
    seconds_before,
    sora,
    task,
    violations,
)

FIRST = {"image": PICTURE_URL, "type": "first_frame"}
LAST = {"image": PICTURE_URL, "type": "end_frame"}
BASE = {"video_url": VIDEO_URL, "refer_type": "base"}
REMIX_URL = f"{URL}/qvideo-root-1/remix"
REMIX = curl('{"prompt": "夜晚"}', url=REMIX_URL)
GOOD = curl(sora())
DEEP = '{"model": "sora-2", "prompt": "x", "more": ' + "[" * 60 + "]" * 60 + "}"


def pictures(*items: Any) -> str:
    return o1(image_list=list(items))


def videos(*items: Any, **fields: Any) -> str:
    return o1(video_list=list(items), **fields)


EXAMPLES: list[tuple[str, str, str]] = [
    # --- the text itself
    ("empty", " \n ", sora()),
    ("too-long", "好" * 200_001, "好" * 200_000),
    ("nothing-found", "我的视频出不来", sora()),
    ("not-in-rules", '{"code": 0, "message": "SUCCEED"}', sora()),
    ("json-broken", '{"model": "sora-2" "prompt": "x"}', sora()),
    ("too-deep", DEEP, DEEP.replace("[" * 60, "[" * 30).replace("]" * 60, "]" * 30)),
    ("json-quotes", "{'model': 'sora-2', 'prompt': 'x'}", sora(prompt="it's")),
    ("json-chinese-signs", '{"model"："sora-2"，“prompt”: "x"}', sora(prompt="你好，“猫”：走")),
    ("json-last-comma", '{"model": "sora-2", "prompt": "x",}', sora()),
    ("json-comment", '{"model": "sora-2", // 模型\n"prompt": "x"}', sora(prompt="a // b")),
    ("json-bare-key", '{model: "sora-2", "prompt": "x"}', sora()),
    ("json-bare-word", '{"model": sora-2, "prompt": "x"}', sora()),
    ("json-word", '{"model": "sora-2", "prompt": "x", "other": True}', sora(other=True)),
    ("json-number", '{"model": "sora-2", "prompt": "x", "other": NaN}', sora(other=-1.5)),
    ("json-line-break", '{"model": "sora-2", "prompt": "a\nb"}', sora(prompt="a\nb")),
    ("json-escape", r'{"model": "sora-2", "prompt": "C:\data"}', sora(prompt="C:\\data")),
    (
        "json-spread",
        'const body = {...shared, model: "sora-2", prompt: "x"}',
        'const body = {model: "sora-2", prompt: "..."}',
    ),
    ("key-repeated", '{"model": "sora-2", "prompt": "x", "prompt": "y"}', sora()),
    ("value-unseen", 'const b = {model: "sora-2", prompt: words}', 'b = {model: "sora-2"}'),
    # --- the call
    ("curl-quotes", curl(sora(prompt="it's a cat")), GOOD),
    ("curl-line-end", GOOD.replace(" -H", "\n-H", 1), GOOD.replace(" -H", " \\\n-H")),
    (
        "curl-windows-quotes",
        GOOD.replace(" -H", " ^\n-H", 1),
        f'curl "{URL}" ^\n-H "Content-Type: application/json" -d "{{}}"',
    ),
    ("body-in-file", f"curl {URL} {HEADERS} -d @body.json", GOOD),
    ("body-not-json", f"curl {URL} {HEADERS} -d 'model=sora-2'", GOOD),
    ("body-missing", f"curl -X POST {URL} {HEADERS}", f"curl {URL}/qvideo-1 {HEADERS}"),
    ("authorization-missing", curl(sora(), options="-H 'Content-Type: application/json'"), GOOD),
    ("authorization-scheme", GOOD.replace("Bearer ", ""), GOOD),
    ("content-type", GOOD.replace("application/json", "text/plain"), GOOD),
    ("endpoint-unknown", curl(sora(), url="https://api.qnaigc.com/videos"), GOOD),
    ("endpoint-foreign", curl(sora(), url="https://api.example.com/v1/videos/text2video"), GOOD),
    ("host-unknown", curl(sora(), url="https://api.example.com/v1/videos"), GOOD),
    ("method-wrong", GOOD.replace("curl", "curl -X PUT"), GOOD.replace("curl", "curl -X POST")),
    ("maybe-remix", '{"prompt": "夜晚"}', REMIX),
    # --- model and fields
    ("model-missing", '{"prompt": "x", "size": "1280x720"}', sora()),
    ("model-unknown", kling("kling-v3"), kling("kling-v2-5-turbo")),
    ("required-missing", sora(prompt="  "), sora()),
    ("text-too-long", sora(prompt="猫" * 2501), sora(prompt="猫" * 2500)),
    ("type-wrong", kling(seconds=10), kling(seconds="10")),
    ("value-not-allowed", kling(seconds="4"), sora(seconds="4")),
    ("default-not-allowed", o1().replace('"mode": "pro"', '"n": "1"'), o1()),
    ("field-not-for-model", sora(image_list=[]), o1(image_list=[])),
    ("field-inherited", curl('{"prompt": "x", "seconds": "5"}', url=REMIX_URL), REMIX),
    ("field-unknown", sora(negative_prompt="x"), sora()),
    ("too-many-pictures", pictures(*[{"image": PICTURE_URL}] * 5), pictures(FIRST, FIRST)),
    ("too-many-videos", videos(BASE, BASE), videos(BASE)),
    ("url-wanted", sora(input_reference="/home/me/cat.jpg"), sora(input_reference=PICTURE_URL)),
    (
        "url-not-public",
        sora(input_reference="http://192.168.1.7/cat.jpg"),
        sora(input_reference="http://8.8.8.8/cat.jpg"),
    ),
    ("picture-unreadable", pictures({"image": "cat.jpg"}), pictures({"image": PICTURE_URL})),
    (
        "data-prefix",
        pictures({"image": "data:image/png;base64," + encoded()}),
        pictures({"image": encoded()}),
    ),
    ("base64-broken", pictures({"image": encoded()[:-3]}), pictures({"image": encoded()})),
    (
        "picture-format",
        pictures({"image": encoded(kind="GIF")}),
        pictures({"image": encoded(kind="JPEG")}),
    ),
    (
        "picture-too-big",
        pictures({"image": encoded(more=10 * 1024 * 1024)}),
        pictures({"image": encoded(more=9 * 1024 * 1024)}),
    ),
    (
        "picture-too-small",
        pictures({"image": encoded(299, 400)}),
        pictures({"image": encoded(300, 400)}),
    ),
    (
        "picture-ratio",
        pictures({"image": encoded(300, 751)}),
        pictures({"image": encoded(300, 750)}),
    ),
    ("pictures-mixed", pictures({"image": encoded()}, FIRST), pictures(FIRST, LAST)),
    ("picture-must-match-size", kling(input_reference=PICTURE_URL), kling()),
    (
        "video-format",
        videos({**BASE, "video_url": "https://pics.example.com/a.avi"}),
        videos({**BASE, "video_url": "https://pics.example.com/a.MOV"}),
    ),
    (
        "frames-with-base-video",
        videos({"video_url": VIDEO_URL}, image_list=[FIRST]),
        videos({"video_url": VIDEO_URL, "refer_type": "feature"}, image_list=[FIRST]),
    ),
    ("end-frame-alone", pictures(LAST), pictures(FIRST, LAST)),
    (
        "tail-without-first",
        kling(image_tail=PICTURE_URL),
        kling(image_tail=PICTURE_URL, input_reference=PICTURE_URL),
    ),
    # --- responses
    ("status-missing", task(None), task("queued")),
    ("status-unknown", task("succeed"), task("queued")),
    ("task-running", task("queued"), task("cancelled")),
    ("task-completed", task(), task("queued")),
    ("task-cancelled", task("cancelled"), task("queued")),
    (
        "task-failed",
        task("failed", error={"code": "quota"}),
        task("failed", error={"code": "moderation_blocked"}),
    ),
    (
        "task-moderation-blocked",
        task("failed", error={"code": "moderation_blocked"}),
        task("failed", error={"code": "quota"}),
    ),
    ("error-unknown", '{"error": {"code": "invalid_api_key"}}', task("queued")),
    (
        "result-expired",
        task(completed_at=seconds_before(days=7)),
        task(completed_at=seconds_before(days=6.99)),
    ),
    (
        "result-expires-early",
        task(completed_at=seconds_before(days=2), expires_at=seconds_before(days=1)),
        task(completed_at=seconds_before(days=2), expires_at=seconds_before(days=-1)),
    ),
    (
        "result-valid",
        task(completed_at=seconds_before(days=1)),
        task(completed_at=seconds_before(days=8)),
    ),
    ("result-undated", task(), task(completed_at=seconds_before(days=1))),
    (
        "remix-perhaps-unfinished",
        REMIX.replace("qvideo-root-1", "$ID") + "\n" + task("queued"),
        REMIX.replace("root-1", "root-2") + "\n" + task("queued"),
    ),
    ("remix-unfinished", REMIX + "\n" + task("in_progress"), REMIX + "\n" + task()),
]


@pytest.mark.parametrize(("code", "bad", "good"), EXAMPLES, ids=[code for code, _, _ in EXAMPLES])
def test_a_finding_is_made_where_it_belongs_and_only_there(code: str, bad: str, good: str) -> None:
    assert code in codes(check(bad))
    assert code not in codes(check(good))


def test_every_finding_has_an_example() -> None:
    assert {code for code, _, _ in EXAMPLES} == set(WORDS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.models[0]}-{rule.path}")
def test_every_documented_choice_is_accepted_and_another_one_is_not(rule: Any) -> None:
    if rule.shape is not Shape.CHOICE:
        return
    for model in rule.models:
        for choice in (*rule.choices, "no such value"):
            top, _, key = rule.path.partition("[].")
            own: Any = [{"image": PICTURE_URL, "video_url": VIDEO_URL, key: choice}]
            result = check(kling(model, **{top: own if key else choice}))
            found = [f for f in result.findings if f.code == "value-not-allowed"]
            assert [f.field.rpartition(".")[2] for f in found if f.found == choice] == (
                [] if choice in rule.choices else [key or top]
            )


@pytest.mark.parametrize("status", STATUSES)
def test_every_documented_status_is_known(status: str) -> None:
    assert "status-unknown" not in codes(check(task(status)))


@pytest.mark.parametrize("model", MODELS)
def test_a_plain_request_of_each_model_is_in_order(model: str) -> None:
    seconds = "8" if model == "sora-2" else "10"
    mode = {} if model == "sora-2" else {"mode": "pro"}
    result = check(kling(model, **{"seconds": seconds, "size": "1280x720", **mode}))
    assert result.findings == ()
    assert (result.readable, result.model, result.corrected) == (True, model, None)


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:8000/a.jpg",
        "http://127.0.0.1/a.jpg",
        "http://[::1]/a.jpg",
        "https://10.1.2.3/a.jpg",
        "https://172.16.0.9/a.jpg",
        "http://169.254.169.254/a.jpg",
        "http://[fd00::1]/a.jpg",
        "http://files.corp/a.jpg",
        "http://nas/a.jpg",
        "http://224.0.0.1/a.jpg",
    ],
)
def test_an_address_that_only_the_developer_can_open_is_refused(address: str) -> None:
    result = check(sora(input_reference=address))
    assert violations(result) == ["url-not-public"]


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("./cat.png", "文件路径"),
        (r"C:\Users\me\cat.png", "文件路径"),
        ("cat.png", "文件路径"),
        ("file:///home/me/cat.png", "本机地址"),
        ("blob:https://a.example.com/1", "本机地址"),
        ("data:image/png;base64,AAAA", "带 data: 前缀的 Base64"),
        (encoded(), "Base64"),
        ("一只猫", "别的内容"),
        ("http://", "别的内容"),
        ("http://[half", "别的内容"),
    ],
)
def test_what_is_no_address_is_called_by_its_name(value: str, what: str) -> None:
    finding = check(sora(input_reference=value)).findings[0]
    assert finding.code == "url-wanted"
    assert f"现在填的是{what}：" in finding.say


def test_a_place_holder_is_not_judged() -> None:
    for value in ("$IMAGE_URL", "{{image}}", "<图片地址>", "${url}"):
        assert violations(check(sora(input_reference=value))) == []


def test_an_unknown_model_is_held_only_against_the_rules_of_all_models() -> None:
    result = check(kling("kling-v9", seconds="7", mode="ultra", image_list=[1], prompt=""))
    assert codes(result) == ["model-unknown", "required-missing"]
    assert result.corrected is None


def test_several_spellings_of_a_model_are_understood() -> None:
    for written in ("Kling-V2-1", "kling_v2.1", " kling v2-1"):
        result = check(kling(written))
        assert codes(result) == ["model-unknown"]
        assert result.findings[0].corrected
        assert result.model == "kling-v2-1"
        assert json.loads(result.corrected or "")["model"] == "kling-v2-1"


def test_the_seconds_that_kling_gets_by_default_are_worth_knowing_but_no_violation() -> None:
    finding = check('{"model": "kling-v2-1", "prompt": "x"}').findings[0]
    assert (finding.code, finding.severity) == ("default-not-allowed", Severity.INFO)
    assert not finding.corrected


def test_a_mode_that_is_left_out_is_filled_in_where_only_one_is_allowed() -> None:
    result = check('{"model": "kling-video-o1", "prompt": "x", "seconds": "5"}')
    assert [(f.code, f.field, f.corrected) for f in result.violations] == [
        ("default-not-allowed", "mode", True)
    ]
    assert json.loads(result.corrected or "")["mode"] == "pro"
