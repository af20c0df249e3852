"""Take keys, tokens and signatures out of a text, before anything else looks at it.

Everything a checker shows or keeps is read from the text that ``redact`` gives, never from the
one that was pasted. Too much is rather taken out than too little; quotes and brackets stay,
so that what remains can still be read as JSON, shell or code. Linear in the length of the text.
"""

from __future__ import annotations

import re

from kb.flows.checkers.secret_names import is_secret_name

MARK = "***"

# Letters hidden behind an escape would hide names; these are written out first.
_ESCAPED_LETTER = re.compile(r"(?<!\\)\\++(?:u00|x)([2-7][0-9A-Fa-f])")
_PLAIN = re.compile(r"[A-Za-z0-9_.:=?&/@#+~ -]")

_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]{0,40}KEY-----(?:(?!-----END).)*+", re.S)
_URL = re.compile(r"(?<![A-Za-z0-9+.])([A-Za-z][A-Za-z0-9+.-]{1,15}:\\*/\\*/)([^\s\"'`<>，。；]+)")
_QUERY = re.compile(r"[?#]|%3[Ff]|%23")
_AUTHORITY_END = re.compile(r"[/\\?#]")

_BEARER = re.compile(r"(?i)\b(bearer\s+|bearer%20)[A-Za-z0-9._~+/=|:-]{6,}+")
_BASIC = re.compile(r"(?i)\b(basic\s+|basic%20)[A-Za-z0-9+/=_-]{16,}+")
_DOTTED = re.compile(r"(?<![\w.-])[\w-]++(?:\.[\w-]*+)++")
_SHAPES = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:sk|pk|rk|ak)[-_][\w-]{6,}+|(?:AKIA|ASIA|LTAI|AKID|AIza)[\w-]{12,}+"
    r"|gh[pousr]_\w{12,}+|xox[abprs]-[\w-]{8,}+|hf_\w{12,}+|eyJ[\w-]{24,}+)"
)
_SPOKEN = re.compile(
    r"((?:密钥|秘钥|口令|密码|令牌)\s{0,9}(?:是|为|[:：=])?\s{0,9})[A-Za-z0-9_\-+/=.!@#$%^&]{6,}+"
)
_LONG_WORD = re.compile(r"(?<![\w/.:%-])[A-Za-z0-9_-]{32,}+")
_AN_ID = re.compile(r"(?i)id[\"'\\`]*\s?[:=]\s?[\"'\\`]*\Z")

_NAME = re.compile(r"(?<![\w$.-])[\w$.-]{1,80}+(?![\w$.-])")
_AFTER_NAME = re.compile(r"([\"'`”’\\\]]*+)\s*+(:=|=>|->|={1,3}|[:：,]|[;>](?=\S))\s*+")
_SPACE = re.compile(r"\s+")
_PAIR = re.compile(r"[\"'\\]{0,9}([\w-]{1,80})[\"'\\]{0,9}\s{0,99},\s{0,99}[\"'\\]{0,9}value\b")
_VALUE_FIELD = re.compile(r"[\"'\\]{0,9}(?:value|val)[\"'\\]{0,9}\s{0,99}[:=]\s{0,99}")
_OPTION = re.compile(r"--[\w-]+\Z")
_CURL_OPTION = re.compile(
    r"(?<!\S)(?:--user|--proxy-user|--oauth2-bearer|--cookie|--pass|-[uUb])(?:=|\s+)?(?=\S)"
)
_REFERENCE = re.compile(
    r"os\.environ\[(?P<a>[\"'])\w+(?P=a)\]|os\.(?:getenv|environ\.get)\((?P<b>[\"'])\w+(?P=b)\)"
    r"|process\.env\.\w+|\$\{?[A-Z][A-Z0-9_]*\}?(?!\w)"
)
_YAML_BLOCK = re.compile(r"([|>][+-]?)[ \t]*(?:\n[ \t]+[^\n]*)+")
_DONE = re.compile(r"\*\*\*(?:\(\*\*\*\))?(?=\s*(?:[,})\]]|\Z))")
_OPENING = re.compile(r"[fFrRbBuU]{0,2}(\\*)(\"\"\"|'''|[\"'`“‘])")
_CLOSE = re.compile(r"\\*(?:\"\"\"|'''|[\"'`”’])")
_CLOSES = {"“": "”", "‘": "’"}
_BARE = re.compile(r"(?:[^\s\"'`,;&<>(){}\[\]\\，。；、]|\\(?![\"'`])[\s\S])++")
_SCHEME = re.compile(r"(?i)\s*(?:bearer|basic|token|qiniu)\s+(?=\S)")
_GOES_ON = re.compile(r"\s*(?:\+|%|\.concat\(|\.format\()\s*(?=[^\s])")
_BRACKETS = re.compile(r"[(\[{]|[)\]}]|\"(?:[^\"\\]|\\.)*+\"?|'(?:[^'\\]|\\.)*+'?", re.S)
_LINE_HEAD = re.compile(r"(?:^|\n)[ \t>]*\Z")
_TO_LINE_END = re.compile(r"[^\r\n]*")
_TO_QUOTE = re.compile(r"(?:[^\r\n\"'`\\]|\\(?![\"'`])[\s\S])*")
_SCHEME_WORD = re.compile(r"(?i)(?:bearer|basic|token)\Z")
_SECOND_WORD = re.compile(r"[ \t]+[^\s\"'`,;]+")
_SHELL_WORD = re.compile(r"(?:[^\s\\]|\\[\s\S])+")
_CALL = re.compile(r"[A-Za-z_$][\w$.]{0,80}\(")
_VARIABLE = re.compile(r"[A-Za-z_$][\w$]*(?=\s*[,}])")


def redact(text: str) -> str:
    """The text without secrets; applied twice it gives the same."""
    text = _ESCAPED_LETTER.sub(_written_out, text)
    text = _PRIVATE_KEY.sub(MARK, text)
    text = _URL.sub(_url, text)
    text = _named(text)
    if "curl" in text:
        text = _options(text)
    text = _SPOKEN.sub(rf"\1{MARK}", text)
    text = _BEARER.sub(rf"\1{MARK}", text)
    text = _BASIC.sub(rf"\1{MARK}", text)
    text = _DOTTED.sub(_web_token, text)
    text = _SHAPES.sub(MARK, text)
    return _LONG_WORD.sub(_long_word, text)


def _written_out(match: re.Match[str]) -> str:
    letter = chr(int(match[1], 16))
    return letter if _PLAIN.fullmatch(letter) else match[0]


def _url(match: re.Match[str]) -> str:
    """Scheme, host and path stay; who logs in, the query and the fragment go."""
    whole = match[2]
    rest = whole.rstrip("\\")  # belongs to the escaped quote that follows
    tail = whole[len(rest) :]
    query = _QUERY.search(rest)
    if query:
        rest = rest[: query.start()] + ("?" + MARK if rest[query.end() :] else "")
    end = _AUTHORITY_END.search(rest)
    authority = rest[: end.start()] if end else rest
    if "@" in authority:
        host = authority.rpartition("@")[2]
        rest = f"{MARK}@{host}" + rest[len(authority) :]
    return match[1] + rest + tail


def _web_token(match: re.Match[str]) -> str:
    """A JWT starts with a JSON object in Base64; its parts are joined by points."""
    return MARK if any(part.startswith("eyJ") for part in match[0].split(".")) else match[0]


def _long_word(match: re.Match[str]) -> str:
    word = match[0]
    if word.isdigit() or not any(c.isdigit() for c in word) or word.startswith("qvideo-"):
        return word
    before = match.string[max(0, match.start() - 16) : match.start()]
    return word if _AN_ID.search(before) else MARK


def _named(text: str) -> str:
    """Replace what stands after a name such as ``api_key`` or ``Authorization``."""
    done: list[str] = []
    kept = at = 0
    while name := _NAME.search(text, at):
        at = name.end()
        if not is_secret_name(name[0]):
            continue
        start = _value_start(text, name)
        if start is None:
            continue
        replaced, end = _value(text, start, name)
        done += [text[kept:start], replaced]
        kept = at = end
    return "".join([*done, text[kept:]])


def _value_start(text: str, name: re.Match[str]) -> int | None:
    sign = _AFTER_NAME.match(text, name.end())
    if sign:
        pair = _PAIR.match(text, sign.end()) if name[0].lower() == "key" else None
        if pair and is_secret_name(pair[1]):
            return None  # {"key": "Authorization", "value": "…"}: the name follows
        if sign[2] != ",":
            return sign.end()
        # ("Authorization", "…"): a comma joins only what is quoted on both sides.
        value = _VALUE_FIELD.match(text, sign.end())
        if value:
            return value.end()
        return sign.end() if sign[1] and _OPENING.match(text, sign.end()) else None
    if _OPTION.match(name[0]):
        space = _SPACE.match(text, name.end())
        return space.end() if space else None
    return None


def _value(text: str, start: int, name: re.Match[str]) -> tuple[str, int]:
    """The replacement of the value that begins at ``start``, and where it ends."""
    kept = _REFERENCE.match(text, start) or _DONE.match(text, start)
    if kept:
        return kept[0], kept.end()
    block = _YAML_BLOCK.match(text, start)
    if block:
        return f"{block[1]}\n  {MARK}", block.end()
    opening = _OPENING.match(text, start)
    if opening:
        return _quoted(text, opening)
    if text[start : start + 1] in tuple("([{"):
        return f'"{MARK}"', _balanced(text, start)
    return _unquoted(text, start, name)


def _quoted(text: str, opening: re.Match[str]) -> tuple[str, int]:
    """A string and what is joined to it: "Bearer " + "…" is one secret."""
    done: list[str] = []
    while True:
        end = _closing(text, opening.end(), opening[2], len(opening[1]))
        done += [opening[0], _masked(text[opening.end() : end])]
        close = _CLOSE.match(text, end)
        if close is None:
            return "".join(done), end
        done.append(close[0])
        joined = _GOES_ON.match(text, close.end())
        if joined is None:
            return "".join(done), close.end()
        done.append(joined[0])
        following = _OPENING.match(text, joined.end())
        if following is None:
            bare = _BARE.match(text, joined.end())
            return "".join([*done, MARK]), bare.end() if bare else joined.end()
        opening = following


def _masked(content: str) -> str:
    if not content.strip():
        return content
    scheme = _SCHEME.match(content)
    return (scheme[0] if scheme else "") + MARK


def _closing(text: str, start: int, quote: str, level: int) -> int:
    """Where the string ends whose opening quote stood behind ``level`` backslashes.

    Without an end, the line is the string.
    """
    closing = _CLOSES.get(quote, quote)
    at = start
    while (at := text.find(closing, at)) >= 0:
        slashes = at
        while slashes > start and text[slashes - 1] == "\\":
            slashes -= 1
        run = at - slashes
        if run < level or run % (2 * (level + 1)) == level:
            return max(start, at - min(run, level))
        at += len(closing)
    line = text.find("\n", start)
    return line if line >= 0 else len(text)


def _balanced(text: str, start: int) -> int:
    """Where the bracket at ``start`` is closed; the end of the text if it never is."""
    depth = 0
    for token in _BRACKETS.finditer(text, start):
        if token[0] in ("(", "[", "{"):
            depth += 1
        elif token[0] in (")", "]", "}"):
            depth -= 1
            if depth == 0:
                return token.end()
    return len(text)


def _unquoted(text: str, start: int, name: re.Match[str]) -> tuple[str, int]:
    before = text[name.start() - 1 : name.start()]
    after = text[name.end() : name.end() + 1]
    if before in ('"', "'", "`") and after not in ('"', "'", "`", "\\"):
        # A header in quotes: 'Authorization: …'. All to the closing quote belongs to it.
        slashes = name.start() - 1
        while slashes > 0 and text[slashes - 1] == "\\":
            slashes -= 1
        end = _closing(text, start, before, name.start() - 1 - slashes)
        return _masked(text[start:end]), end
    lowered = name[0].lower()
    end = start
    if "authorization" in lowered or "cookie" in lowered:
        call = _CALL.match(text, start)
        if call:
            return f"{MARK}({MARK})", _balanced(text, call.end() - 1)
        variable = _VARIABLE.match(text, start)
        if variable:
            return MARK, variable.end()
        at_line_head = _LINE_HEAD.search(text[max(0, name.start() - 40) : name.start()])
        rest = (_TO_LINE_END if at_line_head else _TO_QUOTE).match(text, start)
        end = rest.end() if rest else start
        return _masked(text[start:end]), end
    bare = _BARE.match(text, start)
    if bare is None:
        return "", start
    end = bare.end()
    if text[end : end + 1] == "(":
        return f"{MARK}({MARK})", _balanced(text, end)
    following = _SECOND_WORD.match(text, end) if _SCHEME_WORD.match(bare[0]) else None
    if following:
        return f"{bare[0]} {MARK}", following.end()
    return MARK, end


def _options(text: str) -> str:
    """``-u name:password``, ``-b cookies`` and their long forms of a curl line."""
    done: list[str] = []
    kept = 0
    for option in _CURL_OPTION.finditer(text):
        if option.start() < kept:
            continue
        start = option.end()
        opening = _OPENING.match(text, start)
        if opening:
            replaced, end = _quoted(text, opening)
        else:
            bare = _SHELL_WORD.match(text, start)
            replaced, end = MARK, bare.end() if bare else start
        done += [text[kept:start], replaced]
        kept = end
    return "".join([*done, text[kept:]])
