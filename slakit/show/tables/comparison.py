"""Tables of plans side by side, and of the same outages by everybody's rules."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
from great_tables import GT, loc, style

from slakit.analysis.review import Review
from slakit.comparison.compare import Comparison
from slakit.comparison.summary import beyond, tell_contests
from slakit.show.labels import counted, length_text, money_text
from slakit.show.tables.memo import BEST, Memo, memo_table

MOST_OUTAGES = 8


def show_terms(comparison: Comparison) -> GT:
    """Every plan's terms in one vocabulary; what is best for the customer stands out."""
    plans = list(comparison.plans)
    wide = comparison.terms.pivot(on="plan", index=["area", "term"], values=["value", "best"], maintain_order=True)
    rows = [
        {"Area": row["area"], "Term": row["term"]} | {plan: row[f"value_{plan}"] or "–" for plan in plans}
        for row in wide.iter_rows(named=True)
    ]
    notes = [
        *tell_contests(comparison),
        "One outage of everything, in one window; credits for single incidents stay out where there are others.",
        "Terms as in ISO/IEC 19086-1. Bold: no other plan here is better for the customer.",
        "Best-effort targets rank as if they were not promised.",
        "Not read: only a part of the document was read, and the rest may state it.",
    ]
    table = memo_table(rows, Memo("Terms side by side", "", notes, groups="Area"), "No plan is named.")
    for plan in plans:
        best = [number for number, row in enumerate(wide.iter_rows(named=True)) if row[f"best_{plan}"]]
        if best:
            mark = style.text(weight="bold", color=BEST)
            table = table.tab_style(mark, loc.body(columns=[plan], rows=best))
    return table


def show_dominance(comparison: Comparison) -> GT:
    """Which of two plans earns more, and from which length of outage on."""
    rows = []
    for row in comparison.dominance.iter_rows(named=True):
        one, other = row["plan"], row["other"]
        changes = comparison.crossings.filter((pl.col("plan") == one) & (pl.col("other") == other))
        spans = changes.select("downtime_seconds", "leads").iter_rows()
        leads = "\n".join(f"{lead} {beyond(seconds)}" for seconds, lead in spans)
        rows.append({"Plans": f"{one}\n{other}", "Earns more": leads or "the same for every length"})
    memo = Memo("Who earns more for one outage", "By its length, exact to the microsecond.")
    return memo_table(rows, memo, "Fewer than two plans.")


def show_same_outages(comparison: Comparison) -> GT:
    """What the same outages earn by every plan's rules."""
    totals = comparison.sums()
    key = ["plan", "currency"]
    figures = comparison.owed.group_by(key).agg(pl.col("counted_seconds", "missed").sum())
    totals = totals.join(figures, on=key, how="left", maintain_order="left")
    rows = []
    for row in totals.iter_rows(named=True):
        low, high, currency = (row[name] for name in ("lowest", "highest", "currency"))
        rows.append({
            "Plan": row["plan"],
            "Owed": money_text(row["owed"], currency),
            "By how it is read": f"{money_text(low, currency)} to {money_text(high, currency)}" if low != high else "–",
            "Against the first": _difference(row["against_first"], currency),
            "Counted as downtime": length_text(row["counted_seconds"]),
            "Windows missed": str(row["missed"]),
        })  # fmt: skip
    period = comparison.review.period.printed if comparison.review else ""
    notes = ["Tickets stay out: their priorities are words of the contract under which they were opened."]
    numbers = ["Owed", "By how it is read", "Against the first", "Counted as downtime", "Windows missed"]
    memo = Memo("The same outages by everybody's rules", f"Period {period}.", notes, numbers=numbers)
    return memo_table(rows, memo, "No evidence was given.")


def show_readings(review: Review, subscription: str) -> GT:
    """Open questions, the one that moves what is owed most first, and what each answer alone makes of it.

    Parameters
    ----------
    review
        From `assess`, with ranges.
    subscription
        One of the evidence.
    """
    own = review.of(subscription)
    questions = {question.id: question for question in review.policies[review.plan_of(subscription)[0]].readings}
    rows = []
    for row in own.readings.iter_rows(named=True):
        asked = questions[row["question"]]
        because = asked.answers[row["answer"]].because or ""
        moves = f"moves it by {money_text(row['moves'], row['currency'])}" if row["moves"] else "moves nothing here"
        rows.append({
            "Question": f"{asked.question} ({'; '.join(asked.clauses)}): {moves}",
            "Answer": row["answer"] + ", taken here" * row["chosen"],
            "Speaks for it": because,
            "Owed": money_text(row["amount"], row["currency"]),
            "Against the answer taken": _difference(row["difference"], row["currency"]),
        })  # fmt: skip
    numbers = ["Owed", "Against the answer taken"]
    memo = Memo("Open questions of the contract", "", [], groups="Question", numbers=numbers)
    return memo_table(rows, memo, "The contract leaves nothing open that this review takes up.")


def _difference(amount: Decimal | None, currency: str) -> str:
    if amount is None:
        return "another currency"
    return f"{'+' if amount > 0 else '−'}{money_text(abs(amount), currency)}" if amount else "–"


def show_parted(comparison: Comparison, most: int = MOST_OUTAGES) -> GT:
    """The outages whose counted length differs most between plans, with the verdicts and clauses that decide."""
    key = ["subscription", "outage"]
    parted = comparison.verdicts.filter("differs")
    spread = pl.col("counted_seconds").max() - pl.col("counted_seconds").min()
    worst = (
        parted.group_by(key, maintain_order=True)
        .agg(spread.alias("spread"))
        .sort("spread", descending=True, maintain_order=True)
    )
    shown = worst.head(most).join(parted, on=key, maintain_order="left_right")
    rows = [
        {
            "Outage": f"{row['outage']} of {row['subscription']}: {length_text(row['spread'])} apart",
            "Plan": row["plan"],
            "Counted": length_text(row["counted_seconds"]),
            "Why": row["why"],
        }
        for row in shown.iter_rows(named=True)
    ]
    notes = [f"{counted(worst.height - most, 'further outage')} counted differently."] if worst.height > most else []
    memo = Memo("Where the rules part", "Verdicts on the same outage.", notes, groups="Outage", numbers=["Counted"])
    return memo_table(rows, memo, "Every plan counts every outage for the same length.")
