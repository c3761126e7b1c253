"""Random policies, drawn from the models of the format themselves: `random_policy(rng)`.

A part begins with the keys that it needs. Then keys that it knows are added in random order, and kept if the part is
still valid: a key that the format learns tomorrow is drawn tomorrow. What the parts must agree on is checked by the
project itself; what it refuses is drawn again, smaller, and dropped in the end. Nothing here knows what a key means,
but for names: of guarantees, tiers, components and other words that one part says of another.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from functools import cache
from random import Random
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from slakit.policy import part as parts
from slakit.policy import quantities, remedies
from slakit.policy.checks import coherence
from slakit.policy.document import Policy
from slakit.policy.guarantees import ON_TICKETS, Guarantee, Times
from slakit.policy.part import Part, PerTier
from slakit.policy.quantities import Duration, Money, PlainDuration, Points, Quantity, Share, Window
from slakit.policy.shared_terms import ONES_OWN

Tree = dict[str, Any]

COMPONENTS = ("web", "db", "edge_proxy")
CAUSES = ("customer", "third_party_api", "force_majeure", "power", "network")
TICKET_KINDS = ("incident", "planned_change", "service_sla")
PRIORITIES = ("P1", "P2")
TIERS = ("basic", "pro")
ZONES = ("UTC", "Europe/Oslo", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo")
HOLIDAYS = ("SE", "NO", "DE-BE")
CURRENCIES = ("EUR", "EUR", "DKK", "JPY", "KWD")
LENGTHS = ("1m", "5m", "30m", "1h", "90m", "4h", "24h", "3d", "7s", "2h30m", "10d", "1s", "250ms")
DURATIONS = (*LENGTHS, "48h", "2bd", "5bd", "1mo", "1q", "30d")
SHARES = ("5%", "10%", "1/30", "100%", "0.1%", "1d", "12.5%", "1/7", "8h", "1w", "3.333333%", "1mo", "25%")
MONEYS = ("25", "0.07", "100", "9.99")
POINTS = ("1 point", "3 points", "0.5 points")
FACTORS = ("1", "2", "0.5", "10", "0.3", "1.25", "0.002778")
PERCENTS = ("99.9", "99.5", "99.95", "99", "95", "90", "100", "99.999", "98.7654", "50")
FIGURES = ("2", "3", "50", "100", "250.5", "0.25", "1000")
COUNTS = ("0", "1", "2", "3")
WINDOWS: tuple[object, ...] = (
    *Window.words, "1h", "2mo", "4mo", "6mo", "rolling 30d", {"rolling": "7d"}, {"rolling": "2mo"},
    {"every": "3mo", "from": "02-01"}, {"every": "1mo", "from": "starts"}, "every 6mo from 07-15",
)  # fmt: skip
WEEKS: tuple[dict[str, list[str]], ...] = (
    {"mon-fri": ["08:00-17:00"]},
    {"mon-fri": ["08:00-12:00", "13:00-17:30"], "sat": ["22:00-02:00"]},
    {"sun-thu": ["00:00-24:00"]},
    {"mon-sun": ["06:30-23:00"]},
    {"wed": ["01:30-03:30"], "sun": ["01:30-03:30"]},
)
MEASURES = ("ratio", "mean", "mean", "sum", "largest", "smallest", "last", "p95", "p50", "p9", "down", "down", "down")
METRICS = {
    "availability": 8,
    "downtime": 2,
    "incidents": 1,
    "figure": 2,
    "replacement": 1,
    "response": 2,
    "resolution": 2,
    "update": 1,
}
LIKELY = {
    ("Guarantee", "exclude"): 0.4, ("Exclude", "maintenance"): 0.6, ("Exclude", "causes"): 0.4,
    ("Maintenance", "notice"): 0.5, ("Maintenance", "allowance"): 0.25,
    ("Maintenance", "hours"): 0.2, ("Maintenance", "holidays"): 0.4, ("Guarantee", "components"): 0.3,
    ("Guarantee", "join_gaps"): 0.15, ("Guarantee", "grace"): 0.3,
    ("Guarantee", "measured"): 0.12, ("Guarantee", "denominator"): 0.2, ("Guarantee", "rounded"): 0.2,
    ("Guarantee", "combine"): 0.15, ("Guarantee", "missing"): 0.3,
    ("Measured", "slice"): 0.4, ("Measured", "minimum_total"): 0.3,
    ("Credit", "caps"): 0.2, ("Credit", "multipliers"): 0.15, ("Credit", "when"): 0.15,
    ("Credit", "of"): 0.25, ("Cap", "of"): 0.5, ("Minimum", "of"): 0.4, ("Shortfall", "step"): 0.3,
    ("Policy", "claims"): 0.4, ("Policy", "rights"): 0.25, ("Policy", "begins"): 0.15,
    ("Policy", "one_of"): 0.25, ("Policy", "readings"): 0.2,
    ("Claims", "requires"): 0.3, ("Report", "within"): 0.7,
    ("Claims", "holidays"): 0.4, ("Band", "outage"): 0.3, ("Cap", "clause"): 0.3,
    ("Support", "matrix"): 0.3, ("Support", "hours"): 0.5,
    ("Rounded", "how"): 0.7, ("Shortfall", "count"): 0.4, ("Credit", "select"): 0.25, ("Allowance", "per"): 0.7,
    ("Renewal", "notice"): 0.5, ("Contract", "renewal"): 0.5,
}  # fmt: skip
"""Chance of keys that decide much, or that are met seldom."""


@cache
def fields_of(model: type[Part]) -> dict[str, tuple[Any, FieldInfo]]:
    """Field → its annotation as written, and what pydantic made of it."""
    hints = get_type_hints(model, include_extras=True)
    return {name: (hints[name], field) for name, field in model.model_fields.items()}


def models_of(annotation: Any) -> Iterator[type[Part]]:
    """Every part that an annotation speaks of, and what these hold; some more than once."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
        for inner, _ in fields_of(annotation).values():
            yield from models_of(inner)
    for argument in get_args(annotation):
        yield from models_of(argument)


def every_key() -> set[tuple[str, str]]:
    """Model and key of all that a policy says once it is read: what is `like` another stands whole by then."""
    keys = {(model.__name__, name) for model in {*models_of(Policy)} for name in model.model_fields}
    return keys - {("Guarantee", "like")}


def every_word() -> set[tuple[str, str, object]]:
    """Model, key and word, for the keys that take one of some words."""
    found = set()
    for model in {*models_of(Policy)}:
        for name, (annotation, _) in fields_of(model).items():
            found |= {(model.__name__, name, word) for word in _words_in(annotation)}
    return found


def _words_in(annotation: Any) -> Iterator[object]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    for argument in get_args(annotation):
        yield from _words_in(argument)


def said_in(part: object) -> Iterator[tuple[str, str, object]]:
    """Model, key and value of all that is written in a policy."""
    if isinstance(part, Part):
        for name in part.model_fields_set:
            value = getattr(part, name)
            yield type(part).__name__, name, value
            yield from said_in(value)
    elif isinstance(part, list | dict):
        for entry in part.values() if isinstance(part, dict) else part:
            yield from said_in(entry)


class Drawing:
    """Draws the parts of one policy.

    Attributes
    ----------
    density
        Chance of each key that may be left out, in the parts that decide a number.
    """

    def __init__(self, rng: Random, density: float) -> None:
        self.rng = rng
        self.density = density
        self.tiers: list[str] = rng.sample(TIERS, rng.choice((0, 0, 1, 2)))
        self.guarantees: list[str] = [f"g{number + 1}" for number in range(rng.choice((1, 1, 2, 2, 3)))]
        self.metrics: dict[str, Tree] = {}
        self.currency = rng.choice(CURRENCIES)
        self.scale: tuple[str, ...] = PERCENTS
        self.points = False
        self.on_tickets = False
        self.names = 0
        self.earning: list[str] = []

    # --- parts

    def part(self, model: type[Part], given: Tree | None = None, density: float | None = None) -> Tree:
        """Draw a valid part, around the keys that are given."""
        chance = self.density if density is None else density
        for _ in range(200):
            tree = self._start(model, dict(given or {}))
            sound = _valid(model, tree)
            keys = [name for name, (_, field) in fields_of(model).items() if (field.alias or name) not in tree]
            self.rng.shuffle(keys)
            for name in keys:
                if sound and self.rng.random() > LIKELY.get((model.__name__, name), chance):
                    continue
                grown = self._with(model, tree, name)
                sound_then = _valid(model, grown)
                if sound and not sound_then:  # a key that needs another, such as a step and its credit
                    grown = self._with(model, grown, self.rng.choice(keys))
                    sound_then = _valid(model, grown)
                if sound_then or (not sound and self.rng.random() < 0.6):
                    tree, sound = grown, sound_then
            if sound:
                return tree
        raise AssertionError(f"no {model.__name__} could be drawn around {given}")

    def _start(self, model: type[Part], tree: Tree) -> Tree:
        for name, (annotation, field) in fields_of(model).items():
            if field.is_required() and (field.alias or name) not in tree:
                tree[field.alias or name] = self.field(model, name, annotation)
        return tree

    def _with(self, model: type[Part], tree: Tree, name: str) -> Tree:
        """The tree with one key more, if there is anything to write."""
        annotation, field = fields_of(model)[name]
        value = self.field(model, name, annotation)
        return tree if value is PydanticUndefined else {**tree, field.alias or name: value}

    def field(self, model: type[Part], name: str, annotation: Any) -> Any:
        """Draw the value of a key; undefined if there is nothing that it could name."""
        by_name = NAMED.get((model.__name__, name), NAMED.get(("", name)))
        return by_name(self) if by_name is not None else self.value(annotation)

    # --- values

    def value(self, annotation: Any) -> Any:
        """Draw a value of a type."""
        for kind, draw in KINDS:
            if annotation == kind:
                return draw(self)
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return self._annotated(arguments[0], arguments[1:])
        if origin is Literal:
            return self.rng.choice(arguments)
        if origin in (Union, types.UnionType):
            return self.value(self.rng.choice([one for one in arguments if one is not type(None)]))
        if origin is list:
            return [self.value(arguments[0]) for _ in range(self.rng.choice((1, 1, 2, 3)))]
        if origin is dict:
            return {self.word(): self.value(arguments[1]) for _ in range(self.rng.choice((1, 2)))}
        if isinstance(annotation, type) and issubclass(annotation, Part):
            return self.part(annotation)
        raise AssertionError(f"no value of {annotation} can be drawn yet: add it to KINDS")

    def _annotated(self, annotation: Any, marks: tuple[Any, ...]) -> Any:
        if any(isinstance(mark, PerTier) for mark in marks) and self.tiers and self.rng.random() < 0.3:
            chosen = self.rng.sample(self.tiers, self.rng.randint(1, len(self.tiers)))
            return {tier: self.value(annotation) for tier in chosen}
        return self.value(annotation)

    def word(self) -> str:
        """A name that nothing else has."""
        self.names += 1
        return f"n{self.names}"

    def worth(self) -> str:
        """A credit."""
        if self.points:
            return self.rng.choice(POINTS)
        return self.rng.choice(SHARES) if self.rng.random() < 0.7 else f"{self.rng.choice(MONEYS)} {self.currency}"

    def level(self) -> Decimal:
        """A level of what is being measured."""
        return Decimal(self.rng.choice(self.scale if self.rng.random() < 0.9 else PERCENTS))

    @contextmanager
    def about(self, guarantee: Tree) -> Iterator[None]:
        """Draw levels that this guarantee could measure."""
        scales = {"figure": FIGURES, "incidents": COUNTS}
        before: tuple[str, ...] = self.scale
        self.on_tickets = guarantee["metric"] in ON_TICKETS
        self.scale = scales.get(guarantee["metric"], PERCENTS)
        yield
        self.scale = before

    # --- parts that others name

    def guarantee(self, name: str) -> Tree:
        """A guarantee, without its credit."""
        while True:
            tree = self._promise(name)
            if _valid(Guarantee, tree):
                break
        metric = tree["metric"]
        absent = {"credit", "target", "at_least", "at_most", "within"}
        absent -= {"target", "within"} if metric in ON_TICKETS else set()
        with self.about(tree):
            return self._without(absent, Guarantee, tree)

    def _promise(self, name: str) -> Tree:
        """What a guarantee of a metric needs, perhaps."""
        metrics = get_args(fields_of(Guarantee)["metric"][0])
        (metric,) = self.rng.choices(metrics, [METRICS.get(one, 2) for one in metrics])
        tree: Tree = {"id": name, "metric": metric, "clause": f"{name}.1"}
        tree["window"] = "1mo" if self.rng.random() < 0.6 else self.rng.choice(WINDOWS)
        if metric == "replacement" or (metric == "downtime" and self.rng.random() < 0.3):
            tree["window"] = "incident"
        with self.about(tree):
            if metric == "figure":
                tree["measured"] = self.part(models()["Measured"])
            limits = {"availability": ("target",), "incidents": ("at_most",), "figure": ("at_least", "at_most")}
            limit = self.rng.choice(limits.get(metric, ("within",)))
            tree[limit] = self.field(Guarantee, limit, fields_of(Guarantee)[limit][0])
        return tree

    def _without(self, absent: set[str], model: type[Part], tree: Tree) -> Tree:
        """Draw a part without keys that would say nothing of it, but for once in a while."""
        drawn = self.part(model, tree)
        for name in absent - set(tree):
            drawn.pop(name, None)
        return drawn if _valid(model, drawn) else self._without(absent, model, tree)

    def times(self) -> Any:
        """One time for all priorities, or one for each."""
        if self.rng.random() < 0.5:
            return self.rng.choice(DURATIONS)
        return {priority: self.rng.choice(DURATIONS) for priority in PRIORITIES}

    def some(self, words: tuple[str, ...] | list[str]) -> list[str]:
        """One word or more."""
        return self.rng.sample(list(words), self.rng.randint(1, min(3, len(words))))

    def excluded(self, words: tuple[str, ...], *, tickets: bool) -> Any:
        """What a guarantee on tickets, or any other, can exclude."""
        return self.some(words) if self.on_tickets == tickets else PydanticUndefined

    def question(self) -> Any:
        """A question whose answers set a key of a guarantee, or of maintenance."""
        known = fields_of(Guarantee)
        names = [
            n for n in known if n not in ("id", "like", "metric", "credit", "printed", "clauses", "measured", "tiers")
        ]
        path, name = self.rng.choice(self.guarantees), self.rng.choice(names)
        key = known[name][1].alias or name
        settable = {}
        for answer in ("yes", "no", "perhaps")[: self.rng.choice((2, 2, 3))]:
            with self.about(self.metrics[path]):
                settable[answer] = self.field(Guarantee, name, known[name][0])
        if PydanticUndefined in settable.values():
            return PydanticUndefined
        answers: Tree = {answer: {"set": {f"guarantees.{path}.{key}": value}} for answer, value in settable.items()}
        if self.rng.random() < 0.3:
            answers["yes"] |= {"because": "it is written so"}
        question = {"id": self.word(), "question": "What is meant?", "clauses": ["9"], "answers": answers}
        kinds = get_args(fields_of(models()["Question"])["kind"][0])
        return {**question, "default": self.rng.choice(list(answers)), "kind": self.rng.choice(kinds)}

    def credit(self, guarantee: Tree, density: float) -> Tree:
        """A schedule that a guarantee could earn, mostly."""
        with self.about(guarantee):
            while True:
                kind = self.rng.choice(remedies.KINDS)
                start = {kind: self.field(remedies.Credit, kind, fields_of(remedies.Credit)[kind][0]), "clause": "7"}
                if _valid(remedies.Credit, start):
                    return self.part(remedies.Credit, start, density)

    def policy(self, name: str) -> Tree:
        """A policy whose parts are each valid; they may not agree yet."""
        self.metrics = {one: self.guarantee(one) for one in self.guarantees}
        tree: Tree = {"format": 1, "id": name, "currency": self.currency, "guarantees": list(self.metrics.values())}
        if self.tiers:
            tree["tiers"] = list(self.tiers)
        self._credits(tree)
        if self.rng.random() < 0.8:
            tree["time_zone"] = self.rng.choice(ZONES)
        excluded = {kind for one in tree["guarantees"] for kind in one.get("exclude", {}).get("maintenance", [])}
        maintenance = models()["Maintenance"]
        entries = [kind for kind in sorted(excluded) for _ in range(self.rng.choice((1, 1, 1, 2, 3)))]
        tree["maintenance"] = [
            self.part(maintenance, {"kind": kind} | ({"id": self.word()} if entries.count(kind) > 1 else {}))
            for kind in entries
        ]
        if any(one["metric"] in ON_TICKETS for one in tree["guarantees"]) and self.rng.random() < 0.7:
            tree["support"] = self.part(models()["Support"])
        rest = [key for key in fields_of(Policy) if key not in tree and not fields_of(Policy)[key][1].is_required()]
        return self.part(Policy, {**tree, "source": self.part(models()["Source"])}) if rest else tree

    def _credits(self, tree: Tree) -> None:
        """Give guarantees a schedule of their own, and let some share a remedy."""
        for one in tree["guarantees"]:
            if self.rng.random() < 0.6:
                self.give_credit(one, self.density)
        tree["remedies"] = [self.remedy(f"r{n + 1}") for n in range(self.rng.choice((0, 1, 1, 2)))]
        self.earning = [one["id"] for one in [*tree["guarantees"], *tree["remedies"]] if one.get("credit")]

    def choice(self) -> Any:
        """Two remedies, or three, of which one is paid."""
        if len(self.earning) < 2:
            return PydanticUndefined
        chosen = self.rng.sample(self.earning, self.rng.choice((2, min(3, len(self.earning)))))
        return [self.part(remedies.OneOf, {"remedies": chosen})]

    def give_credit(self, guarantee: Tree, density: float) -> None:
        """Give a guarantee a schedule of its own that it can have."""
        guarantee.pop("credit", None)
        for _ in range(30):
            self.points = self.rng.random() < 0.1
            credit = self.credit(guarantee, density)
            if self.points:
                credit["points"] = self._point_value()
                _drop_limits_in_points(credit)
            self.points = False
            if _valid(Guarantee, {**guarantee, "credit": credit}):
                guarantee["credit"] = credit
                return

    def remedy(self, name: str) -> Tree:
        """A remedy of some guarantees, alike in what they measure, mostly."""
        chosen = self.some(self.guarantees)
        first = self.metrics[chosen[0]]
        if self.rng.random() < 0.8:
            chosen = [one for one in chosen if self.metrics[one]["metric"] == first["metric"]]
        self.points = self.rng.random() < 0.1
        schedules = [self.credit(first, self.density * 0.7) for _ in range(self.rng.choice((1, 1, 1, 2)))]
        worth = {"points": self._point_value()} if self.points else {}
        for schedule in schedules:
            _drop_limits_in_points(schedule) if self.points else None
        self.points = False
        return self.part(remedies.Remedy, {"id": name, "for": sorted(chosen), "credit": schedules, **worth})

    def _point_value(self) -> Tree:
        points, self.points = self.points, False
        drawn = self.part(remedies.PointValue)
        self.points = points
        return drawn


def _drop_limits_in_points(credit: Tree) -> None:
    for name in ("caps", "minimum", "earn_back"):
        credit.pop(name, None)


@cache
def models() -> dict[str, type[Part]]:
    """The parts of the format, by name."""
    return {model.__name__: model for model in models_of(Policy)}


def _valid(model: type[Part], tree: Tree) -> bool:
    try:
        model.model_validate(tree)
    except ValidationError:
        return False
    return True


def _names(*names: str) -> Any:
    return lambda drawing: drawing.rng.choice(names)


def _nothing(_: Drawing) -> Any:
    return PydanticUndefined


def _some_tiers(drawing: Drawing) -> Any:
    return drawing.some(drawing.tiers) if drawing.tiers else PydanticUndefined


def _a_text(drawing: Drawing) -> str:
    return drawing.rng.choice(("as written", "øre, 3.10 and more"))


def _a_longest_time(drawing: Drawing) -> Any:
    """A limit, or one that must not be reached."""
    length = drawing.rng.choice(LENGTHS)
    return drawing.rng.choice((length, {"to": length}, {"below": length}))


def _a_multiple(drawing: Drawing) -> Any:
    """A factor, or one with a deductible; either may differ by tier."""
    factor, after = Annotated[quantities.Factor, PerTier()], drawing.rng.choice(LENGTHS)
    if drawing.rng.random() < 0.5:
        return drawing.value(factor)
    if drawing.tiers and drawing.rng.random() < 0.2:
        return {tier: {"by": drawing.value(quantities.Factor), "after": after} for tier in drawing.some(drawing.tiers)}
    return {"by": drawing.value(factor), "after": after}


NAMED: dict[tuple[str, str], Any] = {
    ("", "tiers"): _some_tiers,
    ("", "holidays"): _names(*HOLIDAYS),
    ("", "components"): lambda drawing: drawing.some(COMPONENTS),
    ("", "multiple"): _a_multiple,
    ("Policy", "format"): lambda _: 1,
    ("Policy", "id"): _nothing,
    ("Policy", "tiers"): _nothing,
    ("Policy", "guarantees"): _nothing,
    ("Policy", "remedies"): _nothing,
    ("Policy", "one_of"): lambda drawing: drawing.choice(),
    ("Policy", "maintenance"): lambda drawing: [drawing.part(models()["Maintenance"])],
    ("Policy", "readings"): lambda drawing: [drawing.question() for _ in range(drawing.rng.choice((1, 1, 2)))],
    ("Source", "language"): _names("en", "nb"),
    ("Source", "retrieved"): _names("2026-01-01"),
    ("Source", "updated"): _names("2025-11-30"),
    ("Source", "url"): _names("https://example.com/sla"),
    ("Guarantee", "credit"): _nothing,
    ("Guarantee", "like"): _nothing,  # see `share_terms`
    ("Guarantee", "clauses"): lambda drawing: {
        term: f"1.{term}" for term in drawing.some(("target", "components", "clock", "hours", "minimum", "unit"))
    },
    ("Guarantee", "at_once"): lambda drawing: drawing.rng.choice((2, 2, 3)),
    ("Guarantee", "minimum"): lambda drawing: drawing.rng.choice(
        (*LENGTHS[:6], {"from": drawing.rng.choice(LENGTHS[:6])}, {"above": drawing.rng.choice(LENGTHS[:6])})
    ),
    ("Guarantee", "join_gaps"): lambda drawing: drawing.rng.choice(LENGTHS[:6]),
    ("Guarantee", "grace"): lambda drawing: drawing.rng.choice(LENGTHS[:8]),
    ("Guarantee", "unit"): lambda drawing: drawing.rng.choice((*LENGTHS[:5], "7s")),
    ("Measured", "by"): _names(*MEASURES),
    ("Measured", "slice"): _names("1m", "1h", "1d"),
    ("Measured", "at"): lambda drawing: drawing.rng.choice(
        (
            *map(Decimal, ("5", "50", "100", "0.1")),
            {"from": Decimal(50)},
            *({"above": Decimal(share)} for share in ("5", "50", "0", "99.999999")),
        )
    ),
    ("Measured", "minimum_total"): lambda drawing: drawing.rng.choice((1, 2, 100, 101, 1000, 10_000)),
    ("Measured", "unit"): _names("ms", "points"),
    ("Exclude", "causes"): lambda drawing: drawing.excluded(CAUSES, tickets=False),
    ("Exclude", "tickets"): lambda drawing: drawing.excluded(TICKET_KINDS, tickets=True),
    ("Exclude", "own_deadline"): lambda drawing: drawing.excluded(TICKET_KINDS, tickets=True),
    ("Exclude", "maintenance"): lambda drawing: drawing.excluded(("scheduled", "emergency"), tickets=False),
    ("Tickets", "kinds"): lambda drawing: drawing.some(TICKET_KINDS),
    ("Tickets", "priorities"): lambda drawing: drawing.some(PRIORITIES),
    ("Hours", "weekly"): lambda drawing: dict(drawing.rng.choice(WEEKS)),
    ("Support", "priorities"): lambda _: [{"id": one, "means": f"{one} it is"} for one in PRIORITIES],
    ("Matrix", "impact"): lambda drawing: {
        impact: {urgency: drawing.rng.choice(PRIORITIES) for urgency in ("high", "low")} for impact in ("high", "low")
    },
    ("Remedy", "guarantees"): lambda drawing: drawing.some(drawing.guarantees),
    ("Right", "guarantees"): lambda drawing: drawing.some(drawing.guarantees),
    ("Right", "id"): lambda drawing: drawing.word(),
    ("Credit", "guarantees"): lambda drawing: drawing.some(drawing.guarantees),
    ("Credit", "points"): _nothing,
    ("Remedy", "points"): _nothing,
    ("Recovery", "id"): _names("vm", "datacenter"),
    ("Backup", "id"): _names("daily", "weekly"),
    ("Guarantee", "denominator"): _names("window", "less_maintenance", "30d", "31d", "43200m", "365d"),
    ("Guarantee", "affected"): lambda drawing: {
        drawing.rng.choice(("from", "above", "to", "below")): Decimal(drawing.rng.choice(("5", "40", "50", "100")))
    },
    ("Recovery", "rpo"): _a_longest_time,
    ("Recovery", "rto"): _a_longest_time,
    ("Backup", "every"): _a_longest_time,
    ("Shortfall", "credit"): lambda drawing: drawing.rng.choice(("1%", "1/360", "5%", drawing.worth())),
    ("Maintenance", "notice"): _names(*DURATIONS, "1bd", "2bd", "3bd", "5bd"),
    ("Claims", "within"): _names(*DURATIONS, "1bd", "2bd", "3bd", "5bd"),
    ("Misses", "of"): lambda drawing: drawing.rng.choice((2, 3, 4)),
    ("EarnBack", "windows"): lambda drawing: drawing.rng.choice((1, 2)),
    ("FeeSum", "last"): _names("30d", "12mo", "1mo", "3mo"),
}
"""Keys whose values are names that something else must know, or that the type alone says too little of."""

KINDS: list[tuple[Any, Any]] = [
    (quantities.Percent, lambda drawing: Decimal(drawing.rng.choice(PERCENTS))),
    (quantities.Level, Drawing.level),
    (quantities.Factor, lambda drawing: Decimal(drawing.rng.choice(FACTORS))),
    (Decimal | Fraction, lambda drawing: Decimal(drawing.rng.choice(FACTORS))),
    (quantities.Zone, _names(*ZONES)),
    (quantities.Clause, lambda drawing: f"{drawing.rng.randint(1, 9)}.{drawing.rng.randint(1, 9)}"),
    (parts.Id, Drawing.word),
    (parts.Word, Drawing.word),
    (remedies.Worth, Drawing.worth),
    (Times, Drawing.times),
    (PlainDuration, _names(*LENGTHS)),
    (Duration, _names(*DURATIONS)),
    (Window, lambda drawing: drawing.rng.choice(WINDOWS)),
    (Share, _names(*SHARES)),
    (Money, lambda drawing: f"{drawing.rng.choice(MONEYS)} {drawing.currency}"),
    (Points, _names(*POINTS)),
    (Decimal, Drawing.level),
    (bool, lambda drawing: drawing.rng.random() < 0.5),
    (int, lambda drawing: drawing.rng.randint(0, 4)),
    (str, _a_text),
    (Any, _a_text),
]
"""How a value of each type of the format is drawn."""


def random_policy(rng: Random, name: str = "random", density: float | None = None) -> Tree:
    """Draw a policy that the project accepts, as the tree of a policy file.

    Parameters
    ----------
    rng
        Where chance comes from: the same state gives the same policy.
    name
        Its id.
    density
        Chance of each key that may be left out. By default few keys in most policies, so that two or three mechanics
        meet, and many in some.
    """
    chance = density if density is not None else rng.choice((0.06, 0.1, 0.1, 0.16, 0.3))
    for _ in range(20):
        drawing = Drawing(rng, chance)
        tree = _agreed(drawing, drawing.policy(name))
        if tree is not None:
            return share_terms(rng, tree) if rng.random() < 0.3 else tree
    raise AssertionError("what is drawn never agrees")


def share_terms(rng: Random, tree: Tree) -> Tree:
    """Write some guarantees as `like` another, with the terms in which they differ: the policy says the same."""
    guarantees = list(tree["guarantees"])
    if any("like" in one for one in guarantees):
        return tree
    for number in range(1, len(guarantees)):
        other, own = tree["guarantees"][rng.randrange(number)], guarantees[number]
        terms = {key: value for key, value in own.items() if key in ONES_OWN or other.get(key) != value}
        left_out = dict.fromkeys(key for key in other if key not in own and key not in ONES_OWN)
        guarantees[number] = {**terms, **left_out, "like": other["id"]}
    return {**tree, "guarantees": guarantees}


def _agreed(drawing: Drawing, tree: Tree) -> Tree | None:
    """Draw again, then drop, what the project's own checks refuse."""
    for attempt in range(16):
        try:
            policy = Policy.model_validate(tree)
            found = [place for place, *_ in coherence(policy)]
        except ValidationError as error:
            found = [found["loc"] for found in error.errors()]
        if not found:
            return tree
        for place in found:
            _mend(drawing, tree, [str(key) if not isinstance(key, int) else key for key in place], attempt)
    return None


def _mend(drawing: Drawing, tree: Tree, place: list[Any], attempt: int) -> None:
    """Draw a schedule again; drop any other section that is refused."""
    section, *inner = place
    index = inner[0] if inner and isinstance(inner[0], int) else None
    entries = tree.get(section)
    if section == "guarantees" and index is not None:
        guarantee = tree["guarantees"][index]
        if "credit" in inner and attempt < 6:
            drawing.give_credit(guarantee, drawing.density if attempt < 3 else 0.0)
        elif len(inner) > 1 and inner[1] in ("credit", "window"):
            guarantee.pop("credit", None)
            guarantee["window"] = guarantee["window"] if inner[1] == "credit" else "1mo"
        elif len(inner) > 1:
            guarantee.pop(inner[1], None)
    elif section == "remedies" and index is not None and attempt < 6 and index < len(entries or []):
        tree["remedies"][index] = drawing.remedy(tree["remedies"][index]["id"])
    elif isinstance(entries, list) and index is not None:
        del entries[index:]
    else:
        tree.pop(section, None)


def policy_of(tree: Tree) -> Policy:
    """The policy of a tree."""
    return Policy.model_validate(tree)


__all__ = ["Quantity", "Tree", "every_key", "every_word", "policy_of", "random_policy", "said_in"]
