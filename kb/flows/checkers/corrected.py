"""The corrected request as a JSON text that can be shown and copied."""

from __future__ import annotations

import json

from kb.flows.checkers.literals import Unseen, Value
from kb.flows.checkers.redaction import MARK, redact
from kb.flows.checkers.secret_names import is_secret_name


def as_json(body: dict[str, Value]) -> str:
    """Indented JSON without secrets; what was only named in the text stands in pointed brackets."""
    return json.dumps(_shown(body), ensure_ascii=False, indent=2, allow_nan=False)


def _shown(value: Value, name: str = "") -> Value:
    if name and is_secret_name(name) and value is not None:
        return MARK
    if isinstance(value, Unseen):
        return f"<{redact(value.source)}>"
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, dict):
        return {redact(key): _shown(item, key) for key, item in value.items()}
    return value
