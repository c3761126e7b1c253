"""The controls of an incident: what happens, when, and how the contract is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from slakit.analysis.plans import Settled
from slakit.analysis.review import Review
from slakit.measure.calendar import MICROSECOND
from slakit.policy.document import Policy
from slakit.policy.printing import print_duration
from slakit.policy.quantities import PlainDuration
from slakit.show.explorers.choices import instant_label, instants, lengths, written
from slakit.show.explorers.control import Control, Parameters
from slakit.show.explorers.shared_controls import fee_control, plan_control

DRAGGED_AROUND = timedelta(days=1)
"""Time before and after the incident that can be dragged to."""
NOTICES = ["0s", "1h", "4h", "12h", "24h", "36h", "48h", "72h", "5d", "7d", "10d", "14d", "30d"]
"""How long ahead maintenance is announced."""
CAUSES = ["power", "hardware", "network", "software", "security", "customer", "third_party", "force_majeure"]
SIGNAL_LABELS = {
    "reported": "Your ticket",
    "detected": "Detected by the provider's monitoring",
    "diagnosed": "Cause known to the provider",
}
ALL_COMPONENTS, UNKNOWN, NEVER = "everything", "unknown", "never"
UNSTATED = timedelta(hours=4)
"""How long an outage without an end is drawn."""


def incident_controls(parameters: Parameters, review: Review, policy: Policy) -> list[Control]:
    """Return the controls of an incident: what happens, when, and how the contract is read.

    Parameters
    ----------
    parameters
        Those of `explore_incident`.
    review
        Of that incident.
    policy
        The contract that judges it.
    """
    return [
        plan_control(parameters["policy"], whole=False, unset={"component": "", "reading": []}),
        _day(parameters, review),
        *_times(parameters, review),
        *_what(parameters, policy),
        *_works(parameters, review),
        fee_control(parameters["fee"]),
        *_readings(parameters["reading"], policy),
    ]


def _zone(review: Review) -> ZoneInfo:
    return review.zone_of(review.evidence.subscriptions["subscription"][0])


def _day(parameters: Parameters, review: Review) -> Control:
    """Return the control of the day on which it begins; all that happens moves with it."""
    import ipywidgets as w

    now = review.evidence.outages["started"][0].astimezone(_zone(review)).date()
    moving = ("started", "ended", *SIGNAL_LABELS, "works", "works_end")

    def read(day: date | None) -> Parameters:
        by = (day - now) if day else timedelta(0)
        times = {name: parameters[name] for name in moving}
        # The clock on the wall shows the same on another day.
        return {
            name: (datetime.fromisoformat(time) + by).isoformat(timespec="auto")[: len(time)] if time else ""
            for name, time in times.items()
        }

    return Control("Day", w.DatePicker(value=now), read, renews=True)


def _times(parameters: Parameters, review: Review) -> Iterator[Control]:
    """Return controls of its start and end, and of when it is reported, detected and diagnosed."""
    import ipywidgets as w

    zone, row = _zone(review), review.evidence.outages.row(0, named=True)
    begin, end = row["started"], row["ended"] or row["started"] + UNSTATED
    known = [begin, end, *(row[name] for name in SIGNAL_LABELS)]
    stops = instants((begin - DRAGGED_AROUND, end + DRAGGED_AROUND), zone, known)
    slider = w.SelectionRangeSlider(options=stops, value=(begin, end), readout=False)

    def read(span: Sequence[datetime]) -> Parameters:
        return dict(zip(("started", "ended"), [written(instant, zone) for instant in span], strict=True))

    yield Control("Outage", slider, read, say=lambda span: _span_words(span, zone))

    def read_signal(name: str, at: datetime | str) -> Parameters:
        return {name: written(at, zone) if isinstance(at, datetime) else ""}

    def say_signal(at: datetime | str) -> str:
        return instant_label(at, zone) if isinstance(at, datetime) else NEVER

    guarantees = [g for terms in review.terms.values() for g in terms.guarantees]
    for name, label in SIGNAL_LABELS.items():
        starts_clock = any(g.metric == "replacement" if name == "diagnosed" else name in g.clock for g in guarantees)
        if name == "reported" or parameters[name] or starts_clock:
            signal = w.SelectionSlider(options=[(NEVER, ""), *stops], value=row[name] or "", readout=False)
            yield Control(label, signal, partial(read_signal, name), say=say_signal)


def _span_words(span: Sequence[datetime], zone: ZoneInfo) -> str:
    """Say from when to when, and how long that is.

    >>> from datetime import UTC
    >>> span = datetime(2026, 8, 11, 7, tzinfo=UTC), datetime(2026, 8, 11, 11, tzinfo=UTC)
    >>> _span_words(span, ZoneInfo("Europe/Oslo"))
    'Tue 11 Aug 09:00 to 13:00, 4h'
    """
    first, last = (instant_label(instant, zone) for instant in span)
    same_day = span[0].astimezone(zone).date() == span[1].astimezone(zone).date()
    until = f"{span[1].astimezone(zone):%H:%M}" if same_day else last
    return f"{first} to {until}, {print_duration((span[1] - span[0]) // MICROSECOND)}"


def _what(parameters: Parameters, policy: Policy) -> Iterator[Control]:
    """Return controls of what is down, and of the cause."""
    import ipywidgets as w

    components = [component for g in policy.guarantees for component in g.components]
    causes = [*CAUSES, *(cause for g in policy.guarantees for cause in g.exclude.causes)]
    for label, name, known, nothing in (
        ("What is down", "component", components, ALL_COMPONENTS),
        ("Cause", "cause", causes, UNKNOWN),
    ):
        words = dict.fromkeys([*known, *([parameters[name]] if parameters[name] else [])])
        options = [(nothing, ""), *((word.replace("_", " "), word) for word in words)]
        choice = w.Dropdown(options=options, value=parameters[name])
        yield Control(label, choice, partial(_one, name))


def _one(name: str, value: object) -> Parameters:
    return {name: value}


def _works(parameters: Parameters, review: Review) -> list[Control]:
    """Return controls of maintenance: whether, when, of which kind, and how long in advance it was announced."""
    import ipywidgets as w

    zone, outage = _zone(review), review.evidence.outages.row(0, named=True)
    works = next(review.evidence.maintenance.iter_rows(named=True), outage)
    begin, end = works["started"], works["ended"] or works["started"] + UNSTATED
    stops = instants((begin - DRAGGED_AROUND, end + DRAGGED_AROUND), zone, [begin, end])
    there = w.Checkbox(value=bool(parameters["works"]), description="there is some", indent=False)
    span = w.SelectionRangeSlider(options=stops, value=(begin, end), readout=False)
    kinds = w.ToggleButtons(options=["scheduled", "emergency"], value=parameters["kind"])
    kinds.style.button_width = "auto"
    known = [("not announced", ""), *((notice, notice) for notice in lengths(parameters["notice"] or "0s", NOTICES))]
    notice = w.SelectionSlider(options=known, value=parameters["notice"], readout=False)

    def in_advance(notice: str) -> str:
        if not notice:
            return "not at all"
        return f"{notice} in advance" if PlainDuration.parse(notice).microseconds else "as it began"

    def read(_: object) -> Mapping[str, str]:
        first, last = (written(instant, zone) if there.value else "" for instant in span.value)
        return {"works": first, "works_end": last}

    return [
        Control("Maintenance", there, read),
        Control("It runs", span, read, say=lambda chosen: _span_words(chosen, zone), only_with=there),
        Control("It was announced", notice, partial(_one, "notice"), say=in_advance, only_with=there),
        Control("It is", kinds, partial(_one, "kind"), only_with=there),
    ]


def _readings(reading: Sequence[str], policy: Policy) -> Iterator[Control]:
    """Return one choice for each open question."""
    import ipywidgets as w

    settled = Settled.of(reading).of_policy(policy.id, policy)
    answers = {question.id: settled.get(question.id, question.default) for question in policy.readings}
    defaults = {question.id: question.default for question in policy.readings}
    for number, question in enumerate(policy.readings):
        options = [(name.replace("_", " "), name) for name in question.answers]
        choice = w.Dropdown(options=options, value=answers[question.id])

        def read(value: str, asked: str = question.id) -> Mapping[str, list[str]]:
            answers[asked] = value
            return {"reading": [f"{q}={a}" for q, a in answers.items() if a != defaults[q] or q in settled]}

        yield Control(question.question, choice, read, heading="" if number else "Open questions of the contract")
