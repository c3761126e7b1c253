"""Headlines: one big value for the first screen of a report and for the list of reports; one for each notebook."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from slakit.analysis.review import CLAIMABLE, Review
from slakit.comparison.compare import Comparison
from slakit.comparison.reconcile import Reconciliation
from slakit.comparison.summary import summarize_comparison
from slakit.evidence.sources.receipt import ImportReceipt
from slakit.finding.model import COUNTED
from slakit.measure.attainment import by_priority
from slakit.measure.tickets import ANSWERS, NOT_JUDGED
from slakit.outlook.outlook import Outlook
from slakit.outlook.words import frequency, window_noun
from slakit.policy import words
from slakit.policy.printing import listed, percent_text
from slakit.policy.terms import Terms
from slakit.policy.unread import without_credit
from slakit.show.deduplicate import budgets_of, lines_of, plans_name, policy_name
from slakit.show.labels import (
    amounts_text,
    counted,
    deadline_text,
    instant_text,
    left_text,
    length_text,
    money_text,
    readings_text,
    share_text,
    sums_text,
    terms_name,
)
from slakit.show.readable import reading_words

MIME = "application/vnd.slakit.headline+json"
BOX = """<div style="border-left:4px solid #0072B2;padding:.15rem 0 .25rem 1rem;margin:.25rem 0 .75rem">
<div style="font-size:.9rem;opacity:.75">{label}</div>
<div style="font-size:1.9rem;font-weight:650;line-height:1.25;letter-spacing:-.01em">{value}</div>
<div style="font-size:.9rem;opacity:.85;max-width:46rem">{note}</div></div>"""


def show_headline(label: str, value: str, note: str = "") -> None:
    """Show a value, large, and record it so that a batch can list it.

    Parameters
    ----------
    label
        What it is.
    value
        The value, with its unit.
    note
        What one must know to read it.
    """
    from IPython.display import display

    recorded = {"label": label, "value": value, "note": note}
    shown = BOX.format(**{name: html.escape(text) for name, text in recorded.items()})
    plain = f"{label}: {value}" + f" ({note})" * bool(note)
    display({"text/html": shown, "text/plain": plain, MIME: recorded}, raw=True)  # type: ignore[no-untyped-call]


def headline_tiers(terms: Sequence[Terms]) -> None:
    """Show the highest availability that a plan guarantees and pays for."""
    paying = [
        (plan, guarantee)
        for plan in terms
        for guarantee in plan.guarantees
        if _pays(plan, guarantee.id) and guarantee.target is not None and guarantee.metric == "availability"
    ]
    without = sorted({terms_name(plan) for plan in terms if not plan.remedies and plan.read_whole})
    unread = sorted({terms_name(plan) for plan in terms if not plan.remedies and not plan.read_whole})
    silent = f"No credit: {listed(without)}. " * bool(without) + f"Credits not read: {listed(unread)}." * bool(unread)
    if not paying:
        others = [words.promise(g) for plan in terms for g in plan.guarantees if _pays(plan, g.id)]
        value = others[0] if others else "none"
        more = f"{counted(len(others) - 1, 'guarantee')} more of that kind." if len(others) > 1 else ""
        show_headline("Guarantees with a credit behind them", value, f"{more} {silent}".strip())
        return
    best = max(guarantee.target for _, guarantee in paying if guarantee.target is not None)
    holders = list(dict.fromkeys(plan.provider for plan, guarantee in paying if guarantee.target == best))
    note = f"by {listed(holders)}, of {counted(len(terms), 'plan')} compared. {silent}".strip()
    show_headline("Highest guaranteed availability with a credit behind it", percent_text(best, 6), note)


def _pays(plan: Terms, guarantee: str) -> bool:
    return any(guarantee in remedy.guarantees for remedy in plan.remedies)


def headline_budgets(budgets: pl.DataFrame) -> None:
    """Show the least downtime that is allowed in any of the windows."""
    if budgets.is_empty():
        said = "Nothing here guarantees availability in a window that ends in this period."
        show_headline("Allowed downtime", "no guarantee", said)
        return
    gathered = sorted(budgets_of(budgets), key=lambda budget: budget.low)
    least, most = gathered[0], max(gathered, key=lambda budget: budget.high)
    note = f"{least.name}, {least.about}."
    if most.high != least.low:
        note += f" The most: {length_text(most.high)} ({most.name})."
    show_headline("Allowed downtime in one window, under the strictest guarantee", length_text(least.low), note)


def headline_credit_curves(curves: pl.DataFrame) -> None:
    """Show the credit for the longest of the outages, at most and at least."""
    priced = curves.filter(pl.col("availability").is_not_null())
    if priced.is_empty():
        show_headline("Credit for an outage", "nothing to price", "No length of outage, or no guarantee about outages.")
        return
    longest = priced["downtime_seconds"].max()
    lines = lines_of(priced.filter(pl.col("downtime_seconds") == longest))
    lines = sorted(lines, key=lambda line: -line.points[0][1])
    values = [percent_text(line.points[0][1], 2) if line.points[0][1] else "nothing" for line in lines]
    value = values[0] if len(set(values)) == 1 else f"{values[-1]} to {values[0]} of the fee"
    note = "; ".join(f"{line.name}: {percent}" for line, percent in zip(lines, values, strict=True))
    incidents = curves.filter(pl.col("availability").is_null() & (pl.col("downtime_seconds") == longest))
    if not incidents.is_empty():
        most = incidents.sort("credit_percent", descending=True, maintain_order=True).row(0, named=True)
        name = plans_name(most["policy"], [most["tier"]], curves)
        highest = percent_text(most["credit_percent"], 2)
        note += f". Credits for single incidents: up to {highest} ({name})"
        if most["credit_percent"] > lines[0].points[0][1]:  # the table below shows it beside the others
            value += f"; up to {highest} for a single incident"
    show_headline(f"Credit for one outage of {length_text(Decimal(str(longest)))}", value, f"{note}.")


def headline_outlook(outlook: Outlook) -> None:
    """Show what a year pays at the plan that pays most, and how often each misses a guarantee."""
    rows = outlook.summary.filter(model=outlook.models[0]).sort("fee_share", descending=True, maintain_order=True)
    first = rows.row(0, named=True)
    value = f"{percent_text(first['fee_share'], 2)} of the fee" if first["fee_share"] else "nothing"
    said = [
        f"{outlook.names[row['plan']]} misses a guarantee "
        f"{frequency(row['months_missed'], window_noun(outlook.plans[row['plan']]))}"
        for row in rows.iter_rows(named=True)
    ]
    label = f"A year to come pays, on average, at {outlook.names[first['plan']]}"
    show_headline(label, value, f"{'; '.join(said)}. {outlook.basis['says'][0]}")


def headline_review(review: Review, subscription: str) -> None:
    """Show what is owed to a subscription, the range, and how many windows missed their target."""
    own = review.of(subscription)
    row = next(own.headline().iter_rows(named=True))
    terms, currency = review.terms_of(subscription), row["currency"]
    verdicts = pl.concat([own.availability["met"], own.attainment["met"]]).drop_nulls()
    note = f"{counted(int((~verdicts).sum()), 'window')} of {len(verdicts)} missed the target."
    if not terms.remedies:
        note += f" {without_credit(terms)}"
    if row["lowest"] != row["highest"]:
        low, high = sums_text([(currency, row["lowest"])]), sums_text([(currency, row["highest"])])
        note += f" {low} to {high} if ambiguous clauses are read otherwise."
    show_headline(f"Owed to {subscription} for {review.period.printed}", sums_text([(currency, row["owed"])]), note)


def headline_claims(review: Review, subscription: str = "") -> None:
    """Show what is claimable now, until when, and what the strictest reading of the contract calls too late."""
    own = review.of(subscription) if subscription else review
    claims = own.claims
    if claims.is_empty():
        show_headline("Claimable now", "nothing", "No credit is due.")
        return
    by_status = {str(status): rows for (status,), rows in claims.group_by("status", maintain_order=True)}
    note = [*_deadlines(review, claims)]
    said = {
        "waiting": "{} is not claimable yet.",
        "not_read": "How and until when to claim {} was not read: ask the provider.",
        "not_valid": "Claims for {} are not valid: a requirement was not met.",
        "expired": "Claims for {} have expired.",
    }
    note += [sentence.format(amounts_text(by_status[name])) for name, sentence in said.items() if name in by_status]
    without_claim = by_status.get("not_required", claims.clear())
    if set(by_status) <= {"not_required", "claimed", "not_valid", "expired"} and not without_claim.is_empty():
        show_headline("Due without a claim", amounts_text(without_claim), " ".join(["No claim is needed.", *note]))
        return
    if not without_claim.is_empty():
        note.append(f"{amounts_text(without_claim)} is due without a claim.")
    open_now = claims.filter(pl.col("status").is_in(CLAIMABLE))
    show_headline("Claimable now", amounts_text(open_now), " ".join(note))


def _deadlines(review: Review, claims: pl.DataFrame) -> Iterator[str]:
    """Write the deadline that comes first under the strictest reading, and what that reading calls too late."""
    ahead = claims.filter(pl.col("status") == "claimable").sort("deadline_earliest", nulls_last=True)
    for row in ahead.drop_nulls("deadline_earliest").head(1).iter_rows(named=True):
        zone = review.zone_of(row["subscription"])
        limit = deadline_text(row["deadline_earliest"], zone)
        left = left_text(row["deadline_earliest"], review.as_of, zone)
        money = money_text(row["amount"], row["currency"])
        yield f"Claim by {limit} ({zone.key}; {left}): {money}, {row['subscription']}."
    barred = claims.filter(pl.col("status") == "disputed").sort("deadline_earliest")
    for row in barred.head(1).iter_rows(named=True):
        limit = deadline_text(row["deadline_earliest"], review.zone_of(row["subscription"]))
        first = "" if barred["deadline_earliest"].n_unique() == 1 else "the first "
        amount = amounts_text(barred)
        yield f"{amount} may already be time-barred (strictest reading: {first}claim by {limit}). Claim today."


def headline_findings(findings: pl.DataFrame) -> None:
    """Show how many contradictions, errors and missing terms the contracts have, and the first of them."""
    counts = dict(findings["severity"].value_counts().iter_rows())
    in_part = findings.filter(code="read-in-part")["policy"].n_unique()
    whole = in_part == 0
    value = ", ".join(
        counted(counts.get(severity, 0), *COUNTED[severity])
        for severity in ("defect", "gap", "risk")
        if whole or counts.get(severity)
    )
    if not whole:
        policies = findings["policy"].n_unique()
        parts = "read in part" if policies == 1 else f"{in_part} of {policies} contracts read in part"
        value = f"{value or 'nothing found'} ({parts}; what was not read is not judged)"
    worst = findings.filter(pl.col("severity") == "defect").unique("policy", keep="first", maintain_order=True)
    said = []
    for row in worst.iter_rows(named=True):
        asked, question, _ = row["sentence"].partition("? ")
        said.append(f"{policy_name(row['policy'], findings)}: {asked[:1].lower()}{asked[1:]}{question.strip()}")
    show_headline("In the text of the contract" + "s" * (findings["policy"].n_unique() > 1), value, "; ".join(said))


def headline_comparison(comparison: Comparison) -> None:
    """Show the credits for the same outages, what amended terms change, or which plan is ahead."""
    told, names = summarize_comparison(comparison), comparison.names
    offered = [row for row in comparison.sums().iter_rows(named=True) if row["plan"] not in comparison.proposed]
    if not offered:
        value = names[comparison.leader] if comparison.leader else "no plan for every outage"
        show_headline("Highest credit for an outage", value, " ".join(told[:3]))
        return
    if not comparison.in_one_currency:
        shares = {row["plan"]: comparison.shares()[row["plan"]].owed for row in offered}
        (highest, top), (low, last) = (
            choose((share, names[plan]) for plan, share in shares.items()) for choose in (max, min)
        )
        value = f"{top}: {percent_text(highest, 2)} of a monthly fee"
        said = f"Lowest: {percent_text(low, 2)} ({last}). {told[0]}"
        show_headline("Highest credits for the same outages", value, said)
        return
    best, least = max(offered, key=lambda row: row["owed"]), min(offered, key=lambda row: row["owed"])
    most, lowest = (sums_text([(row["currency"], row["owed"])]) for row in (best, least))
    note = [f"Lowest: {lowest} ({names[least['plan']]}).", *asked_for(comparison), told[1]]
    show_headline("Highest credits for the same outages", f"{names[best['plan']]}: {most}", " ".join(note))


def asked_for(comparison: Comparison) -> Iterator[str]:
    """Tell what amended terms change on the evidence of a comparison."""
    totals = list(comparison.sums().iter_rows(named=True))
    for row in totals:
        if row["plan"] in comparison.proposed and row["against_first"] is not None:
            difference = row["against_first"]
            amount = sums_text([(row["currency"], abs(difference))])
            more = f"would pay {amount} {'more' if difference > 0 else 'less'}" if difference else "would pay the same"
            yield f"With the terms you want to negotiate, {comparison.names[totals[0]['plan']]} {more}."


def headline_readings(review: Review, subscription: str) -> None:
    """Show what is owed if ambiguous clauses are read otherwise, and which of them has the largest effect."""
    low, high, currency = review.of(subscription).ranges.select("amount_low", "amount_high", "currency").row(0)
    amounts = [sums_text([(currency, amount)]) for amount in (low, high)]
    value = amounts[0] if low == high else f"{amounts[0]} to {amounts[1]}"
    note = readings_text(review, subscription)
    show_headline(f"Owed to {subscription}, depending on the interpretation", value, note[:1].upper() + note[1:])


ANSWERED = {"response": "first responses", "resolution": "resolutions", "update": "tickets with all updates"}


def headline_tickets(review: Review, subscription: str) -> None:
    """Show which share of responses and of resolutions was in time, and what is still open."""
    label, terms = f"Tickets of {subscription} in {review.period.printed}", review.terms_of(subscription)
    own = review.of(subscription)
    tickets = own.tickets.filter(~pl.col("verdict").is_in(NOT_JUDGED))
    covering = {g.id: g for g in terms.guarantees if g.metric in ANSWERS}
    if not covering:
        said = f"{terms_name(terms)} guarantees no response or resolution time."
        show_headline(label, "no guarantee", said)
        return
    if tickets.is_empty():
        show_headline(label, "no ticket", "No ticket that a guarantee covers was opened.")
        return
    together = by_priority(tickets, ("guarantee",), "elapsed_seconds").filter(pl.col("priority").is_null())
    order = tickets.select("guarantee").unique(maintain_order=True)
    parts = [
        f"{share_text(row['met_count'], row['eligible'])} of {ANSWERED[covering[row['guarantee']].metric]} in time"
        for row in order.join(together, on="guarantee", maintain_order="left").iter_rows(named=True)
        if row["eligible"]
    ]
    judged = own.attainment["met"].drop_nulls()
    missed = counted(int((~judged).sum()), "window")
    note = [f"{missed} of {len(judged)} missed the target." if len(judged) else "No target is set for the share."]
    note += ["Best effort only."] * ({guarantee.commitment for guarantee in covering.values()} == {"best_effort"})
    waiting = tickets.filter(pl.col("verdict") == "pending").sort("due", nulls_last=True)
    for row in waiting.head(1).iter_rows(named=True):
        zone = review.zone_of(subscription)
        first = f"{instant_text(row['due'], zone)} ({zone.key})"
        one, many = "response or resolution", "responses or resolutions"
        if any(guarantee.metric == "update" for guarantee in covering.values()):
            one, many = "response, resolution or update", "responses, resolutions or updates"
        note.append(f"{counted(waiting.height, one, many)} still due, "
                    f"the first by {first}.")  # fmt: skip
    show_headline(label, " · ".join(parts) or "nothing judged yet", " ".join(note))


def headline_recovery(review: Review, subscription: str) -> None:
    """Show how many recoveries met their objectives, under each reading, and whether backups were on time."""
    own, terms = review.of(subscription), review.terms_of(subscription)
    without = "" if terms.recovery else f"{terms_name(terms)} guarantees no recovery. "
    judged = own.backups.filter(pl.col("in_time").is_not_null())
    late = judged.filter(~pl.col("in_time"))
    longest: Any = judged["gap_seconds"].max()
    if own.recoveries.is_empty() and judged.is_empty():
        show_headline(f"Recoveries and backups of {subscription}", "none recorded", without.strip())
    elif own.recoveries.is_empty():
        in_time = f"{judged.height - late.height} of {judged.height}"
        note = f"{without}No recovery is recorded. The longest interval between backups is {length_text(longest)}."
        show_headline(f"Backups of {subscription} in time", in_time, note)
    else:
        met, note = _recovered(review, subscription, own.recoveries)
        if judged.height:
            backups = counted(late.height, "backup").capitalize()
            note += f" {backups} late; the longest interval is {length_text(longest)}."
        show_headline(f"Recoveries of {subscription} within their targets", met, note)


def _recovered(review: Review, subscription: str, recoveries: pl.DataFrame) -> tuple[str, str]:
    """Count the recoveries that met their targets under the chosen reading, and tell of the others."""
    missed = (~pl.col("rpo_met") | ~pl.col("rto_met")).fill_null(value=False)
    by_reading = recoveries.group_by("reading", maintain_order=True).agg(
        (pl.col("rpo_met") & pl.col("rto_met")).sum().alias("met"), missed.sum().alias("missed"), pl.len().alias("all")
    )
    first = by_reading.row(0, named=True)
    unknown = first["all"] - first["met"] - first["missed"]
    said = [f"{first['missed']} missed a target."] * bool(first["missed"])
    said += [f"{unknown} without a verdict yet."] * bool(unknown)
    if by_reading.height > 1:
        readings = "; ".join(
            f"{row['met']} ({reading_words(review, subscription, row['reading'])})"
            for row in by_reading.iter_rows(named=True)
        )
        said.append(f"Depending on the interpretation: {readings}.")
    return f"{first['met']} of {first['all']}", " ".join(said)


def headline_imports(receipts: Mapping[str, ImportReceipt]) -> None:
    """Show how many rows were made of how many records, and how many records are in none."""
    if not receipts:
        show_headline("Imported evidence", "nothing", "The tables of this folder were written by hand.")
        return
    rows = sum(count for receipt in receipts.values() for count in receipt.rows.values())
    records = sum(receipt.records for receipt in receipts.values())
    left_out = sum(receipt.records_in_no_row for receipt in receipts.values())
    note = "Every record is in a row."
    if left_out:
        note = f"{counted(left_out, 'record')} {'is' if left_out == 1 else 'are'} in no row, with the reasons below."
    if silent := [name for name, receipt in receipts.items() if receipt.covered is None]:
        note += f" Not told which time is covered: {listed(silent)}."
    label = f"Imported evidence, from {counted(records, 'record')} of {listed(list(receipts))}"
    show_headline(label, counted(rows, "row"), note)


def headline_reconciliation(found: Reconciliation) -> None:
    """Show what is owed according to the provider's source and according to one's own."""
    provider, own, together = (sums_text(found.reviews[side].owed.items()) for side in ("provider", "own", "together"))
    label, value = f"Owed according to {found.own}, against {found.provider}", f"{own} against {provider}"
    if own == provider:
        label, value = f"Owed according to {found.own}, and the same to {found.provider}", own
    note = f"Period {found.reviews['together'].period.printed}. If the outages of both count: {together}."
    show_headline(label, value, f"{note} {found.summary()[0]}")
