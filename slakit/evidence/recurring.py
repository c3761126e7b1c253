"""Maintenance that comes again: one row with a rule becomes a row for each time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from slakit.evidence.evidence import Evidence
from slakit.evidence.repeats import Repeats, occurrences


def with_occurrences(evidence: Evidence, until: datetime) -> Evidence:
    """Write maintenance that comes again as a row for each time, under the number of its row in the file.

    Of a rule those are kept that touch the time of the subscription; where there are none, the first.

    Parameters
    ----------
    evidence
        Checked tables.
    until
        What begins later is left out.
    """
    works = evidence.maintenance
    if works["repeats"].null_count() == works.height:
        return evidence
    held = evidence.phases.select("subscription", "held_from", "held_to").unique()
    terms = {name: (since, to) for name, since, to in held.iter_rows()}
    rows: list[dict[str, Any]] = []
    numbered = evidence.numbered("maintenance")
    for row in numbered.iter_rows(named=True):
        if row["repeats"] is None:
            rows.append(row)
            continue
        since, to = terms[row["subscription"]]
        rule, zone = Repeats.parse(row["repeats"]), ZoneInfo(row["time_zone"])
        end = until if to is None else min(until, to)
        times = occurrences(rule, row["started"], row["ended"], zone, end)
        kept = [one for one in times if one[2] > since]
        kept = kept or list(islice(occurrences(rule, row["started"], row["ended"], zone, row["started"]), 1))
        for day, first, last in kept:
            name = f"{row['maintenance']} {day}"
            once = {"maintenance": name, "started": first, "ended": last, "repeats": None, "time_zone": None}
            rows.append(row | once)
    table = pl.DataFrame(rows, schema=numbered.schema, orient="row")
    numbers = dict(evidence.rows) | {"maintenance": table["row"]}
    return replace(evidence, maintenance=table.select(works.columns), rows=numbers)
