"""Claims already made, and the claims that credits give rise to, with their deadlines under every reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from slakit.analysis.plans import Policies
from slakit.analysis.result_tables import currencies_of, instant, money, names_of
from slakit.evidence.evidence import Evidence
from slakit.measure.availability import incidents_of_windows
from slakit.measure.rules import ASSUMED_ZONE, Plan
from slakit.policy.remedies import Claims, Remedy
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem, one_of
from slakit.remedy.awards import AwardKey, Awards
from slakit.remedy.claims import deadlines, openings, report_deadline, status
from slakit.remedy.fees import Fees

WINDOW = ["subscriber", "remedy", "window_start"]
RULE_WINDOW = ["subscriber", "rule", "window_start"]
DEADLINES = {
    "subscriber": pl.UInt32, "remedy": pl.String, "window_start": pl.Int64, "window_end": pl.Int64, "amount": pl.Int128,
    "deadline": pl.Int64, "opens": pl.Int64, "report_by": pl.Int64, "reported": pl.Boolean,
}  # fmt: skip
UNREAD = Claims()
"""What is computed with where the terms of claims were not read: no deadline is known."""
CLAIMS = {
    "subscriber": pl.UInt32, "remedy": pl.String, "window_start": pl.Int64, "amount": pl.Int128, "deadline": pl.Int64,
    "deadline_earliest": pl.Int64, "status": pl.String, "evidence_needed": pl.String, "opens": pl.Int64,
    "report_by": pl.Int64, "reported": pl.Boolean,
}  # fmt: skip


def claims_made(
    evidence: Evidence, fees: Fees, policies: Policies, as_of: int
) -> dict[str, dict[int, list[tuple[int, int]]]]:
    """Claims made by `as_of`: remedy → subscriber → start of the window (µs) and amount (minor units).

    Raises
    ------
    InputError
        A claim names a remedy that the subscription's policy does not have.
    """
    numbers = evidence.subscriptions.with_row_index("subscriber").select("subscriber", "subscription", "policy")
    made = evidence.claims_made.join(numbers, on="subscription", maintain_order="left")
    problems = []
    claimed: dict[str, dict[int, list[tuple[int, int]]]] = {}
    columns = (
        "subscriber",
        "policy",
        "remedy",
        pl.col("window_start").dt.epoch("us"),
        pl.col("claimed").dt.epoch("us"),
        "amount",
    )
    for row, (subscriber, policy, remedy, start, at, amount) in enumerate(made.select(columns).iter_rows(), 2):
        known = _remedy_names(policies, policy)
        if remedy not in known:
            seen = Problem(f"claims_made row {row} remedy", remedy, "not a remedy of the policy", one_of(known, remedy))
            problems.append(seen)
        elif at <= as_of:
            paid = fees.minor(subscriber, int((amount or 0) * 10**6))
            claimed.setdefault(remedy, {}).setdefault(subscriber, []).append((start, paid))
    if problems:
        raise InputError(evidence.source, problems)
    return claimed


def _remedy_names(policies: Policies, policy: str) -> list[str]:
    document = policies[policy]
    return [g.id for g in document.guarantees if g.credit] + [remedy.id for remedy in document.remedies]


def claims_of(awards: Awards, plans: Mapping[Plan, Sequence[Terms]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row for each credit that is owed under the chosen reading.

    Parameters
    ----------
    plans
        Terms of each plan under each reading, the chosen one first.

    Returns
    -------
    tuple of pl.DataFrame
        The claims; and the steps before them, of those that open late or whose outage had to be reported first.
    """
    limits = Deadlines(awards)
    tables = [pl.DataFrame(schema=CLAIMS)]
    for plan, readings in plans.items():
        known = {limits.key(plan, terms, r): limits.of(plan, terms, r) for terms in readings for r in terms.remedies}
        earliest = (
            pl.concat([pl.DataFrame(schema=DEADLINES), *known.values()])
            .group_by(WINDOW)
            .agg(pl.col("deadline").min().alias("deadline_earliest"))
        )
        for remedy in readings[0].remedies:
            of_remedy = limits.of(plan, readings[0], remedy).join(
                earliest, on=WINDOW, how="left", maintain_order="left"
            )
            tables.append(_with_status(awards, readings[0].claims_of(remedy), of_remedy))
    claims = pl.concat(tables).sort("subscriber", "window_start", maintain_order=True)
    first: list[pl.Expr | str] = [names_of(awards.fees.subscriptions), "remedy", instant("window_start")]
    steps = claims.filter(pl.col("opens").is_not_null() | pl.col("report_by").is_not_null())
    return claims.select(
        *first,
        money("amount", awards.fees),
        currencies_of(awards.fees),
        instant("deadline"),
        instant("deadline_earliest"),
        "status",
        "evidence_needed",
    ), steps.select(*first, instant("opens"), instant("report_by"), "reported")


def _with_status(awards: Awards, claims: Claims | None, owed: pl.DataFrame) -> pl.DataFrame:
    made = pl.DataFrame(
        [(who, name, at) for name, by in awards.claimed.items() for who, claims_ in by.items() for at, _ in claims_],
        schema={"subscriber": pl.UInt32, "remedy": pl.String, "at": pl.Int64},
        orient="row",
    )
    matched = owed.join(made, on=["subscriber", "remedy"])
    inside = matched.filter((pl.col("window_start") <= pl.col("at")) & (pl.col("at") < pl.col("window_end")))
    claimed = inside.select(WINDOW).unique().with_columns(pl.lit(value=True).alias("claimed"))
    known = owed.join(claimed, on=WINDOW, how="left", maintain_order="left")
    was_claimed = pl.col("claimed").fill_null(value=False)
    unreported = ~pl.col("reported") & (pl.col("report_by") < awards.case.as_of)
    until = pl.when(unreported).then(pl.min_horizontal("deadline", "report_by")).otherwise("deadline")
    state = status(claims, until, was_claimed, awards.case.as_of, pl.col("opens")).alias("status")
    needed = pl.lit("; ".join(claims.evidence) if claims else "").alias("evidence_needed")
    return known.with_columns(state, needed).select(list(CLAIMS))


@dataclass
class Deadlines:
    """Deadlines of all credits above nothing, by remedy and terms of claim; those that readings share, once."""

    awards: Awards
    _known: dict[tuple[AwardKey, str], pl.DataFrame] = field(default_factory=dict)

    @cached_property
    def counted(self) -> pl.DataFrame:
        """Counted incidents and late tickets of missed windows, each once.

        `subscriber`, `rule`, `window_start`, `started`, `ended` (null if going on), `reported` (µs).
        """
        missed = [facts.filter("missed").select(RULE_WINDOW) for facts in self.awards.facts.values()]
        counted = pl.concat([self._incidents(), self._tickets()])
        return counted.join(pl.concat(missed), on=RULE_WINDOW, how="semi") if missed else counted.clear()

    @cached_property
    def last(self) -> pl.DataFrame:
        """The last incident, or late ticket, of each missed window; one that goes on comes after all that ended.

        `subscriber`, `rule`, `window_start`, `started`, `ended` (µs; null while it goes on).
        """
        last = self.counted.sort("ended", "started", nulls_last=True).group_by(RULE_WINDOW)
        return last.agg(pl.col("started", "ended").last())

    def _incidents(self) -> pl.DataFrame:
        case = self.awards.case
        found = incidents_of_windows(case, self.awards.ledger).join(
            case.obligations.select("obligation", "subscriber"), on="obligation"
        )
        ended = pl.when(~pl.col("going")).then("end").alias("ended")
        return found.select(*RULE_WINDOW, pl.col("start").alias("started"), ended, "reported")

    def _tickets(self) -> pl.DataFrame:
        late = self.awards.desk.judged.filter(pl.col("verdict") == "missed")
        number = (pl.col("rule") + len(self.awards.case.rules)).cast(pl.UInt32).alias("rule")
        opened = pl.col("opened")
        times = [opened.alias("started"), pl.col("answered").alias("ended"), opened.alias("reported")]
        return late.with_columns(number).select(*RULE_WINDOW, *times)

    def key(self, plan: Plan, terms: Terms, remedy: Remedy) -> tuple[AwardKey, str]:
        """What the deadlines of a remedy depend on."""
        claims = terms.claims_of(remedy)
        return self.awards.key(plan, terms, remedy), claims.model_dump_json() if claims else ""

    def of(self, plan: Plan, terms: Terms, remedy: Remedy) -> pl.DataFrame:
        """Deadline of every credit of a remedy that is above nothing: `DEADLINES`."""
        key = self.key(plan, terms, remedy)
        if key not in self._known:
            claims, rules = terms.claims_of(remedy) or UNREAD, key[0][1]
            owed = (
                self.awards.award(plan, terms, remedy)
                .filter(pl.col("amount") > 0)
                .select(*WINDOW, "window_end", "amount")
            )
            anchors = owed["window_end"]
            if claims.after in ("incident_end", "incident_start"):
                anchors = self._anchors(owed, rules, "ended" if claims.after == "incident_end" else "started")
            zone = terms.time_zone or ASSUMED_ZONE
            days = self.awards.fees.subscriptions["billing_day"].fill_null(1).gather(owed["subscriber"])
            limit = deadlines(claims, zone, anchors, days if claims.to_end_of else None)
            opens = openings(claims, zone, anchors)
            known = owed.with_columns(limit.alias("deadline"), opens.alias("opens"))
            self._known[key] = self._with_reports(known, claims, rules, zone).select(list(DEADLINES))
        return self._known[key]

    def _with_reports(self, owed: pl.DataFrame, claims: Claims, rules: Sequence[int], zone: str) -> pl.DataFrame:
        """Add until when an outage of the window had to be reported, and whether any was in time."""
        none = [pl.lit(None, dtype=DEADLINES[name]).alias(name) for name in ("report_by", "reported")]
        report = claims.report
        if report is None:
            return owed.with_columns(none)
        edge = "started" if report.after == "incident_start" else "ended"
        counted = self.counted.filter(pl.col("rule").is_in(list(rules)) & pl.col(edge).is_not_null()).unique()
        limits = [report_deadline(report, zone, at, claims.holidays) for at in counted[edge]]
        known = counted.with_columns(pl.Series("report_by", limits, dtype=pl.Int64))
        in_time = (pl.col("reported") <= pl.col("report_by")).fill_null(value=False)
        by_window = known.group_by("subscriber", "window_start").agg(
            pl.col("report_by").max(), in_time.any().alias("reported")
        )
        return owed.join(by_window, on=["subscriber", "window_start"], how="left", maintain_order="left")

    def _anchors(self, owed: pl.DataFrame, rules: Sequence[int], edge: str) -> pl.Series:
        """Start or end of the last incident of the guarantees that missed; no end while one of them goes on."""
        ours = self.last.filter(pl.col("rule").is_in(list(rules))).sort("ended", "started", nulls_last=True)
        last = ours.group_by("subscriber", "window_start", maintain_order=True).agg(pl.col(edge).last())
        return owed.join(last, on=["subscriber", "window_start"], how="left", maintain_order="left")[edge]
