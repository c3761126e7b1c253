"""Times findings, curves and comparison of all the policies that ship, and ranges against one reading; in one run.

python tests/benchmarks/bench_contracts.py [--subscriptions 1000]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import prod

import polars as pl

import slakit as sla
from slakit.policy.files import tiers_of

START = datetime(2026, 1, 1, tzinfo=UTC)
COMPONENTS = ["network", "infrastructure", "hardware", "connectivity"]


def random_series(seed: int, count: int, below: int) -> list[int]:
    """Repeatable whole numbers, without another package."""
    return (pl.int_range(count, eager=True).hash(seed) % below).to_list()


def evidence_of(subscriptions: int) -> sla.Evidence:
    """Invent outages and maintenance of Klikk's customers, three outages each, every other with maintenance."""
    tiers = sla.find_policy("klikk").tiers
    held = [
        {
            "subscription": f"s{number}", "policy": "klikk", "tier": tiers[number % 4],
            "monthly_fee": str(1000 + number), "currency": "NOK", "starts": "2025-01-01T00:00:00Z",
        }
        for number in range(subscriptions)
    ]  # fmt: skip
    count = 3 * subscriptions
    starts, lengths, kinds = (random_series(seed, count, below) for seed, below in ((1, 388_800), (2, 400), (3, 4)))
    outages, maintenance = [], []
    for number, (minute, length, kind) in enumerate(zip(starts, lengths, kinds, strict=True)):
        started = START + timedelta(minutes=minute)
        owner = {"subscription": f"s{number % subscriptions}", "component": COMPONENTS[kind]}
        ended = started + timedelta(minutes=length + 1)
        outages.append({**owner, "outage": f"o{number}", "started": started, "ended": ended, "reported": started})
        if number % 2:
            announced = started - timedelta(hours=40)
            window = {"started": started, "ended": started + timedelta(hours=1), "announced": announced}
            maintenance.append(
                {**owner, **window, "maintenance": f"m{number}", "kind": ("scheduled", "emergency")[kind % 2]}
            )
    return sla.Evidence.of(held, outages=outages, maintenance=maintenance)


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The shortest of some runs."""
    found = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return min(found)


def main() -> None:
    """Print the figures of the README."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--subscriptions", type=int, default=1000)
    asked = options.parse_args()
    policies = [sla.find_policy(name) for name in sla.library()]
    plans = [plan for policy in policies for plan in tiers_of(policy)]
    read = seconds(lambda: [sla.read_policy(f"slakit/policy/library/{name}.yaml") for name in sla.library()], 1)
    print(f"{len(policies)} policies, {len(plans)} plans; reading their files takes {read:.2f} s")
    print(f"findings    {seconds(lambda: sla.findings(policies)):6.2f} s")
    curves = seconds(lambda: [sla.credit_curve(policy.terms(tier=tier)) for policy, tier in plans])
    print(f"curves      {curves:6.2f} s")
    print(f"comparison  {seconds(lambda: sla.compare(plans), 1):6.2f} s, every two of {len(plans)} plans")
    evidence = evidence_of(asked.subscriptions)
    readings = prod(len(question.answers) for question in sla.find_policy("klikk").readings)
    one = seconds(lambda: sla.assess(evidence, "2026-01/2026-09", "2026-10-05", ranges=False))
    all_readings = seconds(lambda: sla.assess(evidence, "2026-01/2026-09", "2026-10-05"))
    ratio = f"{all_readings / one:.1f} times as long as one"
    print(f"ranges of {asked.subscriptions} subscriptions over {readings} readings: {all_readings:.2f} s, {ratio}")


if __name__ == "__main__":
    main()
