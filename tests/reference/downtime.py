"""What of each outage one guarantee counts: the verdicts of section 3, instant by instant."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from reference.calendars import (
    Span,
    both,
    business_spans,
    common,
    covers,
    cut_to,
    merged,
    open_spans,
    total,
    windows_of,
    without,
)
from reference.terms import Tree
from reference.values import (
    NEVER,
    NotCovered,
    fraction,
    in_span,
    instant,
    length_of,
    moment,
    rounded_to,
    time_of,
    word,
)

Row = dict[str, Any]


@dataclass(frozen=True)
class Contract:
    """One subscription: its row, its time zone, and from when to when it is measured."""

    row: Row
    zone: ZoneInfo
    starts: int
    ends: int
    as_of: int
    rows: tuple[tuple[Span, Row], ...] = ()
    """All rows of a subscription that changes, with their spans."""
    suspended: tuple[Span, ...] = ()
    """Gaps between its rows, which are outside the term."""

    @property
    def name(self) -> str:
        return str(self.row["subscription"])

    def windows(self, text: str, within: Span) -> list[Span]:
        return windows_of(text, self.zone, within, self.starts, self.ends, self.row.get("billing_day"))


@dataclass(frozen=True)
class Outage:
    """An outage as one guarantee sees it, cut at `as_of`."""

    id: str
    component: str | None
    span: Span
    whole: str | None
    """A verdict that all of it has, whatever the instant."""
    clock: int
    weight: Fraction
    reported: int | None
    going_on: bool
    """It had not ended at `as_of`."""


@dataclass
class Piece:
    """A stretch of one outage with one verdict."""

    outage: Outage
    span: Span
    verdict: str
    weight: Fraction = Fraction(1)

    @property
    def weighed(self) -> Fraction:
        return self.weight * (self.span[1] - self.span[0])


@dataclass
class Incident:
    """A run: a maximal stretch of what passes steps 1 to 5, without a gap, or with gaps that the contract joins.

    For tickets, one late ticket.
    """

    run: Span
    going_on: bool
    pieces: list[Piece] = field(default_factory=list)
    length: Fraction = Fraction(0)
    """The counted time in it, weighed and rounded as the contract says."""
    exact: Fraction = Fraction(0)
    """The same, not rounded."""
    reported: list[int | None] = field(default_factory=list)
    outages: frozenset[str] = frozenset()
    """The outages that tell of it."""

    @property
    def first(self) -> int:
        """The first counted instant."""
        return min((piece.span[0] for piece in self.pieces), default=self.run[0])

    @property
    def last(self) -> int:
        """The end of the last counted instant."""
        return max((piece.span[1] for piece in self.pieces), default=self.run[1])


@dataclass
class Accounts:
    """The downtime of one guarantee, at all times."""

    guarantee: Tree
    contract: Contract
    term: Span
    pieces: list[Piece]
    runs: list[Span]
    incidents: list[Incident]
    maintained: list[Span]
    """Qualifying maintenance of all that the guarantee covers."""
    uncovered: list[Span] | None = None
    """Time of the term, up to now, that no coverage reaches; none without a table of coverage."""
    unobserved: list[Span] = field(default_factory=list)
    """What of it no outage tells of."""

    def is_going_on(self, span: Span) -> bool:
        """Whether an outage that had not ended at `as_of` ends with the span."""
        return any(piece.outage.going_on and piece.outage.span[1] == span[1] for piece in self.pieces)

    def counted_in(self, window: Span) -> list[Piece]:
        parts = []
        for piece in self.pieces:
            span = common(piece.span, window)
            if piece.verdict == "counted" and span[1] > span[0]:
                parts.append(Piece(piece.outage, span, piece.verdict, piece.weight))
        return parts

    def downtime_in(self, window: Span) -> Fraction:
        """Counted time of a window, weighed and rounded as the contract says.

        What rounding adds to an incident, or takes from it, goes to the window it starts in.
        """
        counted = weighed_time(self.counted_in(window))
        starting = [one for one in self.incidents if window[0] <= one.first < window[1]]
        counted += sum((one.length - one.exact for one in starting), Fraction(0))
        counted = max(Fraction(0), counted)  # a window has no less downtime than none
        return rounded_time(counted, (self.guarantee.get("rounded") or {}).get("downtime"))


@dataclass
class MeanAccounts(Accounts):
    """The downtime of a guarantee as the mean over its components (`combine: mean`)."""

    components: list[Accounts] = field(default_factory=list)

    def downtime_in(self, window: Span) -> Fraction:
        """The mean of what each component lost, which is what the contract rounds."""
        together = sum((one.downtime_in(window) for one in self.components), Fraction(0))
        return rounded_time(together / len(self.components), (self.guarantee.get("rounded") or {}).get("downtime"))


def rounded_time(length: Fraction, rounding: Tree | None) -> Fraction:
    return rounded_to(length, Fraction(length_of(rounding["to"])), rounding["how"]) if rounding else length


# Outages


def in_scope(component: str | None, guarantee: Tree) -> bool:
    """An outage without a component concerns all."""
    components = guarantee.get("components") or []
    return component is None or not components or word(component) in map(word, components)


def signal_of(row: Row, clock: str) -> int | None:
    """The instant at which the clock of an outage starts; none if no such signal is recorded."""
    known = {name: instant(row[name]) for name in ("started", "reported", "detected", "diagnosed") if row.get(name)}
    if clock == "reported_or_detected":
        signals = [known[name] for name in ("reported", "detected") if name in known]
        return min(signals) if signals else None
    if clock == "diagnosed":
        return known.get("diagnosed", known.get("reported"))  # section 8: from `diagnosed` (else `reported`)
    return known.get(clock)


def seen_outage(row: Row, guarantee: Tree, as_of: int) -> Outage | None:
    """An outage, cut at `as_of`; nothing if there is no time in it."""
    start = instant(row["started"])
    ended = NEVER if row.get("ended") is None else instant(row["ended"])
    end = min(as_of, ended)
    if end <= start:
        return None
    affected = Fraction(1) if row.get("affected") is None else fraction(row["affected"])
    signal = signal_of(row, guarantee.get("clock") or "started")
    if guarantee.get("grace") and signal is not None and signal <= min(as_of, start + length_of(guarantee["grace"])):
        signal = start  # a signal moves the start only when late; one in time may come after the end
    whole = None
    if row.get("excluded"):
        whole = "excluded_by_agreement"
    elif not in_scope(row.get("component"), guarantee):
        whole = "other_component"
    elif row.get("cause") is not None and word(row["cause"]) in map(word, excluded(guarantee, "causes")):
        whole = "excluded_cause"
    elif affected == 0 or (guarantee.get("affected") and not in_span(guarantee["affected"], affected * 100)):
        # `affected: 0` is no downtime. The rules are silent on its verdict; `too_small` says why.
        whole = "too_small"
    elif signal is None or signal > end:  # what comes after `as_of` is not known
        whole = "unreported"
    weight = affected if guarantee.get("weigh") == "affected" else Fraction(1)
    clock = max(start, signal) if signal is not None else start
    reported = instant(row["reported"]) if row.get("reported") else None
    return Outage(str(row["outage"]), row.get("component"), (start, end), whole, clock, weight, reported, ended > as_of)


# Coverage


def not_covered(
    guarantee: Tree,
    contract: Contract,
    term: Span,
    outages: list[Row],
    coverage: list[Row] | None,
    names: list[str] | None = None,
) -> tuple[list[Span] | None, list[Span]]:
    """Time of the term, up to now, that no coverage reaches, and what of it no outage tells of.

    All of what the guarantee covers must be covered: its components, or else those that the coverage names. A row
    without a component is about all. An outage in scope tells of its time, whatever becomes of it.
    """
    if coverage is None or guarantee.get("measured"):
        return None, []
    named = [row["component"] for row in coverage if row.get("component") is not None]
    needed: list[str | None] = [*(names or guarantee.get("components") or named)] or [None]
    whole = without([(term[0], min(term[1], contract.as_of))], contract.suspended)
    whole = [span for span in whole if span[1] > span[0]]
    missing: list[Span] = []
    for one in needed:
        about = [row for row in coverage if row.get("component") is None or same_word(row["component"], one)]
        missing += without(whole, merged((instant(row["started"]), instant(row["ended"])) for row in about))
    uncovered = merged(missing)
    told = []
    for row in outages:
        span = instant(row["started"]), NEVER if row.get("ended") is None else instant(row["ended"])
        if in_scope(row.get("component"), guarantee) and span[1] > span[0]:
            told.append(span)
    return uncovered, without(uncovered, merged(told))


def same_word(one: str, other: str | None) -> bool:
    return other is not None and word(one) == word(other)


def unobserved_outage(span: Span, guarantee: Tree, as_of: int) -> Outage:
    """Time in which nobody looked, where the contract counts it as downtime: down in whole, from its beginning on."""
    part = f"{guarantee['part']} " if guarantee.get("part") else ""
    name = f"unobserved {part}{moment(span[0]).isoformat().replace('+00:00', 'Z')}"  # type: ignore[union-attr]
    all_of_it = not guarantee.get("affected") or in_span(guarantee["affected"], Fraction(100))
    whole = None if all_of_it else "too_small"
    return Outage(name, guarantee.get("part"), span, whole, span[0], Fraction(1), None, span[1] == as_of)


def excluded(guarantee: Tree, what: str) -> list[str]:
    return (guarantee.get("exclude") or {}).get(what) or []


# Maintenance


@dataclass(frozen=True)
class Work:
    """A stretch of qualifying maintenance."""

    span: Span
    component: str | None


def qualifying(rows: list[Row], guarantee: Tree, policy: Tree, contract: Contract) -> list[Work]:
    """Maintenance that the guarantee leaves out."""
    works: list[Work] = []
    for kind in excluded(guarantee, "maintenance"):
        stated = [one for one in policy.get("maintenance") or [] if one["kind"] == kind] or [{"kind": kind}]
        taken: list[Work] = []
        for term in stated:
            taken += of_entry([row for row in rows if row["kind"] == kind], term, taken, guarantee, contract)
        works += taken
    return works


def of_entry(rows: list[Row], term: Tree, taken: list[Work], guarantee: Tree, contract: Contract) -> list[Work]:
    """What one entry of a kind qualifies, beside what the entries written before it have taken already."""
    works = []
    for row in rows:
        span = instant(row["started"]), instant(row["ended"])
        if span[1] <= span[0] or not in_scope(row.get("component"), guarantee) or not notice_kept(row, term, contract):
            continue
        works += [Work(part, row.get("component")) for part in open_spans(term.get("hours"), contract.zone, span)]
    allowance = term.get("allowance")
    if not allowance:
        return works
    works = [Work(part, work.component) for work in works for part in without([work.span], same_taken(work, taken))]
    allowed = allowed_spans(merged(work.span for work in works), allowance, guarantee, contract)
    return [Work(part, work.component) for work in works for part in cut_to(allowed, work.span)]


def same_taken(work: Work, taken: list[Work]) -> list[Span]:
    """When all that a work concerns is under maintenance that was taken out already."""
    return [
        one.span
        for one in taken
        if one.component is None or (work.component is not None and word(one.component) == word(work.component))
    ]


def notice_kept(row: Row, term: Tree, contract: Contract) -> bool:
    if not term.get("notice"):
        return True
    if row.get("announced") is None:
        return False
    notice = time_of(term["notice"])
    told, begun = instant(row["announced"]), instant(row["started"])
    if notice.business_days:
        if begun <= told:
            return False
        # A business day is 24 hours, Monday to Friday, less the holidays that the term names.
        day = 24 * 3600 * 10**6
        return total(business_spans(contract.zone, term.get("holidays"), (told, begun))) >= notice.business_days * day
    return begun - told >= notice.microseconds


def allowed_spans(spans: list[Span], allowance: Tree, guarantee: Tree, contract: Contract) -> list[Span]:
    """The first so many hours of each window, in the order of time."""
    if not spans:
        return []
    per = allowance.get("per") or "window"
    text = guarantee["window"] if per == "window" else per
    if text == "incident" or text.startswith("rolling"):
        raise NotCovered("an allowance per incident or per rolling window")
    allowed: list[Span] = []
    for window in contract.windows(text, (spans[0][0], spans[-1][1])):
        left = length_of(allowance["at_most"])
        for start, end in cut_to(spans, window):
            taken = min(left, end - start)
            left -= taken
            if taken:
                allowed.append((start, start + taken))
    return allowed


def concerns_same(one: str | None, other: str | None) -> bool:
    return one is None or other is None or word(one) == word(other)


def maintained_wholly(works: list[Work], guarantee: Tree) -> list[Span]:
    """When all that the guarantee covers is under maintenance."""
    everything = [work.span for work in works if work.component is None]
    components = {word(one) for one in guarantee.get("components") or []}
    if components:
        # The rules are silent: works on single components that together leave nothing out concern all of it.
        jointly: list[Span] | None = None
        for component in components:
            own = [work.span for work in works if work.component is None or word(work.component) == component]
            jointly = merged(own) if jointly is None else both(jointly, own)
        everything += jointly or []
    return merged(everything)


# Verdicts


def account(
    guarantee: Tree,
    policy: Tree,
    contract: Contract,
    term: Span,
    outages: list[Row],
    works: list[Row],
    coverage: list[Row] | None = None,
) -> Accounts:
    """Give every instant of every outage its verdict, but for `outside_period`."""
    if guarantee.get("combine") == "mean":
        return mean_account(guarantee, policy, contract, term, outages, works, coverage)
    seen = [found for row in outages if (found := seen_outage(row, guarantee, contract.as_of))]
    uncovered, unobserved = not_covered(guarantee, contract, term, outages, coverage)
    if guarantee.get("missing") == "down":
        seen += [unobserved_outage(span, guarantee, contract.as_of) for span in unobserved]
    maintenance = qualifying(works, guarantee, policy, contract)
    pieces = before_runs(seen, guarantee, edges_of(seen, maintenance, guarantee, contract, term), maintenance)
    stretches = merged(piece.span for piece in pieces if piece.verdict == "running")
    runs = joined(stretches, length_of(guarantee.get("join_gaps") or "0s"))
    for piece in pieces:
        if piece.verdict == "running":
            run = next(run for run in runs if run[0] <= piece.span[0] < run[1])
            # what joins two stretches is no downtime
            piece.verdict = after_runs(piece, total(cut_to(stretches, run)), guarantee, maintenance, contract, term)
    incidents = []
    for run in runs:
        own = [piece for piece in pieces if piece.verdict == "counted" and run[0] <= piece.span[0] < run[1]]
        if guarantee.get("unit"):
            own = whole_units(own, pieces, length_of(guarantee["unit"]))
        incidents.append(incident_of(run, own, seen, guarantee))
    maintained = maintained_wholly(maintenance, guarantee)
    incidents = [one for one in incidents if one.pieces]
    return Accounts(guarantee, contract, term, pieces, runs, incidents, maintained, uncovered, unobserved)


VERDICTS = (
    "excluded_by_agreement", "other_component", "excluded_cause", "too_small", "unreported", "before_clock_start",
    "below_concurrency",
    "overlapping", "too_short", "maintenance", "outside_hours", "outside_term", "rounding_remainder", "counted",
)  # fmt: skip
"""In the order of section 3."""


def mean_account(
    guarantee: Tree,
    policy: Tree,
    contract: Contract,
    term: Span,
    outages: list[Row],
    works: list[Row],
    coverage: list[Row] | None,
) -> MeanAccounts:
    """Judge each component by all rules, as if the guarantee covered nothing else."""
    if guarantee["metric"] != "availability" or guarantee.get("measured"):
        raise NotCovered("a mean over components of what is no availability from outages")
    names = components_of(guarantee, contract)
    uncovered, unobserved = not_covered(guarantee, contract, term, outages, coverage, names)
    guarantee = guarantee | {"components": names}
    roundings = {key: value for key, value in (guarantee.get("rounded") or {}).items() if key != "downtime"}
    own = []
    for name in names:
        alone = guarantee | {"combine": None, "components": [name], "rounded": roundings, "part": name}
        own.append(account(alone, policy, contract, term, outages, works, coverage))
    pieces = []
    for outage in dict.fromkeys(piece.outage.id for one in own for piece in one.pieces):
        told = [piece for one in own for piece in one.pieces if piece.outage.id == outage]
        for span in pairwise(sorted({edge for piece in told for edge in piece.span})):
            at_once = [piece for piece in told if piece.span[0] <= span[0] and span[1] <= piece.span[1]]
            # One row tells of an outage of several components: the verdict of the one that comes nearest to counting.
            nearest = max(at_once, key=lambda piece: VERDICTS.index(piece.verdict))
            counted = sum(piece.verdict == "counted" for piece in at_once)
            pieces.append(Piece(nearest.outage, span, nearest.verdict, Fraction(counted, len(names))))
    incidents = []
    for run in merged(one.run for accounts in own for one in accounts.incidents):
        inside = [one for accounts in own for one in accounts.incidents if run[0] <= one.run[0] < run[1]]
        incidents.append(
            Incident(
                run,
                any(one.going_on for one in inside),
                [piece for one in inside for piece in one.pieces],
                sum((one.length for one in inside), Fraction(0)) / len(names),
                sum((one.exact for one in inside), Fraction(0)) / len(names),
                [at for one in inside for at in one.reported],
            )
        )
    runs = merged(run for accounts in own for run in accounts.runs)
    maintained = maintained_wholly(qualifying(works, guarantee, policy, contract), guarantee)
    seen = uncovered, unobserved
    return MeanAccounts(guarantee, contract, term, pieces, runs, incidents, maintained, *seen, own)


def components_of(guarantee: Tree, contract: Contract) -> list[str]:
    """Components of a mean: those that the guarantee names, or else those that the customer pays for."""
    named = guarantee.get("components") or list(contract.row.get("component_fees") or {})
    names = list({word(name): str(name) for name in named}.values())
    if not names:
        raise ValueError(f"{guarantee['id']}: a mean over no components; name them, or give their fees")
    return names


def edges_of(seen: list[Outage], works: list[Work], guarantee: Tree, contract: Contract, term: Span) -> list[int]:
    """Every instant at which a verdict may change."""
    edges = {*term, *(edge for span in contract.suspended for edge in span)}
    for outage in seen:
        edges |= {*outage.span, outage.clock}
    for work in works:
        edges |= {*work.span}
    if seen:
        reach = min(outage.span[0] for outage in seen), max(outage.span[1] for outage in seen)
        for span in open_spans(guarantee.get("hours"), contract.zone, reach):
            edges |= {*span}
    return sorted(edges)


def before_runs(seen: list[Outage], guarantee: Tree, edges: list[int], works: list[Work]) -> list[Piece]:
    """Steps 1 to 5. What passes them is `running`.

    The rules are silent on two components that are down at once, one of them under maintenance: the other one's
    downtime is not taken out, so it keeps the time, whichever began first.
    """
    pieces = []
    for start, end in pairwise(edges):
        active = [outage for outage in seen if outage.span[0] <= start and end <= outage.span[1]]
        running = [outage for outage in active if outage.whole is None and outage.clock <= start]
        alone = not down_at_once(running, guarantee)
        # With `weigh: affected` the largest weight at each instant counts, whichever outage it belongs to.
        first = min(
            running,
            key=lambda outage: (maintained(outage, start, works), -outage.weight, outage.clock, outage.id),
            default=None,
        )
        weight = first.weight if first else Fraction(1)
        for outage in active:
            if outage.whole:
                verdict = outage.whole
            elif start < outage.clock:
                verdict = "before_clock_start"
            elif alone:
                verdict = "below_concurrency"
            else:
                verdict = "running" if outage is first else "overlapping"
            pieces.append(Piece(outage, (start, end), verdict, weight))
    return pieces


def down_at_once(running: list[Outage], guarantee: Tree) -> bool:
    """Whether as many components are down as it takes. What concerns all of them concerns as many."""
    needed = guarantee.get("at_once")
    if not needed:
        return True
    down = {outage.component and word(outage.component) for outage in running}
    return None in down or len(down) >= needed


def joined(stretches: list[Span], gap: int) -> list[Span]:
    """Incidents: stretches with less than a gap between them are one (`join_gaps`)."""
    runs: list[Span] = []
    for stretch in stretches:
        if runs and stretch[0] - runs[-1][1] < gap:
            runs[-1] = runs[-1][0], stretch[1]
        else:
            runs.append(stretch)
    return runs


def after_runs(piece: Piece, length: int, guarantee: Tree, works: list[Work], contract: Contract, term: Span) -> str:
    """Steps 6 to 9."""
    at = piece.span[0]
    if guarantee.get("minimum") and not in_span(guarantee["minimum"], Fraction(length), length_of):
        return "too_short"
    if maintained(piece.outage, at, works):
        return "maintenance"
    if not covers(open_spans(guarantee.get("hours"), contract.zone, piece.span), at):
        return "outside_hours"
    if not covers([term], at) or covers(contract.suspended, at):
        return "outside_term"
    return "counted"


def maintained(outage: Outage, at: int, works: list[Work]) -> bool:
    """Whether what an outage concerns is under maintenance at an instant."""
    return any(covers([work.span], at) and concerns_same(work.component, outage.component) for work in works)


def whole_units(counted: list[Piece], pieces: list[Piece], unit: int) -> list[Piece]:
    """Step 10: what is left of a counted run beyond whole units, taken from its end.

    The rules are silent on maintenance in the middle of a run: the counted time of the run is cut down as one.
    """
    left_over = sum(piece.span[1] - piece.span[0] for piece in counted) % unit
    kept = []
    for piece in sorted(counted, key=lambda piece: piece.span, reverse=True):
        start, end = piece.span
        cut = min(left_over, end - start)
        left_over -= cut
        if cut == end - start:
            piece.verdict = "rounding_remainder"
            continue
        if cut:
            piece.span = start, end - cut
            pieces.append(Piece(piece.outage, (end - cut, end), "rounding_remainder", piece.weight))
        kept.append(piece)
    return kept


def weighed_time(pieces: list[Piece]) -> Fraction:
    """The time of some pieces by their weights, in whole microseconds like all time."""
    return Fraction(math.floor(sum((piece.weighed for piece in pieces), Fraction(0)) + Fraction(1, 2)))


def incident_of(run: Span, counted: list[Piece], seen: list[Outage], guarantee: Tree) -> Incident:
    inside = [one for one in seen if one.whole is None and run[0] <= one.clock and one.span[1] <= run[1]]
    going_on = any(one.going_on for one in inside)
    exact = weighed_time(counted)
    length = rounded_time(exact, (guarantee.get("rounded") or {}).get("outage"))
    if guarantee["window"] == "incident":
        length = rounded_time(length, (guarantee.get("rounded") or {}).get("downtime"))
    names = frozenset(one.id for one in inside)
    return Incident(run, going_on, counted, length, exact, [one.reported for one in inside], names)


def agreed_time(window: Span, accounts: Accounts, whole: Span) -> int:
    """The agreed service time of a window (section 4), or of the part of a whole window that a change leaves."""
    guarantee, contract, term = accounts.guarantee, accounts.contract, accounts.term
    inside = common(window, term)
    if inside[1] <= inside[0]:
        return 0
    denominator = guarantee.get("denominator") or "window"
    if denominator not in ("window", "less_maintenance"):
        # The rules are silent on a window that is cut: the printed length stands for that of any window.
        return length_of(denominator)
    if guarantee.get("partial") == "full":
        inside = whole
    if inside[1] >= NEVER and guarantee.get("hours"):
        raise NotCovered("service hours without an end")
    agreed = open_spans(guarantee.get("hours"), contract.zone, inside)
    if guarantee.get("partial") != "full":
        agreed = without(agreed, contract.suspended)
    if denominator == "less_maintenance":
        agreed = without(agreed, accounts.maintained)
    if guarantee.get("missing") == "excluded":
        agreed = without(agreed, accounts.unobserved)
    return total(agreed)


def observable(window: Span, accounts: Accounts) -> list[Span]:
    """The agreed service time of a window that has passed by now."""
    guarantee, contract = accounts.guarantee, accounts.contract
    inside = common(common(window, accounts.term), (-NEVER, contract.as_of))
    if inside[1] <= inside[0]:
        return []
    spans = without(open_spans(guarantee.get("hours"), contract.zone, inside), contract.suspended)
    if guarantee.get("denominator") == "less_maintenance":
        spans = without(spans, accounts.maintained)
    return spans
