"""Terms as one says them: short sentences for cards, explanations and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slakit.locales import percent, quantity
from slakit.policy.conditions import Condition, DurationRange, Misses, Range
from slakit.policy.guarantees import ON_TICKETS, Guarantee, Hours, Maintenance
from slakit.policy.printing import exact_percent, readable
from slakit.policy.quantities import Duration, Money, Points, Share, Window
from slakit.policy.recovery import Recovery
from slakit.policy.remedies import (
    Band,
    Cap,
    ClaimForm,
    Claims,
    Credit,
    FeeBasis,
    FeeSum,
    Limits,
    Multiple,
    OneOf,
    Rate,
    Remedy,
    Report,
    Right,
)

BASES = {
    "monthly_fee": "the monthly fee",
    "component_fee": "the component's monthly fee",
    "window_fee": "the fee of the window",
    "quarterly_fee": "the quarterly fee",
    "annual_fee": "the annual fee",
    "term_fee": "the fee of the whole term",
    "daily_fee": "the fee of one day of the month",
    "previous_month_fee": "the previous month's fee",
    "next_month_fee": "the next month's fee",
}
CLOCKS = {
    "started": "when the service fails",
    "reported": "when it is reported",
    "detected": "when it is detected",
    "reported_or_detected": "when it is reported or detected, whichever is first",
    "diagnosed": "with the diagnosis, or else the report",
}
ANCHORS = {
    "window_end": "the window ends",
    "incident_end": "the incident ends",
    "incident_start": "the incident starts",
    "end_of_second_month": "the end of the second month",
}
MONITORS = {
    "provider": "by the provider alone",
    "customer": "by the customer",
    "third_party": "by a third party",
    "both": "by the provider, and by a third party as well",
}
SPANS = {
    "incident": "for one incident",
    "window": "for one window",
    "rolling_12mo": "over twelve months",
    "term": "over the contract term",
}


MEASURES = {
    "level": "",
    "outage": "an outage ",
    "downtime": "downtime in the window ",
    "incidents": "outages in the window ",
    "deviation": "the target missed by ",
    "points": "",
}
PARTIAL = {
    "full": "a window that the term cuts is measured against its whole length",
    "skip": "a window that the term cuts is not judged",
}
MISSING = {
    "up": "unobserved time counts as time without an outage",
    "down": "unobserved time is downtime",
    "excluded": "unobserved time is no agreed service time",
}
SPANS_OF_ALLOWANCE = {
    "window": "per window", "1d": "a day", "1w": "a week", "1mo": "a month", "1q": "a quarter", "1y": "a year",
}  # fmt: skip
STEPS = {"started": "started ", "complete": "full ", "nearest": "nearest ", "exact": ""}
UNITS = {"1m": "minute", "1h": "hour", "1d": "day", "1w": "week"}
SIDES = {"from": "from", "above": "above", "to": "to", "below": "below"}
MEASURED = {
    "mean": "the mean",
    "sum": "the sum",
    "largest": "the largest",
    "smallest": "the smallest",
    "last": "the last",
}


def term_words(path: str) -> str:
    """Return where a term stands, without keys of the format.

    >>> term_words("guarantees.response.window"), term_words("time_zone")
    ('response: window', 'time zone')
    """
    keys = path.removeprefix("guarantees.").removeprefix("remedies.").split(".")
    return ": ".join(key.replace("_", " ") for key in keys)


def assumed_words(term: str, value: str) -> str:
    """Return what is assumed of a term that a document does not state.

    Parameters
    ----------
    term
        Path of the term.
    value
        What is assumed, as the file states it.

    >>> assumed_words("guarantees.response.window", "1mo"), assumed_words("claims.needed", "false")
    ('calendar month', 'no')
    """
    if term.endswith(".window"):
        return Window.parse(value).words_for_people
    return {"true": "yes", "false": "no"}.get(value, value.replace("_", " "))


def promise(guarantee: Guarantee) -> str:
    """Return what a guarantee commits to, for one tier.

    >>> promise(Guarantee(id="a", metric="availability", target=99, window="1mo", clause="2"))
    '99 % per calendar month'
    """
    window = guarantee.window.words_for_people
    if guarantee.metric == "availability":
        return f"{_limit(guarantee)} per {window}{_measured(guarantee)}"
    if guarantee.metric in ("incidents", "figure"):
        side = "at least" if guarantee.falls else "at most"
        strictly = ", not reached" * guarantee.strictly
        unit = "incidents" if guarantee.measured is None else guarantee.measured.unit or ""
        return f"{side} {quantity(guarantee.limit)} {unit}".strip() + f"{strictly} per {window}{_measured(guarantee)}"
    if guarantee.metric == "downtime":
        if isinstance(guarantee.within, Duration) and not guarantee.within.microseconds:
            return f"never down, per {window}"
        most = "less than" if guarantee.strictly else "at most"
        return f"down {most} {guarantee.within} per {window}"
    share = f"{_limit(guarantee)} of tickets " if guarantee.target is not None else ""
    if guarantee.metric == "update":
        most = "less than" if guarantee.strictly and guarantee.target is None else "at most"
        between = times(guarantee.within).replace("within", most, 1)
        return f"{share}updated until resolved, with {between} between updates"
    verb = {"replacement": "replaced", "response": "answered", "resolution": "resolved"}[guarantee.metric]
    in_less = guarantee.strictly and guarantee.target is None
    within = times(guarantee.within)
    return f"{share}{verb} {within.replace('within', 'in less than', 1) if in_less else within}".strip()


def _limit(guarantee: Guarantee) -> str:
    return "more than " * guarantee.strictly + exact_percent(guarantee.target)


def _measured(guarantee: Guarantee) -> str:
    measured = guarantee.measured
    if measured is None:
        return ""
    fewest = (
        f", if of at least {quantity(measured.minimum_total)} requests" if measured.minimum_total is not None else ""
    )
    if measured.by == "down":
        edge = f"{_span('level', measured.at)} " if measured.at is not None else ""
        return f", a slice of {measured.slice} being down {edge}failures{fewest}"
    if measured.by == "ratio":
        return f", from all counts of the window together{fewest}"
    how = MEASURED.get(measured.by, f"the {measured.by[1:]}th percentile")
    return f", {how} of measurements" + (f" of {measured.slice}{fewest}" if measured.slice else "")


def times(within: Duration | dict[str, Duration] | None) -> str:
    """A longest time, or one for each priority.

    >>> times(Duration.parse("2h"))
    'within 2h'
    """
    if within is None:
        return "in time"
    if isinstance(within, Duration):
        return f"within {within}"
    return "within " + ", ".join(f"{time} ({priority})" for priority, time in within.items())


def credit_words(credit: Credit) -> str:
    """Return how a schedule turns a miss into money.

    >>> credit_words(Credit(flat="1/30", clause="1"))
    '1/30 of the monthly fee'
    """
    own = f" ({', '.join(credit.guarantees)})" if credit.guarantees is not None else ""
    often = [per_words(credit, several=False)] if _says_how_often(credit) else []
    return ", ".join([_schedule(credit, fee_words(credit.of)) + own, *_conditions(credit), *often])


def _conditions(credit: Credit) -> Iterator[str]:
    if credit.when is not None:
        yield f"only {_when(credit.when)}"
    for multiplier in credit.multipliers:
        yield f"times {quantity(multiplier.by)} {_when(multiplier.when)}"


def _says_how_often(credit: Credit) -> bool:
    """Return whether the words of a schedule say how often it is earned; else those of its remedy do."""
    return credit.earned_per == "day" or (credit.by_incident and credit.bands is None)


def credit_pieces(credit: Credit) -> list[str]:
    """A schedule piece by piece: each row of a table by itself.

    >>> credit_pieces(Credit(bands=[{"below": 99, "credit": "5%"}], when={"streak": 2}, clause="1"))
    ['below 99 %: 5 %', 'of the monthly fee', 'only from the second breached window in a row on']
    """
    of = fee_words(credit.of)
    if credit.bands is None:
        return [_schedule(credit, of), *_conditions(credit)]
    rows = [_band(band, of) for band in credit.bands]
    return [*rows, *([f"of {of}"] if _shares(credit) else []), *_taken(credit), *_conditions(credit)]


def _taken(credit: Credit) -> list[str]:
    return {"worst": [], "largest": ["the largest"], "sum": ["added up"]}[credit.select]


def _schedule(credit: Credit, of: str) -> str:
    if credit.bands is not None:
        rows = "; ".join(_band(band, of) for band in credit.bands) + f" (of {of})" * _shares(credit)
        return ", ".join([rows, *_taken(credit)])
    if credit.flat is not None:
        return _of(credit.flat, of)
    return _rate(credit, of)


def _rate(rate: Rate, of: str) -> str:
    if rate.accrual is not None:
        accrual = rate.accrual
        after = ""
        if isinstance(accrual.after, str):
            after = " beyond what the target allows"
        elif accrual.after.microseconds:
            after = f" beyond {accrual.after}"
        until = f" up to {accrual.to}" if accrual.to is not None else ""
        interval = UNITS.get(str(accrual.per), str(accrual.per))
        return f"{_of(accrual.credit, of)} for each {STEPS[accrual.count]}{interval} of downtime{after}{until}"
    if rate.shortfall is None:
        multiple = rate.multiple
        if isinstance(multiple, Multiple):
            return f"{quantity(multiple.by)} times the share of {of} for the time lost beyond {multiple.after}"
        return f"{quantity(multiple)} times the share of {of} for the time lost"

    shortfall = rate.shortfall
    until = f", as far as {quantity(shortfall.to)}" if shortfall.to is not None else ""
    missed = {"full": f"short of {percent('100')}", "target": "by which the target is missed"}
    start = missed.get(str(shortfall.from_), f"counted from {quantity(shortfall.from_)}")
    if shortfall.step is not None:
        step = f"{STEPS[shortfall.count]}step of {quantity(shortfall.step)}"
        return f"{_of(shortfall.credit, of)} for each {step} {start}{until}"
    short = "short" if shortfall.from_ == "target" else start
    return f"{_of(shortfall.credit, of)} per percentage point {short}, pro rata{until}"


def fee_words(of: FeeBasis) -> str:
    """Return what a share is a share of.

    >>> fee_words(FeeSum(components=["server"], last="12mo", mean=True))
    'the mean monthly fee of server over the last 12mo'
    """
    if not isinstance(of, FeeSum):
        return BASES[of]
    parts = f" of {', '.join(of.components).replace('_', ' ')}" if of.components else ""
    if of.last is None:
        return f"the monthly fee{parts}"
    if of.mean:
        return f"the mean monthly fee{parts} over the last {of.last}"
    return f"the fees{parts} of the last {of.last}"


def _shares(credit: Credit) -> bool:
    return any(isinstance(band.credit, Share) for band in credit.bands or [])


def _of(worth: Share | Money | Points | None, of: str) -> str:
    if not isinstance(worth, Share):
        return quantity(worth)
    if worth.text == "30/30" and of == BASES["monthly_fee"]:
        return "one monthly fee (30 daily fees)"
    return f"{quantity(worth)} of {of}"


def reach_words(condition: Condition) -> str:
    """Return when a condition holds.

    >>> reach_words(Condition(below=99, streak=2))
    'below 99 % and from the second breached window in a row on'
    """
    return " and ".join(_span(measure, span) for measure, span in condition.ranges.items())


def _when(condition: Condition) -> str:
    said = reach_words(condition)
    return said if next(iter(condition.ranges)) == "streak" else f"when {said}"


def _in_a_row(span: Range) -> str:
    """Return which of the windows missed in a row are meant.

    >>> [_in_a_row(Condition(streak=ends).streak) for ends in ({"from": 1, "to": 1}, {"from": 2, "to": 2}, 3)]
    ['the first breached window', 'the second breached window in a row', 'from the third breached window in a row on']
    """
    bounds = dict(span.bounds)
    first = bounds.get("from", bounds.get("above", 0) + 1)
    last = bounds.get("to", bounds["below"] - 1 if "below" in bounds else None)
    if last is None:
        return f"from {_nth(first)} breached window in a row on"
    if last <= 1:
        return f"{_nth(last)} breached window"
    return f"{_nth(first)} to " * (first != last) + f"{_nth(last)} breached window in a row"


def _nth(number: int) -> str:
    named = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", 6: "sixth"}
    return f"the {named.get(number, f'{number}th')}"


def _span(measure: str, span: Range) -> str:
    if measure == "streak":
        return _in_a_row(span)
    said = exact_percent if measure in ("level", "deviation") else quantity
    ends = [f"{SIDES[side]} {said(getattr(span, 'from_' if side == 'from' else side))}" for side, _ in span.bounds]
    if isinstance(span, Misses):
        return f"breached windows {' '.join(ends)} of the last {span.of}"
    return MEASURES[measure] + " ".join(ends)


def _band(band: Band, of: str) -> str:
    earned = [quantity(band.credit)] if band.credit is not None else []
    if band.plus is not None:
        earned.append(_rate(band.plus, of))
    return f"{reach_words(band)}: {' plus '.join(earned) or 'no credit'}"


def remedy_words(remedy: Remedy) -> str:
    """Say how a remedy is earned."""
    schedules = " and ".join(credit_words(credit) for credit in remedy.credit)
    if len(remedy.guarantees) == 1 and len(remedy.credit) == 1:
        return schedules
    together = together_words(remedy)
    return f"{schedules} {together}" if together.startswith("(") else f"{schedules}, {together}"


def together_words(remedy: Remedy) -> str:
    """Say what several schedules earn together, how often where they do not say it themselves, for which guarantees."""
    taken = {"sum": "added up", "largest": "the largest of them", "smallest": "the smallest of them"}[remedy.select]
    several = len(remedy.guarantees) > 1
    often = [per_words(credit, several=several) for credit in remedy.credit if not _says_how_often(credit)]
    said = [*([taken] if len(remedy.credit) > 1 else []), *dict.fromkeys(often)]
    return f"{', '.join(said)} ({', '.join(remedy.guarantees)})".strip()


def often_words(remedy: Remedy) -> list[str]:
    """Return how often a remedy is earned, each way once."""
    return [*dict.fromkeys(per_words(credit, several=len(remedy.guarantees) > 1) for credit in remedy.credit)]


def per_words(credit: Credit, *, several: bool) -> str:
    """Return how often a schedule is earned.

    Parameters
    ----------
    several
        Whether its remedy is for several guarantees.

    >>> per_words(Credit(flat="5%", per="incident", clause="1"), several=False)
    'for each incident in a breached window'
    """
    breach = " in a breached window" if credit.bands is None else ""
    single = "once per breached window"
    return {
        "window": "once per window in which any is breached" if several else single,
        "guarantee": "for each that is breached" if several else single,
        "incident": f"for each incident{breach}",
        "day": f"for each day with downtime{breach}",
    }[credit.earned_per]


def cap_words(cap: Cap) -> str:
    """The most that is paid.

    >>> cap_words(Cap(per="term", at_most="30/30"))
    'at most one monthly fee (30 daily fees) over the contract term'
    """
    span = f"per {cap.per.words_for_people}" if isinstance(cap.per, Window) else SPANS[cap.per]
    return f"at most {_of(cap.at_most, fee_words(cap.of))} {span}"


def limit_words(limits: Limits) -> Iterator[tuple[str, str, str]]:
    """Yield what becomes of a credit once it is earned, beside caps: term, words, clause."""
    if limits.points is not None:
        bands = [f"{_span('points', band)} points: {quantity(band.credit)}" for band in limits.points.bands or []]
        yield "points", "; ".join(bands) if bands else f"each point counts {quantity(limits.points.each)}", ""
    if limits.minimum is not None:
        minimum = limits.minimum
        at_least = minimum.from_ is not None
        limit = _of(minimum.from_ if at_least else minimum.above, fee_words(minimum.of))
        small = f"{'less than' if at_least else 'not more than'} {limit} is "
        said = {"nothing": "not paid", "carried": "carried on to the next window"}
        words = f"at least {limit}" if minimum.otherwise == "raised" else small + said[minimum.otherwise]
        yield "minimum", words, minimum.clause or ""
    if limits.earn_back is not None:
        back = limits.earn_back
        good = reach_words(Condition(**back.level.model_dump(by_alias=True))) if back.level else "the target met"
        yield "given back", f"{quantity(back.share)} after {back.windows} windows with {good}", back.clause or ""


def right_words(right: Right) -> str:
    """Return when a right arises, and until when it can be used.

    >>> right_words(Right(id="end", says="terminate", **{"for": ["a"]}, when={"streak": 3}, within="30d", clause="9"))
    'terminate, from the third breached window in a row on, within 30d'
    """
    when = " or ".join(_when(condition) for condition in right.when)
    return f"{right.says}, {when}" + (f", within {right.within}" if right.within else "")


def choice_words(choice: OneOf, names: Mapping[str, str]) -> str:
    """Say of which remedies only one is paid.

    Parameters
    ----------
    choice
        What the contract says.
    names
        Id of a remedy → its name.

    >>> choice_words(OneOf(id="either", remedies=["web", "db"], select="choice"), {"web": "Website"})
    'only one is paid of Website, db: the one that the customer chooses'
    """
    which = {"largest": "the largest", "choice": "the one that the customer chooses"}[choice.select]
    return f"only one is paid of {', '.join(names.get(name, name) for name in choice.remedies)}: {which}"


def report_words(report: Report) -> str:
    """Say until when an outage must be reported.

    >>> report_words(Report(within="24h")), report_words(Report())
    ('within 24h after the incident starts', 'at any time')
    """
    return f"within {report.within} after {ANCHORS[report.after]}" if report.within else "at any time"


def form_words(form: ClaimForm) -> Iterator[tuple[str, str]]:
    """Yield what a claim must look like, each with its name.

    >>> dict(form_words(ClaimForm(subject="SLA Claim", one_per="month")))
    {'subject': 'with the words "SLA Claim"', 'one claim for': 'each calendar month'}
    """
    if form.to is not None:
        yield "addressed to", form.to
    if form.channel is not None:
        yield "sent by", form.channel
    if form.subject is not None:
        yield "subject", f'with the words "{form.subject}"'
    if form.one_per != "subscription":
        yield "one claim for", {"month": "each calendar month", "window": "each window"}[form.one_per]
    if form.language is not None:
        yield "language", f"{form.language} only"
    if form.redact:
        yield "files", "with confidential parts starred"
    names = {"customer": "customer", "reference": "order or account number", "letter": "letter", "files": "file"}
    for key, items in form.answered.items():
        if items:
            yield f"{names[key]} answers", ", ".join(items)
    if form.source is not None:
        yield "form as stated at", form.source


def claim_words(claims: Claims | None, *, read_whole: bool = True) -> str:
    """Say how a credit is asked for.

    Parameters
    ----------
    claims
        The terms; none where they were not read.
    read_whole
        Whether the whole document was read, so that a deadline it does not state is none.

    >>> claim_words(Claims(within="10d", after="window_end"))
    'within 10d after the window ends'
    """
    if claims is None:
        return "not read"
    required = "; ".join(requirement.says.rstrip(".") for requirement in claims.requires)
    only_if = f", only if: {required}" if required else ""
    if not claims.needed:
        return f"no claim is needed{only_if}"
    without = "without a stated deadline" if read_whole else "until when: not read"
    limit = f"within {claims.within} after {ANCHORS[claims.after]}" if claims.within else without
    if claims.after == "end_of_second_month":
        limit = f"by {ANCHORS[claims.after]}"
    limit += f", to the end of that {claims.to_end_of.words_for_people}" if claims.to_end_of else ""
    limit += f", not before {claims.opens} after it" if claims.opens else ""
    limit += f", once reported {report_words(claims.report)}" if claims.report is not None else ""
    limit += f" (business days less public holidays, {claims.holidays})" if claims.holidays else ""
    return limit + (", in writing" if claims.in_writing else "") + only_if


def hours_words(hours: Hours | None) -> str:
    """Return when people are there.

    >>> hours_words(Hours(weekly={"mon-fri": ["08:00-17:00"]}, holidays="SE"))
    'mon-fri 08:00-17:00, not on public holidays (SE)'
    """
    if hours is None:
        return "around the clock"
    weekly = ", ".join(f"{days} {' '.join(spans)}" for days, spans in hours.weekly.items())
    zone = f" ({hours.time_zone})" if hours.time_zone else ""
    return weekly + zone + (f", not on public holidays ({hours.holidays})" if hours.holidays else "")


def longest_words(limit: DurationRange) -> str:
    """Print a longest time.

    >>> longest_words(DurationRange(below="4h")), longest_words(DurationRange(to="4h"))
    ('less than 4h', '4h')
    """
    return str(limit.to) if limit.to is not None else f"less than {limit.below}"


def lost_words(limit: DurationRange) -> str:
    """Say how much data may be lost.

    >>> lost_words(DurationRange(below="4h")), lost_words(DurationRange(to="4h"))
    ('less than 4h', 'at most 4h')
    """
    return f"at most {limit.to}" if limit.to is not None else longest_words(limit)


def every_words(every: DurationRange) -> str:
    """Say how far copies may lie apart.

    >>> every_words(DurationRange(to="1d")), every_words(DurationRange(below="1d"))
    ('every 1d', 'less than 1d apart')
    """
    return f"every {every.to}" if every.to is not None else f"less than {every.below} apart"


def kept_words(kept: DurationRange) -> str:
    """Say how long a copy is kept.

    >>> [kept_words(DurationRange(**ends)) for ends in ({"from": "7d"}, {"to": "30d"}, {"from": "7d", "to": "30d"})]
    ['kept 7d', 'kept up to 30d', 'kept from 7d to 30d']
    """
    ends = [side for side, _ in kept.bounds]
    if ends in (["from"], ["to"]):
        return f"kept {kept.from_}" if kept.from_ is not None else f"kept up to {kept.to}"
    return f"kept {_span('points', kept)}"


def recovery_words(loss: Recovery) -> str:
    """Return what a recovery target guarantees."""
    lost = [f"{lost_words(loss.rpo)} of data lost"] if loss.rpo else []
    back = [f"back {'in' if loss.rto.below is not None else 'within'} {longest_words(loss.rto)}"] if loss.rto else []
    return ", ".join([*lost, *back])


def guarantee_words(guarantee: Guarantee) -> Iterator[tuple[str, str, str]]:
    """Say what is measured, and what counts: heading, key of the term, words.

    >>> terms = {"id": "a", "metric": "availability", "target": 99, "window": "1mo", "clause": "2"}
    >>> list(guarantee_words(Guarantee(**terms, minimum="5m")))[1:]
    [('shortest', 'minimum', 'outages shorter than 5m are excluded')]
    """
    if guarantee.metric in ON_TICKETS:
        yield "judged over", "window", guarantee.window.with_article
    if guarantee.covers:
        yield "covers", "components", guarantee.covers
    if guarantee.components:
        yield "components", "components", ", ".join(guarantee.components).replace("_", " ")
    if guarantee.combine == "mean":
        of = "them" if guarantee.components else "the components of which the subscription has a fee"
        yield "combined", "combine", f"downtime is the mean over {of}, each judged by itself"
    if guarantee.on_outages:
        yield "clock", "clock", f"starts {clock_words(guarantee)}"
    if guarantee.hours is not None:
        yield "service hours", "hours", hours_words(guarantee.hours)
    excluded = [*(f"{kind} maintenance" for kind in guarantee.exclude.maintenance), *guarantee.exclude.causes]
    excluded += [f"tickets of kind {kind}" for kind in guarantee.exclude.tickets]
    excluded += [f"{kind} tickets with a deadline of their own" for kind in guarantee.exclude.own_deadline]
    if excluded:
        yield "excludes", "causes", ", ".join(map(readable, excluded))
    for term, said in concern_words(guarantee):
        yield "concerns", term, said
    if guarantee.join_gaps is not None:
        joined = f"outages with less than {guarantee.join_gaps} between them are one incident"
        yield "incidents", "join_gaps", joined
    if guarantee.ranked == "opened":
        yield "priority", "ranked", "the one that a ticket has when it is opened"
    if guarantee.minimum is not None:
        yield "shortest", "minimum", f"outages {short_words(guarantee.minimum)} are excluded"
    if guarantee.unit is not None:
        yield "units", "unit", f"downtime counts in whole units of {guarantee.unit}"
    rounded = guarantee.rounded
    for name, step in {"each outage": rounded.outage, "downtime": rounded.downtime, "the level": rounded.level}.items():
        if step is not None:
            yield "rounded", "rounded", f"{name} {step.how} to {quantity(step.to)}"
    if guarantee.weigh is not None:
        yield "weighed", "weigh", "downtime counts by the share of the service that is affected"
    if isinstance(guarantee.denominator, Duration):
        yield "agreed time", "denominator", f"{guarantee.denominator} in each window, whatever its length"
    elif guarantee.denominator == "less_maintenance":
        yield "agreed time", "denominator", "less the maintenance that is excluded"
    if guarantee.partial != "shorten":
        yield "windows cut short", "partial", PARTIAL[guarantee.partial]
    if guarantee.missing is not None:
        yield "not observed", "missing", MISSING[guarantee.missing]


def clock_words(guarantee: Guarantee) -> str:
    """Say when downtime begins to count."""
    starts = CLOCKS[guarantee.clock]
    return starts if guarantee.grace is None else f"{starts}, if that is more than {guarantee.grace} after the failure"


def short_words(minimum: DurationRange) -> str:
    """Say which outages are too short to count.

    >>> short_words(DurationRange(above="5m"))
    'of 5m or less'
    """
    return f"of {minimum.above} or less" if minimum.above is not None else f"shorter than {minimum.from_}"


def concern_words(guarantee: Guarantee) -> Iterator[tuple[str, str]]:
    """Yield which outages or tickets a guarantee is about: its term, and words.

    >>> list(concern_words(Guarantee(id="a", metric="availability", target=99, window="1mo", at_once=2, clause="2")))
    [('at_once', 'only while 2 of its components are down at once')]
    """
    if guarantee.at_once is not None:
        yield "at_once", f"only while {guarantee.at_once} of its components are down at once"
    if guarantee.affected is not None:
        yield "affected", f"only outages that affect a share {_span('level', guarantee.affected)}"
    if guarantee.tickets is not None:
        named = {"kind": guarantee.tickets.kinds, "priority": guarantee.tickets.priorities}
        said = (f"of {name} {', '.join(words).replace('_', ' ')}" for name, words in named.items() if words)
        yield "tickets", f"only tickets {' and '.join(said)}"


def maintenance_name(maintenance: Maintenance) -> str:
    """Name an entry of maintenance: its kind, and its id where it has one.

    >>> maintenance_name(Maintenance(kind="scheduled", id="night", clause="2"))
    'scheduled (night)'
    """
    return maintenance.kind if maintenance.id is None else f"{maintenance.kind} ({maintenance.id})"


def maintenance_words(maintenance: Maintenance, *, read_whole: bool = True) -> str:
    """Say what notice a kind of maintenance needs, when and how long it may be.

    Parameters
    ----------
    maintenance
        The kind.
    read_whole
        Whether the whole document was read, so that a notice it does not state is none.
    """
    without = "no notice stated" if read_whole else "notice not read"
    notice = f"announced {maintenance.notice} ahead" if maintenance.notice else without
    notice += f" (business days less public holidays, {maintenance.holidays})" if maintenance.holidays else ""
    limit = maintenance.allowance
    allowance = f", at most {limit.at_most} {SPANS_OF_ALLOWANCE[limit.per]}" if limit else ""
    if maintenance.hours is not None:
        allowance = f", {hours_words(maintenance.hours)}" + allowance
    preferred = f"; preferably {maintenance.preferred}" if maintenance.preferred else ""
    return notice + allowance + preferred
