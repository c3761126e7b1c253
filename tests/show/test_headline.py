"""Headlines: a figure for people, and the same for the list of reports."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from slakit import credit_curve, find_terms, window_budgets
from slakit.analysis.review import Review
from slakit.show import (
    headline_budgets,
    headline_claims,
    headline_credit_curves,
    headline_review,
    headline_tiers,
    show_headline,
)
from slakit.show.headline import MIME

LIBRARY = ["klikk", "wp-heaven", "klink-cloud", "cloudworkz"]


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Everything that is displayed, as it goes to the notebook."""
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle) if raw else None)
    return shown


def test_a_headline_is_shown_and_recorded_at_once(displayed: list[dict[str, Any]]) -> None:
    show_headline("Owed <b>", "1 <script>", "& why")
    (bundle,) = displayed
    assert bundle[MIME] == {"label": "Owed <b>", "value": "1 <script>", "note": "& why"}
    assert bundle["text/plain"] == "Owed <b>: 1 <script> (& why)"
    assert "1 &lt;script&gt;" in bundle["text/html"]
    assert "<b>" not in bundle["text/html"]


def test_each_notebook_has_its_figure(displayed: list[dict[str, Any]], review: Review) -> None:
    terms = find_terms(LIBRARY)
    headline_tiers(terms)
    headline_budgets(window_budgets(terms, "2026-10"))
    headline_credit_curves(credit_curve(terms, at=[1, 72]))
    headline_review(review, "harbor-enterprise")
    headline_claims(review, "nordlys-web")
    values = [bundle[MIME]["value"] for bundle in displayed]
    curves = "nothing to 25 % of the fee; up to 100 % for a single incident"
    assert values == ["99.95 %", "22m21s", curves, "720.00 USD", "158.34 DKK"]
    assert displayed[-1][MIME]["note"] == "No claim is needed."


def test_what_the_strictest_reading_calls_too_late_is_said(displayed: list[dict[str, Any]], review: Review) -> None:
    headline_claims(review)
    note = displayed[0][MIME]["note"]
    assert note.startswith("Claim by end of 2026-10-10 (UTC; 5 days left): 120.00 USD, harbor-enterprise.")
    assert (
        "3,428.57 NOK may already be time-barred (strictest reading: claim by 2026-10-04 00:00). Claim today." in note
    )


def test_contracts_without_credits_are_named(displayed: list[dict[str, Any]], review: Review) -> None:
    headline_tiers(find_terms(["cloudworkz"]))
    headline_review(review, "skog-vm")
    headline_claims(review, "skog-vm")
    headline_credit_curves(pl.DataFrame(schema=credit_curve(find_terms(["cloudworkz"])).schema))
    headline_budgets(window_budgets(find_terms(["cloudworkz"]), "2026-10").clear())
    values = [bundle[MIME]["value"] for bundle in displayed]
    assert values == ["none", "nothing", "nothing", "nothing to price", "no guarantee"]
    assert "Cloudworkz owes no credit for a breach." in displayed[1][MIME]["note"]
