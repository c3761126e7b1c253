"""Result tables in words: guarantees, remedies and questions by name, windows and deadlines in the contract's time."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from slakit.analysis.assumptions import answer_words, assumptions_in_words
from slakit.analysis.review import CLAIMABLE, Review
from slakit.comparison.ranking import CRITERIA, Ranking
from slakit.measure.rules import ASSUMED_ZONE
from slakit.show.labels import (
    MET,
    NOT_OBSERVED,
    STATUSES,
    days_left,
    deadline_text,
    guarantee_names,
    remedy_names,
    window_name,
)


def in_words(review: Review, name: str, table: pl.DataFrame | None = None) -> pl.DataFrame:
    """Write a result table for people: with names instead of keys, and columns in words beside instants.

    Parameters
    ----------
    review
        From `assess`.
    name
        Of the table.
    table
        Some rows of it; all of them, if not given.

    Returns
    -------
    pl.DataFrame
        The same rows and columns, and `window` or `claim_by` where there are such instants.
    """
    if name == "assumptions":
        return assumptions_in_words(review)
    table = getattr(review, name) if table is None else table
    held = {subscription: review.terms_of(subscription) for subscription in table["subscription"].unique()}
    zones = {subscription: ZoneInfo(terms.time_zone or ASSUMED_ZONE) for subscription, terms in held.items()}
    if {"window_start", "window_end"} <= set(table.columns):
        edges = ["subscription", "window_start", "window_end"]
        table = _each(table, "window", edges, lambda who, start, end: window_name(start, end, zones[who]))
    if "guarantee" in table.columns:
        names = {who: guarantee_names(terms) for who, terms in held.items()}
        table = _each(table, "guarantee", ["subscription", "guarantee"], lambda who, key: names[who].get(key, key))
    if "remedy" in table.columns:
        remedies = {who: remedy_names(terms) for who, terms in held.items()}
        for column in ("remedy", "instead"):
            if column in table.columns:
                table = _each(table, column, ["subscription", column], lambda who, key: remedies[who].get(key, key))
    if name == "availability" and table["observed"].null_count() < table.height:
        unknown = pl.col("met").is_null() & ~pl.col("running") & pl.col("observed").is_not_null()
        words = pl.col("met").replace_strict(list(MET), list(MET.values()), return_dtype=pl.String)
        table = table.with_columns(pl.when(unknown).then(pl.lit(NOT_OBSERVED)).otherwise(words).alias("met"))
    if name == "claims":
        keys = ["subscription", "status", "deadline_earliest"]
        table = _each(table, "claim_by", keys, lambda who, status, at: claim_by(status, at, zones[who]))
        left = [
            days_left(at, review.as_of, zones[who]) if at is not None and status in CLAIMABLE else None
            for who, status, at in table.select(keys).iter_rows()
        ]
        table = table.with_columns(pl.Series("days_left", left, dtype=pl.Int64))
    if name == "ranges":

        def read_otherwise(subscription: str, reading: str) -> str:
            """Write the answers of a reading that differ from those chosen."""
            chosen, answers = held[subscription].reading, json.loads(reading).items()
            differing = [f"{question}={answer}" for question, answer in answers if chosen.get(question) != answer]
            return reading_words(review, subscription, ", ".join(differing)) or "as read here"

        for column in ("reading_low", "reading_high"):
            table = _each(table, column, ["subscription", column], read_otherwise)
        table = _each(table, "widened_by", ["subscription", "widened_by"], lambda who, q: reading_words(review, who, q))
    if name == "readings":
        table = _each(table, "answer", ["answer"], answer_words)
        table = _each(table, "question", ["subscription", "question"], review.question)
    if name == "recoveries":
        table = _each(table, "reading", ["subscription", "reading"], lambda who, read: reading_words(review, who, read))
    return table


def most_urgent_first(claims: pl.DataFrame) -> pl.DataFrame:
    """Sort claims by what has become of them, and each status by its earliest deadline."""
    order = pl.col("status").replace_strict(list(STATUSES), range(len(STATUSES)), return_dtype=pl.UInt32)
    return claims.sort(order, "deadline_earliest", nulls_last=True, maintain_order=True)


def missed_already(review: Review) -> pl.DataFrame:
    """List the windows of availability that still run, and whose budget of downtime is used up."""
    allowed = pl.col("agreed_seconds") * (100 - pl.col("target")) / 100
    over = pl.col("downtime_seconds") > allowed
    return in_words(review, "availability", review.availability.filter(pl.col("running") & over))


def claim_by(status: str, deadline: datetime | None, zone: ZoneInfo) -> str:
    """Write a deadline of a claim with its time zone, or why there is none."""
    if deadline is not None and status not in ("not_read", "not_required"):
        return f"{deadline_text(deadline, zone)} ({zone.key})"
    words = {"not_read": "not read", "not_required": "no claim needed", "not_valid": "no valid claim"}
    return words.get(status, "no deadline runs yet")


def reading_words(review: Review, subscription: str, reading: str) -> str:
    """Write answers to questions, such as `window=month, cap=monthly`, in words; or the questions alone."""
    answers = [answer.partition("=") for answer in reading.split(", ") if answer]
    said = (f"{review.question(subscription, question)} {answer_words(answer)}" for question, _, answer in answers)
    return "; ".join(text.strip() for text in said)


def _each(table: pl.DataFrame, name: str, keys: Sequence[str], say: Callable[..., str | None]) -> pl.DataFrame:
    """Set a column of text, from other columns: said once for each of their combinations."""
    different = table.select(keys).unique()
    said = different.with_columns(pl.Series("said", [say(*row) for row in different.iter_rows()], dtype=pl.String))
    joined = table.join(said, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return joined.with_columns(pl.col("said").alias(name)).drop("said")


def tell_years_ahead(ranking: Ranking) -> list[str]:
    """Tell what expected credits and chances of a breach are drawn from, and how they count; nothing without them."""
    if not ranking.basis:
        return []
    return [
        f"Expected credit and chance of a breach: {ranking.basis[0].lower()}{ranking.basis[1:]}",
        "The higher the expected credit, the more is compensated; the lower the chance of a breach, the better: "
        "twice as likely, half the points. All plans go through the same outages: a guarantee that asks for less "
        "is missed less often.",
    ]


def tell_tips(ranking: Ranking) -> list[str]:
    """Tell at which weight of one criterion another plan would rank first."""
    said = [
        f"With a weight of {weight} for “{CRITERIA[name].label}”, {ranking.names[plan]} would rank first."
        for name, plan, weight in ranking.tips.iter_rows()
    ]
    return said or ["The ranking does not change when any one weight is changed."]
