"""Where the curve of credits bends or jumps: lengths worth asking about, and those found by asking.

Lengths are proposed from what a schedule says: edges of bands, allowed downtime, steps. Whether the curve is straight
between two of them is asked of the credits themselves, and where it is not, a bend is where the straight parts beside
it meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from itertools import pairwise

from slakit.policy.quantities import FULL, MICROSECONDS, Money, Points, Share, percent_units
from slakit.policy.remedies import Accrual, Credit, Rate
from slakit.problems import InputError, Problem
from slakit.remedy.schedules import credit_value, lift_of
from slakit.remedy.single_outage import (
    AskedLengths,
    Outcome,
    Search,
    SingleOutage,
    allowed_guesses,
    as_counted,
    counted_steps,
    firsts_where,
    level_edges,
    outcomes,
    outcomes_of,
)

MOST_STEPS = 5_000
"""A schedule with more steps than this is not drawn."""
MOST_POINTS = 4 * MOST_STEPS
"""Lengths that are asked about one curve at most."""
UNEVEN = (
    0.0423, 0.0911, 0.1507, 0.2113, 0.2718, 0.3183, 0.3679, 0.4343, 0.5101, 0.5772, 0.6434, 0.7071, 0.7854, 0.8660,
    0.9375,
)  # fmt: skip
"""Where to look within a span: at no multiples of anything, so that steps are not taken for a slope."""
MIDDLE = 0.4142
USUAL = (MICROSECONDS["h"], 4 * MICROSECONDS["h"], MICROSECONDS["d"])
Values = Callable[[Sequence[int]], Mapping[int, int]]
"""Lengths → what they earn, of these and perhaps of others."""


def ask_at_once(cases: Iterable[SingleOutage]) -> None:
    """Ask of many curves together what each of them asks first: to ask costs most, however much.

    Parameters
    ----------
    cases
        Of which break or turning points will be wanted.
    """
    questions: dict[str, AskedLengths] = {}
    for case in cases:
        if case.key not in questions:
            try:
                points = proposals(case, steps=True)
            except InputError:  # it is drawn by its edges alone
                continue
            questions[case.key] = AskedLengths([case], [*points, *_middles(points).values(), *_usual(case)])
    outcomes_of(questions.values())


def _usual(case: SingleOutage) -> list[int]:
    """List lengths that are asked of every curve sooner or later."""
    return [length for length in USUAL if length <= case.longest]


def break_points(case: SingleOutage) -> list[int]:
    """Lengths of outage between which the curve is straight, in order.

    Raises
    ------
    InputError
        The schedule has thousands of steps.
    """
    usual = _usual(case)

    def credits(lengths: Sequence[int]) -> dict[int, int]:
        known = outcomes([case], [*lengths, *usual])
        return {length: known[length].credit for length in (*lengths, *usual)}

    return bends(credits, proposals(case, steps=True), case)


def turning_points(case: SingleOutage) -> list[int]:
    """Lengths that tell what a schedule does, in order, even where it has too many steps to be drawn.

    Between two edges a credit never falls, however many steps it rises by: so it is enough to know where it leaves
    nothing, and where it reaches what it comes to at the next edge.
    """
    try:
        return break_points(case)
    except InputError:
        edges = proposals(case, steps=False)
        known = outcomes([case], edges)

        def earns(level: int, outcome: Outcome) -> bool:
            return outcome.credit >= level

        searches: list[Search] = []
        for left, right in pairwise(edges):
            low, high = known[left].credit, known[right].credit
            if right - left > 1 and low != high:
                # from where on anything is earned, and from where on as much as at the next edge
                levels = [high] if low else [1, high]
                searches += [Search(partial(earns, level), left, right) for level in levels]
        turns = firsts_where([case], searches)
        return sorted({*edges, *turns, *(turn - 1 for turn in turns)})


# --- what a schedule says


def proposals(case: SingleOutage, *, steps: bool) -> list[int]:
    """Lengths at or beside which a schedule may jump or bend, in order.

    Parameters
    ----------
    steps
        With each step by which a schedule grows, not just the first.
    """
    edges = {0, case.longest, *allowed_guesses(case)}
    for credit in case.schedules:
        edges |= {length for edge in _edges(case, credit) for length in as_counted(case, edge)}
        edges |= set(_steps_of(case, credit, every=steps))
        if credit.earned_per == "day" and case.axis == "time":
            day = MICROSECONDS["d"]
            edges |= {edge % day + day * number for edge in edges for number in range(case.longest // day + 1)}
    minimum = case.rule.guarantee.minimum
    edges |= {minimum.shortest} if minimum and case.axis == "time" else set()
    near = {edge + beside for edge in edges for beside in (-1, 0, 1)}
    if len(near) > MOST_POINTS:
        raise too_many_steps(case, len(edges))
    return sorted(length for length in near if 0 <= length <= case.longest)


def _edges(case: SingleOutage, credit: Credit) -> Iterator[int]:
    """Yield downtimes at which a condition begins or ceases to hold, or a credit to grow."""
    limits = [
        (measure, limit)
        for condition in credit.conditions
        for measure, span in condition.ranges.items()
        for _, limit in span.bounds
    ]
    for measure, limit in limits:
        if measure == "level":
            yield from level_edges(case, limit)
        elif measure == "deviation":
            yield from level_edges(case, Fraction(case.target * (FULL - limit), FULL))
        elif measure in ("outage", "downtime"):
            yield limit
    for rate in _rates(credit):
        shortfall, accrual = rate.shortfall, rate.accrual
        if shortfall is not None:
            levels = [level_of(case, shortfall.from_), *([] if shortfall.to is None else [percent_units(shortfall.to)])]
            yield from (edge for level in levels for edge in level_edges(case, level))
        if accrual is not None:
            yield from (int(_after(case, accrual)), *([] if accrual.to is None else [accrual.to.microseconds]))
        if rate.deductible:
            yield rate.deductible


def _rates(credit: Credit) -> list[Rate]:
    return [credit, *(band.plus for band in credit.bands or [] if band.plus is not None)]


def level_of(case: SingleOutage, level: object) -> int:
    """A level that a shortfall is counted from. [percent units]"""
    if level == "target":
        return case.target
    return FULL if level == "full" else percent_units(level)  # type: ignore[arg-type]


def _after(case: SingleOutage, accrual: Accrual) -> Fraction:
    if isinstance(accrual.after, str):
        return Fraction((FULL - case.target) * case.longest, FULL)
    return Fraction(accrual.after.microseconds)


def _steps_of(case: SingleOutage, credit: Credit, *, every: bool) -> Iterator[int]:
    """Lengths at which a schedule grows by a step; or by the first of them."""
    grows = False
    for rate in _rates(credit):
        shortfall, accrual = rate.shortfall, rate.accrual
        grows |= rate.multiple is not None or (shortfall is not None and shortfall.step is None)
        if shortfall is not None and shortfall.step is not None:
            step, below = percent_units(shortfall.step), FULL - level_of(case, shortfall.from_)
            half = step // 2 if shortfall.count == "nearest" else 0
            for number in _steps(case, credit, shortfall.credit, FULL // step + 1) if every else (0, 1):
                yield from as_counted(case, (number * step - half + below) * case.longest // FULL)
        if accrual is not None and accrual.count != "exact":
            per, after = accrual.per.microseconds, int(_after(case, accrual))
            for number in _steps(case, credit, accrual.credit, case.longest // per + 1) if every else (0, 1):
                yield from as_counted(case, after + number * per - lift_of(accrual.count, per))
        grows |= accrual is not None and accrual.count == "exact"
    if grows:  # it does so by the steps in which time is counted, and is rounded half way between two of them
        for step in counted_steps(case):
            for number in _few(case, case.longest // step + 1) if every else (0, 1):
                yield from (number * step, number * step + step // 2)


def _steps(case: SingleOutage, credit: Credit, worth: Share | Money | Points | None, count: int) -> range:
    """Numbers of the steps that can matter: none is seen beyond the lowest cap."""
    remedy = case.remedy
    value = credit_value(worth)
    each = value * case.basis if isinstance(worth, Share) else value / 10**6
    limits = [case.limit(cap) for cap in remedy.all_caps] if remedy else []
    if limits and each > 0 and remedy is not None and remedy.points is None:
        factors = [Fraction(multiplier.by) for multiplier in credit.multipliers]
        count = min(count, int(min(limits) / each / min([Fraction(1), *factors])) + 1)
    return _few(case, count)


def _few(case: SingleOutage, count: int) -> range:
    if count > MOST_STEPS:
        raise too_many_steps(case, count)
    return range(count + 1)


def too_many_steps(case: SingleOutage, count: int) -> InputError:
    """Return why a curve is not drawn."""
    remedy = f"ask for single lengths; {MOST_STEPS} are drawn"
    return InputError(case.rule.policy, [Problem("credit curve", count, "too many steps to draw", remedy)])


# --- what the credits say


def bends(values: Values, points: Sequence[int], case: SingleOutage) -> list[int]:
    """Places between which a curve is straight: those of the points where it bends, and others that are found.

    Parameters
    ----------
    values
        What lengths earn.
    points
        In order; the first and the last stay.
    case
        Whose curve is refused where it has too many steps.
    """
    found = set(points)
    middles = _middles(points)
    known = dict(values([*points, *middles.values()]))
    crooked = [span for span in middles if not _straight(known, span[0], middles[span], span[1])]
    meetings: dict[tuple[int, int], set[int]] = {}
    while crooked:
        found.update(edge for span in crooked for edge in span)
        within = {}
        for left, right in crooked:
            length = right - left
            places = {left + max(1, int(length * part)) for part in UNEVEN}
            if length <= len(UNEVEN) + 1:
                places = set(range(left + 1, right))
            within[left, right] = places | meetings.get((left, right), set())
        if len(known) + sum(map(len, within.values())) > MOST_POINTS:
            raise too_many_steps(case, len(known))
        known.update(values(sorted(set().union(*within.values()))))
        crooked = []
        for (left, right), places in within.items():
            path = [left, *sorted(places), right]
            found |= meetings.get((left, right), set())
            for number, span in enumerate(pairwise(path)):
                # a step goes on where it is on one straight line with the step before it, or with the one after it
                goes_on = number > 0 and _straight(known, *path[number - 1 : number + 2])
                goes_on |= number + 2 < len(path) and _straight(known, *path[number : number + 3])
                if not goes_on and span[1] - span[0] > 1:
                    crooked.append(span)
                    meetings[span] = _meeting(known, path, number)
                elif not goes_on:
                    found.update(span)
    kept: list[int] = []
    for point in sorted(found):  # a point between two on the same straight line says nothing
        if len(kept) > 1 and _straight(known, kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return kept


def _middles(points: Sequence[int]) -> dict[tuple[int, int], int]:
    """Span between two points → a length amid it."""
    spans = [(left, right) for left, right in pairwise(points) if right - left > 1]
    return {(left, right): left + max(1, int((right - left) * MIDDLE)) for left, right in spans}


def _meeting(known: Mapping[int, int], path: Sequence[int], number: int) -> set[int]:
    """Places beside that in a step of a path where the lines before and after it meet."""
    if number == 0 or number + 2 >= len(path):
        return set()
    before, left, right, after = path[number - 1 : number + 3]
    rise = Fraction(known[left] - known[before], left - before)
    later = Fraction(known[after] - known[right], after - right)
    if rise == later:
        return set()
    place = left + (known[right] - later * (right - left) - known[left]) / (rise - later)
    return {int(place) + beside for beside in (-1, 0, 1, 2) if left < int(place) + beside < right}


def _straight(known: Mapping[int, int], one: int, two: int, three: int) -> bool:
    """Return whether three points lie on one line, as far as credits are exact: to the last of their digits."""
    apart = (known[two] - known[one]) * (three - one) - (known[three] - known[one]) * (two - one)
    return abs(apart) <= 2 * (three - one)
