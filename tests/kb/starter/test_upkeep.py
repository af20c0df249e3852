"""What goes stale has an owner, a date and a reason; what sources dispute is laid open."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from tests.kb.starter.facts import FACTS
from tests.kb.starter.files import PICTURES, ROWS

# Answers that are known to go stale, or that another source contradicts.
MUST_BE_REVIEWED = {
    *("mobile-usage", "kwaicut-permission", "membership-prices", "daily-free-credits"),
    *("api-package-invoice", "camera-control", "max-resolution", "mini-program"),
    *("partner-entry-offline", "contest-watermark", "api-models", "kling-models"),
}
DISPUTED = {
    *("mobile-usage", "kwaicut-permission", "mobile-app-exists", "membership-prices"),
    *("daily-free-credits", "camera-control", "max-resolution", "mini-program"),
    *("api-package-invoice", "api-models", "api-video-expiry", "kling-models"),
}
TEMPORARY = {"kwaicut-permission", "api-package-invoice", "partner-entry-offline"}
FIRST_REVIEW, LAST_REVIEW = date(2026, 12, 15), date(2027, 3, 31)
# Questions that the same words often mean: an agent is offered these side by side.
ALIKE = [
    {"web-membership-not-synced", "web-credits-not-shown"},
    {"mobile-usage", "kwaicut-permission", "mobile-app-exists"},
    {"membership-benefits", "membership-tier-details", "membership-prices"},
    {"kwaicut-membership-excludes-kling", "web-membership-in-kwaicut"},
    {"credits-across-platforms", "web-credits-in-kwaicut"},
    {"annual-membership-credits", "daily-free-credits"},
    {
        *("remove-watermark", "kwaicut-watermark-relogin", "kwaicut-watermark-escalate"),
        *("old-videos-watermark", "image-watermark"),
    },
    {
        *("subscribe-with-single", "single-after-subscribing", "second-subscription"),
        *("downgrade-subscription", "single-with-subscription"),
    },
    {"upload-failed", "upload-aspect-ratio"},
    {"download-failed", "download-location"},
    {"copyright-ownership", "commercial-use"},
    {"api-access", "api-what", "api-audience", "api-usage"},
    {"api-params", "api-image-rules", "api-video-rules", "api-first-last-frame"},
    {"partner-no-contact", "partner-entry-offline", "partner-form"},
]


@pytest.mark.parametrize("key", FACTS)
def test_a_review_has_an_owner_a_date_and_a_reason(key: str) -> None:
    row = ROWS[key]
    assert ("review" in row) == ("owner" in row)
    if "review" in row:
        assert row["owner"] == "editor"
        assert row["review"].keys() == {"due", "reason"}
        assert type(row["review"]["due"]) is date
        assert FIRST_REVIEW <= row["review"]["due"] <= LAST_REVIEW
        assert len(row["review"]["reason"].strip()) >= 10


def test_what_is_known_to_go_stale_is_reviewed() -> None:
    assert MUST_BE_REVIEWED - {key for key, row in ROWS.items() if "review" in row} == set()


def test_temporary_answers_end_and_leave_something_to_say() -> None:
    assert {key for key, row in ROWS.items() if "expires_at" in row} == TEMPORARY
    for key in TEMPORARY:
        row = ROWS[key]
        ends = row["expires_at"]
        assert type(ends) is datetime
        assert ends.utcoffset() == timedelta(hours=8)
        assert row["review"]["due"] < ends.date(), "reviewed before it ends"
        assert row["fallback"].startswith("您好，")
    assert {key for key, row in ROWS.items() if "fallback" in row} <= TEMPORARY


def test_what_sources_dispute_shows_both_sides() -> None:
    disputed = {key for key, row in ROWS.items() if "disagreements" in row}
    assert DISPUTED - disputed == set()
    for key in disputed:
        row = ROWS[key]
        assert "review" in row, key
        assert row["disagreements"]
        slugs = [item["key"] for item in row["disagreements"]]
        assert len(set(slugs)) == len(slugs)
        for item in row["disagreements"]:
            assert item.keys() == {"key", "caution", "ours", "theirs"}, key
            assert item["caution"].endswith("。")
            for side in (item["ours"], item["theirs"]):
                assert side.keys() == {"says", "source"}
                assert side["says"].strip()
                assert side["source"].strip()
            assert item["ours"]["says"] != item["theirs"]["says"]


def test_questions_that_words_confuse_are_contrasted() -> None:
    groups: dict[str, dict[str, str]] = {}
    for key, row in ROWS.items():
        if "contrast" in row:
            assert row["contrast"].keys() == {"group", "label"}
            assert 2 <= len(row["contrast"]["label"]) <= 40
            groups.setdefault(row["contrast"]["group"], {})[key] = row["contrast"]["label"]
    for group, labels in groups.items():
        assert len(labels) >= 2, group
        assert max(Counter(labels.values()).values()) == 1, group
    for alike in ALIKE:
        assert any(alike <= labels.keys() for labels in groups.values()), alike


def test_attachments_are_there_and_every_picture_is_used() -> None:
    attached = {
        key: [item["file"] for item in row["attachments"]]
        for key, row in ROWS.items()
        if "attachments" in row
    }
    for row in (ROWS[key] for key in attached):
        for item in row["attachments"]:
            assert item.keys() == {"file", "title"}
            assert item["title"].strip()
    assert {name for names in attached.values() for name in names} == {
        path.name for path in PICTURES.iterdir()
    }
    for key in ("double-charge", "kwaicut-watermark-escalate"):
        assert attached[key] == ["account-id-path.svg"]
    for key in ("web-membership-not-synced", "web-credits-not-shown"):
        assert set(attached[key]) == {"rebind-kwaicut.svg", "account-id-path.svg"}
    assert "api-application.svg" in attached["api-access"]
