"""Warnings: rows of the evidence that were not used, or not as they are written, each with its reason."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import polars as pl

from slakit.analysis.plans import Plans
from slakit.analysis.samples import NO_VERDICT, Missing
from slakit.analysis.vocabulary import Warned
from slakit.evidence.evidence import Evidence
from slakit.evidence.instants import INSTANT
from slakit.evidence.tables import TABLES
from slakit.measure.calendar import Period, to_instant
from slakit.measure.rules import ASSUMED_ZONE, Plan
from slakit.measure.tickets import ANSWERS
from slakit.policy.printing import exact_money
from slakit.policy.remedies import FeeSum
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem

WARNINGS: Mapping[str, Any] = MappingProxyType(
    {"subscription": pl.String, "table": pl.String, "row": pl.Int64, "code": pl.String, "says": pl.String}
)
CODES: Mapping[str, str] = MappingProxyType(
    {
        "no_length": "An outage starts and ends at the same instant: its length is unknown, and nothing of it counts",
        "after_as_of": "A row begins after the instant of the assessment: it is not known yet",
        "not_judged": "No guarantee of the contract judges the row",
        "unknown_component": "The contract does not name the component",
        "taken_as": "A word differs from one of the contract only in case, blanks, hyphens or underscores: it is taken "
        "as that word",
        "near_word": "A word is close to one of the contract, and is not taken as it",
        "early_signal": "An outage was detected, reported or diagnosed a day or more before it started",
        "outside_subscription": "A row lies before the subscription starts or after it ends",
        "claim_without_window": "A claim that was made fits no window in which the remedy is due",
        "claim_before_window": "A claim was made before its window began",
        "hold_after_resolution": "A hold begins after its ticket was resolved, and takes nothing",
        "maintenance_without_effect": "No guarantee of the contract excludes maintenance of this kind and component",
        "no_charge": "A month has no charge although others have: it is taken at the fee of the subscription",
        "samples_missing": "Measurements are missing in a window: what was not measured is not known, and the warning "
        "says what it is taken as",
        "repeated": "Several rows claim or measure the same at the same time, and each of them counts",
        "fee_of_nothing": "A credit is a share of what was charged, and no charge is given for that time",
        "claims_not_read": "Money is owed under a contract of which the terms of claims were not read",
    }
)
"""Every code of a warning, and what it means."""
EARLY = timedelta(days=1)
BEGINS = {
    "tickets": "opened", "claims_made": "claimed", "measurements": "measured", "recoveries": "failed",
    "backups": "taken", "maintenance": "started", "outages": "started",
}  # fmt: skip
"""When a row of a table begins."""


def warnings_of(
    evidence: Evidence,
    plans: Plans,
    tables: Mapping[str, pl.DataFrame],
    missing: Iterable[Missing],
    period: Period,
    as_of: datetime,
) -> Iterator[Warned]:
    """Find the rows of the evidence that the assessment did not use, or that are odd.

    Parameters
    ----------
    evidence
        In the words of the contracts.
    plans
        Terms of each plan under each reading, the chosen one first.
    tables
        Of the review: `credits` and `claims`.
    missing
        Measurements that are missing.
    """
    chosen = {plan: readings[0] for plan, readings in plans.items()}
    held = dict(zip(evidence.subscriptions["subscription"], _plans_held(evidence), strict=True))
    yield from _outages(evidence, as_of)
    yield from _outages_not_judged(evidence, held, chosen)
    yield from _components(evidence, held, chosen)
    yield from _maintenance(evidence, held, plans)
    yield from _tickets_not_judged(evidence, held, chosen)
    yield from _holds(evidence)
    yield from _claims(evidence, held, chosen, tables["credits"], period)
    yield from _recoveries_not_judged(evidence, held, plans)
    yield from _samples(missing)
    yield from _claims_not_read(evidence, tables["claims"])
    yield from _fees_of_nothing(evidence, tables["credits"])
    yield from _fees_of_others(evidence, held, plans)
    yield from _repeated(evidence, held, chosen)
    yield from _later(evidence, as_of)
    yield from _outside(evidence)


def months_without_charge(evidence: Evidence, months: Iterable[tuple[int, date]]) -> Iterator[Warned]:
    """Tell of the months that were taken at the fee stated, because no charge of them is told.

    Parameters
    ----------
    evidence
        Checked tables.
    months
        Row of the subscription, and first day.
    """
    names = evidence.subscriptions["subscription"]
    for subscriber, day in sorted(months):
        says = f"No charge is told for the month from {day}: the fee of the subscription is taken."
        yield names[subscriber], "charges", None, "no_charge", says


def warnings_table(warned: Iterable[Warned], evidence: Evidence) -> pl.DataFrame:
    """Return warnings as a table, in the order of subscriptions, tables and rows."""
    found = pl.DataFrame(list(dict.fromkeys(warned)), schema=dict(WARNINGS), orient="row")
    names = evidence.subscriptions["subscription"].to_list()
    order = [_rank("subscription", names), _rank("table", list(TABLES)), pl.col("row"), _rank("code", list(CODES))]
    return found.sort(order, nulls_last=True, maintain_order=True)


def _rank(column: str, names: Sequence[str]) -> pl.Expr:
    return pl.col(column).replace_strict(names, range(len(names)), default=len(names), return_dtype=pl.UInt32)


def refuse_warnings(warnings: pl.DataFrame, source: str) -> None:
    """Refuse evidence that gives rise to warnings.

    Raises
    ------
    InputError
        There are some; each is a problem.
    """
    problems = [
        Problem(f"{row['table']} row {row['row']}" if row["row"] is not None else row["table"], row["subscription"],
                row["says"].removesuffix("."), "correct the evidence, or assess without --strict")
        for row in warnings.iter_rows(named=True)
    ]  # fmt: skip
    if problems:
        raise InputError(source, problems)


def _plans_held(evidence: Evidence) -> list[Plan]:
    return evidence.subscriptions.select("policy", "tier").rows()


def _numbered(evidence: Evidence, table: str) -> pl.DataFrame:
    frame: pl.DataFrame = getattr(evidence, table)
    return frame.with_columns(evidence.row_numbers(table).alias("row"))


def _utc(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def _outages(evidence: Evidence, as_of: datetime) -> Iterator[Warned]:
    """Warn of outages without a length, after the assessment, or with a signal long before them."""
    outages = _numbered(evidence, "outages")
    for row in outages.filter(pl.col("started") == pl.col("ended")).iter_rows(named=True):
        says = f"Outage {row['outage']} starts and ends at {_utc(row['started'])}. Its length is unknown."
        yield row["subscription"], "outages", row["row"], "no_length", says
    for row in outages.filter(pl.col("started") >= pl.lit(as_of).cast(INSTANT)).iter_rows(named=True):
        says = f"Outage {row['outage']} begins after {_utc(as_of)}, the instant of the assessment."
        yield row["subscription"], "outages", row["row"], "after_as_of", says
    for signal in ("detected", "reported", "diagnosed"):
        for row in outages.filter(pl.col(signal) <= pl.col("started") - EARLY).iter_rows(named=True):
            says = f"Outage {row['outage']} was {signal} at {_utc(row[signal])}, a day or more before it started."
            yield row["subscription"], "outages", row["row"], "early_signal", says


def _outages_not_judged(evidence: Evidence, held: Mapping[str, Plan], chosen: Mapping[Plan, Terms]) -> Iterator[Warned]:
    """Warn of outages of contracts whose guarantees are judged by something else."""
    judging = {
        plan: any(g.on_outages and g.measured is None for g in terms.guarantees) for plan, terms in chosen.items()
    }
    idle = [name for name, plan in held.items() if not judging[plan]]
    outages = _numbered(evidence, "outages").filter(pl.col("subscription").is_in(idle))
    for row in outages.iter_rows(named=True):
        measured = [g.id for g in chosen[held[row["subscription"]]].guarantees if g.measured is not None]
        reason = f"the contract judges {', '.join(measured)} by measurements" if measured else "none is about outages"
        says = f"No guarantee judges outage {row['outage']}: {reason}."
        yield row["subscription"], "outages", row["row"], "not_judged", says


def _components(evidence: Evidence, held: Mapping[str, Plan], chosen: Mapping[Plan, Terms]) -> Iterator[Warned]:
    """Warn of components of outages that no guarantee names, where none covers everything."""
    scopes = {
        plan: [g.components for g in terms.guarantees if g.on_outages and g.measured is None]
        for plan, terms in chosen.items()
    }
    used = _numbered(evidence, "outages").drop_nulls("component")
    first = used.group_by("subscription", "component", maintain_order=True).agg(pl.col("row").min(), pl.len())
    for subscription, component, row, count in first.iter_rows():
        named = scopes[held[subscription]]
        if not named or any(not scope or component in scope for scope in named):
            continue
        known = list(dict.fromkeys(name for scope in named for name in scope))
        more = f" ({count} rows)" if count > 1 else ""
        says = f"No guarantee covers the component '{component}'; there are {', '.join(known)}{more}."
        yield subscription, "outages", row, "unknown_component", says


def _maintenance(evidence: Evidence, held: Mapping[str, Plan], plans: Plans) -> Iterator[Warned]:
    """Warn of maintenance that no guarantee excludes under any reading, whatever its notice."""
    words = _numbered(evidence, "maintenance").select("subscription", "maintenance", "row", "kind", "component")
    scopes: dict[tuple[Plan, str], list[list[str]]] = {}
    for subscription, maintenance, row, kind, component in words.iter_rows():
        plan = held[subscription]
        if (plan, kind) not in scopes:
            guarantees = {id(g): g for terms in plans[plan] for g in terms.guarantees if g.on_outages}.values()
            scopes[plan, kind] = [g.components for g in guarantees if kind in g.exclude.maintenance]
        excluding = scopes[plan, kind]
        if not any(component is None or not scope or component in scope for scope in excluding):
            what = f"maintenance of {component}" if excluding else f"{kind} maintenance"
            says = f"Maintenance {maintenance} changes nothing: no guarantee excludes {what}."
            yield subscription, "maintenance", row, "maintenance_without_effect", says


def _tickets_not_judged(evidence: Evidence, held: Mapping[str, Plan], chosen: Mapping[Plan, Terms]) -> Iterator[Warned]:
    """Warn of tickets that no guarantee is about, those of one kind and priority together."""
    about: dict[Plan, list[tuple[list[str], list[str]]]] = {}
    for plan, terms in chosen.items():
        scopes = [g.tickets for g in terms.guarantees if g.metric in ANSWERS]
        about[plan] = [(scope.kinds, scope.priorities) if scope else ([], []) for scope in scopes]
    groups = _numbered(evidence, "tickets").group_by("subscription", "kind", "priority", maintain_order=True)
    for subscription, kind, priority, row, count in groups.agg(pl.col("row").min(), pl.len()).iter_rows():
        scopes_ = about[held[subscription]]
        if any((not kinds or kind in kinds) and (not ranks or priority in ranks or priority is None)
               for kinds, ranks in scopes_):  # fmt: skip
            continue
        what = ", ".join(f"{name} {word}" for name, word in (("kind", kind), ("priority", priority)) if word)
        described = f"tickets of {what}" if what and scopes_ else "tickets"
        says = f"No guarantee is about {described}: {count} {'row is' if count == 1 else 'rows are'} not judged."
        yield subscription, "tickets", row, "not_judged", says


def _holds(evidence: Evidence) -> Iterator[Warned]:
    known = evidence.tickets.select("ticket", "subscription", "resolved")
    holds = _numbered(evidence, "holds").join(known, on="ticket", maintain_order="left")
    for row in holds.filter(pl.col("started") > pl.col("resolved")).iter_rows(named=True):
        says = f"A hold of ticket {row['ticket']} begins at {_utc(row['started'])}, after it was resolved."
        yield row["subscription"], "holds", row["row"], "hold_after_resolution", says


def _claims(
    evidence: Evidence, held: Mapping[str, Plan], chosen: Mapping[Plan, Terms], credits: pl.DataFrame, period: Period
) -> Iterator[Warned]:
    """Warn of claims made for windows in which nothing is due, or before their window."""
    term = evidence.subscriptions.select("subscription", "starts", "ends")
    made = _numbered(evidence, "claims_made").join(term, on="subscription", maintain_order="left")
    due = credits.filter(pl.col("amount") > 0).select("subscription", "remedy", "window_start", "window_end")
    spans = {key: rows.select("window_start", "window_end").rows() for key, rows in
             due.partition_by("subscription", "remedy", as_dict=True).items()}  # fmt: skip
    for row in made.iter_rows(named=True):
        subscription, remedy, at = row["subscription"], row["remedy"], row["window_start"]
        fitting = [span for span in spans.get((subscription, remedy), []) if span[0] <= at < span[1]]
        first, last = period.span(chosen[held[subscription]].time_zone or ASSUMED_ZONE)
        begin = fitting[0][0] if fitting else at
        if row["claimed"] < begin:
            says = f"The claim of {_utc(row['claimed'])} for {remedy} was made before its window began ({_utc(begin)})."
            yield subscription, "claims_made", row["row"], "claim_before_window", says
        elif at < row["starts"] or (row["ends"] is not None and at >= row["ends"]):
            says = f"The claim of {_utc(row['claimed'])} for {remedy} is for a window outside the subscription."
            yield subscription, "claims_made", row["row"], "claim_without_window", says
        elif not fitting and to_instant(first) <= at < to_instant(last):
            says = f"The claim of {_utc(row['claimed'])} for {remedy} fits no window with a credit ({_utc(at)})."
            yield subscription, "claims_made", row["row"], "claim_without_window", says


def _recoveries_not_judged(evidence: Evidence, held: Mapping[str, Plan], plans: Plans) -> Iterator[Warned]:
    """Warn of recoveries and backups for which the contract sets no target."""
    targets = {plan: {target.id for terms in readings for target in terms.recovery} for plan, readings in plans.items()}
    for row in _numbered(evidence, "recoveries").iter_rows(named=True):
        known = targets[held[row["subscription"]]]
        if row["kind"] not in known:
            there = f"; there are {', '.join(sorted(known))}" if known else ""
            says = f"The contract sets no recovery target for the loss of a {row['kind']}{there}."
            yield row["subscription"], "recoveries", row["row"], "not_judged", says
    guaranteed = {plan: any(terms.backups for terms in readings) for plan, readings in plans.items()}
    groups = _numbered(evidence, "backups").group_by("subscription", maintain_order=True)
    for subscription, row, count in groups.agg(pl.col("row").min(), pl.len()).iter_rows():
        if not guaranteed[held[subscription]]:
            rows = "row is" if count == 1 else "rows are"
            says = f"The contract has no guarantee about backups: {count} {rows} not judged."
            yield subscription, "backups", row, "not_judged", says


def _samples(missing: Iterable[Missing]) -> Iterator[Warned]:
    """Warn of windows in which slices, or days, have no measurement."""
    for gap in missing:
        lacks = f"{gap.guarantee} has no measurement in {gap.missing:,} of {gap.expected:,} {gap.what}"
        window = f"of the window from {gap.first:%Y-%m-%d} to {gap.last:%Y-%m-%d}"
        so = f"they are {gap.taken}" if gap.missing < gap.expected else NO_VERDICT
        says = f"{lacks} {window}: {so}."
        yield gap.subscription, "measurements", None, "samples_missing", says


def _claims_not_read(evidence: Evidence, claims: pl.DataFrame) -> Iterator[Warned]:
    """Warn of money owed under a contract of which the terms of claims were not read."""
    unread = claims.filter(pl.col("status") == "not_read").group_by("subscription", "currency", maintain_order=True)
    rows = unread.agg(pl.col("amount").sum()).join(_numbered(evidence, "subscriptions"), on="subscription")
    for row in rows.iter_rows(named=True):
        owed = exact_money(row["amount"], row["currency"])
        says = f"Whether {owed} must be claimed, and by when, is not known: it was not read."
        yield row["subscription"], "subscriptions", row["row"], "claims_not_read", says


def _fees_of_nothing(evidence: Evidence, credits: pl.DataFrame) -> Iterator[Warned]:
    """Warn of credits that are a share of what was charged, where no charge is given for that time."""
    charged = credits.join(evidence.charges, on="subscription", how="semi", maintain_order="left")
    for row in charged.filter((pl.col("credit_percent") > 0) & (pl.col("basis_amount") == 0)).iter_rows(named=True):
        window = f"{row['window_start']:%Y-%m-%d} to {row['window_end']:%Y-%m-%d}"
        says = f"The charges come to a fee of 0 from {window}, of which the credit for {row['remedy']} is a share."
        yield row["subscription"], "charges", None, "fee_of_nothing", says


def _fees_of_others(evidence: Evidence, held: Mapping[str, Plan], plans: Plans) -> Iterator[Warned]:
    """Warn of fees of components that the contract does not name, where a credit depends on such a fee."""
    given = [
        (row["subscription"], "subscriptions", row["row"], list(json.loads(row["component_fees"])))
        for row in _numbered(evidence, "subscriptions").drop_nulls("component_fees").iter_rows(named=True)
    ]
    charged = _numbered(evidence, "charges").drop_nulls("component").unique(["subscription", "component"], keep="first")
    given += [(row["subscription"], "charges", row["row"], [row["component"]]) for row in charged.iter_rows(named=True)]
    for subscription, table, number, components in given:
        readings = plans[held[subscription]]
        bases = [c.of for terms in readings for remedy in terms.remedies for c in remedy.credit]
        known = {name for terms in readings for g in terms.guarantees for name in g.components}
        known |= {name for of in bases if isinstance(of, FeeSum) for name in of.components}
        by_component = any(of == "component_fee" or (isinstance(of, FeeSum) and of.components) for of in bases)
        if by_component and known:
            there = ", ".join(sorted(known))
            for name in sorted(set(components) - known):
                says = f"The contract names no component '{name}', whose fee is given; there are {there}."
                yield subscription, table, number, "unknown_component", says


def _repeated(evidence: Evidence, held: Mapping[str, Plan], chosen: Mapping[Plan, Terms]) -> Iterator[Warned]:
    """Warn of claims made twice for one window, and values measured twice at one instant: each of the rows counts."""
    whole = {plan: {g.id for g in terms.guarantees if g.measured is None or g.measured.slice is None}
             for plan, terms in chosen.items()}  # fmt: skip
    keys = {"claims_made": ("remedy", "window_start"), "measurements": ("guarantee", "measured")}
    for table, key in keys.items():
        groups = _numbered(evidence, table).group_by("subscription", *key, maintain_order=True)
        counted = groups.agg(pl.col("row").min(), pl.len()).filter(pl.col("len") > 1)
        for subscription, name, at, row, count in counted.iter_rows():
            if table == "claims_made" or name in whole[held[subscription]]:
                yield subscription, table, row, "repeated", f"{count} rows are for {name} at {_utc(at)}; each counts."


def _later(evidence: Evidence, as_of: datetime) -> Iterator[Warned]:
    """Warn of rows of other tables that begin after the assessment, those of one subscription together."""
    for table, begins in BEGINS.items():
        if table not in ("maintenance", "outages"):  # outages are told one by one
            after = _numbered(evidence, table).filter(pl.col(begins) > pl.lit(as_of).cast(INSTANT))
            yield from _together(after, table, "after_as_of", f"after {_utc(as_of)}, the instant of the assessment")


def _outside(evidence: Evidence) -> Iterator[Warned]:
    """Warn of rows outside the time of their subscription, those of one subscription together."""
    for table in BEGINS:
        if table != "claims_made":
            where = "before the subscription starts or after it ends"
            yield from _together(_beyond_term(evidence, table), table, "outside_subscription", where)


def _beyond_term(evidence: Evidence, table: str) -> pl.DataFrame:
    """Return the rows of a table that lie before their subscription starts, or after it ends."""
    term = evidence.subscriptions.select("subscription", "starts", "ends")
    rows = _numbered(evidence, table).join(term, on="subscription", maintain_order="left")
    begun = pl.col(BEGINS[table])
    over = pl.col("ended") if "ended" in rows.columns else begun
    return rows.filter((begun >= pl.col("ends")) | (over < pl.col("starts")))


def _together(rows: pl.DataFrame, table: str, code: str, where: str) -> Iterator[Warned]:
    groups = rows.group_by("subscription", maintain_order=True).agg(pl.col("row").min(), pl.len())
    for subscription, row, count in groups.iter_rows():
        lies = "One row lies" if count == 1 else f"{count} rows lie"
        yield subscription, table, row, code, f"{lies} {where}."


NOT_USED = ("outside_period", "other_component", "not_judged", "no_length", "after_as_of")
"""Verdicts of outages that bear on no figure of the period."""


def rows_used(evidence: Evidence, tables: Mapping[str, pl.DataFrame], counted_charges: Collection[int]) -> pl.DataFrame:
    """Count the rows of the evidence that were read, and those that bear on a figure of the period.

    Parameters
    ----------
    evidence
        What was assessed.
    tables
        The tables of the review, of all subscriptions or of one.
    counted_charges
        Rows of `charges` that were part of a fee.

    Returns
    -------
    pl.DataFrame
        `subscription`, `table`, `read`, `used`.
    """
    key = ["subscription", "guarantee"]
    incidents = tables["incidents"].select(*key, window_start="started", window_end="ended")
    judged = [tables[name].select(incidents.columns) for name in ("availability", "figures")]
    edges = [pl.col("window_start").min().alias("first"), pl.col("window_end").max().alias("last")]
    of_guarantee = pl.concat([incidents, *judged]).group_by(key).agg(edges)
    spans = of_guarantee.group_by("subscription").agg(pl.col("first").min(), pl.col("last").max())
    tickets = tables["tickets"].select("ticket").unique().join(_beyond_term(evidence, "tickets"), "ticket", how="anti")
    idle = tables["warnings"].filter(pl.col("code").is_in(["maintenance_without_effect", "claim_without_window"]))
    numbered = {name: _numbered(evidence, name) for name in TABLES}
    in_use = numbered["maintenance"].join(spans, on="subscription")
    in_use = in_use.filter((pl.col("started") < pl.col("last")) & (pl.col("ended") > pl.col("first")))
    measured = numbered["measurements"].join(of_guarantee, on=["subscription", "guarantee"])
    counted = tables["ledger"].filter(~pl.col("verdict").is_in(NOT_USED)).select("outage").unique()
    counted = counted.join(_beyond_term(evidence, "outages"), on="outage", how="anti")
    targets = tables["recoveries"].filter(pl.any_horizontal(pl.col("rpo_seconds", "rto_seconds").is_not_null()))
    counted_rows = pl.int_range(pl.len()).is_in(pl.Series(list(counted_charges), dtype=pl.Int64).implode())
    of_holds = numbered["holds"].join(evidence.tickets.select("ticket", "subscription"), on="ticket")
    used = {
        "outages": numbered["outages"].join(counted, on="outage", how="semi"),
        "maintenance": _without(in_use, idle, "maintenance"),
        "tickets": numbered["tickets"].join(tickets, on="ticket", how="semi"),
        "holds": of_holds.join(tickets, on="ticket", how="semi"),
        "claims_made": _without(numbered["claims_made"], idle, "claims_made"),
        "measurements": measured.filter(pl.col("measured").is_between("first", "last", closed="left")),
        "charges": numbered["charges"].filter(counted_rows),
        "recoveries": numbered["recoveries"].join(targets.select("recovery"), on="recovery", how="semi"),
        "backups": numbered["backups"].join(tables["backups"], on=["subscription", "taken"], how="semi"),
    }
    read = {**numbered, "holds": of_holds}
    held = tables["ranges"].select("subscription")
    rows = []
    for name in TABLES:
        counts = [frame.group_by("subscription").len(column) for frame, column in
                  ((read[name], "read"), (used.get(name, read[name]), "used"))]  # fmt: skip
        known = held.join(counts[0], on="subscription", maintain_order="left")
        known = known.join(counts[1], on="subscription", how="left", maintain_order="left")
        rows.append(known.select("subscription", pl.lit(name).alias("table"), "read", pl.col("used").fill_null(0)))
    return pl.concat(rows).with_columns(pl.col("read", "used").cast(pl.Int64))


def _without(rows: pl.DataFrame, warnings: pl.DataFrame, table: str) -> pl.DataFrame:
    """Return the rows that no warning is about."""
    return rows.join(warnings.filter(pl.col("table") == table), on=["subscription", "row"], how="anti")


def evidence_reference() -> str:
    """Return the page that describes every table of evidence and every warning, as Markdown."""
    introduction = (
        "# Tables of evidence\n\nEvery table and column. Printed by `slakit schema --markdown --of evidence`.\n\n"
        "A column with `?` is optional: it may be missing, and its cells may be empty."
    )
    sections = [introduction, *(table.described() for table in TABLES.values())]
    told = "\n".join(f"| `{code}` | {says} |" for code, says in CODES.items())
    sections.append(
        f"## Warnings\n\nRows that were not used, or not as they are written.\n\n| code | meaning |\n|---|---|\n{told}"
    )
    return "\n\n".join(sections) + "\n"
