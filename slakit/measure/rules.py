"""What is judged for whom: each subscription's guarantees, as numbers that the ledger can work with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from slakit.measure.calendar import first_of_next_month
from slakit.policy.guarantees import Guarantee, Maintenance
from slakit.policy.support import Support
from slakit.policy.terms import Terms

FOREVER = 253_402_300_800_000_000
"""An instant that no outage reaches, after the year 9999. [µs]"""
ASSUMED_ZONE = "UTC"


@dataclass(frozen=True)
class Rule:
    """One guarantee of one policy, tier and reading, with all that decides how it is measured.

    Two readings that measure a guarantee alike share a rule, so that nothing is measured twice.
    """

    policy: str
    tier: str | None
    zone: str
    guarantee: Guarantee
    maintenance: tuple[Maintenance, ...]
    """Kinds that the guarantee leaves out."""
    support: Support | None = None
    """Hours and ranking, for a guarantee on tickets."""

    @cached_property
    def key(self) -> str:
        """Text that is the same for two rules that measure alike."""
        measured = self.guarantee.model_dump_json(exclude={"credit", "commitment", "printed", "tiers"})
        kinds = ",".join(term.model_dump_json() for term in self.maintenance)
        desk = self.support.model_dump_json() if self.support else ""
        return f"{self.policy}|{self.tier}|{self.zone}|{measured}|{kinds}|{desk}"

    @property
    def per_incident(self) -> bool:
        """Whether each incident is judged by itself, without a window."""
        return self.guarantee.window.text == "incident"


Plan = tuple[str, str | None]
"""A policy and a tier, as a subscription names them."""


def rules_of(plan: Plan, terms: Terms) -> list[Rule]:
    """The rules by which one set of terms measures the outages of a plan's subscriptions."""
    zone = terms.time_zone or ASSUMED_ZONE
    return [Rule(*plan, zone, g, excluded_maintenance(terms, g)) for g in terms.guarantees if g.on_outages]


def excluded_maintenance(terms: Terms, guarantee: Guarantee) -> tuple[Maintenance, ...]:
    """The kinds of maintenance that a guarantee excludes; one of which nothing more is written needs no notice."""
    written = {term.kind: term for term in terms.maintenance}
    clause = guarantee.clause_of("maintenance")
    kinds = dict.fromkeys(guarantee.exclude.maintenance)
    return tuple(written.get(kind) or Maintenance(kind=kind, clause=clause) for kind in kinds)


def distinct(many: Iterable[Iterable[Rule]]) -> list[Rule]:
    """Rules of many readings, each once, in order of appearance."""
    return list({rule.key: rule for rules in many for rule in rules}.values())


def obligations_of(subscriptions: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Every rule that applies to every subscription.

    Parameters
    ----------
    subscriptions
        The checked table; its row number is the subscription's number.

    Returns
    -------
    pl.DataFrame
        `obligation`, `subscriber` (row of `subscriptions`), `rule` (position in `rules`), `starts`, `ends` (the time in
        which the guarantee is measured, µs; `ends` far away where open), `billing_day`.
    """
    holders = subscriptions.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("subscriber"),
        "policy",
        "tier",
        pl.col("starts").dt.epoch("us"),
        pl.col("ends").dt.epoch("us").fill_null(FOREVER),
        pl.col("billing_day").fill_null(1),
    )
    named = pl.DataFrame(
        {
            "rule": range(len(rules)),
            "policy": [rule.policy for rule in rules],
            "tier": [rule.tier for rule in rules],
        },
        schema={"rule": pl.UInt32, "policy": pl.String, "tier": pl.String},
    )
    obligations = holders.join(named, on=["policy", "tier"], nulls_equal=True, maintain_order="left_right")
    return _begun(obligations, rules).select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("obligation"),
        "subscriber",
        "rule",
        "starts",
        "ends",
        "billing_day",
    )


def _begun(obligations: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Move the start to where measurement begins."""
    late = [number for number, rule in enumerate(rules) if rule.guarantee.begins]
    if not late:
        return obligations
    starts = obligations.filter(pl.col("rule").is_in(late)).select("rule", "starts").unique()
    begun = [_begin_of(rules[rule], start) for rule, start in starts.iter_rows()]
    moved = starts.with_columns(pl.Series("begun", begun, dtype=pl.Int64))
    joined = obligations.join(moved, on=["rule", "starts"], how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("begun", "starts").alias("starts"))


def _begin_of(rule: Rule, start: int) -> int:
    """Where measurement begins for a subscription that starts at an instant. [µs]"""
    begins = rule.guarantee.begins
    if begins is not None and begins.wait is not None:
        return start + begins.wait.microseconds
    return first_of_next_month(start, rule.zone)


def per_rule(values: Iterable[object], dtype: type[pl.DataType]) -> pl.Expr:
    """Expression that looks up a value by the column `rule`."""
    return pl.lit(pl.Series(list(values), dtype=dtype)).gather(pl.col("rule"))


def per_incident(rules: Sequence[Rule]) -> pl.Expr:
    """Whether the rule of a row judges each incident by itself."""
    return per_rule((rule.per_incident for rule in rules), pl.Boolean)


def word_codes(words: Sequence[Collection[str]], column: str) -> pl.Expr:
    """Number the words that rules name; any other word, and none, has no number."""
    vocabulary = sorted(set().union(*words))
    codes = pl.Series(range(len(vocabulary)), dtype=pl.UInt32)
    return pl.col(column).replace_strict(vocabulary, codes, default=None, return_dtype=pl.UInt32)


def names_word(words: Sequence[Collection[str]], code: str) -> pl.Expr:
    """Whether the rule of a row names the word with that number (see `word_codes`)."""
    vocabulary = sorted(set().union(*words))
    named = pl.Series([word in own for own in words for word in vocabulary] or [False], dtype=pl.Boolean)
    position = pl.col("rule") * len(vocabulary) + pl.col(code)
    return pl.lit(named).gather(position).fill_null(value=False)
