"""Claims that were made and what became of them: what is wrong with the rows, and which of them are known."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from slakit.evidence.cells import Fault
from slakit.evidence.instants import INSTANT

OUTCOMES = ("credited", "partly", "refused", "withdrawn")
"""What can become of a claim; `partly` is credited in part."""
WITHOUT_CREDIT = ("refused", "withdrawn")


def find_wrong_answers(claims_made: pl.DataFrame) -> list[Fault]:
    """Find outcomes without an instant, answers without an outcome, and amounts that contradict the outcome.

    Parameters
    ----------
    claims_made
        The table as read, with null where a cell could not be.
    """
    outcome, amount, asked = (claims_made[name] for name in ("outcome", "amount", "asked"))
    answered, told = claims_made["answered"].is_not_null(), outcome.is_not_null()
    nothing = amount.fill_null(0) == 0
    less = (amount < asked).fill_null(value=False)
    return [
        Fault("outcome", told & ~answered, "without the instant of the answer", "give answered"),
        Fault("answered", answered & ~told, "without an outcome", f"give as outcome one of {', '.join(OUTCOMES)}"),
        Fault(
            "amount",
            outcome.is_in(WITHOUT_CREDIT).fill_null(value=False) & ~nothing,
            "an amount beside an outcome without a credit",
            "leave it empty, or write partly",
        ),
        Fault(
            "outcome",
            outcome.is_in(["credited", "partly"]).fill_null(value=False) & nothing,
            "a credit of nothing",
            "give as amount what was credited, or write refused",
        ),
        Fault("outcome", (outcome == "credited").fill_null(value=False) & less, "less than was asked", "write partly"),
        Fault(
            "outcome",
            (outcome == "partly").fill_null(value=False) & (amount >= asked).fill_null(value=False) & ~nothing,
            "no less than was asked",
            "write credited",
        ),
        Fault("asked", (asked == 0).fill_null(value=False), "nothing", "give what was asked, or leave it empty"),
    ]


def known_claims(claims_made: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Return the claims made by an instant, as they were known then: later answers, and what they credit, are not.

    An amount without an answer was granted with the claim.

    Parameters
    ----------
    claims_made
        The checked table.
    as_of
        What is after it is not known.
    """
    now = pl.lit(as_of).cast(INSTANT)
    later = (pl.col("answered") > now).fill_null(value=False)
    of_answer = ("answered", "amount", "outcome", "reason")
    known = claims_made.filter(pl.col("claimed") <= now)
    return known.with_columns(pl.when(~later).then(name).alias(name) for name in of_answer)
