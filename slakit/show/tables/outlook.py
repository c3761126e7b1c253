"""Tables of an outlook: what plans pay in a year, how they differ, and what other terms would be worth."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
from great_tables import GT

from slakit.analysis.assumptions import answer_words
from slakit.outlook.outlook import Outlook
from slakit.outlook.words import MODEL_NAMES, frequency, window_noun
from slakit.policy.printing import percent_text, print_amount
from slakit.show.labels import money_text, sign_text
from slakit.show.tables.memo import Memo, memo_table


def show_outlook(outlook: Outlook) -> GT:
    """Show how often each plan breaks and what a year pays, by each model of outages."""
    rows = []
    for row in outlook.summary.iter_rows(named=True):
        plan, currency = row["plan"], row["currency"]
        error = f"\n± {print_amount(row['error'], currency)}" if row["error"] is not None else ""
        low, high = row["lowest"], row["highest"]
        read = f"{money_text(low, currency)} to {money_text(high, currency)}" if low != high else "–"
        rows.append({
            "Plan": outlook.names[plan], "Outages by": MODEL_NAMES[row["model"]],
            "Missed in": frequency(row["months_missed"], window_noun(outlook.plans[plan])).removeprefix("in "),
            "Expected credit": f"{money_text(row['expected'], currency)}{error}",
            "If read otherwise": read,
            "80 of 100 years": f"{print_amount(row['p10'], currency)} to {print_amount(row['p90'], currency)}",
            "Of the fee": percent_text(row["fee_share"], 2),
            "Nothing paid in": frequency(row["nothing"], "year").removeprefix("in "),
            "Largest credit in": frequency(row["deepest"], "year").removeprefix("in "),
        })  # fmt: skip
    notes = [
        *outlook.basis["says"].unique(maintain_order=True),
        f"{outlook.count:,} years ({outlook.period.printed}), seed {outlook.seed}. Every claim is made in time.",
        "±: standard error of the drawing, which more years lessen; not what few outages leave open.",
    ]
    numbers = ["Expected credit", "If read otherwise", "80 of 100 years", "Of the fee"]
    memo = Memo("What a year pays", "", notes, groups="Plan", numbers=numbers)
    return memo_table(rows, memo, "No plan is named.")


def show_outlook_differences(outlook: Outlook) -> GT:
    """Show how much two plans differ in the same years, and the fee discount that makes them worth the same."""
    rows = []
    for row in outlook.differences.filter(model=outlook.models[0]).iter_rows(named=True):
        first, second = row["plan"], row["other"]
        if row["difference"] < 0:
            first, second = second, first
        years = row["more"] if first == row["plan"] else row["less"]
        rows.append({
            "Pays more": outlook.names[first], "Pays less": outlook.names[second],
            "Difference": f"{percent_text(abs(row['difference']), 2)} of the fee",
            "Pays more in": frequency(years, "year").removeprefix("in "),
            "Worth the same at a fee": f"{percent_text(row['discount'] or Decimal(0), 2)} lower",
        })  # fmt: skip
    notes = ["Year by year on the same outages; the fee of the plan that pays less would be lower by the last column."]
    memo = Memo("Differences between plans", "", notes, numbers=["Difference"])
    return memo_table(rows, memo, "One plan alone has nothing to differ from.")


def show_outlook_readings(outlook: Outlook) -> GT:
    """Show what each answer to an open question makes of the expected credit."""
    rows = []
    for row in outlook.readings.filter(model=outlook.models[0]).iter_rows(named=True):
        moved = sign_text(row["difference"], row["currency"]) if row["difference"] else "–"
        rows.append({
            "Plan": outlook.names[row["plan"]], "Question": row["question"].replace("-", " ").replace("_", " "),
            "Answer": answer_words(row["answer"]) + ", assumed here" * row["chosen"],
            "Expected credit": money_text(row["expected"], row["currency"]), "Difference": moved,
        })  # fmt: skip
    memo = Memo("Open questions", "", [], groups="Plan", numbers=["Expected credit", "Difference"])
    return memo_table(rows, memo, "The contracts leave nothing open.")


def show_priced_terms(priced: pl.DataFrame) -> GT:
    """Show what other terms would be worth: the list to bring to a negotiation.

    Parameters
    ----------
    priced
        From `sla.price_terms`.
    """
    rows = [
        {
            "Change": row["change"], "Worth a year": sign_text(row["difference"], row["currency"]),
            "±": print_amount(row["error"], row["currency"]) if row["error"] is not None else "–",
            "Of the fee": percent_text(row["fee_share"], 2),
        }
        for row in priced.iter_rows(named=True)
        if row["difference"]
    ]  # fmt: skip
    none = priced.height - len(rows)
    notes = [f"{none} other changes are worth nothing in these years."] if none else []
    memo = Memo("Terms to negotiate, and their value", "One change at a time, on the same years.", notes,
                numbers=["Worth a year", "±", "Of the fee"])  # fmt: skip
    return memo_table(rows, memo, "No change is worth anything in these years.")
