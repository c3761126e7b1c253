"""Where an outage is cut into rows, in which order rows stand, and what they are called changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest
from effort import some_quick
from random_cases import ID_OF, Case, Row, Rows, as_evidence, random_case
from shipped_plans import SHIPPED, shipped_case, some_shipped
from tables_alike import TABLES, differences, tables_of, verdict_seconds

from slakit.analysis.assess import assess

JUDGED = tuple(name for name in TABLES if name not in ("ledger", "readings", "warnings"))
OF_SIGNALS = {"unreported": "before_clock_start"}
"""A piece that ends before the signal has no signal in it: the rest of the outage says the same otherwise."""


def said(case: Case, rows: Rows) -> dict[str, list[Row]]:
    review = assess(as_evidence(rows), case.period, case.as_of, policies=case.parsed(), ranges=False)
    return tables_of(review, JUDGED) | {"ledger": verdict_seconds(review.ledger, OF_SIGNALS)}


def cut(rng: Random, rows: Rows, as_of: datetime) -> Rows:
    """Tell some outages as two or three that touch, with the same signals."""
    pieces: list[Row] = []
    for row in rows["outages"]:
        last = row["ended"] or as_of
        length = (last - row["started"]) // timedelta(microseconds=1)
        count = min(rng.choice((0, 1, 2)), max(0, length - 1))
        edges = sorted(rng.sample(range(1, length), count)) if count > 0 else []
        starts = [row["started"], *(row["started"] + timedelta(microseconds=edge) for edge in edges)]
        for number, start in enumerate(starts):
            ended = starts[number + 1] if number + 1 < len(starts) else row["ended"]
            pieces.append(row | {"outage": f"{row['outage']}.{number}", "started": start, "ended": ended})
    return rows | {"outages": pieces}


def shuffled(rng: Random, rows: Rows) -> Rows:
    """The same rows in another order, under other names; each subscription stays where it is."""
    other = {name: [dict(row) for row in rng.sample(table, len(table))] for name, table in rows.items()}
    for table, key in ID_OF.items():
        names = {row[key]: f"x{number}" for number, row in enumerate(other[table])}
        of_tickets = [row for name in ("holds", "priorities", "updates") for row in other.get(name, [])]
        for row in (*other[table], *(of_tickets if table == "tickets" else ())):
            row[key] = names[row[key]]
    return other


NAMES = ("ticket", "outage", "recovery", "row")


def cuts_change_nothing(case: Case, seed: int) -> None:
    whole, parts = said(case, case.evidence), said(case, cut(Random(seed), case.evidence, case.as_of))
    assert not differences(whole, parts)


def order_changes_nothing(case: Case, seed: int) -> None:
    before, after = said(case, case.evidence), said(case, shuffled(Random(seed), case.evidence))
    assert not differences(before, after, NAMES)


@pytest.mark.parametrize("seed", some_quick([0, 1, 3], [1]))
def test_a_cut_changes_nothing_under_random_policies(seed: int) -> None:
    cuts_change_nothing(random_case(f"cut {seed}", policies=3, subscriptions=3), seed)


@pytest.mark.parametrize("seed", some_quick([0, 1, 3], [1]))
def test_order_changes_nothing_under_random_policies(seed: int) -> None:
    order_changes_nothing(random_case(f"order {seed}", policies=3, subscriptions=3), seed)


@pytest.mark.long
def test_neither_changes_anything_under_some_shipped_policies() -> None:
    case = shipped_case(some_shipped(2, 5), 3)
    cuts_change_nothing(case, 1)
    order_changes_nothing(case, 2)


@pytest.mark.long
@pytest.mark.parametrize("names", [SHIPPED[at : at + 12] for at in range(0, len(SHIPPED), 12)])
def test_neither_changes_anything_under_every_shipped_policy(names: tuple[str, ...]) -> None:
    for seed in range(3):
        case = shipped_case(names, 10 + seed)
        cuts_change_nothing(case, seed)
        order_changes_nothing(case, seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 180))
def test_neither_changes_anything_under_many_random_policies(seed: int) -> None:
    case = random_case(f"both {seed}", policies=4, subscriptions=8)
    cuts_change_nothing(case, seed)
    order_changes_nothing(case, seed)
