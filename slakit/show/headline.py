"""One big figure, for the first screen of a report and for the list of reports; and the figure of each notebook."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from decimal import Decimal

import polars as pl

from slakit.analysis.review import STILL_OPEN, Review
from slakit.comparison.compare import Comparison
from slakit.comparison.summary import tell_comparison
from slakit.policy import words
from slakit.policy.printing import listed, percent_text
from slakit.policy.terms import Terms
from slakit.policy.unread import without_credit
from slakit.show.deduplicate import lines_of, promises_of
from slakit.show.labels import (
    counted,
    deadline_text,
    length_text,
    money_text,
    readings_text,
    sums_text,
    terms_name,
)

MIME = "application/vnd.slakit.headline+json"
BOX = """<div style="border-left:4px solid #0072B2;padding:.15rem 0 .25rem 1rem;margin:.25rem 0 .75rem">
<div style="font-size:.9rem;opacity:.75">{label}</div>
<div style="font-size:1.9rem;font-weight:650;line-height:1.25;letter-spacing:-.01em">{value}</div>
<div style="font-size:.9rem;opacity:.85;max-width:46rem">{note}</div></div>"""


def show_headline(label: str, value: str, note: str = "") -> None:
    """Show a figure, large, and record it so that a batch can list it.

    Parameters
    ----------
    label
        What it is.
    value
        The figure, with its unit.
    note
        What one must know to read it.
    """
    from IPython.display import display

    recorded = {"label": label, "value": value, "note": note}
    shown = BOX.format(**{name: html.escape(text) for name, text in recorded.items()})
    plain = f"{label}: {value}" + f" ({note})" * bool(note)
    display({"text/html": shown, "text/plain": plain, MIME: recorded}, raw=True)  # type: ignore[no-untyped-call]


def headline_tiers(terms: Sequence[Terms]) -> None:
    """The highest availability that a plan guarantees and pays for."""
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
        more = f"{counted(len(others) - 1, 'promise')} more of that kind." if len(others) > 1 else ""
        show_headline("Guarantees with a credit behind them", value, f"{more} {silent}".strip())
        return
    best = max(guarantee.target for _, guarantee in paying if guarantee.target is not None)
    holders = list(dict.fromkeys(plan.provider for plan, guarantee in paying if guarantee.target == best))
    note = f"by {listed(holders)}, of {counted(len(terms), 'plan')} compared. {silent}".strip()
    show_headline("Highest availability promised with a credit behind it", percent_text(best, 6), note)


def _pays(plan: Terms, guarantee: str) -> bool:
    return any(guarantee in remedy.guarantees for remedy in plan.remedies)


def headline_budgets(budgets: pl.DataFrame) -> None:
    """The least downtime that is allowed in any of the windows."""
    if budgets.is_empty():
        show_headline(
            "Downtime allowed", "no promise", "Nothing here promises availability in a window that ends in this period."
        )
        return
    promises = sorted(promises_of(budgets), key=lambda promise: promise.low)
    least, most = promises[0], max(promises, key=lambda promise: promise.high)
    note = f"{least.name}, {least.about}."
    if most.high != least.low:
        note += f" The most: {length_text(most.high)} ({most.name})."
    show_headline("Downtime allowed in one window, by the strictest promise", length_text(least.low), note)


def headline_credit_curves(curves: pl.DataFrame) -> None:
    """What the longest of the outages earns, at most and at least."""
    priced = curves.filter(pl.col("availability").is_not_null())
    if priced.is_empty():
        show_headline("Credit for an outage", "nothing to price", "No length of outage, or no promise about outages.")
        return
    longest = priced["downtime_seconds"].max()
    lines = lines_of(priced.filter(pl.col("downtime_seconds") == longest))
    lines = sorted(lines, key=lambda line: -line.points[0][1])
    values = [percent_text(line.points[0][1], 2) if line.points[0][1] else "nothing" for line in lines]
    value = values[0] if len(set(values)) == 1 else f"{values[-1]} to {values[0]} of the fee"
    note = "; ".join(f"{line.name}: {percent}" for line, percent in zip(lines, values, strict=True))
    show_headline(f"Credit for one outage of {length_text(Decimal(str(longest)))}", value, f"{note}.")


def headline_review(review: Review, subscription: str) -> None:
    """What is owed to a subscription, the range over all readings, and how many windows were missed."""
    own = review.of(subscription)
    row = next(own.headline().iter_rows(named=True))
    terms, currency = review.terms_of(subscription), row["currency"]
    verdicts = pl.concat([own.availability["met"], own.attainment["met"]]).drop_nulls()
    note = f"{counted(int((~verdicts).sum()), 'window')} of {len(verdicts)} missed the target."
    if not terms.remedies:
        note += f" {without_credit(terms)}"
    if row["lowest"] != row["highest"]:
        low, high = sums_text([(currency, row["lowest"])]), sums_text([(currency, row["highest"])])
        note += f" Between {low} and {high}, by how the contract is read."
    show_headline(f"Owed to {subscription} for {review.period.printed}", sums_text([(currency, row["owed"])]), note)


def headline_claims(review: Review, subscription: str = "") -> None:
    """What can still be had, and until when it must be claimed to be safe under every reading."""
    claims = (review.of(subscription) if subscription else review).claims
    still = claims.filter(pl.col("status").is_in(STILL_OPEN))
    lost = claims.filter(pl.col("status") == "expired")
    note = [*_deadlines(review, claims.filter(pl.col("status") == "claimable"))]
    if not lost.is_empty():
        note.append(f"{_sums(lost)} was not claimed in time.")
    if not note:
        note = ["No credit is due." if claims.is_empty() else "No claim is needed."]
    unread = claims.filter(pl.col("status") == "not_read")
    if not unread.is_empty():
        note = [said for said in note if said != "No claim is needed."]
        note.append(f"How and until when to claim {_sums(unread)} was not read: ask the provider.")
    show_headline("Can still be had", _sums(still), " ".join(note))


def _sums(claims: pl.DataFrame) -> str:
    return sums_text(claims.group_by("currency", maintain_order=True).agg(pl.col("amount").sum()).iter_rows())


def _deadlines(review: Review, claimable: pl.DataFrame) -> Iterator[str]:
    """The deadline that comes first, under the strictest reading; and what that reading calls too late already."""
    ahead = claimable.filter(pl.col("deadline_earliest") >= review.as_of).sort("deadline_earliest")
    for row in ahead.head(1).iter_rows(named=True):
        zone = review.zone_of(row["subscription"])
        limit = deadline_text(row["deadline_earliest"], zone)
        yield f"Claim by {limit} ({zone.key}): {money_text(row['amount'], row['currency'])}, {row['subscription']}."
    passed = claimable.filter(pl.col("deadline_earliest") < review.as_of)
    if not passed.is_empty():
        yield f"For {_sums(passed)} the strictest reading of the contract says that it is too late."


def headline_findings(findings: pl.DataFrame) -> None:
    """How many defects and gaps the contracts have, and the first of them."""
    counts = dict(findings["severity"].value_counts().iter_rows())
    in_part = findings.filter(code="read-in-part")["policy"].n_unique()
    whole = in_part == 0
    kinds = {
        "defect": ("contradiction or error", "contradictions and errors"),
        "gap": ("missing term", "missing terms"),
        "risk": ("risk", "risks"),
    }
    value = ", ".join(
        counted(counts.get(kind, 0), one, many) for kind, (one, many) in kinds.items() if whole or counts.get(kind)
    )
    if not whole:
        policies = findings["policy"].n_unique()
        parts = "read in part" if policies == 1 else f"{in_part} of {policies} contracts read in part"
        value = f"{value or 'nothing found'} ({parts}; what was not read is not judged)"
    worst = findings.filter(pl.col("severity") == "defect").unique("policy", keep="first", maintain_order=True)
    said = (f"{row['policy']}: {_lower(row['sentence'])}" for row in worst.iter_rows(named=True))
    show_headline("In the text of the contract" + "s" * (findings["policy"].n_unique() > 1), value, "; ".join(said))


def _lower(sentence: str) -> str:
    asked, question, _ = sentence.partition("? ")
    return asked[:1].lower() + asked[1:] + question.strip()


def headline_comparison(comparison: Comparison) -> None:
    """What the same outages would have earned, what changed terms are worth, or which plan is ahead."""
    told = tell_comparison(comparison)
    totals = list(comparison.sums().iter_rows(named=True))
    offered = [row for row in totals if row["plan"] not in comparison.proposed]
    if not offered:
        value = comparison.leader or "no plan for every outage"
        show_headline("Earns the most for an outage", value, " ".join(told[:3]))
        return
    if len({row["currency"] for row in offered}) > 1:
        value = "in several currencies, not set against each other"
        show_headline("The same outages would have earned", value, told[0])
        return
    best, least = max(offered, key=lambda row: row["owed"]), min(offered, key=lambda row: row["owed"])
    amounts = [sums_text([(row["currency"], row["owed"])]) for row in (best, least)]
    note = [f"The least: {amounts[1]} ({least['plan']}).", *asked_for(comparison), told[1]]
    label = "The same outages would have earned the most at"
    show_headline(label, f"{best['plan']}: {amounts[0]}", " ".join(note))


def asked_for(comparison: Comparison) -> Iterator[str]:
    """What changed terms are worth on the evidence of a comparison."""
    totals = list(comparison.sums().iter_rows(named=True))
    for row in totals:
        if row["plan"] in comparison.proposed and row["against_first"] is not None:
            worth = row["against_first"]
            amount = sums_text([(row["currency"], abs(worth))])
            more = "would change nothing" if not worth else f"would earn {amount} {'more' if worth > 0 else 'less'}"
            yield f"With the terms asked for, {totals[0]['plan']} {more}."


def headline_readings(review: Review, subscription: str) -> None:
    """What is owed over all readings of the contract, and which questions move it."""
    low, high, currency = review.of(subscription).ranges.select("amount_low", "amount_high", "currency").row(0)
    amounts = [sums_text([(currency, amount)]) for amount in (low, high)]
    value = amounts[0] if low == high else f"{amounts[0]} to {amounts[1]}"
    note = readings_text(review, subscription)
    show_headline(f"Owed to {subscription}, by how the contract is read", value, note[:1].upper() + note[1:])
