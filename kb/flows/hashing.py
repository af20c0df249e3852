"""Identity of a definition's content."""

from __future__ import annotations

import hashlib
import json

from kb.flows.loader import definition_data
from kb.flows.schema import FlowDefinition


def definition_hash(definition: FlowDefinition) -> str:
    """SHA-256 (hex) of the definition as canonical JSON.

    Order of keys, spelt-out defaults and white space around texts do not matter; order of
    choices, fields and tags does. Defaults are left out, so a key that a later release adds
    with a default does not change the hash of what exists.
    """
    data = json.dumps(
        definition_data(definition), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(data.encode()).hexdigest()
