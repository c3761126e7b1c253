"""The tables that an assessment writes: numbers of the calculation turned into names, instants and exact decimals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import polars as pl

from slakit.evidence.evidence import Evidence
from slakit.evidence.instants import INSTANT
from slakit.measure.assessment_input import VERDICT, VERDICTS, AssessmentInput
from slakit.measure.availability import floored_percent
from slakit.measure.means import ledger_of_guarantees
from slakit.measure.rules import FOREVER, Rule, per_rule
from slakit.measure.wall_clock import DAY
from slakit.policy.quantities import FULL, PERCENT_SCALE
from slakit.remedy.fees import Fees

SECONDS = pl.Decimal(38, 6)
PERCENT = pl.Decimal(38, 6)
TERM_OF_VERDICT = {
    "other_component": "components",
    "excluded_cause": "causes",
    "too_small": "affected",
    "unreported": "clock",
    "before_clock_start": "clock",
    "below_concurrency": "at_once",
    "too_short": "minimum",
    "outside_hours": "hours",
    "rounding_remainder": "unit",
    "counted": "target",
}
"""Which term of a guarantee decides a verdict; the others are conventions, or stand elsewhere in the policy."""


def instant_column(name: str) -> pl.Expr:
    """Show microseconds as an instant."""
    # A term without an end has one that a calendar can show, in every time zone.
    last = pl.col(name).clip(upper_bound=FOREVER - DAY - 1)
    return last.cast(INSTANT).alias(name)


def seconds(microseconds: pl.Expr) -> pl.Expr:
    """Show microseconds as exact seconds."""
    return (microseconds.cast(SECONDS) / 1_000_000).cast(SECONDS)


def names_of(subscriptions: pl.DataFrame) -> pl.Expr:
    """Look up the name of the subscription, from the column `subscriber`."""
    return pl.lit(subscriptions["subscription"]).gather(pl.col("subscriber")).alias("subscription")


def guarantees_of(rules: Sequence[Rule]) -> pl.Expr:
    """Look up the id of the guarantee, from the column `rule`."""
    return per_rule((rule.guarantee.id for rule in rules), pl.String).alias("guarantee")


def ledger_table(
    assessed: AssessmentInput, ledger: pl.DataFrame, subscriptions: pl.DataFrame, chosen: Iterable[int]
) -> pl.DataFrame:
    """Show every outage: one row per segment, in the order of subscriptions, guarantees and time.

    Parameters
    ----------
    assessed, ledger
        As `account_downtime` takes and gives them.
    subscriptions
        The checked table.
    chosen
        Numbers of the rules that are shown. Recorded outages that none of those on outages judges come last.
    """
    outages = assessed.outages
    ours = ledger_of_guarantees(assessed, ledger.filter(of_rules(chosen)))
    told = assessed.obligations.filter((pl.col("told_since") > -FOREVER) | (pl.col("told_until") < FOREVER))
    if told.height:  # of a subscription that changes, each phase tells of its time
        first, last = (pl.lit(assessed.obligations[f"told_{edge}"]).gather("obligation") for edge in ("since", "until"))
        own = pl.when(pl.col("start") < pl.col("end"))
        ours = ours.with_columns(
            own.then(pl.max_horizontal("start", first)).otherwise("start").alias("start"),
            own.then(pl.min_horizontal("end", last)).otherwise("end").alias("end"),
            (pl.col("start") == pl.col("end")).alias("point"),
        )
        ours = ours.filter("point" | (pl.col("start") < pl.col("end"))).drop("point")
    subscriber = pl.lit(assessed.obligations["subscriber"]).gather(pl.col("obligation"))
    judged_rows = ours.select(
        pl.lit(subscriptions["subscription"]).gather(subscriber).alias("subscription"),
        guarantees_of(assessed.rules),
        pl.lit(outages["name"]).gather(pl.col("outage")).alias("outage"),
        pl.lit(outages["component"]).gather(pl.col("outage")).alias("component"),
        instant_column("window_start"),
        instant_column("start").alias("started"),
        instant_column("end").alias("ended"),
        seconds(pl.col("end") - pl.col("start")).alias("seconds"),
        pl.lit(pl.Series(VERDICTS)).gather(pl.col("verdict")).alias("verdict"),
        _clause(assessed).alias("clause"),
    )
    judging = [number for number in chosen if assessed.rules[number].guarantee.measured is None]
    judged = assessed.obligations.filter(of_rules(judging))["subscriber"].unique()
    unjudged = outages.filter(pl.col("of_rule").is_null() & ~pl.col("subscriber").is_in(judged.implode()))
    unjudged = unjudged.sort("subscriber", "started", maintain_order=True)
    since, until = (
        pl.lit(subscriptions[edge].dt.epoch("us").fill_null(bound)).gather(pl.col("subscriber"))
        for edge, bound in (("since", -FOREVER), ("until", FOREVER))
    )
    last = pl.max_horizontal("started", "ended")  # one that has not begun was cut before its start
    in_phase = (pl.col("started") < until) & ((pl.col("started") >= since) | (last > since))
    unjudged = unjudged.filter(in_phase).with_columns(
        pl.max_horizontal("started", since).alias("started"), pl.min_horizontal("ended", until).alias("ended")
    )
    ended = pl.max_horizontal("started", "ended")  # one that has not begun was cut before its start
    begun = pl.when(pl.col("started") == ended).then(pl.lit("no_length")).otherwise(pl.lit("not_judged"))
    verdict = pl.when(pl.col("started") >= assessed.as_of).then(pl.lit("after_as_of")).otherwise(begun)
    no_text, no_window = pl.lit(None, dtype=pl.String), pl.lit(None, dtype=INSTANT)
    rest = unjudged.select(
        names_of(subscriptions),
        no_text.alias("guarantee"),
        pl.col("name").alias("outage"),
        "component",
        no_window.alias("window_start"),
        instant_column("started"),
        ended.cast(INSTANT).alias("ended"),
        seconds(ended - pl.col("started")).alias("seconds"),
        verdict.alias("verdict"),
        no_text.alias("clause"),
    )
    return pl.concat([judged_rows, rest]) if rest.height else judged_rows


def _clause(assessed: AssessmentInput) -> pl.Expr:
    """Clause that decided a segment, from its rule, outage, verdict and entry of maintenance; null for a convention."""
    rules = assessed.rules
    clauses: list[str | None] = []
    of_maintenance: list[str | None] = []
    entries = max((len(rule.maintenance) for rule in rules), default=0)
    for rule in rules:
        begins = rule.guarantee.begins
        clause_of: dict[str, str | None] = {
            verdict: rule.guarantee.clause_of(term) for verdict, term in TERM_OF_VERDICT.items()
        }
        clause_of["outside_term"] = begins.clause if begins else None
        clauses += [clause_of.get(verdict) for verdict in VERDICTS]
        of_maintenance += [*(term.clause for term in rule.maintenance), *[None] * (entries - len(rule.maintenance))]
    deciding, by_entry = pl.Series(clauses, dtype=pl.String), pl.Series(of_maintenance, dtype=pl.String)
    general = pl.lit(deciding).gather(pl.col("rule") * len(VERDICTS) + pl.col("verdict"))
    special = pl.lit(by_entry).gather(pl.col("rule") * entries + pl.col("entry")) if entries else pl.lit(None)
    decided = pl.when(pl.col("verdict") == VERDICT["maintenance"]).then(special).otherwise(general)
    if assessed.uncovered is None:
        return decided
    # what is downtime because it was not observed
    unseen = [rule.guarantee.clause_of("missing") if rule.guarantee.missing == "down" else None for rule in rules]
    made = pl.lit(assessed.outages["of_rule"]).gather(pl.col("outage")).is_not_null()
    by_missing = pl.when(made & (pl.col("verdict") == VERDICT["counted"])).then(per_rule(unseen, pl.String))
    return pl.coalesce(by_missing, decided)


def availability_table(rules: Sequence[Rule], windows: pl.DataFrame, subscriptions: pl.DataFrame) -> pl.DataFrame:
    """Show the availability of each window; `running` windows have no verdict yet.

    Parameters
    ----------
    rules
        By number.
    windows
        As `measure_availability` gives them.
    subscriptions
        The checked table.
    """
    target = per_rule((rule.guarantee.target for rule in rules), pl.Decimal(38, 6))  # type: ignore[arg-type]
    counts = per_rule((rule.guarantee.metric == "incidents" for rule in rules), pl.Boolean)
    total = pl.when(counts & (pl.col("total") > 0)).then("agreed").otherwise("total")
    bad = pl.when(counts).then("downtime").otherwise("bad")
    return windows.sort("obligation", "window_end").select(
        names_of(subscriptions),
        guarantees_of(rules),
        instant_column("window_start"),
        instant_column("window_end"),
        seconds(pl.col("agreed") // pl.col("scale")).alias("agreed_seconds"),
        seconds((2 * pl.col("downtime") + pl.col("scale")) // (2 * pl.col("scale"))).alias("downtime_seconds"),
        floored_percent(total, bad).alias("availability"),
        target.alias("target"),
        "met",
        "running",
        floored_percent(pl.col("seen") + pl.col("unseen"), pl.col("unseen")).alias("observed"),
    )


def measured_values_table(rules: Sequence[Rule], values: pl.DataFrame, subscriptions: pl.DataFrame) -> pl.DataFrame:
    """Show the measured value of each window: a percentage, or a number in the unit of its guarantee.

    Parameters
    ----------
    rules
        By number.
    values
        As `measured_values` gives them.
    subscriptions
        The checked table.
    """
    limit = per_rule((rule.guarantee.limit for rule in rules), PERCENT)  # type: ignore[arg-type]
    units = per_rule((rule.guarantee.measured and rule.guarantee.measured.unit for rule in rules), pl.String)
    return values.sort("subscriber", "rule", "window_end").select(
        names_of(subscriptions),
        guarantees_of(rules),
        instant_column("window_start"),
        instant_column("window_end"),
        "measurements",
        floored_percent(pl.col("total"), pl.col("bad")).alias("level"),
        limit.alias("limit"),
        units.alias("unit"),
        "met",
        "running",
    )


def incidents_table(rules: Sequence[Rule], incidents: pl.DataFrame, subscriptions: pl.DataFrame) -> pl.DataFrame:
    """Show incidents that are judged one by one.

    Parameters
    ----------
    rules
        By number.
    incidents
        As `measure_incidents` gives them.
    subscriptions
        The checked table.
    """
    limit = per_rule((getattr(rule.guarantee.within, "microseconds", None) for rule in rules), pl.Int64)
    return incidents.sort("obligation", "window_start").select(
        names_of(subscriptions),
        guarantees_of(rules),
        instant_column("window_start").alias("started"),
        instant_column("window_end").alias("ended"),
        seconds(pl.col("downtime")).alias("seconds"),
        seconds(limit).alias("within_seconds"),
        "met",
        "running",
    )


def money_column(column: str, fees: Fees) -> pl.Expr:
    """Show whole minor units as amounts, with as many digits as the currencies need. [currency units]

    Parameters
    ----------
    column
        Of minor units.
    fees
        Whose currencies they are in.
    """
    digits = max(fees.digits, default=2)
    units = pl.lit(pl.Series([10 ** (digits - own) for own in fees.digits], dtype=pl.Int128)).gather(
        pl.col("subscriber")
    )
    amount = (pl.col(column).cast(pl.Int128) * units).cast(pl.Decimal(38, digits)) / int(10**digits)
    return amount.cast(pl.Decimal(38, digits)).alias(column)


def currencies_of(fees: Fees) -> pl.Expr:
    """Look up the currency of the subscription, from the column `subscriber`."""
    return pl.lit(pl.Series(fees.currencies, dtype=pl.String)).gather(pl.col("subscriber")).alias("currency")


def credits_table(credits: pl.DataFrame, fees: Fees) -> pl.DataFrame:
    """Show credits, in the order of subscriptions, remedies and windows.

    Parameters
    ----------
    credits
        As `award_credits` gives them.
    fees
        Fees of the subscriptions.
    """
    order = credits["remedy"].unique(maintain_order=True).to_list()
    rank = pl.col("remedy").replace_strict(order, list(range(len(order))), return_dtype=pl.UInt32)
    return credits.sort("subscriber", rank, "window_start").select(
        names_of(fees.subscriptions),
        "remedy",
        instant_column("window_start"),
        instant_column("window_end"),
        (pl.col("percent").cast(PERCENT) / 1_000_000).cast(PERCENT).alias("credit_percent"),
        (pl.col("basis").cast(pl.Decimal(38, 6)) / 1_000_000).cast(pl.Decimal(38, 6)).alias("basis_amount"),
        money_column("amount", fees),
        currencies_of(fees),
        "cap",
        "instead",
    )


def ranges_table(ranges: pl.DataFrame, fees: Fees) -> pl.DataFrame:
    """Show the lowest and highest sum owed, over all readings.

    Parameters
    ----------
    ranges
        As `owed_ranges` gives them.
    fees
        Fees of the subscriptions.
    """
    amounts = [money_column(name, fees) for name in ("amount", "amount_low", "amount_high")]
    return ranges.select(
        names_of(fees.subscriptions), currencies_of(fees), *amounts, "reading_low", "reading_high", "widened_by"
    )


def attainment_table(rules: Sequence[Rule], attainment: pl.DataFrame, subscriptions: pl.DataFrame) -> pl.DataFrame:
    """Show the share of tickets that met their target, per window, all priorities together.

    Parameters
    ----------
    rules
        By number.
    attainment
        As `measure_attainment` gives it.
    subscriptions
        The checked table.
    """
    eligible, reached = pl.col("eligible"), pl.col("met_count")
    units = reached.cast(pl.Int128) * FULL // eligible
    percent = (units.cast(PERCENT) / PERCENT_SCALE).cast(PERCENT)
    return attainment.sort("subscriber", "rule", "window_end").select(
        names_of(subscriptions),
        guarantees_of(rules),
        instant_column("window_start"),
        instant_column("window_end"),
        eligible,
        reached,
        "pending",
        pl.when(eligible > 0).then(percent).cast(PERCENT).alias("attainment"),
        per_rule((rule.guarantee.target for rule in rules), PERCENT).alias("target"),  # type: ignore[arg-type]
        "met",
        "running",
    )


def tickets_table(rules: Sequence[Rule], judged: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """Show tickets one by one: when they were due, how long they took in working time, and the verdict.

    Parameters
    ----------
    rules
        By number.
    judged
        As `judge_tickets` gives them, with their windows.
    evidence
        Checked tables.
    """
    late = pl.when(pl.col("verdict") == "missed").then(pl.col("elapsed") - pl.col("within")).clip(0)
    left = pl.when(pl.col("verdict") == "pending").then(pl.col("within") - pl.col("elapsed"))
    return judged.sort("subscriber", "rule", "opened", "ticket").select(
        names_of(evidence.phases),
        guarantees_of(rules),
        pl.lit(evidence.tickets["ticket"]).gather(pl.col("ticket")).alias("ticket"),
        "priority",
        "priorities",
        "kind",
        instant_column("window_start"),
        instant_column("opened"),
        instant_column("answered"),
        "in_minutes",
        instant_column("due"),
        seconds(pl.col("within")).alias("within_seconds"),
        seconds(pl.col("elapsed")).alias("elapsed_seconds"),
        seconds(left).alias("remaining_seconds"),
        seconds(late).alias("late_seconds"),
        "verdict",
        per_rule((rule.guarantee.clause_of("within") for rule in rules), pl.String).alias("clause"),
    )


def of_rules(rules: Iterable[int]) -> pl.Expr:
    """Select the rows of some rules."""
    return pl.col("rule").is_in(list(rules))


def total_owed(credits: pl.DataFrame) -> dict[str, Decimal]:
    """Sum up credits by currency."""
    owed = credits.group_by("currency", maintain_order=True).agg(pl.col("amount").sum())
    return dict(owed.iter_rows())
