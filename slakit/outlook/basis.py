"""What an outlook is drawn from, in sentences: every figure carries them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from slakit.outlook.closed_forms import outage_rate
from slakit.outlook.history import History
from slakit.outlook.models import FEW, PUBLISHED_WEIGHT, ByRate, Lengths, Model, OwnMonths
from slakit.policy.printing import print_duration, print_number
from slakit.policy.quantities import MICROSECONDS

SECOND = MICROSECONDS["s"]
AT_ONCE = "Each outage is of everything, without a known cause, and detected and reported as it begins."
LIKE_ONES_OWN = (
    "Components, causes, reports, notice and maintenance are those of your outages, at the same time of the week."
)


def basis_of(model: Model) -> Iterator[str]:
    """Yield what a model draws from."""
    if isinstance(model, OwnMonths):
        yield from_history(model.history)
        yield "Whole months are drawn again and again, so that outages that came together come together."
        if len(model.history.lengths) < FEW:
            yield "Outages longer than your longest are not drawn: from so few outages this may flatter the provider."
        return
    assert isinstance(model, ByRate)
    if model.history is not None and (model.rate.a_year is None or model.lengths.own):
        yield from_history(model.history)
    yield _rate_text(model)
    yield _lengths_text(model.lengths)
    yield LIKE_ONES_OWN if model.history is not None else AT_ONCE


def from_history(history: History) -> str:
    """Say how much was seen.

    The words are those of every figure: from 6 outages in 14 months.
    """
    outages, months = len(history.outages), len(history.months)
    seen = f"From {outages} outage{'s' * (outages != 1)} in {months} month{'s' * (months != 1)}"
    seen += f" ({history.period.printed})"
    whole = sum(month.end - month.start for month in history.months)
    if history.observed < whole:
        seen += f", of which {round(100 * history.observed / whole)} % were observed"
    return f"{seen}."


def _rate_text(model: ByRate) -> str:
    rate = model.rate
    if rate.a_year is not None:
        return f"{print_number(rate.a_year)} outages a year, as given."
    known = outage_rate(rate.outages, rate.years, share=0.8)
    return (
        f"{known.mean:.1f} outages a year; from so many, {known.low:.1f} to {known.high:.1f} are likely (80 of 100). "
        "Each simulated year has a number of its own from that range."
    )


def _lengths_text(lengths: Lengths) -> str:
    half = print_duration(round(math.exp(lengths.log_median) / SECOND) * SECOND)
    if lengths.kind == "exponential":
        return f"Half of them last longer than {half}; exponential lengths have fewer long ones than outages have."
    if not lengths.spread:
        return f"All of them last {half}."
    spread = f"spread {lengths.spread:.2f} (standard deviation of the logarithm)"
    if not lengths.own:
        return f"Half of them last longer than {half}; {spread}."
    weight = f"your {lengths.own} weighed with a published spread that counts as {PUBLISHED_WEIGHT}"
    return f"Half of them last longer than {half}; {spread}: {weight}."
