"""Explore a quick question: the credit for an outage under terms that are typed in, why, and by when to claim it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import partial

import polars as pl

from slakit.analysis.quote import QUESTION, Quote, quote
from slakit.arguments import checked
from slakit.policy.files import policy_text
from slakit.policy.printing import readable
from slakit.remedy.curves import credit_curve
from slakit.show.charts.canvas import Drawing
from slakit.show.charts.curves import chart_credit_curves
from slakit.show.columns import Column
from slakit.show.excel.review import review_sheets
from slakit.show.excel.sheets import Sheet
from slakit.show.explorers.control import Control, Parameters
from slakit.show.explorers.explorer import Explorer
from slakit.show.explorers.incident import sentence_on
from slakit.show.explorers.view import SavedFile, View
from slakit.show.labels import sums_text, terms_name
from slakit.show.tables.review import show_assumptions, show_claims, show_credits

QUICK_QUESTION = "quick_question"
DRAWN_HOURS = 72
"""Longest outage that is drawn, unless a longer one is asked about. [h]"""
BOXES = {
    "guarantee": "Guaranteed availability, % of a month",
    "credit": "Credits: below which level, how much (99.9:10%, 99:25%)",
    "fee": "Monthly fee, with its currency",
    "outage": "Outages (3h, or with a start: 2026-10-12T14:00/3h)",
    "month": "Month of the outages",
    "claim": "To be claimed within, after the month's end (30d; none if no claim is needed)",
    "time_zone": "Time zone of the contract (UTC if empty)",
    "policy": "A contract instead of these terms (klikk:gold)",
}
"""Parameter → what stands above its box."""
LISTS = ("credit", "outage")


@checked
def explore_quote(
    guarantee: str | float | Decimal = 99.9,
    credit: Iterable[str] = ("99.9:10%", "99:25%"),
    *,
    fee: str = "2000 EUR",
    outage: str | Iterable[str] = "3h",
    month: str | None = None,
    claim: str = "30d",
    time_zone: str = "",
    policy: str = "",
) -> Explorer:
    """Ask a quick question in boxes: which credit is due for an outage, why, and by when to claim it.

    Parameters
    ----------
    guarantee, credit, fee, outage, claim, time_zone
        As `quote` takes them.
    month
        Month of outages without a start; this month, if not given.
    policy
        A policy and its tier, such as `klikk:gold`: guarantee, credits, claim period and time zone are then its own.

    Raises
    ------
    InputError
        Something of the question is at fault; all problems at once.

    Examples
    --------
    >>> explore_quote(99.9, ["99.9:10%", "99:25%"], fee="2000 EUR", outage="3h", month="2026-10")
    Credit due under your terms: 200.00 EUR
    """
    given = {
        "guarantee": guarantee,
        "credit": list(credit),
        "fee": fee,
        "outage": [outage] if isinstance(outage, str) else list(outage),
        "month": month or f"{date.today():%Y-%m}",
        "claim": claim,
        "time_zone": time_zone,
        "policy": policy,
    }
    return Explorer(QUICK_QUESTION, render_quote, given, controls_of_quote)


def render_quote(parameters: Parameters) -> View:
    """Render the view of `explore_quote`."""
    asked = dict(parameters)
    own_terms = ("guarantee", "credit", "claim", "time_zone")
    asked = {name: value for name, value in asked.items() if value and not (asked["policy"] and name in own_terms)}
    quick = quote(**{"outage": [], "fee": ""} | asked)
    review = quick.review

    def sheets() -> list[Sheet]:
        given = pl.DataFrame({"name": list(map(readable, asked)), "value": [_text(value) for value in asked.values()]})
        columns = [Column("name", "What is asked"), Column("value", "Value")]
        notes = ["A question about terms and outages as they were typed in: this is not evidence of anything."]
        return [Sheet("Question", "A quick question", given, columns, notes=notes), *review_sheets(review)]

    name = terms_name(review.terms_of(QUESTION))
    files = {}
    if not parameters["policy"]:
        files["Policy (YAML)"] = SavedFile(
            "my-policy.yaml", "application/yaml", lambda: policy_text(quick.policy_named("My policy")).encode()
        )
    return View(
        label=f"Credit due under {'your terms' if not parameters['policy'] else f'the terms of {name}'}",
        value=sums_text(quick.owed.items()),
        note=sentence_on(review, QUESTION),
        chart=_chart(quick),
        tables={
            "Why": quick.why,
            "Credits": lambda: show_credits(review, QUESTION),
            "Claims": lambda: show_claims(review, QUESTION),
            "Assumptions": lambda: show_assumptions(review, QUESTION),
        },
        sheets=sheets,
        made=review.as_of,
        files=files,
    )


def _chart(quick: Quote) -> Drawing:
    """Draw the credits by the length of an outage, with the outages marked where they are of one month."""
    outages = quick.review.evidence.outages
    zone = quick.review.zone_of(QUESTION)
    months = dict.fromkeys(f"{at.astimezone(zone):%Y-%m}" for at in outages["started"].sort())
    fee = quick.review.evidence.subscriptions["monthly_fee"][0]
    curves = credit_curve(quick.review.terms_of(QUESTION), fee=fee, month=next(iter(months)))
    seconds = Decimal(quick.microseconds).scaleb(-6)
    return chart_credit_curves(curves, DRAWN_HOURS, seconds if len(months) == 1 else None)


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def controls_of_quote(parameters: Parameters) -> list[Control]:
    """Return a box for each part of the question."""
    import ipywidgets as w

    return [
        Control(label, w.Text(value=_text(parameters[name]), continuous_update=False), partial(_read, name))
        for name, label in BOXES.items()
    ]


def _read(name: str, text: str) -> Parameters:
    """Read a box: lists by their commas, and the guarantee as a number where it is one."""
    text = text.strip()
    if name in LISTS:
        return {name: [part.strip() for part in text.split(",") if part.strip()]}
    try:
        return {name: float(text) if name == "guarantee" else text}
    except ValueError:  # what is no number is refused in words
        return {name: text}
