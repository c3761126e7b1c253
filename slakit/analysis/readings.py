"""What the open questions of a contract do to a result: which answers move it, and by how much."""

from __future__ import annotations

import json
from collections.abc import Callable

import polars as pl

from slakit.analysis.result_tables import currencies_of, money_column, names_of
from slakit.arguments import checked
from slakit.policy.document import Policy
from slakit.policy.terms import Terms, readings_of
from slakit.problems import InputError, Problem
from slakit.remedy.fees import Fees

BY_QUESTION = ["subscription", "question"]


def readings_table(answers: pl.DataFrame, fees: Fees) -> pl.DataFrame:
    """Rank the open questions of each subscription by how much they move what is owed.

    Parameters
    ----------
    answers
        As `owed_ranges` gives them.
    fees
        Fees of the subscriptions.

    Returns
    -------
    pl.DataFrame
        `subscription`, `currency`, `question`, `answer`, `amount` (owed with this answer, the others as chosen),
        `difference` (to the chosen answer), `chosen`, `moves` (between the lowest and the highest answer). The question
        that moves most comes first, the chosen answer before the others.
    """
    table = answers.select(
        names_of(fees.subscriptions),
        currencies_of(fees),
        "question",
        "answer",
        money_column("amount", fees),
        "subscriber",
    ).with_row_index("row")
    table = table.with_columns(
        (pl.col("amount") - pl.col("amount").first().over(BY_QUESTION)).alias("difference"),
        (pl.int_range(pl.len()).over(BY_QUESTION) == 0).alias("chosen"),
        (pl.col("amount").max() - pl.col("amount").min()).over(BY_QUESTION).alias("moves"),
    )
    first = pl.col("row").min().over(BY_QUESTION)
    ranked = table.sort("subscriber", "moves", first, descending=[False, True, False], maintain_order=True)
    order = ("subscription", "currency", "question", "answer", "amount", "difference", "chosen", "moves")
    return ranked.select(order)


@checked
def under_readings(
    policy: Policy, calculate: Callable[[Terms], pl.DataFrame], *, tier: str | None = None
) -> pl.DataFrame:
    """Make a calculation under every combination of answers, and list each different result once.

    Parameters
    ----------
    policy, tier
        Whose open questions are answered.
    calculate
        From terms to a table, like `credit_curve`, or `lambda terms: window_budgets(terms, "2026-10")`. Combinations
        that give a tier the same terms are calculated once.

    Returns
    -------
    pl.DataFrame
        The tables one below the other, the default reading first, with the column `reading` (JSON: question → answer)
        in front. Where several readings give the same table, the first of them is named.

    Raises
    ------
    InputError
        The tier is not of the policy, or the calculation returns no table.

    Examples
    --------
    >>> from slakit.measure.budgets import window_budgets
    >>> from slakit.policy.files import find_policy
    >>> every = under_readings(find_policy("cloudworkz"), lambda terms: window_budgets(terms, "2026-01"))
    >>> every.filter(guarantee="vm").unique("reading", maintain_order=True).select("window", "budget").rows()
    [('1mo', '44m38.4s'), ('1d', '1m26.4s'), ('1y', '8h45m36s')]
    """
    found: list[pl.DataFrame] = []
    seen: set[str] = set()
    for reading in readings_of(policy):
        terms = policy.terms(tier=tier, reading=reading)
        key = terms.model_dump_json(exclude={"reading"})
        if key in seen:
            continue
        seen.add(key)
        table = calculate(terms)
        if not isinstance(table, pl.DataFrame):
            wrong, remedy = (
                f"returned {type(table).__name__}, not a polars DataFrame",
                "return a table, as credit_curve does",
            )
            raise InputError("under_readings", [Problem("under_readings calculate", None, wrong, remedy)])
        if not any(table.equals(known.drop("reading")) for known in found):
            found.append(table.select(pl.lit(json.dumps(reading)).alias("reading"), pl.all()))
    return pl.concat(found)
