"""Two sources side by side: the provider's page and one's own monitor, outage by outage, and in money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from slakit import _hooks
from slakit.analysis.assess import assess, instant_of, policies_of
from slakit.analysis.plans import Policies
from slakit.analysis.result_tables import seconds
from slakit.analysis.review import Review
from slakit.arguments import checked
from slakit.evidence.evidence import Evidence
from slakit.evidence.instants import INSTANT
from slakit.measure.calendar import Period, to_instant
from slakit.measure.conventions import Conventions
from slakit.policy.printing import print_money
from slakit.problems import InputError, Problem, one_of

TABLES = ("pairs", "windows", "credits", "owed")
"""Tables of a reconciliation."""
SIDES = ("provider", "own", "together")


@dataclass(frozen=True, eq=False, repr=False)
class Reconciliation:
    """What two sources say of the same time.

    Attributes
    ----------
    pairs
        Outages of one subscription and component that overlap, side by side, and those that only one source knows.
    windows
        Downtime, availability and verdict of each window by each source alone, and by both together.
    credits
        The credits that each would give under the contract.
    owed
        Their sums by subscription. The columns of every table are in `RESULTS.md` beside `slakit.analysis.review`.
    provider, own
        Names of the sources.
    reviews
        The assessments: `provider`, `own` and `together`.
    """

    pairs: pl.DataFrame
    windows: pl.DataFrame
    credits: pl.DataFrame
    owed: pl.DataFrame
    provider: str
    own: str
    reviews: Mapping[str, Review]

    @property
    def counts(self) -> dict[str, int]:
        """Count the provider's outages that match one of one's own (`both`), and those that one source has alone."""
        matched = self.pairs.filter(pl.col("known_to") == "both").select("subscription", "provider_outage")
        alone = {side: self.pairs.filter(pl.col("known_to") == side).height for side in ("provider", "own")}
        return {"both": matched.unique().height, **alone}

    def summary(self) -> list[str]:
        """Say what matches, what only one source knows, and what each would pay, in sentences."""
        counts = self.counts
        said = [
            f"{_outages(counts['both'])} of {self.provider} {'overlaps' if counts['both'] == 1 else 'overlap'} with "
            f"one of {self.own}; only {self.provider} has {_outages(counts['provider'])}, "
            f"only {self.own} {_outages(counts['own'])}."
        ]
        unseen = self.pairs.filter(pl.col("other_observed") == "no").height
        if unseen:
            said.append(
                f"Of those that one source has alone, {unseen} {'is' if unseen == 1 else 'are'} outside the time that "
                "the other one covers."
            )
        apart = self.windows.filter("differs").height
        said.append(f"{apart or 'No'} window{'s have' if apart != 1 else ' has'} another verdict by the other source.")
        for side, name in zip(SIDES, (f"{self.provider} alone", f"{self.own} alone", "both together"), strict=True):
            sums = [print_money(amount, currency) for currency, amount in self.reviews[side].owed.items()]
            said.append(f"Owed by {name}: {', '.join(sums) or 'nothing'}.")
        return said

    @checked
    def to_excel(self, path: str | Path) -> None:
        """Write an Excel workbook: the summary, and a sheet for each table.

        Parameters
        ----------
        path
            Ends in `.xlsx`. Its folder exists. A file of that name is replaced, whole or not at all.

        Raises
        ------
        InputError
            slakit was installed without Excel, the path ends otherwise, or a table is larger than a sheet can be.
        """
        _hooks.write_workbook(self, path)

    def __repr__(self) -> str:
        return f"Reconciliation({self.provider} and {self.own}: {' '.join(self.summary())})"


def _outages(count: int) -> str:
    return f"{count} outage{'s' * (count != 1)}"


@checked
def reconcile(
    evidence: Evidence,
    period: str | Period,
    as_of: str | date | datetime,
    *,
    provider: str | None = None,
    own: str | None = None,
    reading: Mapping[str, str] | Iterable[str] | None = None,
    policies: Policies | None = None,
    conventions: Conventions | None = None,
) -> Reconciliation:
    """Set the outages of two sources side by side, and what each would give under the contract.

    Two outages match where they are of one subscription, overlap or touch, and are of one component, or one of them
    is of everything. An outage that matches several is in several rows. They are matched as they were recorded; in
    money, decisions on them that were agreed apply on each side.

    Parameters
    ----------
    evidence
        Checked tables, with the column `source` in `outages`, as `import_evidence` writes it.
    period, as_of, reading, policies, conventions
        As for `assess`.
    provider, own
        Names of the two sources. They may be absent where the evidence has exactly two: the first one in the table is
        then taken as the provider's.

    Returns
    -------
    Reconciliation

    Raises
    ------
    InputError
        The evidence does not have two such sources, or `assess` refuses it.

    Examples
    --------
    >>> shop = {"subscription": "shop", "policy": "wp-heaven", "monthly_fee": "1600", "currency": "DKK",
    ...         "starts": "2025-01-01T00:00:00+01:00"}
    >>> def outage(name, started, ended, source):
    ...     return {"outage": name, "subscription": "shop", "started": started, "ended": ended, "source": source}
    >>> evidence = Evidence.of([shop], outages=[
    ...     outage("p1", "2026-06-10T00:05:00Z", "2026-06-10T00:25:00Z", "page"),
    ...     outage("m1", "2026-06-10T00:00:00Z", "2026-06-10T00:30:00Z", "monitor"),
    ...     outage("m2", "2026-06-20T00:00:00Z", "2026-06-20T00:10:00Z", "monitor")])
    >>> found = reconcile(evidence, "2026-06", "2026-07-01", provider="page", own="monitor")
    >>> found.pairs.select("provider_outage", "own_outage", "known_to", "start_difference_seconds").rows()
    [('p1', 'm1', 'both', Decimal('-300.000000')), (None, 'm2', 'own', None)]
    """
    reading = reading if reading is None or isinstance(reading, Mapping | str) else tuple(reading)
    first, second = _sources(evidence, provider, own)
    span = period if isinstance(period, Period) else Period.parse(period)
    moment = instant_of(as_of)
    known = policies if policies is not None else policies_of(evidence)
    parts = {"provider": _of_source(evidence, first), "own": _of_source(evidence, second), "together": evidence}
    reviews = {
        side: assess(part, span, moment, reading=reading, policies=known, ranges=False, conventions=conventions)
        for side, part in parts.items()
    }
    windows = _windows(reviews)
    pairs = _pairs(evidence, first, second, reviews["together"])
    return Reconciliation(pairs, windows, _credits(reviews), _owed(reviews), first, second, reviews)


def _sources(evidence: Evidence, provider: str | None, own: str | None) -> tuple[str, str]:
    known = evidence.outages["source"].drop_nulls().unique(maintain_order=True).to_list()
    named = [(name, value) for name, value in (("provider", provider), ("own", own)) if value is not None]
    problems = [
        Problem(name, value, "no outage has this source", one_of(known, value))
        for name, value in named
        if value not in known
    ]
    if not problems and provider is not None and provider == own:
        problems.append(Problem("own", own, "the same source twice", one_of([name for name in known if name != own])))
    others = [name for name in known if name not in (provider, own)]
    missing = 2 - len(named)
    if not problems and missing and len(others) != missing:
        seen = ", ".join(known) or "none"
        wrong = f"two sources are needed, and the outages have {len(known)} ({seen})"
        remedy = "name the two" if len(others) > missing else "import the provider's page and the monitor's outages"
        problems.append(Problem("outages source", None, wrong, remedy))
    if problems:
        raise InputError(evidence.source, problems)
    rest = iter(others)
    return (provider if provider is not None else next(rest)), (own if own is not None else next(rest))


def _of_source(evidence: Evidence, source: str) -> Evidence:
    """Keep the outages and the coverage of one source, and the decisions on them; all else stays."""
    mine = (evidence.outages["source"] == source).fill_null(value=False)
    about = evidence.corrections["outage"].is_in(evidence.outages["outage"].filter(mine).implode())
    covers = (evidence.coverage["source"] == source).fill_null(value=True)
    kept = {"outages": mine, "corrections": about, "coverage": covers}
    rows = {name: evidence.row_numbers(name).filter(own) for name, own in kept.items()}
    tables = {name: getattr(evidence, name).filter(own) for name, own in kept.items()}
    return replace(evidence, **tables, rows={**evidence.rows, **rows})


def _pairs(evidence: Evidence, provider: str, own: str, review: Review) -> pl.DataFrame:
    """Match the outages of two sources, and keep those of the period."""
    columns = ("outage", "subscription", "component", "started", "ended")
    now = pl.lit(review.as_of).dt.cast_time_unit("us")
    sides = {
        side: evidence.outages.filter(pl.col("source") == name)
        .select(
            pl.col("subscription"),
            *(pl.col(column).alias(f"{side}_{column}") for column in columns if column != "subscription"),
            pl.max_horizontal("started", pl.col("ended").fill_null(now)).alias(f"{side}_until"),
        )
        for side, name in (("provider", provider), ("own", own))
    }  # fmt: skip
    same_part = (
        pl.col("provider_component").is_null()
        | pl.col("own_component").is_null()
        | (pl.col("provider_component") == pl.col("own_component"))
    )
    matched = (
        sides["provider"]
        .join(sides["own"], on="subscription")
        .filter(
            same_part,
            pl.col("provider_started") <= pl.col("own_until"),
            pl.col("own_started") <= pl.col("provider_until"),
        )
        .with_columns(pl.lit("both").alias("known_to"))
    )
    alone = [
        side.join(matched, on=["subscription", f"{name}_outage"], how="anti").with_columns(
            pl.lit(name).alias("known_to")
        )
        for name, side in sides.items()
    ]
    rows = pl.concat([matched, *alone], how="diagonal")
    period = {name: review.period.span(review.zone_of(name).key) for name in rows["subscription"].unique()}
    first, after = (
        pl.col("subscription").replace_strict(
            list(period), [to_instant(span[edge]) for span in period.values()], return_dtype=INSTANT
        )
        for edge in (0, 1)
    )
    rows = rows.filter(
        pl.min_horizontal("provider_started", "own_started") < after,
        pl.max_horizontal("provider_until", "own_until") > first,
    )
    overlap = pl.min_horizontal("provider_until", "own_until") - pl.max_horizontal("provider_started", "own_started")
    both = pl.col("known_to") == "both"
    rows = rows.sort(
        evidence.order,
        pl.min_horizontal("provider_started", "own_started"),
        "provider_outage",
        "own_outage",
        nulls_last=True,
    )
    return rows.select(
        "subscription",
        pl.coalesce("provider_component", "own_component").alias("component"),
        *(f"{side}_{column}" for side in ("provider", "own") for column in ("outage", "started", "ended")),
        _seconds(pl.col("own_started") - pl.col("provider_started")).alias("start_difference_seconds"),
        _seconds(pl.col("own_ended") - pl.col("provider_ended")).alias("end_difference_seconds"),
        pl.when(both).then(_seconds(overlap)).alias("overlap_seconds"),
        "known_to",
        pl.Series("other_observed", _observed(rows, evidence, provider, own), dtype=pl.String),
    )


def _seconds(length: pl.Expr) -> pl.Expr:
    return seconds(length.dt.total_microseconds())


def _observed(rows: pl.DataFrame, evidence: Evidence, provider: str, own: str) -> list[str | None]:
    """Say, of outages that one source has alone, whether the other one covers any of their time: `yes`, `no`.

    Null where the other source does not say what it covers, or both have the outage.
    """
    answers: list[str | None] = []
    covered: dict[str, list[dict[str, Any]]] = {
        name: evidence.coverage.filter(pl.col("source") == name).to_dicts() for name in (provider, own)
    }
    for row in rows.iter_rows(named=True):
        side = row["known_to"]
        spans = covered[own if side == "provider" else provider] if side != "both" else []
        component, started, until = (row.get(f"{side}_{name}") for name in ("component", "started", "until"))
        looked = any(
            span["subscription"] == row["subscription"]
            and (span["component"] is None or component is None or span["component"] == component)
            and span["started"] <= until
            and started < span["ended"]
            for span in spans
        )
        answers.append(("yes" if looked else "no") if spans else None)
    return answers


def _windows(reviews: Mapping[str, Review]) -> pl.DataFrame:
    """Set the windows of the assessments side by side."""
    key = ["subscription", "guarantee", "window_start", "window_end"]
    rows = reviews["together"].availability.select(*key, "target", "running")
    for side in SIDES:
        table = reviews[side].availability.select(
            *key,
            pl.col("downtime_seconds").alias(f"{side}_downtime_seconds"),
            pl.col("availability").alias(f"{side}_availability"),
            pl.col("met").alias(f"{side}_met"),
        )
        rows = rows.join(table, on=key, how="left", maintain_order="left")
    return rows.with_columns(pl.col("provider_met").ne_missing(pl.col("own_met")).alias("differs"))


def _credits(reviews: Mapping[str, Review]) -> pl.DataFrame:
    """Set the credits of the assessments side by side; what a source gives no row for is nothing."""
    key = ["subscription", "remedy", "window_start", "window_end", "currency"]
    every = pl.concat([reviews[side].credits.select(key) for side in SIDES]).unique(maintain_order=True)
    for side in SIDES:
        sums = reviews[side].credits.group_by(key).agg(pl.col("amount").sum().alias(f"{side}_amount"))
        every = every.join(sums, on=key, how="left", maintain_order="left", nulls_equal=True)
    amounts = [f"{side}_amount" for side in SIDES]
    rows = every.with_columns(pl.col(amounts).fill_null(Decimal(0)))
    rows = rows.with_columns((pl.col("own_amount") - pl.col("provider_amount")).alias("difference"))
    return rows.sort("subscription", "remedy", "window_start", maintain_order=True)


def _owed(reviews: Mapping[str, Review]) -> pl.DataFrame:
    """Sum the credits of each subscription by source."""
    rows = reviews["together"].headline().select("subscription", "currency")
    for side in SIDES:
        mine = reviews[side].headline().select("subscription", pl.col("owed").alias(f"{side}_amount"))
        rows = rows.join(mine, on="subscription", how="left", maintain_order="left")
    return rows.with_columns((pl.col("own_amount") - pl.col("provider_amount")).alias("difference"))
