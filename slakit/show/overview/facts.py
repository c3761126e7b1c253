"""What an overview says of a review, as plain data: a notebook draws it, and the list of a batch draws it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from slakit.analysis.register import register_sums
from slakit.analysis.review import CLAIMABLE, Review
from slakit.currencies import minor_digits
from slakit.policy.printing import percent_text
from slakit.policy.quantities import MICROSECONDS
from slakit.policy.terms import Terms
from slakit.problems import InputError
from slakit.remedy.break_points import break_points
from slakit.remedy.curves import rules_drawn, scenario_outage
from slakit.remedy.fees import exact_fee
from slakit.remedy.single_outage import outcomes
from slakit.show.columns import REGISTER_SUMS
from slakit.show.labels import (
    amounts_text,
    days_left,
    deadline_text,
    guarantee_names,
    instant_text,
    length_text,
    length_up,
    money_text,
    sums_text,
    terms_name,
    window_name,
)
from slakit.show.readable import most_urgent_first

MOST_DEADLINES = 8
MOST_RUNNING = 20
MOST_WINDOWS = 12
"""Windows of a trend."""

HOUR = MICROSECONDS["h"]
Facts = dict[str, Any]


def overview_of(review: Review) -> Facts:
    """Gather what an overview says, as data that JSON can hold: amounts as text, exact.

    Parameters
    ----------
    review
        From `assess`.

    Returns
    -------
    dict
        `period`, `as_of`, `money` (status → amounts in words), `deadlines`, `subscriptions`, `running`, `register`,
        `changing` (subscription → what a later overview is compared with).
    """
    claims, utc = review.claims, ZoneInfo("UTC")
    money = {str(status): amounts_text(own) for (status,), own in claims.group_by("status", maintain_order=True)}
    open_now = claims.filter(pl.col("status").is_in(CLAIMABLE))
    money["claimable"] = amounts_text(open_now)
    subscriptions = list(_subscriptions(review))
    sums, words = register_sums(review), REGISTER_SUMS
    return {
        "format": 1,
        "period": review.period.printed,
        "as_of": instant_text(review.as_of, utc),
        "money": money,
        "owed": sums_text(review.owed.items()),
        "deadlines": list(_deadlines(review, open_now)),
        "open_claims": open_now.height,
        "subscriptions": subscriptions,
        "running": list(_running(review)),
        "running_count": review.availability.filter(pl.col("running") & (pl.col("agreed_seconds") > 0)).height,
        "register": {
            "headings": [column.heading for column in words.columns if column.name != "currency"],
            "rows": [
                list(row.values())
                for row in words.texts(sums, [column.name for column in words.columns if column.name != "currency"])
            ],
        },
        "changing": {
            row["subscription"]: [row["currency"], row["owed"], row["claimable"], row["deadline"]]
            for row in subscriptions
        },
    }


def _deadlines(review: Review, open_now: pl.DataFrame) -> Iterator[Facts]:
    """List the next deadlines: those that are disputed today, then the earliest ahead."""
    by_day = most_urgent_first(open_now.filter(pl.col("deadline_earliest").is_not_null()))
    disputed = by_day.filter(pl.col("status") == "disputed")
    ahead = by_day.filter(pl.col("status") == "claimable")
    for row in pl.concat([disputed, ahead]).head(MOST_DEADLINES).iter_rows(named=True):
        terms, zone = review.terms_of(row["subscription"]), review.zone_of(row["subscription"])
        yield {
            "subscription": row["subscription"],
            "plan": terms_name(terms),
            "amount": money_text(row["amount"], row["currency"]),
            "until": f"{deadline_text(row['deadline_earliest'], zone)} ({zone.key})",
            "days": days_left(row["deadline_earliest"], review.as_of, zone),
            "disputed": row["status"] == "disputed",
        }


def _subscriptions(review: Review) -> Iterator[Facts]:
    """Describe every subscription, the most urgent first, then as the evidence has them."""
    statuses = review.claims.group_by("subscription").agg(
        pl.col("amount").filter(pl.col("status").is_in(CLAIMABLE)).sum().alias("claimable"),
        pl.col("amount").filter(pl.col("status") == "disputed").sum().alias("disputed"),
        pl.col("deadline_earliest").filter(pl.col("status") == "claimable").min().alias("ahead"),
    )
    known = review.headline().drop("claimable", "next_deadline")
    known = known.join(statuses, on="subscription", how="left", maintain_order="left")
    known = known.with_columns(pl.col("claimable", "disputed").fill_null(0))
    urgent = (pl.col("claimable") > 0).fill_null(value=False)
    known = known.sort(
        ~(pl.col("disputed") > 0), ~urgent, "ahead", nulls_last=True, maintain_order=True
    )  # of one that is disputed the claim is due today
    warned, levels = Counter(review.warnings["subscription"]), _levels(review)
    for row in known.iter_rows(named=True):
        name, currency = row["subscription"], row["currency"]
        terms = review.terms_of(name)
        zone = review.zone_of(name)
        level = levels.get(name)
        yield {
            "subscription": name,
            "provider": terms.provider,
            "plan": terms_name(terms),
            "currency": currency,
            "owed": str(row["owed"]),
            "range": [str(row["lowest"]), str(row["highest"])],
            "claimable": str(row["claimable"]),
            "disputed": str(row["disputed"]),
            "deadline": None if row["ahead"] is None else deadline_text(row["ahead"], zone),
            "days": None if row["ahead"] is None else days_left(row["ahead"], review.as_of, zone),
            "warnings": warned[name],
            **(_level(level, terms, zone) if level else {"worst": None, "trend": None}),
        }


def _levels(review: Review) -> dict[str, dict[str, Any]]:
    """Find the window of each subscription that is furthest under its target, and the last ones of that guarantee."""
    judged = ~pl.col("running") & pl.col("availability").is_not_null() & pl.col("target").is_not_null()
    windows = review.availability.filter(judged).with_columns(
        (pl.col("availability") - pl.col("target")).alias("margin")
    )
    worst = windows.sort("margin", maintain_order=True).unique("subscription", keep="first", maintain_order=True)
    of_guarantee = windows.join(worst.select("subscription", "guarantee"), on=["subscription", "guarantee"])
    last = (
        of_guarantee.sort("window_end")
        .group_by("subscription")
        .agg(
            pl.col("availability").tail(MOST_WINDOWS).alias("levels"),
            pl.col("met").tail(MOST_WINDOWS).alias("verdicts"),
        )
    )
    counts = windows.group_by("subscription").agg((~pl.col("met")).sum().alias("missed"), pl.len().alias("windows"))
    found = worst.join(last, on="subscription").join(counts, on="subscription")
    return {row["subscription"]: row for row in found.iter_rows(named=True)}


def _level(row: dict[str, Any], terms: Terms, zone: ZoneInfo) -> Facts:
    """Describe a row of `_levels`."""
    return {
        "worst": {
            "window": window_name(row["window_start"], row["window_end"], zone),
            "level": percent_text(row["availability"], 3),
            "target": percent_text(row["target"], 6),
            "guarantee": guarantee_names(terms).get(row["guarantee"], row["guarantee"]),
            "margin": float(row["margin"]),
            "met": row["met"],
        },
        "trend": {
            "levels": [float(level) for level in row["levels"]],
            "met": row["verdicts"],
            "target": float(row["target"]),
            "missed": row["missed"],
            "windows": row["windows"],
        },
    }


def _running(review: Review) -> Iterator[Facts]:
    """Describe the windows that still run, the least budget left first: downtime so far, what is left, and money."""
    targeted = pl.col("target").is_not_null() & (pl.col("agreed_seconds") > 0)
    running = review.availability.filter(pl.col("running") & targeted)
    running = running.with_columns(
        ((pl.col("agreed_seconds") * (100 - pl.col("target"))) / 100).cast(pl.Decimal(38, 6)).alias("allowed")
    )
    used = pl.col("downtime_seconds").cast(pl.Float64) / pl.col("allowed").cast(pl.Float64)
    running = running.with_columns(used.fill_nan(1).alias("used"))
    by_use = running.sort("used", descending=True, nulls_last=True, maintain_order=True)
    fees = dict(review.evidence.phases.select("subscription", "monthly_fee").iter_rows())
    for row in by_use.head(MOST_RUNNING).iter_rows(named=True):
        terms, zone = review.terms_of(row["subscription"]), review.zone_of(row["subscription"])
        left = row["allowed"] - row["downtime_seconds"]
        end: datetime = row["window_end"]
        yield {
            "subscription": row["subscription"],
            "guarantee": guarantee_names(terms).get(row["guarantee"], row["guarantee"]),
            "window": window_name(row["window_start"], end, zone),
            "days": days_left(end - timedelta(microseconds=1), review.as_of, zone),
            "downtime": length_up(row["downtime_seconds"]),
            "left": length_text(left.quantize(Decimal(1), "ROUND_FLOOR")) if left >= 0 else None,
            "over": length_up(-left) if left < 0 else None,
            "used": min(1.0, row["used"]) if row["used"] is not None else None,
            **_bands(terms, row, fees[row["subscription"]]),
        }


def _bands(terms: Terms, row: dict[str, Any], fee: Decimal) -> Facts:
    """Find the credit if the window ended now, and the downtime at which the next larger one is due.

    It is that of one outage, as credit curves are, by the monthly fee. A credit that grows with the downtime is told
    at the first hour for which it does.
    """
    rules = {rule.guarantee.id: rule for rule in rules_drawn(terms)}
    remedies = [one for one in terms.remedies if row["guarantee"] in one.guarantees]
    if row["guarantee"] not in rules or not remedies or fee <= 0:
        return {"now": None, "next": None}
    agreed = timedelta(microseconds=int(row["agreed_seconds"] * 10**6))
    so_far = int(row["downtime_seconds"] * 10**6)
    try:
        case = scenario_outage(terms, remedies[0], rules[row["guarantee"]], exact_fee(fee), agreed)
        if case.rule.per_incident or so_far > case.longest:
            return {"now": None, "next": None}
        lengths = break_points(case)
        known = outcomes([case], [so_far, *lengths])
    except InputError:
        return {"now": None, "next": None}
    digits = minor_digits(case.currency)
    now = Decimal(known[so_far].amount).scaleb(-digits)
    larger = next((n for n in lengths if n > so_far and known[n].amount > known[so_far].amount), None)
    if larger is None:
        return {"now": money_text(now, case.currency) if now else None, "next": None}
    flat = max((n for n in lengths if so_far <= n < larger), default=so_far)
    grows = larger - flat > 1  # no step, which two points a microsecond apart are
    if grows:
        larger = min(flat + HOUR, larger)
        known = outcomes([case], [larger])
    return {
        "now": money_text(now, case.currency) if now else None,
        "next": {
            "after": length_up(Decimal(larger - so_far).scaleb(-6)),
            "amount": money_text(Decimal(known[larger].amount).scaleb(-digits), case.currency),
            "grows": grows,
        },
    }
