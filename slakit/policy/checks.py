"""What the parts of a policy must agree on; everything that one part alone cannot know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from pydantic import ValidationError

from slakit.policy.checks_credits import Finding, credits_agree, credits_fit_guarantees
from slakit.policy.checks_meaning import keys_decide
from slakit.policy.guarantees import ON_TICKETS, Guarantee
from slakit.policy.model import PolicyModel, Question
from slakit.policy.part import Part, PerTier
from slakit.policy.terms import is_by_tier, set_term
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
    yield from _unique(policy)
    if "tiers" in sound:
        yield from _known_tiers(policy, policy.tiers, ())
    if "guarantees" in sound:
        yield from _remedies_name_guarantees(policy)
    yield from credits_agree(policy)
    yield from keys_decide(policy)
    yield from _ranks_exist(policy)
    yield from _desk_windows(policy)
    yield from _tickets_have_priorities(policy)
    if "guarantees" in sound:
        yield from _rights_name_guarantees(policy)
        yield from credits_fit_guarantees(policy)
        yield from _allowances_fit_windows(policy)
    if set(sound) >= EVERYTHING:
        yield from _answers_fit(policy)


def _unique(policy: PolicyModel) -> Iterator[Finding]:
    named: dict[str, list[str]] = {
        "guarantees": [g.id for g in policy.guarantees],
        "maintenance": [m.kind for m in policy.maintenance],
        "recovery": [r.id for r in policy.recovery],
        "backups": [b.id for b in policy.backups],
        "readings": [q.id for q in policy.readings],
        "tiers": list(policy.tiers),
    }
    for section, ids in named.items():
        for index, name in enumerate(ids):
            if name in ids[:index]:
                mend = {"tiers": "name each once", "maintenance": "write one entry for each kind"}
                yield (section, index), name, "named twice", mend.get(section, "give each its own id")
    own = {g.id for g in policy.guarantees if g.credit is not None}
    counted = Counter(remedy.id for remedy in policy.remedies)
    for index, remedy in enumerate(policy.remedies):
        if remedy.id in own or counted[remedy.id] > 1:
            yield ("remedies", index, "id"), remedy.id, "another remedy has this name", "give each its own id"


def _known_tiers(part: Any, tiers: list[str], place: Place) -> Iterator[Finding]:
    """Follow every field: mappings from tier and lists of tiers name only tiers that exist."""
    if isinstance(part, list):
        for index, entry in enumerate(part):
            yield from _known_tiers(entry, tiers, (*place, index))
    if not isinstance(part, Part):
        return
    for name, field in type(part).model_fields.items():
        value, here = getattr(part, name), (*place, field.alias or name)
        if name == "tiers" and place:
            for index, tier in enumerate(value or []):
                if tier not in tiers:
                    yield (*here, index), tier, "not a tier of this policy", one_of(tiers, tier)
        elif any(isinstance(mark, PerTier) for mark in field.metadata) and isinstance(value, dict):
            yield from _per_tier_keys(part, name, value, tiers, here)
        else:
            yield from _known_tiers(value, tiers, here)


def _per_tier_keys(part: Part, name: str, value: dict[str, Any], tiers: list[str], place: Place) -> Iterator[Finding]:
    on_tickets = isinstance(part, Guarantee) and part.metric in ON_TICKETS
    if name == "within" and not on_tickets:
        ranked = [time for time in value.values() if isinstance(time, dict)]
        if ranked or not set(value) & set(tiers):
            yield place, None, "only tickets have priorities", "write one time, like 2h, or one for each tier"
            return
    if is_by_tier(value, tiers) or (name == "within" and not set(value) & set(tiers)):
        return
    for key in value:
        if key not in tiers:
            yield (*place, key), None, f"{key} is not a tier of this policy", one_of(tiers, key)


def _remedies_name_guarantees(policy: PolicyModel) -> Iterator[Finding]:
    known = [guarantee.id for guarantee in policy.guarantees]
    for index, remedy in enumerate(policy.remedies):
        for position, name in enumerate(remedy.guarantees):
            if name not in known:
                yield ("remedies", index, "for", position), name, "no such guarantee", one_of(known, name)
        for number, credit in enumerate(remedy.credit):
            for position, name in enumerate(credit.guarantees or []):
                if name not in remedy.guarantees:
                    place = ("remedies", index, "credit", number, "for", position)
                    yield place, name, "not a guarantee of this remedy", one_of(remedy.guarantees, name)


def _rights_name_guarantees(policy: PolicyModel) -> Iterator[Finding]:
    known = [guarantee.id for guarantee in policy.guarantees]
    for index, right in enumerate(policy.rights):
        if right.id in [earlier.id for earlier in policy.rights[:index]]:
            yield ("rights", index, "id"), right.id, "named twice", "give each its own id"
        for position, name in enumerate(right.guarantees):
            if name not in known:
                yield ("rights", index, "for", position), name, "no such guarantee", one_of(known, name)
        for position, condition in enumerate(right.when):
            if not condition.ranges:
                yield ("rights", index, "when", position), None, "no condition", "write one, like streak: 3"


def _ranks_exist(policy: PolicyModel) -> Iterator[Finding]:
    support = policy.support
    if support is None or support.matrix is None or not support.priorities:
        return
    known = [priority.id for priority in support.priorities]
    for impact, row in support.matrix.impact.items():
        for urgency, priority in row.items():
            if priority not in known:
                yield (
                    ("support", "matrix", "impact", impact, urgency),
                    priority,
                    "no such priority",
                    one_of(known, priority),
                )


def _desk_windows(policy: PolicyModel) -> Iterator[Finding]:
    for index, guarantee in enumerate(policy.guarantees):
        slides = guarantee.window.slides or guarantee.window.text == "incident"
        if guarantee.metric in ON_TICKETS and slides:
            wrong = "tickets are judged over windows that follow each other"
            yield (
                ("guarantees", index, "window"),
                guarantee.window,
                wrong,
                "use 1d, 1w, 1mo, 1q, 1y, billing_month or term",
            )


def _tickets_have_priorities(policy: PolicyModel) -> Iterator[Finding]:
    known = [priority.id for priority in policy.support.priorities] if policy.support is not None else []
    for index, guarantee in enumerate(policy.guarantees):
        named = guarantee.tickets.priorities if guarantee.tickets is not None else []
        for position, priority in enumerate(named):
            if known and priority not in known:
                place = ("guarantees", index, "tickets", "priorities", position)
                yield place, priority, "not a priority of this policy", one_of(known, priority)


def _answers_fit(policy: PolicyModel) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for index, question in enumerate(policy.readings):
        paths = {path for answer in question.answers.values() for path in answer.set}
        for path in sorted(paths):
            other = next((seen[known] for known in seen if _same_term(known, path)), None)
            if other is not None:
                wrong = f"the question {other} sets this term too"
                yield ("readings", index), path, wrong, "let one question set it"
        seen.update(dict.fromkeys(paths, question.id))
        yield from _answers_apply(policy, index, question)


def _same_term(one: str, other: str) -> bool:
    """Return whether two paths lead to the same term, or one to what holds the other's."""
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def _answers_apply(policy: PolicyModel, index: int, question: Question) -> Iterator[Finding]:
    for name, answer in question.answers.items():
        for path, value in answer.set.items():
            place = ("readings", index, "answers", name, "set", path)
            for wrong, remedy, shown in _wrong_with(policy, path, value):
                yield place, value if shown else None, wrong, remedy


def _wrong_with(policy: PolicyModel, path: str, value: object) -> Iterator[tuple[str, str, bool]]:
    tree = policy.model_dump(by_alias=True, exclude_unset=True)
    try:
        set_term(tree, path, value)
        changed = PolicyModel.model_validate(tree)
    except KeyError as missing:
        yield f"no term stands at this path ({missing.args[0]} is not there)", "name a term of this file", False
    except ValidationError as error:
        for found in error.errors(include_url=False)[:1]:
            wrong, _, remedy = str(found.get("ctx", {}).get("error", found["msg"])).partition("; ")
            yield wrong, remedy or "see the format", True
    else:
        known = [finding[2:] for finding in coherence(policy, EVERYTHING - {"readings"})]
        for _, _, wrong, remedy in coherence(changed, EVERYTHING - {"readings"}):
            if (wrong, remedy) not in known:
                yield wrong, remedy, True


def _allowances_fit_windows(policy: PolicyModel) -> Iterator[Finding]:
    limits = [(term.kind, term.allowance) for term in policy.maintenance]
    limited = [kind for kind, allowance in limits if allowance is not None and allowance.per == "window"]
    for index, guarantee in enumerate(policy.guarantees):
        if guarantee.window.slides and set(limited) & set(guarantee.exclude.maintenance):
            wrong = "an allowance of maintenance per window cannot slide"
            yield ("guarantees", index, "window"), guarantee.window, wrong, "judge a calendar window"
