"""One page on a subscription: boxes agree with the review, and footnotes name the clauses."""

from __future__ import annotations

import re

import pytest
from sample_evidence import sample_review

from slakit.show.tables.subject import boxes_of, show_breaches


def test_the_boxes_say_what_the_review_says() -> None:
    review = sample_review()
    boxes = {
        label: (value, note) for label, value, note in boxes_of(review.of("harbor-enterprise"), "harbor-enterprise")
    }
    assert boxes == {
        "Owed": ("720.00 USD", "480.00 USD to 720.00 USD if read otherwise"),
        "Claimable now": ("120.00 USD", ""),
        "Next deadline": ("end of 2026-10-10", "5 days left"),
        "Worst level": ("98.588 %", "Platform uptime, May 2026; committed: 99.9 %"),
    }


def test_a_disputed_deadline_is_said_to_be_one() -> None:
    boxes = {label: rest for label, *rest in boxes_of(sample_review().of("fjord-iaas"), "fjord-iaas")}
    value, note = boxes["Next deadline"]
    assert note == "passed under the strictest reading: claim today"
    assert value == "2026-10-04 00:00"


def test_clauses_are_footnotes() -> None:
    html = show_breaches(sample_review(), "harbor-enterprise").as_raw_html()
    text = re.sub(r"<[^>]+>", "", html)
    assert "Platform uptime: 99.9 % per calendar month (2). Credit: clause 6." in text
    assert text.count("claim expired") == 4


@pytest.mark.parametrize("name", sample_review().evidence.names)
def test_every_subscription_has_its_page(name: str) -> None:
    review = sample_review()
    assert len(list(boxes_of(review.of(name), name))) >= 3
    assert "Credits due" in show_breaches(review, name).as_raw_html()
