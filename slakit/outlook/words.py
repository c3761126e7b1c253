"""An outlook in sentences, as natural frequencies."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from slakit.outlook.outlook import Outlook
from slakit.policy.printing import listed, percent_text, print_money
from slakit.policy.terms import Terms

WHOLE = Decimal(100)
MODEL_NAMES = {"history": "your own months", "lognormal": "lognormal lengths", "exponential": "exponential lengths"}
"""Models as tables name them."""


def frequency(percent: Decimal | None, noun: str) -> str:
    """Say a share as a natural frequency.

    >>> frequency(Decimal("31.2"), "month"), frequency(Decimal("0.4"), "year"), frequency(Decimal(0), "year")
    ('in 31 of 100 months', 'in 1 of 250 years', 'in no year')
    """
    if percent is None:
        return "–"
    if percent == 0:
        return f"in no {noun}"
    if percent < 1:
        return f"in 1 of {round(100 / Fraction(percent)):,} {noun}s"
    if percent > 99:
        return f"in {'every' if percent == WHOLE else 'nearly every'} {noun}"
    return f"in {round(percent)} of 100 {noun}s"


def window_noun(terms: Terms) -> str:
    """Return what the measurement windows of a plan are called: months, where they are."""
    windows = {one.window.text for one in terms.guarantees if one.measured is None and one.window.text != "incident"}
    return "month" if windows <= {"1mo", "billing_month"} else "measurement window"


def outlook_sentences(outlook: Outlook) -> Iterator[str]:
    """Yield what an outlook says: of each plan how often it breaks and what it pays, then from what this is known."""
    for plan, name in outlook.names.items():
        rows = [row for row in outlook.summary.iter_rows(named=True) if row["plan"] == plan]
        first, currency = rows[0], rows[0]["currency"]
        missed = frequency(first["months_missed"], window_noun(outlook.plans[plan]))
        yield f"{name}: a guarantee is missed {missed}."
        expected = money_range([row["expected"] for row in rows], currency)
        said = f"A year pays {expected} on average ({percent_text(first['fee_share'], 2)} of the fee)"
        if first["p10"] < first["p90"]:
            low, high = print_money(first["p10"], currency), print_money(first["p90"], currency)
            said += f"; in 80 of 100 years, {low} to {high}"
        nothing = frequency(first["nothing"], "year").capitalize()
        yield f"{said}. {f'{nothing} nothing is paid' if first['nothing'] else 'Every year pays something'}."
    if len(outlook.models) > 1:
        yield f"Averages from one model of outages to the other: {listed(MODEL_NAMES[one] for one in outlook.models)}."
    yield from outlook.basis.filter(model=outlook.models[0])["says"]


def money_range(amounts: list[Decimal], currency: str) -> str:
    """Write the least and the largest of some amounts, or the one that they all are."""
    low, high = print_money(min(amounts), currency), print_money(max(amounts), currency)
    return low if low == high else f"{low} to {high}"
