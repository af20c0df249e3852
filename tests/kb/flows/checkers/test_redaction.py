"""No secret survives: wherever it stands, nothing of the result holds it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.flows.checkers.redaction import MARK, redact
from tests.kb.flows.checkers.samples import URL, check, sora

SECRET = "Zq7x9Kd2mPw4Rt8"
BODY = '{"model":"sora-2","prompt":"x"'
CALL = f"curl {URL}"
PLACES = [
    CALL + " -H 'Authorization: Bearer %s' -d '" + BODY + "}'",
    CALL + ' -H "Authorization: %s"',
    CALL + " -H Authorization:\\ Bearer\\ %s --json '" + BODY + "}'",
    CALL + ' -H "Authorization: Bearer ab\\\n%s"',
    CALL + " --header='X-Api-Key: %s'",
    CALL + " -H 'Cookie: a=b; sid=%s; c=d'",
    CALL + " -b 'sid=%s; a=b'",
    CALL + " -u user:%s",
    CALL + " -uuser:%s",
    CALL + ' --user "user:%s"',
    CALL + " --oauth2-bearer %s",
    CALL + " --data-urlencode 'api_key=%s'",
    CALL + ' -d "{\\"model\\":\\"x\\",\\"api_key\\":\\"%s\\"}"',
    CALL + ' -H ^"authorization: Bearer %s^" --data-raw ^"{}^"',
    "curl https://user:%s@api.qnaigc.com/v1/videos",
    CALL + "?token=%s",
    BODY + ',"api_key":"%s"}',
    BODY + ',"api_key":["a","%s"]}',
    BODY + ',"api_key":"ab\\"%s"}',
    BODY + ',"auth":{"user":"x","pass":"%s"}}',
    BODY + ',"\\u0061pi_key":"%s"}',
    BODY + ',"\\\\u0061pi_key":"%s"}',
    BODY + ',"access_key_id":"%s"',
    BODY + ',"input_reference":"https://h.example.com/a.png?X-Amz-Signature=%s&Expires=3"}',
    BODY + ',"input_reference":"https:\\/\\/h.example.com\\/a.png?a=1\\u0026sign=%s"}',
    BODY + ',"input_reference":"https://h.example.com/a.png#access_token=%s"}',
    BODY + ',"input_reference":"h.example.com/a.png?e=1&token=%s"}',
    BODY + ',"input_reference":"https://h.example.com/a.png%3Fsign%3D%s"}',
    '{"model":"sk-%s","prompt":"Bearer %s","size":"my token: %s","seconds":"密码是%s"}',
    '{"model":"x","sk-%s":1,"token=%s":2}',
    "{'model':'x','secret':'%s',}",
    "{'model':'x','secret':b'%s'}",
    "{'model':'x','secret':'''%s'''}",
    "{model:'x',secret:`%s`}",
    "{“model”：“x”，“密钥”：“%s”}",
    "h = {'Authorization': 'Bearer ' + '%s'}",
    "h = {'Authorization': 'Bearer {}'.format('%s')}",
    "fetch(u, {headers: {Authorization: `Bearer %s`}, body: '{}'})",
    "fetch(u, {headers: {Authorization: keyOf('%s'), b: 1}})",
    "API_KEY=%s\ncurl x",
    'export OPENAI_API_KEY="%s"',
    "$env:KLING_TOKEN = '%s'",
    "api_key = os.getenv('K', '%s')",
    "headers.set('Authorization', '%s')",
    'request.Headers["Authorization"] = "%s"',
    'client = OpenAI(api_key="%s")',
    '{"header":[{"key":"Authorization","value":"%s"}]}',
    '{"headers":[{"name":"Authorization","value":"%s"}]}',
    '{"header":[{"key":"%s","value":"a"}]}',
    "> Authorization: Bearer %s\n> Host: x",
    "Authorization: AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=%s",
    "tool --api-key %s",
    "<token>%s</token>",
    "curl x -H 'X-Token;%s'",
    "secret_key: |\n  %s\nother: 1",
    "我的密钥是%s，帮我看看",
    "access key：%s",
    "ak/sk: ab/%s",
    'password="%s',
    "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----",
    "eyJhbGciOiJIUzI1NiJ9.eyJ%s.%s",
    '{"model":"eyJ' + "hbGciOiJIUzI1NiJ9" * 6 + '.eyJ%s.%s"}',
    "AKIA%sABCDEFGH",
    '{"status":"failed","error":{"code":"sk-%s","message":"bad token: %s"}}',
    '{"status":"completed","completed_at":1,"task_result":{"videos":'
    '[{"url":"https://k.example.com/a.mp4?e=1&token=%s"}]}}',
]


def planted(place: str, secret: str) -> str:
    return place.replace("%s", secret)


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_gone_from_all_of_the_result(place: str) -> None:
    result = repr(check(planted(place, SECRET)))
    assert SECRET[:8] not in result
    assert SECRET[-8:] not in result


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(PLACES),
    st.text("abcdefghkmnpqrsuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=16, max_size=60),
    st.sampled_from(["", "\n", "帮我看看：\n", "```json\n", "x = 1\n"]),
    st.sampled_from(["", "\n", "\n```", " \nprint(r)", "\n" + sora(seconds=5)]),
)
def test_any_secret_anywhere(place: str, secret: str, before: str, after: str) -> None:
    result = check(before + planted(place, secret) + after)
    assert secret not in repr(result)


@pytest.mark.parametrize("place", PLACES)
def test_taking_out_twice_changes_nothing_more(place: str) -> None:
    once = redact(planted(place, SECRET))
    assert redact(once) == once


def test_what_is_no_secret_stays() -> None:
    for text in (
        sora(prompt="a basic idea, the bearer of news", seconds="8"),
        "curl https://api.qnaigc.com/v1/videos/qvideo-user123-1234567890123456789",
        '{"id": "4f2c1b7a9e8d4c6fa1b2c3d4e5f60718", "max_tokens": 5}',
        "key = os.environ['KLING_KEY']\ntoken = process.env.TOKEN",
        "export OPENAI_API_KEY=$KLING_KEY",
    ):
        assert redact(text) == text


def test_an_address_keeps_scheme_host_and_path() -> None:
    signed = "https://cdn.example.com/a/b.mp4?e=1&token=abc#x"
    assert redact(signed) == f"https://cdn.example.com/a/b.mp4?{MARK}"
    assert redact("https://me:pw@cdn.example.com/a") == f"https://{MARK}@cdn.example.com/a"


def test_the_request_stays_readable_around_a_secret() -> None:
    result = check(
        '{"model":"sora-2","api_key":"a\\"b","seconds":4,'
        '"input_reference":"https://cdn.example.com/a.png?sign=1"}'
    )
    corrected = json.loads(result.corrected or "")
    assert corrected["api_key"] == MARK
    assert corrected["input_reference"] == f"https://cdn.example.com/a.png?{MARK}"


def test_a_long_random_word_is_taken_for_a_key_but_an_id_is_not() -> None:
    word = "9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c"
    assert redact(f'"model": "{word}"') == f'"model": "{MARK}"'
    assert word in redact(f'"request_id": "{word}"')
