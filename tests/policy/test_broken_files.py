"""A broken policy file is told what is wrong, where, and what would be right; everything at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from slakit.policy.document import Policy
from slakit.policy.files import parse_policy, read_policy
from slakit.policy.guarantees import Hours
from slakit.problems import InputError

WHOLE = """\
format: 1
id: northwind
provider: Northwind
service: Database
source: {title: Terms, language: en, retrieved: 2026-01-01}
time_zone: Europe/Oslo
currency: NOK
tiers: [gold, silver]
maintenance: [{kind: scheduled, notice: 48h, clause: m}]
guarantees:
  - id: uptime
    metric: availability
    target: 99.9
    window: 1mo
    clause: "1"
    credit: {flat: 5%, clause: "2"}
claims: {within: 10d, clause: "3"}
remedies: []
readings: []
"""

TARGET = "    target: 99.9\n"
CREDIT = '    credit: {flat: 5%, clause: "2"}\n'
UPTIME = '    metric: availability\n    target: 99.9\n    window: 1mo\n    clause: "1"\n    credit: {flat: 5%,'
WORDS_FOR_WINDOWS = "not a window; use 1d, 1w, 1mo, 1q, 1y, billing_month, term, incident or {rolling: 30d}"
TWO_ANSWERS = "question: Q, clauses: [c], answers: {a: {}, b: {set: {SET}}}, default: a"


def question(name: str, setting: str) -> str:
    return f"{{id: {name}, {TWO_ANSWERS.replace('SET', setting)}}}"


def schedule(kinds: str) -> tuple[str, str]:
    return CREDIT, f'    credit: {{{kinds}, clause: "2"}}\n'


BROKEN: dict[str, tuple[str, str, str]] = {
    # what is broken: the text that is replaced, by what, and what is said of it
    "a limit in points on one schedule of a remedy": (
        "remedies: []",
        "remedies: [{id: r, for: [uptime], clause: c, "
        "credit: [{flat: 5%, clause: c, caps: [{per: window, at_most: 1 point}]}]}]",
        "18 remedies.r.credit[0].caps[0].at_most = 1 point: points are no limit; write a share or an amount",
    ),
    "shares of a schedule whose points are worth something": (
        "remedies: []",
        "remedies: [{id: r, for: [uptime], clause: c, credit: [{flat: 5%, clause: c, points: {each: 1%}}]}]",
        "18 remedies.r.flat = 5%: a credit among points; "
        "write points: {each: 1%} and let all its schedules earn points",
    ),
    "a condition that asks for nothing": (
        *schedule("flat: 5%, when: {}"),
        "16 guarantees.uptime.credit.when: a condition that asks for nothing; write what must hold, like streak: 2",
    ),
    "an unknown key, and the one that was meant": (
        TARGET,
        TARGET + "    minimun: 5m\n",
        "14 guarantees.uptime.minimun: not a term of this format; did you mean minimum?",
    ),
    "an unknown key like no other": (
        TARGET,
        TARGET + "    qqqqqq: 5m\n",
        "14 guarantees.uptime.qqqqqq: not a term of this format; remove it",
    ),
    "a day written otherwise": (
        "retrieved: 2026-01-01",
        "retrieved: 27.11.2026",
        "5 source.retrieved = 27.11.2026: not a day of the calendar; write it like 2026-11-27",
    ),
    "a day that there is not": (
        "retrieved: 2026-01-01",
        "retrieved: 2026-13-45",
        "5 source.retrieved = 2026-13-45: not a day of the calendar; write it like 2026-11-27",
    ),
    "a date of the text that is none": (
        "retrieved: 2026-01-01",
        "retrieved: 2026-01-01, updated: spring",
        "5 source.updated = spring: not a date; write a year, a month or a day, like 2026, 2026-11 or 2026-11-27",
    ),
    "a clause that is empty": (
        'clause: "2"',
        'clause: " "',
        "16 guarantees.uptime.credit.clause = ' ': empty; write where the document says it, like 4.2",
    ),
    "the time zone of whoever runs it": (
        "time_zone: Europe/Oslo",
        "time_zone: localtime",
        "6 time_zone = localtime: not the same on every machine; name the zone, like Europe/Oslo",
    ),
    "a window that is none": (
        "window: 1mo",
        "window: monthly",
        f"14 guarantees.uptime.window = monthly: {WORDS_FOR_WINDOWS}",
    ),
    "a rolling window without a unit": (
        "window: 1mo",
        "window: {rolling: 30}",
        f"14 guarantees.uptime.window: {WORDS_FOR_WINDOWS}",
    ),
    "bands that do not fall": (
        *schedule("bands: [{below: 99, credit: 5%}, {below: 99.5, credit: 10%}]"),
        "16 guarantees.uptime.credit.bands[1].below = 99.5: bands must fall; the band above starts at 99",
    ),
    "bands that stand still": (
        *schedule("bands: [{below: 99.5, credit: 5%}, {below: 99.5, credit: 10%}]"),
        "16 guarantees.uptime.credit.bands[1].below = 99.5: bands must fall; the band above starts at 99.5",
    ),
    "a band without a reach": (
        *schedule("bands: [{credit: 5%}]"),
        "16 guarantees.uptime.credit.bands[0]: a band needs a reach; write below, or from and to, or "
        "outage: {above: 1h}",
    ),
    "no band at all": (
        *schedule("bands: []"),
        "16 guarantees.uptime.credit: no band; write at least one, like {below: 99.9, credit: 5%}",
    ),
    "an unknown tier in a mapping": (
        TARGET,
        "    target: {gold: 99.9, slver: 99.5}\n",
        "13 guarantees.uptime.target.slver: slver is not a tier of this policy; "
        "did you mean silver? there are gold, silver",
    ),
    "an unknown tier in a list": (
        TARGET,
        TARGET + "    tiers: [glod]\n",
        "14 guarantees.uptime.tiers[0] = glod: not a tier of this policy; did you mean gold? there are gold, silver",
    ),
    "an unknown tier of a credit": (
        *schedule("tiers: [bronze], flat: 5%"),
        "16 guarantees.uptime.credit.tiers[0] = bronze: not a tier of this policy; there are gold, silver",
    ),
    "two kinds of credit in one block": (
        *schedule("flat: 5%, multiple: 2"),
        "16 guarantees.uptime.credit: a credit is of exactly one kind, here flat and multiple; "
        "write one of bands, shortfall, accrual, flat, multiple",
    ),
    "no kind of credit": (
        *schedule("of: monthly_fee"),
        "16 guarantees.uptime.credit: a credit is of exactly one kind, here none; "
        "write one of bands, shortfall, accrual, flat, multiple",
    ),
    "a step without a credit": (
        *schedule("shortfall: {step: 1}"),
        "16 guarantees.uptime.credit.shortfall: a step without a credit; write credit: 1%",
    ),
    "a step of nothing": (
        *schedule("shortfall: {step: 0, credit: 1%}"),
        "16 guarantees.uptime.credit.shortfall: a step of nothing; write a step above 0",
    ),
    "a field that is missing": ("provider: Northwind\n", "", "1 provider: missing; write it"),
    "a block without its clause": ('    clause: "1"\n', "", "11 guarantees.uptime.clause: missing; write it"),
    "an availability without a target": (
        TARGET,
        "",
        "11 guarantees.uptime: an availability without a target; write target: 99.9",
    ),
    "a replacement without a time": (
        "metric: availability",
        "metric: replacement",
        "11 guarantees.uptime: a replacement without a time; write within: 2h",
    ),
    "a replacement by the month": (
        "metric: availability",
        "metric: replacement\n    within: 2h",
        "11 guarantees.uptime: a replacement is judged per incident; write window: incident",
    ),
    "a percentage above 100": (
        TARGET,
        "    target: 100.1\n",
        "13 guarantees.uptime.target = 100.1: not a percentage; write a number from 0 to 100",
    ),
    "a percentage below 0": (
        TARGET,
        "    target: -1\n",
        "13 guarantees.uptime.target = -1: not a percentage; write a number from 0 to 100",
    ),
    "a percentage with seven decimals": (
        TARGET,
        "    target: 99.9999999\n",
        "13 guarantees.uptime.target = 99.9999999: more than six decimals; write at most six",
    ),
    "a percentage with a comma": (
        TARGET,
        "    target: 99,95\n",
        "13 guarantees.uptime.target = 99,95: not a number; write digits with a point, like 99.95",
    ),
    "a percentage of a tier out of range": (
        TARGET,
        "    target: {gold: 101}\n",
        "13 guarantees.uptime.target.gold = 101: not a percentage; write a number from 0 to 100",
    ),
    "an infinite percentage": (
        TARGET,
        "    target: .inf\n",
        "13 guarantees[0].target = .inf: not a number that can be kept exactly; write plain digits",
    ),
    "a duration in words": (
        TARGET,
        TARGET + "    minimum: 5 minutes\n",
        "14 guarantees.uptime.minimum = 5 minutes: not a duration; write a number and a unit, like 30m, 48h, 10d",
    ),
    "a month where a fixed length is needed": (
        TARGET,
        TARGET + "    minimum: 1mo\n",
        "14 guarantees.uptime.minimum = 1mo: not a fixed length of time; write it like 30m, 48h, 10d",
    ),
    "a list where a duration stands": (
        TARGET,
        TARGET + "    minimum: [5m]\n",
        "14 guarantees.uptime.minimum: not a duration; write it like 30m, 48h, 10d",
    ),
    "a minimum with two limits": (
        TARGET,
        TARGET + "    minimum: {from: 5m, above: 5m}\n",
        "14 guarantees.uptime.minimum: two ends on one side; write from or above, and to or below",
    ),
    "a minimum with a highest limit": (
        TARGET,
        TARGET + "    minimum: {from: 5m, to: 9m}\n",
        "14 guarantees.uptime.minimum: a minimum has no upper end; write 5m, or {above: 5m}",
    ),
    "gaps without a length": (
        TARGET,
        TARGET + "    join_gaps: 0s\n",
        "11 guarantees.uptime: join_gaps without a length says nothing; drop it",
    ),
    "time to report without a length": (
        TARGET,
        TARGET + "    clock: reported\n    grace: 0m\n",
        "11 guarantees.uptime: grace without a length says nothing; drop it",
    ),
    "time to report where no report is asked": (
        TARGET,
        TARGET + "    grace: 24h\n",
        "11 guarantees.uptime: grace is time for a report or a detection; write clock: reported, or drop grace",
    ),
    "time to report where the diagnosis decides": (
        TARGET,
        TARGET + "    clock: diagnosed\n    grace: 24h\n",
        "11 guarantees.uptime: grace is time for a report or a detection; write clock: reported, or drop grace",
    ),
    "time to report in business days": (
        TARGET,
        TARGET + "    clock: reported\n    grace: 1bd\n",
        "15 guarantees.uptime.grace = 1bd: not a fixed length of time; write it like 30m, 48h, 10d",
    ),
    "a share without its sign": (
        *schedule("flat: 5"),
        "16 guarantees.uptime.credit.flat = 5: not a share of a fee; write it like 5%, 1/30, 1d",
    ),
    "a share of nothing": (
        *schedule("flat: 1/0"),
        "16 guarantees.uptime.credit.flat = 1/0: not a share of a fee; write it like 5%, 1/30, 1d",
    ),
    "a negative share": (
        *schedule("flat: -5%"),
        "16 guarantees.uptime.credit.flat = -5%: not a share of a fee; write it like 5%, 1/30, 1d",
    ),
    "money in no currency": (
        *schedule("flat: 25 XXQ"),
        "16 guarantees.uptime.credit.flat = 25 XXQ: not a currency of ISO 4217; write it like EUR",
    ),
    "an unknown currency": (
        "currency: NOK",
        "currency: KRONER",
        "7 currency = KRONER: not a currency of ISO 4217; write it like EUR",
    ),
    "an unknown time zone": (
        "time_zone: Europe/Oslo",
        "time_zone: Europe/Olso",
        "6 time_zone = Europe/Olso: not a time zone; write it like Europe/Oslo",
    ),
    "a time zone that is a path": (
        "time_zone: Europe/Oslo",
        "time_zone: ../../etc/passwd",
        "6 time_zone = ../../etc/passwd: not a time zone; write it like Europe/Oslo",
    ),
    "a remedy for a guarantee that is not there": (
        "remedies: []",
        "remedies: [{id: r, for: [uptme], credit: {flat: 1%, clause: c}}]",
        "18 remedies.r.for[0] = uptme: no such guarantee; did you mean uptime? there are uptime",
    ),
    "a remedy with a guarantee's name": (
        "remedies: []",
        "remedies: [{id: uptime, for: [uptime], credit: {flat: 1%, clause: c}}]",
        "18 remedies.uptime.id = uptime: another remedy has this name; give each its own id",
    ),
    "two guarantees of one name": (
        "claims:",
        "  - {id: uptime, metric: availability, target: 99, window: 1mo, clause: c}\nclaims:",
        "17 guarantees.uptime = uptime: named twice; give each its own id",
    ),
    "two tiers of one name": (
        "tiers: [gold, silver]",
        "tiers: [gold, gold]",
        "8 tiers[1] = gold: named twice; name each once",
    ),
    "an entry without an id beside another of its kind": (
        "maintenance: [",
        "maintenance: [{id: night, kind: scheduled, clause: n}, ",
        "9 maintenance[1] = scheduled: one of several entries of its kind; give each its own id",
    ),
    "two kinds of maintenance that are one": (
        "maintenance: [",
        "maintenance: [{kind: scheduled, clause: n}, ",
        "9 maintenance[1] = scheduled: named twice; give each its own id",
    ),
    "a reading of a term that is not there": (
        "readings: []",
        f"readings: [{question('q', '{guarantees.uptme.target: 98}'.strip('{}'))}]",
        "19 readings.q.answers.b.set.guarantees.uptme.target: no term stands at this path (uptme is not there); "
        "name a term of this file",
    ),
    "a reading below a word": (
        "readings: []",
        f"readings: [{question('q', 'provider.name.first: x')}]",
        "19 readings.q.answers.b.set.provider.name.first: no term stands at this path (name is not there); "
        "name a term of this file",
    ),
    "an answer that does not fit": (
        "readings: []",
        f"readings: [{question('q', 'guarantees.uptime.target: 101')}]",
        "19 readings.q.answers.b.set.guarantees.uptime.target = 101: not a percentage; write a number from 0 to 100",
    ),
    "an answer that makes two kinds of credit": (
        "readings: []",
        f"readings: [{question('q', 'guarantees.uptime.credit.multiple: 2')}]",
        "19 readings.q.answers.b.set.guarantees.uptime.credit.multiple = 2: a credit is of exactly one kind, "
        "here flat and multiple; write one of bands, shortfall, accrual, flat, multiple",
    ),
    "two questions that set one term": (
        "readings: []",
        f"readings: [{question('q', 'guarantees.uptime.target: 98')}, {question('p', 'guarantees.uptime.target: 97')}]",
        "19 readings.p = guarantees.uptime.target: the question q sets this term too; let one question set it",
    ),
    "a default that is not an answer": (
        "readings: []",
        "readings: [{id: q, question: Q, clauses: [c], answers: {a: {}, b: {}}, default: z}]",
        "19 readings.q: the default z is not an answer; use one of a, b",
    ),
    "two questions of one name": (
        "readings: []",
        f"readings: [{question('q', 'guarantees.uptime.target: 98')}, {question('q', 'currency: EUR')}]",
        "19 readings.q = q: named twice; give each its own id",
    ),
    "a word that is not one of those": (
        TARGET,
        TARGET + "    clock: yesterday\n",
        "14 guarantees.uptime.clock = yesterday: not one of the words for this; "
        "use started, reported, detected, reported_or_detected or diagnosed",
    ),
    "a limit for a claim that is not needed": (
        "claims: {",
        "claims: {needed: false, ",
        "17 claims.within = 10d: a limit for a claim that is not needed; drop one of the two",
    ),
    "hours on a day that is none": (
        TARGET,
        TARGET + "    hours: {weekly: {mon-fry: ['08:00-17:00']}}\n",
        "14 guarantees.uptime.hours.weekly: mon-fry is not a day or a range of days; write it like mon-fri or sat",
    ),
    "hours without minutes": (
        TARGET,
        TARGET + "    hours: {weekly: {mon-fri: ['8-17']}}\n",
        "14 guarantees.uptime.hours.weekly: 8-17 is not a span of time; write it like 08:00-17:00",
    ),
    "a priority that is not there": (
        "remedies: []",
        "support: {priorities: [{id: P1}], matrix: {impact: {high: {low: P9}}, clause: c}, clause: c}",
        "18 support.matrix.impact.high.low = P9: no such priority; there are P1",
    ),
    "a fee of a component that is no name": (
        *schedule("flat: 5%, of: {components: [cross connect]}"),
        "16 guarantees.uptime.credit.of.components[0] = cross connect: not a name of this format; "
        "use lower-case letters, digits, _ and -",
    ),
    "a time that only a percentage allows": (
        UPTIME,
        '    metric: downtime\n    within: 2h\n    window: 1mo\n    clause: "1"\n'
        "    credit: {accrual: {credit: 5%, per: 1h, count: started, after: target},",
        "16 guarantees.uptime.credit: only a percentage of a window's time allows downtime (uptime); "
        "write the time, like after: 4h",
    ),
    "one credit for all late tickets of a month": (
        UPTIME,
        '    metric: response\n    within: 2h\n    window: 1mo\n    clause: "1"\n    credit: {per: window, flat: 5%,',
        "16 guarantees.uptime.credit: each late ticket is a breach by itself (uptime); write per: incident",
    ),
    "a share of the time lost for an incident": (
        UPTIME,
        '    metric: downtime\n    within: 2h\n    window: incident\n    clause: "1"\n    credit: {multiple: 5,',
        "11 guarantees.uptime: an incident earns by accrual, flat or bands over a length; "
        "write one of these, or window: 1mo and per: incident",
    ),
    "another format": ("format: 1", "format: 2", "1 format = 2: not one of the words for this; use 1"),
    "a word where a list stands": (
        "tiers: [gold, silver]",
        "tiers: gold",
        "8 tiers = gold: not a list; write [a, b] or one entry a line with a dash",
    ),
    "an id in capitals": (
        "id: uptime",
        "id: Up Time",
        "11 guarantees.Up Time.id = Up Time: not a name of this format; use lower-case letters, digits, _ and -",
    ),
    "a key that is like none that fits": (
        CREDIT,
        '    credit: {bands: [{less_than: 99.9, below: 99, credit: 5%}], clause: "2"}\n',
        "16 guarantees.uptime.credit.bands[0].less_than: not a term of this format; remove it",
    ),
    "a length of time that is none": (
        "    metric: availability\n    target: 99.9\n",
        "    metric: downtime\n    within: soon\n",
        "13 guarantees.uptime.within = soon: not a duration; write a number and a unit, like 30m, 48h, 10d, 1mo, 1bd",
    ),
    "a number beyond its bounds": (
        CREDIT,
        '    credit: {flat: 5%, earn_back: {windows: 0}, clause: "2"}\n',
        "16 guarantees.uptime.credit.earn_back.windows = 0: too small; write a number from 1",
    ),
    "a word where a mapping stands": (
        'claims: {within: 10d, clause: "3"}',
        "claims: ten days",
        "17 claims = ten days: not a mapping; write keys and values",
    ),
}


def broken(*edits: tuple[str, str]) -> InputError:
    text = WHOLE
    for before, after in edits:
        assert before in text
        text = text.replace(before, after, 1)
    with pytest.raises(InputError) as refused:
        parse_policy(text, name="northwind.yaml")
    return refused.value


def test_the_file_that_is_broken_below_is_whole() -> None:
    assert parse_policy(WHOLE).id == "northwind"


@pytest.mark.parametrize(("before", "after", "told"), BROKEN.values(), ids=BROKEN.keys())
def test_it_is_told_of(before: str, after: str, told: str) -> None:
    assert str(broken((before, after))) == f"northwind.yaml: 1 problem\n  northwind.yaml:{told}"


def test_lengths_that_slakit_prints_can_be_read_again() -> None:
    text = WHOLE.replace("metric: availability\n    target: 99.9", "metric: downtime\n    within: 34m19.2s")
    assert parse_policy(text).guarantees[0].within.microseconds == 2_059_200_000


def test_two_remedies_of_one_name_are_both_told_of() -> None:
    remedy = "{id: r, for: [uptime], credit: {flat: 1%, clause: c}}"
    error = broken(("remedies: []", f"remedies: [{remedy}, {remedy}]"))
    told = "northwind.yaml:18 remedies.r.id = r: another remedy has this name; give each its own id"
    assert [str(problem) for problem in error.problems] == [told, told]


def test_all_problems_of_the_parts_are_told_at_once_in_the_order_of_the_file() -> None:
    error = broken(
        ("provider: Northwind\n", ""),
        ("window: 1mo", "window: monthly"),
        (TARGET, "    target: 101\n    minimun: 5m\n"),
        schedule("flat: 5"),
        ("within: 10d", "within: soon"),
    )
    assert [str(problem).split(":")[1].split(" ", 1)[1] for problem in error.problems] == [
        "provider",
        "guarantees.uptime.target = 101",
        "guarantees.uptime.window = monthly",
        "guarantees.uptime.credit.flat = 5",
        "guarantees.uptime.minimun",
        "claims.within = soon",
    ]
    assert str(error).startswith("northwind.yaml: 6 problems\n  northwind.yaml:1 provider: missing")


def test_all_problems_between_the_parts_are_told_at_once() -> None:
    error = broken(
        ("tiers: [gold, silver]", "tiers: [gold, gold]"),
        (TARGET, "    target: {gold: 99.9, slver: 99.5}\n"),
        schedule("bands: [{below: 99, credit: 5%}, {below: 99.5, credit: 10%}]"),
        ("claims: {", "claims: {needed: false, "),
    )
    assert len(error.problems) == 4


def test_a_problem_of_a_part_does_not_hide_one_between_the_parts() -> None:
    error = broken(("tiers: [gold, silver]", "tiers: [gold, gold]"), (TARGET, "    target: 101\n"))
    assert len(error.problems) == 2


INCALCULABLE: dict[str, tuple[str, str]] = {
    # a term that the model cannot express is refused, never approximated
    "a mapping from tier that gives no tier anything": (TARGET, "    target: {}\n"),
    "bands on availability and on length together": schedule(
        "bands: [{below: 99, credit: 5%}, {outage: {above: 1d}, credit: 50%}]"
    ),
    "a printed range upside down": schedule("bands: [{from: 99, to: 98, credit: 5%}]"),
    "a negative factor": schedule("multiple: -5"),
    "a negative rate": schedule("shortfall: {credit: -1%}"),
    "an accrual per nothing": schedule("accrual: {credit: 5%, per: 0m, count: started}"),
    "hours in an unknown time zone": (
        TARGET,
        TARGET + "    hours: {weekly: {mon: ['08:00-17:00']}, time_zone: Mars/Olympus}\n",
    ),
    "holidays of an unknown country": (
        TARGET,
        TARGET + "    hours: {weekly: {mon: ['08:00-17:00']}, holidays: XX}\n",
    ),
    "a replacement within business days": (
        "metric: availability\n    target: 99.9\n    window: 1mo",
        "metric: replacement\n    within: 1bd\n    window: incident",
    ),
    "a replacement within months": (
        "metric: availability\n    target: 99.9\n    window: 1mo",
        "metric: replacement\n    within: 1mo\n    window: incident",
    ),
    "points missed of a single incident": (
        'window: 1mo\n    clause: "1"\n' + CREDIT,
        'window: incident\n    clause: "1"\n    credit: {shortfall: {credit: 1%}, clause: "2"}\n',
    ),
    "a rate that passes all integers": schedule("shortfall: {credit: 1.0000000000000000000000000000000000001%}"),
    "a factor that passes all integers": schedule("multiple: 1e30"),
    "a share that passes all integers": schedule(f"flat: 1/{'9' * 41}"),
    "a duration that passes all integers": (TARGET, TARGET + "    minimum: 99999999999999999999h\n"),
    "a rolling window longer than all calendars": ("window: 1mo", "window: {rolling: 999999999d}"),
    "an answer with a remedy for nothing": (
        "remedies: []\nreadings: []",
        "remedies: [{id: r, for: [uptime], credit: {flat: 1%, clause: c}}]\n"
        f"readings: [{question('q', 'remedies.r.for: [nothing]')}]",
    ),
    "an answer with an unknown tier": (
        "readings: []",
        f"readings: [{question('q', 'guarantees.uptime.tiers: [bronze]')}]",
    ),
    "two questions of which one sets what holds the other's term": (
        "readings: []",
        f"readings: [{question('q', 'guarantees.uptime.credit: {flat: 9%, clause: c}')}, "
        f"{question('p', 'guarantees.uptime.credit.flat: 7%')}]",
    ),
}


@pytest.mark.parametrize(("before", "after"), INCALCULABLE.values(), ids=INCALCULABLE.keys())
def test_what_cannot_be_calculated_is_refused(before: str, after: str) -> None:
    assert broken((before, after)).problems


def test_a_file_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"nowhere\.yaml: cannot be read \(No such file or directory\); give a text file"
    ):
        read_policy(tmp_path / "nowhere.yaml")


def test_a_term_of_another_part_is_not_suggested_where_it_stands() -> None:
    text = """\
format: 1
id: x
provider: X
service: S
source: {title: x, language: en, retrieved: 2026-11-27}
maintenance: [{kind: scheduled, at_most: 4h, clause: "1"}]
guarantees: [{id: web, metric: availability, target: 99.9, window: 1mo, clause: "1"}]
"""
    with pytest.raises(InputError, match=r"maintenance\[0\].at_most: not a term here; it belongs to another part"):
        parse_policy(text)


def test_parts_made_in_python_are_refused_as_files_are() -> None:
    source = {"title": "T", "language": "en", "retrieved": "2026-13-45"}
    nameless = {"id": "a", "metric": "availability", "window": "1mo", "clause": "1"}
    with pytest.raises(InputError) as refused:
        Policy(format=1, id="X Y", provider="x", service="s", source=source, guarantees=[nameless])
    assert [str(problem) for problem in refused.value.problems] == [
        "Policy id = X Y: not a name of this format; use lower-case letters, digits, _ and -",
        "Policy source.retrieved = 2026-13-45: not a day of the calendar; write it like 2026-11-27",
        "Policy guarantees.a: an availability without a target; write target: 99.9",
    ]
    with pytest.raises(InputError, match="Hours colour: not a term of this format"):
        Hours(weekly={"mon": ["09:00-17:00"]}, colour="red")
    assert Hours(weekly={"mon": ["09:00-17:00"]}) == Hours.model_validate({"weekly": {"mon": ["09:00-17:00"]}})
