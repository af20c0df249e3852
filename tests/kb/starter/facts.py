"""The specification of the starter knowledge base: its groups, their questions, their facts."""

from __future__ import annotations

import re
from pathlib import Path

from tests.kb.starter.files import read

GROUPS: dict[str, dict[str, list[str]]] = {
    group: {key: re.split(r"; *", facts) for key, facts in rows.items()}
    for group, rows in read(Path(__file__).with_name("facts.yaml")).items()
}
FACTS = {key: facts for rows in GROUPS.values() for key, facts in rows.items()}

# Every number that the reference script of a question may hold; one not listed holds none.
FIGURES: dict[str, set[str]] = {
    "credits-price": {"1", "10"},
    "daily-free-credits": {"66", "6"},
    "membership-prices": {"66", "266", "666"},
    "annual-membership-credits": {"2"},
    "corporate-purchase": {"10"},
    "invoice-tax-rate": {"6"},
    "upload-aspect-ratio": {"2.5"},
    "batch-limit": {"5"},
    "longest-video": {"4", "5", "3"},
    "lip-sync": {"10"},
    "image-to-video": {"5", "9", "16", "1"},
    "first-last-frame": {"2024", "7", "6"},
    "known-limits": {"5"},
    "product-timeline": {"2024", "6", "21", "7", "24"},
    "api-params": {"2500", "5", "10", "4", "8", "12"},
    "api-image-rules": {"10", "300", "1", "2.5", "4"},
    "api-video-rules": {"1", "3", "10", "720", "2160", "24", "60", "200"},
    "api-duration": {"5", "2", "10"},
    "api-video-expiry": {"7"},
    "kling-models": {"4", "5", "3", "1080", "1.5", "195"},
}
# Further numbers in follow-ups and fallbacks: facts of a neighbour, said in passing.
FOLLOW_UP_FIGURES: dict[str, set[str]] = {
    "credits-price": {"2"},
    "buy-credits": {"1", "10"},
    "daily-free-credits": {"2"},
    "membership-benefits": {"66", "266", "666"},
    "annual-membership-credits": {"1"},
    "corporate-purchase": {"6"},
    "subscription-invoice": {"6", "10"},
    "api-package-invoice": {"6"},
    "upload-failed": {"2.5"},
    "longest-video": {"10"},
    "aspect-choice": {"9", "16", "1"},
    "image-to-video": {"2.5"},
}
