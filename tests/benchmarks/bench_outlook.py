"""Times simulated years through the whole assessment: CPU seconds, and service-months a second.

python tests/benchmarks/bench_outlook.py [--years 10000] [--plan klink-cloud:enterprise --plan …]
"""

from __future__ import annotations

import argparse
import resource
import time

import slakit as sla

PLANS = ["klink-cloud:enterprise", "wp-heaven", "graylog-cloud", "google-compute-engine-2016"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=10_000)
    parser.add_argument("--plan", action="append")
    asked = parser.parse_args()
    plans = asked.plan or PLANS
    how = {"outages_per_year": 6, "length": "90m", "period": "2027-01/2027-12"}
    sla.outlook(plans, years=10, **how)  # imports, and policies that are read once
    for ranges in (False, True):
        wall, cpu = time.perf_counter(), time.process_time()
        found = sla.outlook(plans, years=asked.years, ranges=ranges, **how)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        months = 12 * asked.years * len(found.plans)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        read = "with every reading of the first years" if ranges else "one reading"
        print(f"{asked.years:,} years of {len(found.plans)} plans, {read}: {cpu:.1f} s of CPU, {wall:.1f} s, "
              f"{months / cpu:,.0f} months a second of CPU, {memory:.0f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
