"""What the parts of a policy must agree on; everything that one part alone cannot know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from pydantic import ValidationError

from slakit.policy.checks_credits import Finding, credits_agree, credits_fit_guarantees
from slakit.policy.checks_meaning import keys_decide
from slakit.policy.guarantees import ON_TICKETS
from slakit.policy.model import PolicyModel
from slakit.policy.part import Part, PerTier, written_fields
from slakit.policy.shared_terms import ONES_OWN, SharedTerms
from slakit.policy.terms import SeveralEntriesError, nested, with_terms
from slakit.policy.yaml import Place
from slakit.problems import one_of

EVERYTHING = frozenset(PolicyModel.model_fields)


def coherence(policy: PolicyModel, sound: Collection[str] = EVERYTHING) -> Iterator[Finding]:
    """Find what does not fit together in a policy whose parts are each well formed.

    Parameters
    ----------
    sound
        Sections that are well formed; what would have to be compared with another is left for the next time.
    """
    found = list(_parts_fit(policy, sound))
    yield from found
    if set(sound) >= EVERYTHING:
        yield from _answers_fit(policy, {finding[2:] for finding in found})


def _parts_fit(policy: PolicyModel, sound: Collection[str]) -> Iterator[Finding]:
    """Yield what does not fit together, whatever is answered to open questions."""
    yield from _unique(policy)
    if "tiers" in sound:
        yield from _known_tiers(policy, policy.tiers, ())
    known = [guarantee.id for guarantee in policy.guarantees]
    for index, remedy in enumerate(policy.remedies) if "guarantees" in sound else ():
        for position, name in enumerate(remedy.guarantees):
            if name not in known:
                yield ("remedies", index, "for", position), name, "no such guarantee", one_of(known, name)
        for number, credit in enumerate(remedy.credit):
            for position, name in enumerate(credit.guarantees or []):
                if name not in remedy.guarantees:
                    place = ("remedies", index, "credit", number, "for", position)
                    yield place, name, "not a guarantee of this remedy", one_of(remedy.guarantees, name)
    yield from credits_agree(policy)
    yield from keys_decide(policy)
    yield from _tickets_fit(policy)
    if "guarantees" in sound:
        yield from credits_fit_guarantees(policy)
        in_window = [kind.kind for kind in policy.maintenance if kind.allowance and kind.allowance.per == "window"]
        for index, guarantee in enumerate(policy.guarantees):
            if guarantee.window.slides and not set(in_window).isdisjoint(guarantee.exclude.maintenance):
                wrong = "an allowance of maintenance per window cannot slide"
                yield ("guarantees", index, "window"), guarantee.window, wrong, "judge a calendar window"


def _unique(policy: PolicyModel) -> Iterator[Finding]:
    named: dict[str, list[str]] = {
        "guarantees": [g.id for g in policy.guarantees],
        "maintenance": [m.id or m.kind for m in policy.maintenance],
        "recovery": [r.id for r in policy.recovery],
        "backups": [b.id for b in policy.backups],
        "readings": [q.id for q in policy.readings],
        "tiers": list(policy.tiers),
    }
    for section, ids in named.items():
        for index, name in enumerate(ids):
            if name in ids[:index]:
                mend = "name each once" if section == "tiers" else "give each its own id"
                yield (section, index), name, "named twice", mend
    with_id = [entry.kind for entry in policy.maintenance if entry.id is not None]
    for index, entry in enumerate(policy.maintenance):
        if entry.id is None and entry.kind in with_id:
            yield ("maintenance", index), entry.kind, "one of several entries of its kind", "give each its own id"
    own = {g.id for g in policy.guarantees if g.credit is not None}
    counted = Counter(remedy.id for remedy in policy.remedies)
    for index, remedy in enumerate(policy.remedies):
        if remedy.id in own or counted[remedy.id] > 1:
            yield ("remedies", index, "id"), remedy.id, "another remedy has this name", "give each its own id"


def _known_tiers(part: Part, tiers: list[str], place: Place) -> Iterator[Finding]:
    """Follow every field: mappings from tier and lists of tiers name only tiers that exist."""
    for name, field, value in written_fields(part):
        here = (*place, field.alias or name)
        if name == "tiers" and place:
            for index, tier in enumerate(value or []):
                if tier not in tiers:
                    yield (*here, index), tier, "not a tier of this policy", one_of(tiers, tier)
        elif isinstance(value, dict) and any(isinstance(mark, PerTier) for mark in field.metadata):
            by_priority = name == "within" and not set(value) & set(tiers)
            ranked = by_priority or any(isinstance(time, dict) for time in value.values())
            if name == "within" and ranked and getattr(part, "metric", None) not in ON_TICKETS:
                yield here, None, "only tickets have priorities", "write one time, like 2h, or one for each tier"
            elif not by_priority:
                for key in (key for key in value if key not in tiers):
                    yield (*here, key), None, f"{key} is not a tier of this policy", one_of(tiers, key)
        elif isinstance(value, list):
            for index, entry in enumerate(value):
                if isinstance(entry, Part):
                    yield from _known_tiers(entry, tiers, (*here, index))
        elif isinstance(value, Part):
            yield from _known_tiers(value, tiers, here)


def _tickets_fit(policy: PolicyModel) -> Iterator[Finding]:
    """Yield priorities that do not exist, and windows over which tickets are not judged."""
    known = [priority.id for priority in policy.support.priorities] if policy.support is not None else []
    matrix = policy.support.matrix.impact if policy.support is not None and policy.support.matrix is not None else {}
    for impact, row in matrix.items():
        for urgency, priority in row.items():
            if known and priority not in known:
                place: Place = ("support", "matrix", "impact", impact, urgency)
                yield place, priority, "no such priority", one_of(known, priority)
    for index, guarantee in enumerate(policy.guarantees):
        window = guarantee.window
        if guarantee.metric in ON_TICKETS and (window.slides or window.text == "incident"):
            wrong = "tickets are judged over windows that follow each other"
            remedy = "use 1d, 1w, 1mo, 1q, 1y, billing_month or term"
            yield ("guarantees", index, "window"), window, wrong, remedy
        times = guarantee.within if isinstance(guarantee.within, dict) else {}
        same = set(times) <= set(policy.tiers) and not any(isinstance(time, dict) for time in times.values())
        about = guarantee.tickets.priorities if guarantee.tickets is not None else []
        if guarantee.ranked == "opened" and guarantee.metric in ON_TICKETS and same and not about:
            place = ("guarantees", index, "ranked")
            yield place, guarantee.ranked, "no priority decides anything here", "remove it, or write times by priority"
        for position, priority in enumerate(guarantee.tickets.priorities if guarantee.tickets is not None else []):
            if known and priority not in known:
                place = ("guarantees", index, "tickets", "priorities", position)
                yield place, priority, "not a priority of this policy", one_of(known, priority)


def _answers_fit(policy: PolicyModel, already: Collection[tuple[object, ...]]) -> Iterator[Finding]:
    """Yield answers that set what another question sets, or what does not fit the rest of the policy.

    Parameters
    ----------
    already
        What does not fit whatever is answered: it is not told of each answer.
    """
    setters: dict[str, str] = {}
    for index, question in enumerate(policy.readings):
        paths = {path for answer in question.answers.values() for path in answer.set}
        for path in sorted(paths):
            other = next((setters[known] for known in setters if nested(known, path)), None)
            if other is not None:
                wrong = f"the question {other} sets this term too"
                yield ("readings", index), path, wrong, "let one question set it"
        setters.update(dict.fromkeys(paths, question.id))
        changes = [(name, *change) for name, answer in question.answers.items() for change in answer.set.items()]
        for name, path, value in changes:
            place = ("readings", index, "answers", name, "set", path)
            try:
                changed = type(policy).model_validate(with_terms(policy, {path: value}))
            except KeyError as missing:
                wrong = f"no term stands at this path ({missing.args[0]} is not there)"
                yield place, None, wrong, "name a term of this file"
            except SeveralEntriesError as several:
                yield place, None, f"several entries are of the kind {several.args[0]}", "name one by its id"
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                wrong, _, remedy = str(first.get("ctx", {}).get("error", first["msg"])).partition("; ")
                yield place, value, wrong, remedy or "see the format"
            else:
                for finding in _parts_fit(changed, EVERYTHING):
                    if finding[2:] not in already:
                        yield place, value, *finding[2:]


def answers_reach_takers(policy: PolicyModel, shared: SharedTerms) -> Iterator[Finding]:
    """Yield answers that set a term of a guarantee, but not of another that has it from there by `like`.

    Terms are taken before questions are answered: the answer would not hold for the other, although the file seems to
    say so.
    """
    ids = [guarantee.id for guarantee in policy.guarantees]
    for index, question in enumerate(policy.readings):
        for name, answer in question.answers.items():
            for path in answer.set:
                section, holder, *keys = path.split(".")
                if section != "guarantees" or not keys or keys[0] in ONES_OWN:
                    continue
                number = ids.index(holder) if holder in ids else int(holder)
                for taker in shared.takers(number, keys[0]):
                    names = (ids[taker], str(taker))
                    same = [".".join((section, one, *keys)) for one in names]
                    if not any(nested(other, one) for other in answer.set for one in same):
                        wrong = f"{ids[taker]} has this term from {ids[number]}, and the answer does not set it there"
                        remedy = f"set {same[0]} as well, or write {keys[0]} in {ids[taker]}"
                        yield ("readings", index, "answers", name, "set", path), None, wrong, remedy
