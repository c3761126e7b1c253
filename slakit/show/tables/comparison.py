"""Tables of plans side by side, and of the credits for the same outages under each contract."""

from __future__ import annotations

import polars as pl
from great_tables import GT, loc, style

from slakit.analysis.assumptions import answer_words
from slakit.analysis.review import Review
from slakit.comparison.compare import Comparison, FeeShares
from slakit.comparison.summary import lead_start, summarize_dominance
from slakit.policy.printing import percent_text
from slakit.show.columns import COMPARED
from slakit.show.labels import counted, length_text, money_text, sign_text, tell_documents
from slakit.show.tables.memo import BEST, Memo, memo_table

MOST_OUTAGES = 8
SHARE = "Of a monthly fee"


def show_terms(comparison: Comparison) -> GT:
    """Show every plan's terms in one vocabulary; what is best for the customer stands out."""
    names = comparison.names
    wide = comparison.terms.pivot(on="plan", index=["area", "term"], values=["value", "best"], maintain_order=True)
    rows = [
        {"Area": row["area"], "Term": row["term"]} | {name: row[f"value_{plan}"] or "–" for plan, name in names.items()}
        for row in wide.iter_rows(named=True)
    ]
    notes = [
        *summarize_dominance(comparison),
        "One outage of everything, in one window; credits for single incidents only where there are no others.",
        "Terms as in ISO/IEC 19086-1. Bold: no other plan here is better for the customer.",
        "Best-effort targets rank as if there were no guarantee.",
        "Not read: only a part of the document was read, and the rest may state it.",
    ]
    table = memo_table(rows, Memo("Terms side by side", "", notes, groups="Area"), "No plan is named.")
    for plan, name in names.items():
        best = [number for number, row in enumerate(wide.iter_rows(named=True)) if row[f"best_{plan}"]]
        if best:
            mark = style.text(weight="bold", color=BEST)
            table = table.tab_style(mark, loc.body(columns=[name], rows=best))
    return table


def show_dominance(comparison: Comparison) -> GT:
    """Show which of two plans pays more, and from which length of outage on."""
    rows, names = [], comparison.names
    for row in comparison.dominance.iter_rows(named=True):
        one, other = row["plan"], row["other"]
        changes = comparison.crossings.filter((pl.col("plan") == one) & (pl.col("other") == other))
        spans = changes.select("downtime_seconds", "leads").iter_rows()
        leads = "\n".join(f"{names[lead]} {lead_start(seconds)}" for seconds, lead in spans)
        rows.append({"Plans": f"{names[one]}\n{names[other]}", "Pays more": leads or "the same for every length"})
    documents = tell_documents({names[plan]: terms.source for plan, terms in comparison.plans.items()})
    memo = Memo("Which plan pays more for one outage", "By its length, exact to the microsecond.", documents)
    return memo_table(rows, memo, "Fewer than two plans.")


def show_same_outages(comparison: Comparison) -> GT:
    """Show the credits for the same outages under each contract."""
    key = ["plan", "currency"]
    seen = comparison.owed.group_by(key).agg(pl.col("counted_seconds", "missed").sum())
    totals = comparison.sums().join(seen, on=key, how="left", maintain_order="left")
    plan, owed, counted_heading, missed = COMPARED["owed"].headings("plan", "owed", "counted_seconds", "missed")
    otherwise, against = "Range if read otherwise", "Against the first"
    shares = {} if comparison.in_one_currency else comparison.shares()
    first = next(iter(shares.values()), FeeShares()).owed
    rows = []
    for row in totals.iter_rows(named=True):
        low, high, currency, difference = (row[k] for k in ("lowest", "highest", "currency", "against_first"))
        difference_text = sign_text(difference, currency) if difference else "–"
        if difference is None and (points := shares[row["plan"]].owed - first):
            difference_text = f"{'+' if points > 0 else '−'}{percent_text(abs(points), 2)} of the fee"
        rows.append({
            plan: comparison.names[row["plan"]],
            owed: money_text(row["owed"], currency),
            otherwise: f"{money_text(low, currency)} to {money_text(high, currency)}" if low != high else "–",
            **({SHARE: percent_text(shares[row["plan"]].owed, 2)} if shares else {}),
            against: difference_text,
            counted_heading: length_text(row["counted_seconds"]),
            missed: str(row["missed"]),
        })  # fmt: skip
    period = comparison.review.period.printed if comparison.review else ""
    notes = [
        "Range: if ambiguous clauses are read otherwise.",
        "Without tickets: their priorities are words of the contract under which they were opened.",
    ]
    notes += ["The plans pay in several currencies: they compare by percent of a monthly fee."] * bool(shares)
    notes += tell_documents({comparison.names[plan]: terms.source for plan, terms in comparison.plans.items()})
    numbers = [owed, otherwise, *([SHARE] if shares else []), against, counted_heading, missed]
    memo = Memo("Credits for your outages under each contract", f"Period {period}.", notes, numbers=numbers)
    return memo_table(rows, memo, "No evidence was given.")


def show_readings(review: Review, subscription: str) -> GT:
    """Show open questions, the one with the largest effect first, and what each answer alone makes of the credits.

    Parameters
    ----------
    review
        From `assess`, with ranges.
    subscription
        One of the evidence.
    """
    own = review.of(subscription)
    questions = {question.id: question for question in review.policies[review.plan_of(subscription)[0]].readings}
    # the policy is named where a subscription has had several
    questions |= {f"{name}:{one.id}": one for name, policy in review.policies.items() for one in policy.readings}
    rows = []
    for row in own.readings.iter_rows(named=True):
        asked = questions[row["question"]]
        effect = f"effect {money_text(row['moves'], row['currency'])}" if row["moves"] else "no effect here"
        rows.append({
            "Question": f"{asked.question} ({'; '.join(asked.clauses)}): {effect}",
            "Answer": answer_words(row["answer"]) + ", assumed here" * row["chosen"],
            "Speaks for it": asked.answers[row["answer"]].because or "",
            "Owed": money_text(row["amount"], row["currency"]),
            "Difference": sign_text(row["difference"], row["currency"]) if row["difference"] else "–",
        })  # fmt: skip
    memo = Memo("Open questions of the contract", "", [], groups="Question", numbers=["Owed", "Difference"])
    return memo_table(rows, memo, "The contract leaves nothing open that this review takes up.")


def show_parted(comparison: Comparison, most: int = MOST_OUTAGES) -> GT:
    """Show the outages whose counted downtime differs most between plans, with verdicts and clauses.

    Parameters
    ----------
    comparison
        From `compare`, with evidence.
    most
        Outages to show.
    """
    key = ["subscription", "outage"]
    parted = comparison.verdicts.filter("differs")
    spread = pl.col("counted_seconds").max() - pl.col("counted_seconds").min()
    worst = (
        parted.group_by(key, maintain_order=True)
        .agg(spread.alias("spread"))
        .sort("spread", descending=True, maintain_order=True)
    )
    shown = worst.head(most).join(parted, on=key, maintain_order="left_right")
    columns = ["outage", "plan", "counted_seconds", "why"]
    outage, _, downtime, _ = COMPARED["verdicts"].headings(*columns)
    rows = list(COMPARED["verdicts"].texts(shown.with_columns(pl.col("plan").replace(comparison.names)), columns))
    for text, row in zip(rows, shown.iter_rows(named=True), strict=True):
        text[outage] = f"{row['outage']} of {row['subscription']}: {length_text(row['spread'])} apart"
    notes = [f"{counted(worst.height - most, 'further outage')} counted differently."] if worst.height > most else []
    title = "Outages the contracts treat differently"
    memo = Memo(title, "Verdicts on the same outage.", notes, groups=outage, numbers=[downtime])
    return memo_table(rows, memo, "Every plan counts every outage for the same length.")
