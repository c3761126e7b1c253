"""What is judged for which subscription: rules, numbered once, and the obligations that follow from them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import product
from typing import NamedTuple, get_args

import polars as pl

from slakit.evidence.cells import read_component_fees
from slakit.evidence.evidence import Evidence
from slakit.evidence.phases import gaps_of
from slakit.measure.calendar import first_of_next_month
from slakit.policy.guarantees import ON_TICKETS, Guarantee, Kind, Maintenance
from slakit.policy.quantities import Duration
from slakit.policy.support import Support
from slakit.policy.terms import Terms

FOREVER = 253_402_300_800_000_000
"""An instant that no outage reaches, after the year 9999. [µs]"""
ASSUMED_ZONE = "UTC"
SOURCES = ("outages", "tickets", "measurements")
"""What a guarantee is measured by."""
Plan = tuple[str, str | None]
"""A policy and a tier, as a subscription names them."""


Course = tuple[Plan, ...]
"""The plans that a subscription holds one after the other."""


class Leg(NamedTuple):
    """Where a guarantee stands in the plans that a subscription holds one after the other.

    Attributes
    ----------
    course, position
        Which plans, by number, and which of them.
    first, last
        Positions of the plans, that one among them, under which the guarantee is measured alike: as one.
    """

    course: int
    position: int
    first: int
    last: int


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
    """Entries of the kinds that the guarantee excludes, kind by kind, in the order of the file."""
    support: Support | None = None
    """Hours and ranking, for a guarantee on tickets."""
    leg: Leg | None = None
    """None for subscriptions that hold one plan."""

    @cached_property
    def key(self) -> str:
        """Return text that is the same for two rules that measure alike."""
        measured = self.guarantee.model_dump_json(exclude={"credit", "commitment", "printed", "tiers"})
        kinds = ",".join(term.model_dump_json() for term in self.maintenance)
        support = self.support.model_dump_json() if self.support else ""
        return f"{self.policy}|{self.tier}|{self.leg}|{self.zone}|{measured}|{kinds}|{support}"

    @cached_property
    def measuring(self) -> str:
        """Return text that is the same for the guarantee under two tiers of a policy that measure it alike."""
        apart = {"policy", "tier", "leg", "guarantee"}
        terms = self.guarantee.model_dump_json(exclude={"credit", "printed", "tiers", "name", "clauses"})
        return "|".join(
            [self.policy, terms, *(repr(getattr(self, one.name)) for one in fields(self) if one.name not in apart)]
        )

    @cached_property
    def source(self) -> str:
        """Return what the guarantee is measured by: one of `SOURCES`."""
        if self.guarantee.on_outages:
            return "outages"
        return "tickets" if self.guarantee.metric in ON_TICKETS else "measurements"

    @property
    def per_incident(self) -> bool:
        """Return whether each incident is judged by itself, without a window."""
        return self.guarantee.window.text == "incident"


def rules_of(plan: Plan, terms: Terms) -> list[Rule]:
    """List the rules by which one set of terms measures its guarantees, in the order of `SOURCES`."""
    zone = terms.time_zone or ASSUMED_ZONE
    on_outages = [Rule(*plan, zone, g, excluded_maintenance(terms, g)) for g in terms.guarantees if g.on_outages]
    on_tickets = [Rule(*plan, zone, g, (), terms.support) for g in terms.guarantees if g.metric in ON_TICKETS]
    on_measurements = [Rule(*plan, zone, g, ()) for g in terms.guarantees if g.on_measurements]
    return [*on_outages, *on_tickets, *on_measurements]


def excluded_maintenance(terms: Terms, guarantee: Guarantee) -> tuple[Maintenance, ...]:
    """List entries of the maintenance that a guarantee excludes; a kind without an entry needs no notice."""
    entries: list[Maintenance] = []
    clause = guarantee.clause_of("maintenance")
    for kind in get_args(Kind):
        if kind in guarantee.exclude.maintenance:
            written = [entry for entry in terms.maintenance if entry.kind == kind]
            entries += written or [Maintenance(kind=kind, clause=clause)]
    return tuple(entries)


class Held(NamedTuple):
    """A plan as subscriptions hold it: by itself, or as one of several, one after the other.

    Attributes
    ----------
    policy, tier
        The plan.
    course, position
        Which plans, by number, and which of them; none for subscriptions that hold one plan.
    """

    policy: str
    tier: str | None
    course: int | None = None
    position: int = 0


@dataclass(frozen=True)
class PlanReading:
    """The terms of a plan under one reading, and which rules measure them.

    Attributes
    ----------
    plan, terms
        The plan, and its terms under the reading.
    rules
        Guarantee → number of the rule that measures it, in the order of `rules_of`.
    answers
        Question → answer; of a subscription that holds plans of several policies, `policy:question` → answer.
    """

    plan: Held
    terms: Terms
    rules: Mapping[str, int]
    answers: Mapping[str, str]

    def numbers(self, guarantees: Collection[str]) -> list[int]:
        """Numbers of the rules that measure some guarantees."""
        return [number for guarantee, number in self.rules.items() if guarantee in guarantees]


Readings = Mapping[Held, Sequence[PlanReading]]
"""Plan → its readings, the chosen one first. Plans that are held one after the other have the readings of all."""


def courses_of(phases: pl.DataFrame) -> list[Course]:
    """List the different plans, or plans one after the other, that subscriptions hold.

    Parameters
    ----------
    phases
        As `phases_of` gives them. Plans one after the other stand at their number, after those held alone.
    """
    alone = phases.filter(pl.col("course").is_null()).select("policy", "tier").unique(maintain_order=True).rows()
    several: dict[int, Course] = {}
    for course, rows in phases.drop_nulls("course").partition_by("course", as_dict=True).items():
        of_one = rows.filter(pl.col("subscription") == rows["subscription"][0])
        several[int(course[0])] = tuple(of_one.select("policy", "tier").rows())
    return [*((plan,) for plan in alone), *(several[number] for number in sorted(several))]


def number_rules(
    plans: Mapping[Plan, Sequence[Terms]], courses: Sequence[Course]
) -> tuple[list[Rule], dict[Held, list[PlanReading]]]:
    """Number the rules of all plans under all readings, once for everything that measures or pays by them.

    Rules that measure alike are one rule, so that nothing is measured twice.

    Parameters
    ----------
    plans
        Terms of each plan under each reading, the chosen one first.
    courses
        As `courses_of` lists them.

    Returns
    -------
    list of Rule
        Those on outages first, then those on tickets, then those on measurements; in order of appearance.
    dict
        Plan → its readings, which know the numbers of their rules.
    """
    of_plans: dict[Plan, list[list[Rule]]] = {}
    shared: dict[object, list[Rule]] = {}  # readings share most of what their rules are made of
    for plan, read in plans.items():
        of_plans[plan] = []
        for one in read:
            parts = [*one.guarantees, *one.maintenance, one.support]
            made_of = (plan, one.time_zone, *map(id, parts))
            if made_of not in shared:
                shared[made_of] = rules_of(plan, one)
            of_plans[plan].append(shared[made_of])
    listed: dict[Held, list[tuple[Terms, list[Rule], Mapping[str, str]]]] = {}
    legs: dict[tuple[int, Leg], Rule] = {}
    several = 0
    for course in courses:
        if len(course) == 1:
            plan = course[0]
            alone = zip(plans[plan], of_plans[plan], strict=True)
            listed[Held(*plan)] = [(terms, rules, terms.reading) for terms, rules in alone]
            continue
        policies = list(dict.fromkeys(policy for policy, _ in course))
        counts = [len(next(plans[plan] for plan in course if plan[0] == policy)) for policy in policies]
        held = [Held(*plan, several, position) for position, plan in enumerate(course)]
        for chosen in product(*map(range, counts)):
            number_of = dict(zip(policies, chosen, strict=True))
            terms = [plans[plan][number_of[plan[0]]] for plan in course]
            answers = {
                f"{policy}:{question}" if len(policies) > 1 else question: answer
                for policy in policies
                for one, (of, _) in zip(terms, course, strict=True)
                if of == policy
                for question, answer in one.reading.items()
            }
            rules = [of_plans[plan][number_of[plan[0]]] for plan in course]
            by_guarantee = [{rule.guarantee.id: rule for rule in own} for own in rules]
            for position, own in enumerate(rules):
                found = []
                for rule in own:
                    alike = [
                        one.get(rule.guarantee.id) is not None and one[rule.guarantee.id].measuring == rule.measuring
                        for one in by_guarantee
                    ]
                    first = last = position
                    while first > 0 and alike[first - 1]:
                        first -= 1
                    while last < len(course) - 1 and alike[last + 1]:
                        last += 1
                    leg = Leg(several, position, first, last)
                    found.append(legs.setdefault((id(rule), leg), replace(rule, leg=leg)))
                listed.setdefault(held[position], []).append((terms[position], found, answers))
        several += 1
    every = (rule for readings in listed.values() for _, rules, _ in readings for rule in rules)
    numbered = sorted({rule.key: rule for rule in every}.values(), key=lambda rule: SOURCES.index(rule.source))
    number = {rule.key: position for position, rule in enumerate(numbered)}
    return numbered, {
        plan: [
            PlanReading(plan, terms, {rule.guarantee.id: number[rule.key] for rule in rules}, answers)
            for terms, rules, answers in readings
        ]
        for plan, readings in listed.items()
    }


def subscribers_of(evidence: Evidence) -> pl.DataFrame:
    """Number the phases of subscriptions: `subscription`, `subscriber`, `since`, `until` (the time that is theirs, µs).

    The time of a subscription is parted among its phases without a hole: each has the time up to the start of the next,
    the first one all time before, the last one all time after.
    """
    return evidence.phases.select(
        "subscription",
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("subscriber"),
        pl.col("since").dt.epoch("us").fill_null(-FOREVER),
        pl.col("until").dt.epoch("us").fill_null(FOREVER),
    )


def suspensions_of(evidence: Evidence) -> pl.DataFrame:
    """List the time in which subscriptions are suspended, which is outside their term: `subscriber`, `started`, `ended`
    (µs)."""
    numbers = subscribers_of(evidence).select("subscription", "subscriber")
    return gaps_of(evidence.subscriptions).join(numbers, on="subscription").select("subscriber", "started", "ended")


def with_suspended(rows: pl.DataFrame, at: str, evidence: Evidence) -> pl.DataFrame:
    """Say of rows of a `subscriber` whether an instant of theirs is `suspended`.

    Parameters
    ----------
    rows
        `subscriber`, and the column of the instant. [µs]
    at
        Name of that column.
    evidence
        Checked tables.
    """
    gaps = suspensions_of(evidence)
    if gaps.is_empty():
        return rows.with_columns(pl.lit(value=False).alias("suspended"))
    found = rows.with_row_index("_row").join(gaps, on="subscriber")
    inside = found.filter((pl.col("started") <= pl.col(at)) & (pl.col(at) < pl.col("ended")))["_row"]
    return rows.with_columns(pl.int_range(pl.len()).is_in(inside.implode()).alias("suspended"))


def holders_of(evidence: Evidence, rule: Rule) -> pl.DataFrame:
    """Find the subscribers to whom a rule applies: `subscriber`, `since`, `until` (the time in which it does, µs).

    Parameters
    ----------
    evidence
        Checked tables.
    rule
        One of `number_rules`.
    """
    leg = rule.leg or Leg(-1, 0, 0, 0)
    course = leg.course if rule.leg else None
    named = {"policy": rule.policy, "tier": rule.tier, "course": course, "position": leg.position}
    own = pl.all_horizontal(pl.col(name).eq_missing(pl.lit(value)) for name, value in named.items())
    number = evidence.phases.select(own.arg_true().cast(pl.Int64)).to_series()
    times = subscribers_of(evidence)
    return pl.DataFrame(
        {
            "subscriber": number.cast(pl.UInt32),
            "since": times["since"].gather(number - leg.position + leg.first),
            "until": times["until"].gather(number - leg.position + leg.last),
        }
    )


def obligations_of(phases: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """List the rules that apply to each subscription.

    Parameters
    ----------
    phases
        Of subscriptions; their row number is the subscriber.
    rules
        By number.

    Returns
    -------
    pl.DataFrame
        `obligation`, `subscriber` (row of `phases`), `rule` (position in `rules`), `starts`, `ends` (the time in which
        the guarantee is measured, µs; `ends` far away where open), `billing_day`, `held_from` (the start of the
        subscription, µs), `since`, `until` (the time in which it has these terms), `own_since`, `own_until` (the time
        of the phase; all far away where there is no bound). Obligations on outages come first: their numbers are places
        on the line of the ledger. A guarantee that is a mean over components is followed by one obligation for each of
        them: `component` (null of the others), `components` (over how many the mean is taken, else 1), and `parted`
        (whether it is a mean).
    """
    holders = phases.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("subscriber"),
        "policy",
        "tier",
        "course",
        "position",
        pl.col("starts").dt.epoch("us"),
        pl.col("ends").dt.epoch("us").fill_null(FOREVER),
        pl.col("billing_day").fill_null(1),
        pl.col("held_from").dt.epoch("us"),
        pl.col("since").dt.epoch("us").fill_null(-FOREVER).alias("own_since"),
        pl.col("until").dt.epoch("us").fill_null(FOREVER).alias("own_until"),
    )
    named = pl.DataFrame(
        {
            "rule": range(len(rules)),
            "policy": [rule.policy for rule in rules],
            "tier": [rule.tier for rule in rules],
            "course": [rule.leg.course if rule.leg else None for rule in rules],
            "position": [rule.leg.position if rule.leg else 0 for rule in rules],
            "source": [SOURCES.index(rule.source) for rule in rules],
            "first": [rule.leg.first if rule.leg else 0 for rule in rules],
            "last": [rule.leg.last if rule.leg else 0 for rule in rules],
        },
        schema={
            "rule": pl.UInt32, "policy": pl.String, "tier": pl.String, "course": pl.Int64, "position": pl.Int64,
            "source": pl.UInt8, "first": pl.Int64, "last": pl.Int64,
        },
    )  # fmt: skip
    keys = ["policy", "tier", "course", "position"]
    obligations = holders.join(named, on=keys, nulls_equal=True, maintain_order="left_right")
    # phases of a subscription stand together: the first and the last of those that are measured as one
    first, last = (
        pl.col("subscriber").cast(pl.Int64) - pl.col("position") + pl.col(edge) for edge in ("first", "last")
    )
    obligations = obligations.with_columns(
        pl.lit(holders["starts"]).gather(first).alias("starts"),
        pl.lit(holders["ends"]).gather(last).alias("ends"),
        pl.lit(holders["own_since"]).gather(first).alias("since"),
        pl.lit(holders["own_until"]).gather(last).alias("until"),
    )
    late = [number for number, rule in enumerate(rules) if rule.guarantee.begins]
    if late:  # where measurement begins after the subscription
        starts = obligations.filter(pl.col("rule").is_in(late)).select("rule", "held_from").unique()
        begun = []
        for number, start in starts.iter_rows():
            begins, zone = rules[number].guarantee.begins, rules[number].zone
            wait = begins.wait if begins is not None else None
            begun.append(start + wait.microseconds if isinstance(wait, Duration) else first_of_next_month(start, zone))
        moved = starts.with_columns(pl.Series("begun", begun, dtype=pl.Int64))
        joined = obligations.join(moved, on=["rule", "held_from"], how="left", maintain_order="left")
        obligations = joined.with_columns(pl.max_horizontal("begun", "starts").alias("starts"))
    means = [number for number, rule in enumerate(rules) if rule.guarantee.combine == "mean"]
    of_means = obligations.filter(pl.col("rule").is_in(means)).select("subscriber", "rule")
    fees = phases["component_fees"] if "component_fees" in phases.columns else None
    over = [
        components_of(rules[rule].guarantee, fees[who] if fees is not None else None)
        for who, rule in of_means.iter_rows()
    ]
    named_components = of_means.with_columns(pl.Series("component", over, dtype=pl.List(pl.String)))
    obligations = obligations.join(
        named_components, on=["subscriber", "rule"], how="left", maintain_order="left"
    ).with_columns(
        pl.col("component").list.len().fill_null(1).cast(pl.Int64).alias("components"),
        pl.col("component").is_not_null().alias("parted"),
    )
    whole = pl.concat_list(
        pl.lit(None, dtype=pl.String), pl.col("component").fill_null(pl.lit([], dtype=pl.List(pl.String)))
    )
    obligations = obligations.with_columns(whole.alias("component")).explode("component")
    number_of = pl.int_range(pl.len(), dtype=pl.UInt32).alias("obligation")
    columns = ("subscriber", "rule", "starts", "ends", "billing_day", "held_from", "component", "components", "parted")
    edges = ("since", "until", "own_since", "own_until")
    return obligations.sort("source", maintain_order=True).select(number_of, *columns, *edges)


def components_of(guarantee: Guarantee, component_fees: str | None) -> list[str]:
    """List the components over which a mean is taken: those that are named, or else those that have a fee.

    Parameters
    ----------
    guarantee
        The mean.
    component_fees
        Of the subscription, as the table has them.

    >>> guarantee = Guarantee(id="a", metric="availability", target=99, window="1mo", combine="mean", clause="2")
    >>> components_of(guarantee, '{"web": 100, "db": 50}')
    ['web', 'db']
    """
    return list(dict.fromkeys(guarantee.components or read_component_fees(component_fees)))


def per_rule(values: Iterable[object], dtype: type[pl.DataType]) -> pl.Expr:
    """Look up a value by the column `rule`.

    Parameters
    ----------
    values
        Of each rule, by number.
    dtype
        Of the values.
    """
    return pl.lit(pl.Series(list(values), dtype=dtype)).gather(pl.col("rule"))


def measured_by(source: str, rules: Sequence[Rule]) -> pl.Expr:
    """Say whether the rule of a row is measured by one of `SOURCES`."""
    return per_rule((rule.source == source for rule in rules), pl.Boolean)


def per_incident(rules: Sequence[Rule]) -> pl.Expr:
    """Say whether the rule of a row judges each incident by itself."""
    return per_rule((rule.per_incident for rule in rules), pl.Boolean)


def word_codes(words: Sequence[Collection[str]], column: str) -> pl.Expr:
    """Number the words that rules name; any other word, and none, has no number.

    Parameters
    ----------
    words
        Of each rule, by number.
    column
        Holds a word.
    """
    vocabulary = sorted(set().union(*words))
    codes = pl.Series(range(len(vocabulary)), dtype=pl.UInt32)
    return pl.col(column).replace_strict(vocabulary, codes, default=None, return_dtype=pl.UInt32)


def names_word(words: Sequence[Collection[str]], code: str) -> pl.Expr:
    """Say whether the rule of a row names the word with that number.

    Parameters
    ----------
    words
        Of each rule, by number.
    code
        Column that holds the number of a word, from `word_codes`.
    """
    vocabulary = sorted(set().union(*words))
    named = pl.Series([word in own for own in words for word in vocabulary] or [False], dtype=pl.Boolean)
    position = pl.col("rule") * len(vocabulary) + pl.col(code)
    return pl.lit(named).gather(position).fill_null(value=False)
