"""How long does a hand wait? From the event of a slider to the chart, the sentence and the table, in the kernel.

    python tests/benchmarks/bench_explore.py

Each explorer's usual slider is moved to and fro. What is measured begins with the event and ends when the new chart, as
JSON of Vega-Lite, the sentence and the table have been handed over; the browser then draws them. Printed: median and
worst of the moves, and the median as a share of what a person does not notice.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import slakit as sla
from slakit.show.explorers.explorer import Explorer

UNNOTICED = 0.1
"""Seconds that feel like no time (R. B. Miller, Response time in man-computer conversational transactions, 1968)."""
EVIDENCE = Path(__file__).parents[2] / "data_samples" / "evidence"
MOVES = 30


def waits(explorer: Explorer, label: str, values: Callable[[int], object]) -> list[float]:
    """Move a control to and fro; how long each move takes until everything is handed over. [s]"""
    panel = explorer.panel
    widget, took = panel.controls[label].widget, []
    for number in range(MOVES):
        before = (panel.chart_view.source.spec, panel.figure.value)
        began = time.perf_counter()
        widget.value = values(number)
        took.append(time.perf_counter() - began)
        assert panel.alert.value == "", panel.alert.value
        assert number == 0 or (panel.chart_view.source.spec, panel.figure.value) != before, "nothing moved"
    return took[2:]


def main() -> None:
    """Move, and print."""
    credits = sla.explore_credits(month="2026-10")
    lengths = credits.panel.controls["Length of the outage"].widget.options
    incident = sla.explore_incident("klikk:gold", reported="2026-08-11T09:30")
    signals = [value for _, value in incident.panel.controls["Your ticket"].widget.options[290:330]]
    vendors = sla.explore_vendors(evidence=EVIDENCE, subscription="fjord-iaas")
    policy = sla.explore_policy("klikk", month="2026-10")
    moves = [
        ("length of an outage, 9 plans", credits, "Length of the outage", lambda n: lengths[20 + n % 20]),
        ("month of an outage, 9 plans", credits, "Month", lambda n: f"2026-{1 + n % 12:02}"),
        ("ticket of an incident, 7 promises", incident, "Your ticket", lambda n: signals[n % 40]),
        ("weight of a criterion, 4 plans", vendors, "Time to claim", lambda n: n % 10),
        ("month of a contract's budgets", policy, "Month", lambda n: f"2026-{1 + n % 2:02}"),
    ]
    print(f"{'slider':38} {'median':>8} {'worst':>8}   of {UNNOTICED * 1000:.0f} ms")
    for name, explorer, label, values in moves:
        took = waits(explorer, label, values)
        middle = statistics.median(took)
        print(f"{name:38} {middle * 1000:5.0f} ms {max(took) * 1000:5.0f} ms   {middle / UNNOTICED:.2f}")


if __name__ == "__main__":
    main()
