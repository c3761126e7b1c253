"""Composite services: what guarantees of components promise together, and which of them weighs most."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any, NamedTuple

import polars as pl

from slakit.arguments import checked
from slakit.evidence.evidence import Evidence
from slakit.measure.budgets import EXACT
from slakit.measure.calendar import Period
from slakit.outlook.history import Outage, Span, cut, history_of, joined, months_of
from slakit.outlook.models import OwnMonths
from slakit.outlook.rounding import rounded
from slakit.policy.files import find_terms
from slakit.policy.plan_names import part_names
from slakit.problems import InputError, Problem, one_of

WEIGHTS: dict[str, Any] = {
    "component": pl.String,
    "level": EXACT,
    "minutes": EXACT,
    "share": EXACT,
    "clause": pl.String,
}
MINUTES = 30 * 24 * 60


class Leaf(NamedTuple):
    """A component, the level that it is promised at, as a share of time, and the clause that says so."""

    name: str
    level: Fraction
    clause: str = ""


Level = Decimal | float | str
"""A percentage, or a plan (`klikk:gold`), whose lowest guaranteed availability counts."""


@dataclass(frozen=True)
class Composite:
    """A service that is made of others.

    Attributes
    ----------
    needed
        How many of its parts must be up: all of them in series, one in parallel.
    parts
        Components, or composites.
    """

    needed: int
    parts: tuple[Leaf | Composite, ...]

    @property
    def level(self) -> Fraction:
        """Return its availability as a share of time, exactly, if components fail independently."""
        chances = [Fraction(1)]  # of so many parts up, from none on
        for part in self.parts:
            up = part.level
            grown = [Fraction(0), *(chance * up for chance in chances)]
            chances = [one + chance * (1 - up) for one, chance in zip(grown, [*chances, Fraction(0)], strict=True)]
        return sum(chances[self.needed :], Fraction(0))

    @property
    def availability(self) -> Decimal:
        """Return its availability, if components fail independently. [percent, floored]"""
        return _percent(self.level)

    @property
    def leaves(self) -> list[Leaf]:
        """Return its components, also those of its parts."""
        return [leaf for part in self.parts for leaf in (part.leaves if isinstance(part, Composite) else [part])]

    def weights(self) -> pl.DataFrame:
        """Rank its components by what they cost it: where the weakest clause is.

        Returns
        -------
        pl.DataFrame
            `component`, `level` (percent), `minutes` (by which the downtime of 30 days would be less if it never
            failed), `share` (of all downtime; percent), `clause`. The component that costs most comes first.
        """
        down = 1 - self.level
        rows = []
        for number, leaf in enumerate(self.leaves):
            gain = self._without_failures(number).level - self.level
            share = _percent(gain / down) if down else Decimal(0)
            rows.append((leaf.name, _percent(leaf.level), rounded(gain * MINUTES), share, leaf.clause))
        rows.sort(key=lambda row: -row[2])
        return pl.DataFrame(rows, schema=WEIGHTS, orient="row")

    def _without_failures(self, number: int) -> Composite:
        """Return the same service, in which the component of that number never fails."""
        parts: list[Leaf | Composite] = []
        for part in self.parts:
            size = len(part.leaves) if isinstance(part, Composite) else 1
            if 0 <= number < size:
                whole = isinstance(part, Composite)
                part = part._without_failures(number) if whole else part._replace(level=Fraction(1))  # type: ignore[union-attr]
            parts.append(part)
            number -= size
        return replace(self, parts=tuple(parts))

    def down(self, outages: Sequence[Outage], span: Span) -> list[Span]:
        """Find when it is down in some time, given the outages of its components; one without a component is of all."""
        spans = [
            part.down(outages, span) if isinstance(part, Composite) else joined(cut(
                [(one.started, one.ended or span[1]) for one in outages if one.component in (None, part.name)], span))
            for part in self.parts
        ]  # fmt: skip
        edges = sorted((at, step) for own in spans for start, end in own for at, step in ((start, 1), (end, -1)))
        most, count, begun, found = len(self.parts) - self.needed, 0, 0, []
        for at, step in edges:
            before, count = count, count + step
            if before <= most < count:
                begun = at
            elif count <= most < before:
                found.append((begun, at))
        return joined(found)


Parts = Mapping[str, "Level | Composite"] | Iterable["Level | Composite"]


@checked
def in_series(parts: Parts) -> Composite:
    """Compose a service that needs all of its parts.

    Parameters
    ----------
    parts
        Levels in percent, plans such as `klikk:gold` (their lowest guaranteed availability), or composites; with a
        name each, or without.

    Raises
    ------
    InputError
        A part is none of these; all problems at once.

    Examples
    --------
    >>> in_series(["99.99", "99.99", "99.95", "99.9", "99.9", "99.99"]).availability
    Decimal('99.720277')
    >>> region = in_series(["99.76"])
    >>> in_series({"gateway": "99.98", "regions": in_parallel([region, region])}).availability
    Decimal('99.979424')
    """
    found = list(_parts(parts))
    return Composite(len(found), tuple(found))


@checked
def in_parallel(parts: Parts, *, needed: int = 1) -> Composite:
    """Compose a service that needs only some of its parts.

    Parameters
    ----------
    parts
        As `in_series` takes them.
    needed
        How many of them.

    Raises
    ------
    InputError
        A part is none of these, or more are needed than there are.

    Examples
    --------
    >>> in_parallel(["99", "99"]).availability, in_parallel(["99", "99", "99"], needed=2).availability
    (Decimal('99.990000'), Decimal('99.970200'))
    """
    found = list(_parts(parts))
    if not 1 <= needed <= len(found):
        raise InputError("in_parallel", [Problem("needed", needed, "not a number of the parts", f"1 to {len(found)}")])
    return Composite(needed, tuple(found))


def _parts(parts: Parts) -> Iterator[Leaf | Composite]:
    """Yield the parts of a composite."""
    named = parts.items() if isinstance(parts, Mapping) else ((f"part {n + 1}", part) for n, part in enumerate(parts))
    problems, found = [], list[Leaf | Composite]()
    for name, part in named:
        if isinstance(part, Composite):
            found.append(part)
            continue
        try:
            level = Fraction(str(part))
        except (ValueError, ZeroDivisionError):
            try:
                found.append(_weakest(name, str(part)))
            except InputError as error:
                problems += error.problems
            continue
        if 0 <= level <= 100:
            found.append(Leaf(name, level / 100))
        else:
            problems.append(Problem(name, part, "not a percentage", "write one from 0 to 100, like 99.95"))
    if not found and not problems:
        problems.append(Problem("parts", None, "there are none", "name at least one"))
    if problems:
        raise InputError("composite", problems)
    yield from found


def _weakest(name: str, plan: str) -> Leaf:
    """Return the lowest availability that a plan guarantees."""
    levels = []
    for terms in find_terms(plan):
        names = part_names(terms)
        for one in terms.guarantees:
            if one.metric == "availability" and one.commitment == "guaranteed" and one.target is not None:
                clause = f"{terms.provider}: {names[one.id]}, {one.clause}"
                levels.append((Fraction(one.target) / 100, clause))
    if not levels:
        raise InputError("composite", [Problem(name, plan, "guarantees no availability", "give a percentage instead")])
    level, clause = min(levels)
    label = plan if name.startswith("part ") else name
    return Leaf(label, level, clause)


class Simulated(NamedTuple):
    """Availability of a composite in years that might come.

    Attributes
    ----------
    availability, error
        Mean over all years, and its Monte Carlo standard error. [percent]
    independent
        What it would be if its components failed as often and as long, but independently. [percent]
    basis
        What the years are drawn from.
    """

    availability: float
    error: float
    independent: float
    basis: str


@checked
def simulate_composite(
    composite: Composite,
    evidence: Evidence,
    *,
    subscription: str = "",
    history: str | None = None,
    years: int = 1000,
    seed: int = 1,
) -> Simulated:
    """Simulate a composite whose components share outages, by drawing one's own months again and again.

    Parameters
    ----------
    composite
        Its components have the names that the outages have; an outage without a component is of all.
    evidence, subscription, history, years, seed
        As `outlook` takes them.

    Raises
    ------
    InputError
        A component is not one of the outages', or the evidence does not say what was observed.

    Examples
    --------
    >>> shop = {"subscription": "shop", "policy": "wp-heaven", "monthly_fee": "90", "currency": "DKK",
    ...         "starts": "2025-01-01T00:00:00+01:00"}
    >>> power = [{"outage": f"{room}{day}", "subscription": "shop", "component": room,
    ...           "started": f"2026-06-0{day}T08:00Z", "ended": f"2026-06-0{day}T12:00Z"}
    ...          for room in ("north", "south") for day in (1, 4)]
    >>> both = in_parallel({"north": "99.9", "south": "99.9"})
    >>> found = simulate_composite(both, Evidence.of([shop], outages=power), years=50)
    >>> round(found.availability, 1), round(found.independent, 3)     # the two rooms fail together
    (98.9, 99.989)
    """
    from slakit.outlook.basis import from_history

    if not 2 <= years <= 1_000_000:
        raise InputError("composite", [Problem("years", years, "not a number of years", "write one from 2 on")])
    past = history_of(evidence.only(subscription), Period.parse(history) if history else None)
    known = {one.component for one in past.outages}
    unknown = [leaf.name for leaf in composite.leaves if leaf.name not in known and None not in known]
    if unknown:
        words = sorted(word for word in known if word)
        told = [Problem("component", name, "no outage is of it", one_of(words, name)) for name in unknown]
        raise InputError("composite", told)
    months = list(months_of(Period(past.period.after, past.period.after.replace(year=past.period.after.year + 1))))
    span, model = (months[0][0], months[-1][1]), OwnMonths(past)
    length, shares = span[1] - span[0], []
    each = dict.fromkeys((leaf.name for leaf in composite.leaves), 0)
    for year in range(years):
        outages = model.draw(Random(f"{seed} {model.name} {year}"), months).outages
        shares.append(sum(end - start for start, end in composite.down(outages, span)) / length)
        for name in each:
            own = joined(cut([(o.started, o.ended or span[1]) for o in outages if o.component in (None, name)], span))
            each[name] += sum(end - start for start, end in own)
    mean = math.fsum(shares) / years
    error = math.sqrt(math.fsum((one - mean) ** 2 for one in shares) / (years * (years - 1)))
    alone = _with_levels(composite, {name: 1 - Fraction(down, years * length) for name, down in each.items()})
    return Simulated(100 * (1 - mean), 100 * error, float(100 * alone.level), from_history(past))


def _with_levels(composite: Composite, levels: Mapping[str, Fraction]) -> Composite:
    parts = (
        _with_levels(part, levels) if isinstance(part, Composite) else part._replace(level=levels[part.name])
        for part in composite.parts
    )
    return replace(composite, parts=tuple(parts))


def _percent(level: Fraction) -> Decimal:
    return Decimal(math.floor(level * 10**8)).scaleb(-6)
