"""One page on a subscription: the answers in boxes, and its breaches with the clauses as footnotes."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import polars as pl
from great_tables import GT, loc

from slakit.analysis.review import CLAIMABLE, Review
from slakit.policy import words
from slakit.policy.printing import listed, percent_text
from slakit.policy.terms import Terms
from slakit.show.columns import RESULTS
from slakit.show.labels import amounts_text, deadline_text, left_text, remedy_names, sums_text, window_name
from slakit.show.readable import claim_by
from slakit.show.tables.memo import Memo, memo_table
from slakit.show.tables.review import about

BOX = """<div style="flex:1 1 10rem;border-top:3px solid #0072B2;padding:.5rem .75rem;break-inside:avoid">
<div style="font-size:.85rem;opacity:.75">{label}</div>
<div style="font-size:1.35rem;font-weight:650;line-height:1.3">{value}</div>
<div style="font-size:.8rem;opacity:.8">{note}</div></div>"""


def show_boxes(review: Review, subscription: str) -> None:
    """Show in boxes what is owed, what is claimable and until when, and the worst level.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    from IPython.display import display

    boxes = list(boxes_of(review.of(subscription), subscription))
    shown = "".join(
        BOX.format(label=html.escape(label), value=html.escape(value), note=html.escape(note))
        for label, value, note in boxes
    )
    plain = "\n".join(f"{label}: {value}" + f" ({note})" * bool(note) for label, value, note in boxes)
    row = f'<div style="display:flex;flex-wrap:wrap;gap:.75rem;margin:.5rem 0">{shown}</div>'
    display({"text/html": row, "text/plain": plain}, raw=True)  # type: ignore[no-untyped-call]


def boxes_of(review: Review, subscription: str) -> Iterator[tuple[str, str, str]]:
    """Yield what each box is about, its value, and a note; of the review of one subscription."""
    zone, terms = review.zone_of(subscription), review.terms_of(subscription)
    row = next(review.headline().iter_rows(named=True))
    spread = ""
    if row["lowest"] != row["highest"]:
        low, high = (sums_text([(row["currency"], row[end])]) for end in ("lowest", "highest"))
        spread = f"{low} to {high} if read otherwise"
    yield "Owed", sums_text([(row["currency"], row["owed"])]), spread
    claimable = review.claims.filter(pl.col("status").is_in(CLAIMABLE))
    yield "Claimable now", amounts_text(claimable), "no claim is needed" if not _claims_needed(review) else ""
    open_now = review.claims.filter(pl.col("status") == "claimable")
    disputed = claimable.height > open_now.height
    deadline = (claimable if disputed else open_now)["deadline_earliest"].min()
    value, note = "–", ""
    if isinstance(deadline, datetime):
        value, left = deadline_text(deadline, zone), left_text(deadline, review.as_of, zone)
        note = "passed under the strictest reading: claim today" if disputed else left
    yield "Next deadline", value, note
    windows = review.availability.filter(pl.col("met").is_not_null())
    missed = windows.filter(~pl.col("met"))
    worst = (windows if missed.is_empty() else missed).sort("availability", maintain_order=True).head(1)
    for worst_row in worst.iter_rows(named=True):
        guarantee = terms.guarantee(worst_row["guarantee"])
        when = window_name(worst_row["window_start"], worst_row["window_end"], zone)
        level = percent_text(worst_row["availability"])
        said = f"{guarantee.name or guarantee.id}, {when}; committed: {percent_text(worst_row['target'], 6)}"
        yield "Worst level", level, said


def _claims_needed(review: Review) -> bool:
    return not set(review.claims["status"]) <= {"not_required"} or review.claims.is_empty()


def show_breaches(review: Review, subscription: str) -> GT:
    """Show the credits due, the last first, each with its level and its claim, and clauses as footnotes.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    own, zone, terms = review.of(subscription), review.zone_of(subscription), review.terms_of(subscription)
    key = ["remedy", "window_start"]
    due = own.credits.filter(pl.col("amount") > 0).sort("window_start", "remedy", descending=[True, False])
    claims = own.claims.unique(key, keep="first", maintain_order=True)
    due = due.join(claims.select(*key, "status", "deadline_earliest"), on=key, how="left", maintain_order="left")
    names, result = remedy_names(terms), RESULTS["claims"]
    rows = [
        {
            "Window": window_name(row["window_start"], row["window_end"], zone),
            "Credit for": names.get(row["remedy"], row["remedy"]),
            "Level": _level(own, terms, row),
            "Credit": percent_text(row["credit_percent"], 2),
            "Owed": sums_text([(row["currency"], row["amount"])]),
            "Status": result.column("status").words.get(row["status"], "–"),
            "Claim by": claim_by(row["status"] or "", row["deadline_earliest"], zone).removesuffix(f" ({zone.key})"),
        }
        for row in due.iter_rows(named=True)
    ]
    notes = [f"Claim by: the earliest deadline under any reading. Times in {zone.key}."]
    memo = Memo(
        f"Credits due to {subscription}", about(review), notes, numbers=["Credit", "Owed"], dates=["Window", "Level"]
    )
    table: Any = memo_table(rows, memo, "No credit is due: no target with a credit was missed.")
    for remedy in terms.remedies:
        at = [number for number, name in enumerate(due["remedy"]) if name == remedy.id]
        if at:
            table = table.tab_footnote(_clauses(terms, remedy.id), loc.body(columns="Credit for", rows=at))
    found: GT = table
    return found


def _level(review: Review, terms: Terms, credit: dict[str, Any]) -> str:
    """Write the worst level that was measured for a credit, if it follows from one."""
    of = next((remedy.guarantees for remedy in terms.remedies if remedy.id == credit["remedy"]), [])
    same = (pl.col("window_start") == credit["window_start"]) & pl.col("guarantee").is_in(of)
    levels = [
        *review.availability.filter(same)["availability"].drop_nulls(),
        *review.attainment.filter(same)["attainment"].drop_nulls(),
    ]
    return percent_text(min(levels)) if levels else "–"


def _clauses(terms: Terms, remedy: str) -> str:
    """Write what was guaranteed and what is owed for a breach, each with its clause."""
    found = next(one for one in terms.remedies if one.id == remedy)
    said = [
        f"{guarantee.name or guarantee.id}: {words.promise(guarantee)} ({guarantee.clause})"
        for guarantee in map(terms.guarantee, found.guarantees)
    ]
    clauses = dict.fromkeys(credit.clause for credit in found.credit if credit.clause)
    owed = f"Credit: clause {listed(clauses)}." if clauses else ""
    return f"{'; '.join(said)}. {owed}".strip()
