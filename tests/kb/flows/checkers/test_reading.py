"""The request is found in whatever developers paste: curl of all shapes, Python, JavaScript."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kb.flows.checkers import Severity
from tests.kb.flows.checkers.samples import (
    HEADERS,
    URL,
    check,
    codes,
    curl,
    said,
    sora,
    task,
    violations,
)

BODY = '{"model":"sora-2","prompt":"cat","seconds":"8"}'
ESCAPED = BODY.replace('"', '\\"')
CARETS = BODY.replace("{", "^{").replace("}", "^}").replace('"', '^\\^"')
TYPE = "Content-Type: application/json"

CURLS = {
    "one line": f"curl {URL} {HEADERS} -d '{BODY}'",
    "backslashes": f"curl --location --request POST '{URL}' \\\n{HEADERS} \\\n--data-raw '{BODY}'",
    "windows line ends": f"curl {URL} \\\r\n {HEADERS} \\\r\n --data '{BODY}'\r\n",
    "double quotes": f'curl -sSL -XPOST "{URL}" -H "{TYPE}" -H "Authorization: Bearer k" '
    f'-d "{ESCAPED}"',
    "dollar quotes": f"curl '{URL}' {HEADERS} --data-raw $'" + BODY.replace("cat", "it\\'s") + "'",
    "json option": f"curl --json '{BODY}' {URL} -H 'Authorization: Bearer k'",
    "joined options": f"curl {URL} -H'{TYPE}' -H'authorization: Bearer k' -d'{BODY}'",
    "equals signs": f"curl --url={URL} --header='{TYPE}' --header='Authorization: Bearer k' "
    f"--data='{BODY}'",
    "variables": f'curl "$OPENAI_BASE_URL/videos" -H "{TYPE}" -H "Authorization: Bearer $KEY" '
    f"-d '{BODY}'",
    "windows carets": f'curl -X POST "{URL}" ^\r\n -H "{TYPE}" ^\r\n '
    f'-H "Authorization: Bearer k" ^\r\n -d "{ESCAPED}"',
    "browser, windows": f'curl ^"{URL}^" ^\n -H ^"{TYPE}^" ^\n '
    f'-H ^"Authorization: Bearer k^" ^\n --data-raw ^"{CARETS}^"',
    "power shell": f"curl.exe '{URL}' `\n {HEADERS} `\n -d '{BODY}'",
    "with a prompt before": f"$ export A=1; curl {URL} {HEADERS} -d '{BODY}' | jq .",
    "fenced": f"```bash\ncurl {URL} {HEADERS} -d '{BODY}'\n```",
    "explained": f"我这样请求：\ncurl {URL} {HEADERS} -d '{BODY}'\n就报错了",
    "second of two": f"curl https://a.example.com/login -d 'a=b'\ncurl {URL} {HEADERS} -d '{BODY}'",
    "last data in a url with signs": f"curl {URL}?a=1&b=2 {HEADERS} -d '{BODY}'",
    "raw http": f"POST /v1/videos HTTP/1.1\nHost: api.qnaigc.com\n{TYPE}\n"
    f"Authorization: Bearer k\n\n{BODY}",
}


@pytest.mark.parametrize("name", CURLS)
def test_curl_of_every_shape(name: str) -> None:
    result = check(CURLS[name])
    assert (result.kind, result.model, result.readable) == ("request", "sora-2", True)
    assert result.findings == ()


CODES = {
    "requests": """
import requests

API_KEY = "abc"  # don't commit
payload = {
    'model': 'sora-2',
    'prompt': ('a cat '
               'runs'),   # it's a cat
    'seconds': "8",
}
r = requests.post("https://api.qnaigc.com/v1/videos", json=payload, headers=headers)
""",
    "http.client": """
conn = http.client.HTTPSConnection("api.qnaigc.com")
payload = json.dumps({"model": "sora-2", "prompt": "x", "seconds": "8"})
conn.request("POST", "/v1/videos", payload, headers)
""",
    "escaped text": r"""
payload = "{\r\n    \"model\": \"sora-2\",\r\n    \"prompt\": \"x\",\r\n    \"seconds\": \"8\"\r\n}"
conn.request("POST", "/v1/videos", payload, headers)
""",
    "text in quotes": """
response = httpx.post(f"{BASE}/videos", data='{"model":"sora-2","prompt":"x","seconds":"8"}')
""",
    "the client library": """
client = OpenAI(base_url="https://api.qnaigc.com/v1")
video = client.videos.create(model="sora-2", prompt="x", seconds="8")
""",
    "dict()": "payload = dict(model='sora-2', prompt=r'x', seconds='8')",
    "fetch": """
const res = await fetch(`${BASE}/videos`, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },
  body: JSON.stringify({
    model: 'sora-2', // the model
    prompt: `a cat
      runs`,
    "seconds": '8', /* text */
  }),
});
""",
    "axios": """
axios({ method: 'post', url: 'https://api.qnaigc.com/v1/videos',
        data: {model: "sora-2", prompt: "a" + "b", seconds: "8"} })
""",
    "body as text": """
fetch("https://api.qnaigc.com/v1/videos", {method: "POST",
  body: '{"model":"sora-2","prompt":"x","seconds":"8"}'})
""",
}


@pytest.mark.parametrize("name", CODES)
def test_code_of_every_kind(name: str) -> None:
    result = check(CODES[name])
    assert (result.kind, result.model, result.readable) == ("request", "sora-2", True)
    assert result.findings == ()


def test_code_with_python_words_and_calls() -> None:
    code = """
payload = {"model": "kling-v2-1", "prompt": get_prompt(1, "a,b}"), "seconds": str(5),
           "size": sizes["tall"], "mode": "pro" if best else "std", "watermark": False,
           "callback": None, "other": f"{a}-{b}", "more": [x for x in y]}
requests.put("https://api.qnaigc.com/v1/videos", json=payload)
"""
    result = check(code)
    assert violations(result) == ["method-wrong"]
    unseen = [f.field for f in result.findings if f.code == "value-unseen"]
    assert unseen == ["prompt", "seconds", "size", "mode"]


def test_a_code_that_says_remix() -> None:
    code = 'url = f"{BASE}/videos/{video_id}/remix"\nrequests.post(url, json={"prompt": ""})'
    result = check(code)
    assert result.kind == "remix"
    assert codes(result) == ["required-missing"]


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ('{"model": "sora-2"\n "prompt": "x"}', "第 2 行第 2 列"),
        ('{\n  "model": "sora-2",\n  "prompt": }', "第 3 行第 13 列"),
        ('{"model": "sora-2", "prompt": "x"', "第 1 行第 34 列"),
        ('{"model" "sora-2"}', "这里应当是英文冒号"),
        ('{"prompt": "x", "model": "sora-2}', "第 1 行第 26 列"),
        ('{"model": "sora-2,\n "prompt": "x"}', "第 1 行第 11 列读不下去了，这里应当是成对的引号"),
        ('{"model": "sora-2", /* x', "注释的结尾"),
        ("const b = {model: 'a' prompt: 'b'}", "英文逗号"),
    ],
)
def test_broken_json_is_told_with_its_place(pasted: str, words: str) -> None:
    result = check(pasted)
    assert codes(result) == ["json-broken"]
    assert words in result.findings[0].say
    assert not result.readable
    assert result.corrected is None


def test_a_place_counts_from_the_start_of_the_paste_where_it_can() -> None:
    single = f"curl {URL} \\\n {HEADERS} \\\n -d '{{\n\"model\": oops oops}}'"
    assert "JSON 在第 4 行第 15 列" in said(check(single), "json-broken")
    double = curl("x").replace("'x'", '"{\\"model\\": oops oops}"')
    assert "JSON 在请求内容的第 1 行第 16 列" in said(check(double), "json-broken")
    inner = """fetch(u, {body: '{"model": "sora-2" "prompt"}'})"""
    assert "请求内容的第 1 行第 20 列" in said(check(inner), "json-broken")


def test_the_same_departure_is_told_once_and_refused_where_it_is_sent() -> None:
    body = '{model: "sora-2", prompt: "x",}'
    alone, sent = check(body), check(curl(body))
    assert violations(alone) == ["json-bare-key", "json-last-comma"]
    assert {f.severity for f in alone.violations} == {Severity.WARNING}
    assert {f.severity for f in sent.violations} == {Severity.ERROR}
    assert alone.corrected == sent.corrected


def test_every_repeated_field_is_named() -> None:
    pasted = '{"model":"sora-2","prompt":"x","prompt":"y","model":"sora-2","size":"1280x720"}'
    result = check(pasted)
    assert [f.field for f in result.findings if f.code == "key-repeated"] == ["prompt", "model"]


def test_an_apostrophe_that_ends_the_quotes_does_not_hide_the_request() -> None:
    result = check(curl(sora(prompt="it's", seconds="5")))
    assert violations(result) == ["curl-quotes", "value-not-allowed"]


def test_a_request_and_its_response_in_one_paste() -> None:
    result = check(curl(BODY) + "\n\n" + task("failed", error={"code": "moderation_blocked"}))
    assert result.kind == "request"
    assert violations(result) == ["task-moderation-blocked"]


def test_what_another_interface_takes_is_not_judged() -> None:
    body = '{"model_name": "kling-v1", "duration": 99}'
    result = check(curl(body, url="https://api.example.com/v1/videos/text2video", options=""))
    assert [(f.code, f.severity) for f in result.findings] == [("endpoint-foreign", Severity.INFO)]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (f"curl {URL} {HEADERS}", ["method-wrong"]),
        (f"curl -X DELETE {URL}/qvideo-1 {HEADERS}", ["method-wrong"]),
        (f"curl -X GET {URL} {HEADERS} -d '{BODY}'", ["method-wrong"]),
        (f"curl -G {URL} {HEADERS} -d '{BODY}'", ["method-wrong"]),
        (f"curl {URL}/qvideo-1 {HEADERS}", []),
        (f"curl {URL}/ {HEADERS} -d '{BODY}'", []),
        (f"curl https://api.qnaigc.com/v1/images {HEADERS} -d '{BODY}'", ["endpoint-unknown"]),
        (f"curl {URL}/generations {HEADERS} -d '{BODY}'", ["endpoint-unknown"]),
        (f"curl {URL} {HEADERS} -F prompt=x", ["body-not-json"]),
        (f"curl {URL} {HEADERS} -d '[1]'", ["body-not-json"]),
        (f"curl {URL} {HEADERS} -d '{BODY} x'", ["json-broken"]),
        (f"curl {URL} -H 'Authorization: Bearer k' -d '{BODY}'", ["content-type"]),
        ("curl", ["nothing-found"]),
        (f"curl {URL} {HEADERS} -d", ["body-not-json"]),
        (f"curl http://[half {HEADERS} -d '{BODY}'", []),
    ],
)
def test_the_call_itself(command: str, expected: list[str]) -> None:
    assert violations(check(command)) == expected


def test_depth_is_limited_in_every_dialect() -> None:
    for deep in (
        '{"model":' * 100,
        '{"model":"x","a":' + "[" * 5000,
        "const b = {model: " + "(" * 5000,
        "const b = {model: a" + "[" * 5000,
    ):
        assert codes(check(deep)) == ["too-deep"]


def test_a_known_escape_is_read_and_half_a_pair_does_no_harm() -> None:
    result = check(r'{"model": "sora-2", "prompt": "😀 \ud83d \u0000", "size": 1}')
    assert codes(result) == ["type-wrong", "value-not-allowed"]
    body: dict[str, Any] = json.loads(check(sora(prompt="\ud83d x", seconds=4)).corrected or "")
    assert body["prompt"] == "\ufffd x"
