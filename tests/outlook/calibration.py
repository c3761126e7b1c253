"""How often the range of 80 of 100 years holds the year that comes, for histories drawn from a known model."""

from __future__ import annotations

import math
import sys
from datetime import UTC, datetime, timedelta
from random import Random

import polars as pl

import slakit as sla
from slakit.evidence.evidence import Evidence

PLANS = ["klink-cloud:enterprise", "wp-heaven"]
MEDIAN, SPREAD = timedelta(hours=1), 1.4
SHOP = {"subscription": "shop", "policy": "wp-heaven", "monthly_fee": "1000", "currency": "DKK",
        "starts": "2025-01-01T00:00:00+01:00"}  # fmt: skip


def drawn_history(random: Random, a_year: int) -> Evidence:
    """Draw a year of outages of the known model, with at least one."""
    first, outages = datetime(2026, 1, 1, tzinfo=UTC), list[dict[str, object]]()
    while not outages:
        hours = 0.0
        while (hours := hours + random.expovariate(a_year / 8766)) < 8760:
            started = first + timedelta(hours=hours)
            ended = started + MEDIAN * math.exp(random.gauss(0, SPREAD))
            outages.append({"outage": str(len(outages)), "subscription": "shop", "started": started, "ended": ended,
                            "reported": started, "detected": started})  # fmt: skip
    return Evidence.of([SHOP], outages=outages)


def held(a_year: int, histories: int, years: int, *, seed: int = 1) -> dict[tuple[str, str], float]:
    """Return, by model and plan, the share of histories whose range from 10 to 90 % holds the year that came.

    Credits come in steps: a year on the edge of the range is held with the chance that makes the range one of 80 %
    exactly (a randomised probability integral transform).
    """
    random, count = Random(f"{seed} {a_year}"), dict[tuple[str, str], int]()
    came = sla.outlook(PLANS, outages_per_year=a_year, length="1h", spread=SPREAD, period="2027-01/2027-12",
                       years=histories, seed=seed + 1, ranges=False).years  # fmt: skip
    for number in range(histories):
        found = sla.outlook(PLANS, evidence=drawn_history(random, a_year), history="2026-01/2026-12", years=years,
                            seed=seed + 2 + number, ranges=False).years  # fmt: skip
        truth = came.filter(pl.col("year") == number)
        for model in ("lognormal", "history"):
            for plan in PLANS:
                amounts = found.filter(pl.col("plan") == plan, pl.col("model") == model)["amount"]
                (true,) = truth.filter(pl.col("plan") == plan)["amount"]
                below, upto = (amounts < true).mean(), (amounts <= true).mean()
                place = below + random.random() * (upto - below)  # type: ignore[operator]
                count[model, plan] = count.get((model, plan), 0) + (0.1 <= place <= 0.9)
    return {key: number / histories for key, number in count.items()}


if __name__ == "__main__":
    for each in (3, 6, 12, 30):
        print(each, held(each, int(sys.argv[1]), int(sys.argv[2])), flush=True)
