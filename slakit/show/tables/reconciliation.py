"""Tables of two sources side by side: their outages, the verdicts on which they differ, and the credits by each."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from great_tables import GT

from slakit.comparison.reconcile import Reconciliation
from slakit.policy.printing import percent_text
from slakit.show.columns import RECONCILED
from slakit.show.labels import (
    MET,
    NOT_OBSERVED,
    counted,
    instant_text,
    length_text,
    money_text,
    sign_text,
    sums_text,
)
from slakit.show.readable import in_words
from slakit.show.tables.memo import Memo, memo_table

LOOKED = {
    "yes": "{} looked and has none",
    "no": "{} did not look",
    None: "not known whether {} looked",
}


def headings(found: Reconciliation) -> dict[str, str]:
    """Name the columns of the two sources, and of both."""
    return {
        "provider": f"Provider: {found.provider}",
        "own": f"Own: {found.own}",
        "together": "Both together",
    }


def show_pairs(found: Reconciliation) -> GT:
    """Show the outages of two sources side by side, and those that only one of them has.

    Parameters
    ----------
    found
        From `reconcile`.
    """
    name, review = headings(found), found.reviews["together"]
    with_component = bool(found.pairs["component"].count())
    names = {"provider": found.provider, "own": found.own}
    rows = []
    for row in found.pairs.iter_rows(named=True):
        zone, known = review.zone_of(row["subscription"]), row["known_to"]
        if known == "both":
            difference = f"{_shift(row, 'start', 'starts')}\n{_shift(row, 'end', 'ends')}"
            overlap = length_text(row["overlap_seconds"])
        else:
            other = names["own" if known == "provider" else "provider"]
            difference, overlap = LOOKED[row["other_observed"]].format(other), "–"
        rows.append({
            "Subscription": row["subscription"],
            **({"Component": row["component"] or "everything"} if with_component else {}),
            name["provider"]: _time(row, "provider", zone),
            name["own"]: _time(row, "own", zone),
            "Own against the provider's": difference,
            "Time in common": overlap,
            "Known to": names.get(known, "both") + " alone" * (known != "both"),
        })  # fmt: skip
    zones = ", ".join(dict.fromkeys(review.zone_of(who).key for who in found.pairs["subscription"]))
    table = RECONCILED["pairs"]
    memo = Memo(
        table.title,
        found.summary()[0],
        [table.note, f"Times in {zones}."],
        groups="Subscription",
        numbers=["Time in common"],
        strong=[number for number, known in enumerate(found.pairs["known_to"]) if known != "both"],
    )
    return memo_table(rows, memo, f"Neither source has an outage in {review.period.printed}.")


def _time(row: Mapping[str, Any], side: str, zone: ZoneInfo) -> str:
    started, ended = row[f"{side}_started"], row[f"{side}_ended"]
    if started is None:
        return "–"
    return f"{instant_text(started, zone)}\n{f'to {instant_text(ended, zone)}' if ended else 'still down'}"


def _shift(row: Mapping[str, Any], edge: str, verb: str) -> str:
    seconds: Decimal | None = row[f"{edge}_difference_seconds"]
    if seconds is None:
        return f"{verb}: not known yet"
    if not seconds:
        return f"{verb} at the same time"
    return f"{verb} {length_text(abs(seconds))} {'later' if seconds > 0 else 'earlier'}"


def show_source_windows(found: Reconciliation) -> GT:
    """Show the windows whose verdict by the provider's source differs from that by one's own.

    Parameters
    ----------
    found
        From `reconcile`.
    """
    apart = found.windows.filter("differs")
    rows = [
        {
            "Subscription": row["subscription"],
            "Guarantee": row["guarantee"],
            "Window": row["window"],
            "Committed": percent_text(row["target"], 6),
            **{heading: _verdict(row, side) for side, heading in headings(found).items()},
        }
        for row in in_words(found.reviews["together"], "windows", apart).iter_rows(named=True)
    ]
    said = f"{counted(apart.height, 'window').capitalize()} of {found.windows.height:,} "
    said += f"{'has' if apart.height == 1 else 'have'} another verdict by the other source."
    notes = ["Availability is cut after three decimals; the verdict is exact."]
    memo = Memo("Verdicts that differ", said, notes, groups="Subscription", numbers=["Committed"])
    return memo_table(rows, memo, "All windows have the same verdict by both sources.")


def _verdict(row: Mapping[str, Any], side: str) -> str:
    met, availability = row[f"{side}_met"], row[f"{side}_availability"]
    unseen = met is None and not row["running"]
    said = [NOT_OBSERVED if unseen else MET[met], f"{length_text(row[f'{side}_downtime_seconds'])} down"]
    return "\n".join([*said, *([percent_text(availability)] if availability is not None else [])])


def show_source_credits(found: Reconciliation) -> GT:
    """Show the credits that each source alone, and both together, would give under the contract.

    Parameters
    ----------
    found
        From `reconcile`.
    """
    name = headings(found)
    amounts = {heading: f"{side}_amount" for side, heading in name.items()}
    due = found.credits.filter(pl.any_horizontal(pl.col(list(amounts.values())) != 0))
    rows = [
        {
            "Subscription": row["subscription"],
            "Remedy": row["remedy"],
            "Window": row["window"],
            **{heading: money_text(row[column], row["currency"]) for heading, column in amounts.items()},
            "Difference": sign_text(row["difference"], row["currency"]) if row["difference"] else "–",
        }
        for row in in_words(found.reviews["together"], "credits", due).iter_rows(named=True)
    ]
    notes = ["Difference: by one's own source, less by the provider's."]
    numbers = [*amounts, "Difference"]
    strong = [number for number, difference in enumerate(due["difference"]) if difference]
    said = owed_text(found)
    memo = Memo("Credits by source", said, notes, groups="Subscription", numbers=numbers, strong=strong)
    return memo_table(rows, memo, "No credit is due by either source.")


def owed_text(found: Reconciliation) -> str:
    """Say what is owed according to each source alone, and to both together."""
    names = {"provider": f"{found.provider} alone", "own": f"{found.own} alone", "together": "both together"}
    said = [f"{sums_text(found.reviews[side].owed.items())} according to {name}" for side, name in names.items()]
    return f"Owed: {', '.join(said)}."
