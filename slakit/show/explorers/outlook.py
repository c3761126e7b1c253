"""Explore what plans will pay in a year: how often outages come, and how long they last."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache, partial

from slakit.arguments import checked
from slakit.outlook.outlook import Outlook, outlook
from slakit.outlook.words import MODEL_NAMES, frequency, window_noun
from slakit.policy.printing import listed, percent_text, print_number
from slakit.show.charts.outlook import chart_outlook
from slakit.show.columns import Column
from slakit.show.excel.sheets import Fact, Sheet
from slakit.show.explorers.choices import lengths
from slakit.show.explorers.control import Control, Parameters
from slakit.show.explorers.credits import USUAL_PLANS
from slakit.show.explorers.explorer import Explorer
from slakit.show.explorers.shared_controls import fee_control, plans_control
from slakit.show.explorers.view import View
from slakit.show.tables.outlook import show_outlook, show_outlook_differences

OUTLOOK = "outlook"
RATES = [0.5, 1, 2, 3, 4, 6, 9, 12, 18, 24, 36, 52]
SPREADS = [0.0, 0.5, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0]
EXPLORED_YEARS = 300
"""Years that are drawn while a hand moves a slider."""


@checked
def explore_outlook(
    plans: Iterable[str] = USUAL_PLANS,
    *,
    outages_per_year: float = 6,
    length: str = "90m",
    spread: float = 1.4,
    fee: float = 1000,
    years: int = EXPLORED_YEARS,
) -> Explorer:
    """Explore what plans will pay in a year: choose plans, and how often outages come and how long they last.

    Parameters
    ----------
    plans
        Ids of the library, or paths of policy files, each alone (all its tiers) or with a tier: `klikk:gold`.
    outages_per_year, length, spread
        As `outlook` takes them.
    fee
        The same monthly fee for all, in each plan's currency. [currency units]
    years
        How many are drawn.

    Raises
    ------
    InputError
        Plans are unknown, or a number is not one.

    Examples
    --------
    >>> explore_outlook(["wp-heaven", "klink-cloud:enterprise"], years=50)   # doctest: +ELLIPSIS
    What a year pays on average: ... % of the fee at klink.cloud Enterprise
    """
    chosen = {"plans": list(plans), "outages_per_year": float(outages_per_year), "length": length,
              "spread": float(spread), "fee": fee}  # fmt: skip

    @lru_cache(maxsize=32)
    def drawn(plans: tuple[str, ...], rate: float, length: str, spread: float, fee: float) -> Outlook:
        year = date.today().year + 1
        return outlook(plans, outages_per_year=rate, length=length, spread=spread, fee=fee, years=years,
                       period=f"{year}-01/{year}-12", ranges=False)  # fmt: skip

    return Explorer(OUTLOOK, partial(render_outlook, drawn), chosen, controls_of_outlook)


def render_outlook(drawn: Callable[..., Outlook], parameters: Parameters) -> View:
    """Render the view of `explore_outlook`."""
    found = drawn(tuple(parameters["plans"]), *(parameters[n] for n in ("outages_per_year", "length", "spread", "fee")))
    rows = sorted(found.summary.rows(named=True), key=lambda row: -row["fee_share"])
    best = rows[0]["fee_share"]
    leaders = [found.names[row["plan"]] for row in rows if row["fee_share"] == best]
    value = f"{percent_text(best, 2)} of the fee at {listed(leaders)}" if best else "no plan pays anything"
    said = [
        f"{found.names[row['plan']]} misses a guarantee "
        f"{frequency(row['months_missed'], window_noun(found.plans[row['plan']]))}"
        for row in rows
    ]
    drawn_from = " ".join(found.basis["says"])

    def sheets() -> list[Sheet]:
        facts = [
            Fact(name, "text", str(parameters[key]))
            for name, key in (("Outages a year", "outages_per_year"), ("Half last longer than", "length"))
        ]
        columns = [
            Column("plan", "Plan"), Column("model", "Outages by", words=MODEL_NAMES),
            Column("months_missed", "Windows missed", "percent"), Column("expected", "Expected credit", "money"),
            Column("error", "Standard error", "money"), Column("p10", "10 %", "money"), Column("p50", "50 %", "money"),
            Column("p90", "90 %", "money"), Column("fee_share", "Of the fee", "percent"),
            Column("nothing", "Years without a credit", "percent"), Column("currency", "Currency"),
        ]  # fmt: skip
        return [Sheet("Outlook", "What a year pays", found.summary, columns, facts)]

    return View(
        label="What a year pays on average",
        value=value,
        note=f"{'; '.join(said)}. {drawn_from} {found.count:,} years, monthly fee {print_number(parameters['fee'])}.",
        chart=chart_outlook(found),
        tables={"A year": lambda: show_outlook(found), "Differences": lambda: show_outlook_differences(found)},
        sheets=sheets,
    )


def controls_of_outlook(parameters: Parameters) -> list[Control]:
    """Return controls of plans, rate, length, spread and fee."""
    import ipywidgets as w

    rate, length, spread = (parameters[name] for name in ("outages_per_year", "length", "spread"))
    rates = sorted({*map(float, RATES), rate})
    spreads = sorted({*SPREADS, spread})
    often = w.SelectionSlider(options=[(print_number(one), one) for one in rates], value=rate, readout=False)
    long = w.SelectionSlider(options=lengths(length), value=length, readout=False)
    wide = w.SelectionSlider(options=[(f"{one:.1f}", one) for one in spreads], value=spread, readout=False)
    return [
        plans_control("Plans", "plans", parameters["plans"]),
        Control("Outages a year", often, lambda value: {"outages_per_year": value}, say=print_number),
        Control("Half of them last longer than", long, lambda value: {"length": value}, say=str),
        Control("Spread of lengths", wide, lambda value: {"spread": value}, say=str),
        fee_control(parameters["fee"]),
    ]
