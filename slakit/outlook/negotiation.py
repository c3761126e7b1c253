"""The inverse questions: which other terms would be worth what, and which would pay for a share of the harm."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from slakit.arguments import checked
from slakit.measure.budgets import EXACT
from slakit.outlook.outlook import outlook
from slakit.outlook.rounding import rounded
from slakit.policy.document import Policy
from slakit.policy.files import find_plans
from slakit.policy.plan_names import part_names
from slakit.policy.printing import exact_percent
from slakit.policy.quantities import Share
from slakit.problems import InputError, Problem

PRICED: dict[str, Any] = {
    "change": pl.String, "expected": EXACT, "difference": EXACT, "error": EXACT, "fee_share": EXACT,
    "currency": pl.String,
}  # fmt: skip
FOR_HARM: dict[str, Any] = {
    "lever": pl.String, "change": pl.String, "expected": EXACT, "harm_share": EXACT, "enough": pl.Boolean,
    "currency": pl.String,
}  # fmt: skip
FACTORS = (2, 3, 5, 10, 20, 50, 100)
Change = Mapping[str, object]
"""Paths of terms → values, as `Policy.amend` takes them."""


@checked
def price_terms(plan: str, changes: Mapping[str, Mapping[str, object]] | None = None, **how: Any) -> pl.DataFrame:
    """Price other terms of a plan, one change at a time: the list to bring to a negotiation.

    Parameters
    ----------
    plan
        One plan, such as `klikk:gold`.
    changes
        What a change is called → its terms, as `Policy.amend` takes them. If not given, those that buyers ask for: less
        downtime allowed, larger credits, no caps, no exclusions, clocks from the start of the outage, monthly windows.
    how
        How outages are drawn, as `outlook` takes it.

    Returns
    -------
    pl.DataFrame
        `change`, `expected` (credit of a year with it), `difference` (to the plan as it is), its Monte Carlo `error`,
        `fee_share` (the difference in percent of twelve monthly fees), `currency`. The change that is worth most is
        first.

    Raises
    ------
    InputError
        The plan is unknown or several, a change does not fit it, or nothing says how outages are.

    Examples
    --------
    >>> priced = price_terms("wp-heaven", outages_per_year=6, length="90m", years=100, period="2027-01/2027-12")
    >>> priced.select("change", "difference").row(0)
    ('Larger credits: 2 times', Decimal('17.909000'))
    """
    policy, tier = _one_plan(plan)
    asked = dict(changes) if changes is not None else dict(_usual_changes(policy, tier))
    amended = _amended(policy, asked, strict=changes is not None)
    if not amended:
        return pl.DataFrame(schema=PRICED)
    offers: list[Any] = [(policy, tier), *((changed, tier) for changed in amended.values())]
    found = outlook(offers, ranges=False, **how)
    model, year = found.models[0], 12 * Fraction(found.fee)
    rows = found.summary.filter(model=model).rows(named=True)
    apart = {row["plan"]: row for row in found.differences.filter(model=model).rows(named=True)
             if row["other"] == rows[0]["plan"]}  # fmt: skip
    priced = []
    for change, row in zip(amended, rows[1:], strict=True):
        by = apart[row["plan"]]
        error = None if by["error"] is None else rounded(Fraction(by["error"]) * year / 100)
        priced.append((change, row["expected"], row["expected"] - rows[0]["expected"], error, by["difference"],
                       row["currency"]))  # fmt: skip
    return pl.DataFrame(priced, schema=PRICED, orient="row").sort("difference", descending=True, maintain_order=True)


@checked
def terms_for_harm(
    plan: str, harm_per_hour: Decimal | float, *, share: Decimal | float = Decimal("0.1"), **how: Any
) -> pl.DataFrame:
    """Find how far a plan's terms must change, if its credits are to pay for a share of what outages cost you.

    Parameters
    ----------
    plan
        One plan, such as `klikk:gold`.
    harm_per_hour
        What an hour of outage costs you, in the plan's currency.
    share
        Of the harm that credits should pay: 0.1 is a tenth.
    how
        How outages are drawn, as `outlook` takes it.

    Returns
    -------
    pl.DataFrame
        `lever` (terms as they are, larger credits, less downtime allowed, no caps, or several together), `change`,
        `expected` (credit of a year), `harm_share` (of the harm; percent), `enough`, `currency`. Of each lever the
        smallest change that is enough, or else the largest that was tried.

    Raises
    ------
    InputError
        The plan is unknown or several, the harm or the share is not above 0, or nothing says how outages are.

    Examples
    --------
    >>> needed = terms_for_harm("wp-heaven", 50, outages_per_year=6, length="90m", years=100, period="2027-01/2027-12")
    >>> needed.select("lever", "change", "enough").row(1)
    ('Larger credits', '10 times', True)
    """
    problems = [Problem(name, value, "not above 0", "write a number above 0")
                for name, value in (("harm_per_hour", harm_per_hour), ("share", share)) if not value > 0]  # fmt: skip
    if problems:
        raise InputError("terms_for_harm", problems)
    policy, tier = _one_plan(plan)
    levers: dict[str, dict[str, Change]] = {
        "Larger credits": {f"{factor} times": _larger(policy, factor) for factor in FACTORS},
        "Less downtime allowed": {f"{factor} times less": _stricter(policy, tier, factor) for factor in FACTORS},
        "No caps": {"": _without_caps(policy)},
        "Larger credits, no caps": {
            f"{factor} times": _larger(policy, factor, caps=False) for factor in FACTORS if _without_caps(policy)
        },
    }
    tried = {(lever, change): terms for lever, own in levers.items() for change, terms in own.items() if terms}
    named = {f"{lever}: {change}": terms for (lever, change), terms in tried.items()}
    amended = _amended(policy, named, strict=False)
    offers: list[Any] = [(policy, tier), *((changed, tier) for changed in amended.values())]
    found = outlook(offers, ranges=False, **how)
    hours = Fraction(found.downtime[found.models[0]]) / 3600
    harm, wanted = hours * Fraction(str(harm_per_hour)), 100 * Fraction(str(share))
    rows = found.summary.filter(model=found.models[0]).rows(named=True)
    judged: dict[str, list[tuple[Any, ...]]] = {}
    for name, row in zip(["Terms as they are: ", *amended], rows, strict=True):
        lever, _, change = name.partition(": ")
        paid = 100 * Fraction(row["expected"]) / harm if harm else Fraction(0)
        judged.setdefault(lever, []).append(
            (lever, change, row["expected"], rounded(paid), paid >= wanted, row["currency"])
        )
    best = [next((row for row in own if row[4]), own[-1]) for own in judged.values()]
    return pl.DataFrame(best, schema=FOR_HARM, orient="row")


def _one_plan(plan: str) -> tuple[Policy, str | None]:
    found = find_plans(plan)
    if len(found) != 1:
        remedy = f"name one tier, like {plan}:{found[0][1]}"
        raise InputError("plan", [Problem("plan", plan, "several plans", remedy)])
    return found[0]


def _amended(policy: Policy, changes: Mapping[str, Change], *, strict: bool) -> dict[str, Policy]:
    """Return a policy for each change; without `strict`, those that the policy can have."""
    amended: dict[str, Policy] = {}
    problems = []
    for number, (name, terms) in enumerate(changes.items(), 1):
        try:
            amended[name] = policy.amend(terms, id=f"{policy.id}-if{number}")
        except InputError as error:
            problems += error.problems
    if strict and problems:
        raise InputError("changes", problems)
    return amended


def _usual_changes(policy: Policy, tier: str | None) -> Iterator[tuple[str, Change]]:
    """Yield the changes that buyers ask for, where the policy has such terms."""
    terms, names = policy.terms(tier=tier), part_names(policy.terms(tier=tier))
    yield "Larger credits: 2 times", _larger(policy, 2)
    if sum(one.target is not None and one.metric == "availability" for one in terms.guarantees) > 1:
        yield "Half the downtime allowed, everywhere", _stricter(policy, tier, 2)
    if caps := _without_caps(policy):
        yield "No caps", caps
    for one in terms.guarantees:
        if one.measured is not None or one.metric != "availability" or one.commitment != "guaranteed":
            continue
        path, name = f"guarantees.{one.id}", names[one.id]
        if one.target is not None:
            stricter = (100 + one.target) / 2
            yield f"{name}: {exact_percent(stricter)} committed", _stricter(policy, tier, 2, only=one.id)
        if one.exclude.maintenance:
            yield f"{name}: maintenance counts as downtime", {f"{path}.exclude.maintenance": []}
        if one.exclude.causes:
            yield f"{name}: no cause is excluded", {f"{path}.exclude.causes": []}
        if one.clock != "started":
            yield f"{name}: downtime counts from its start", {f"{path}.clock": "started"}
        if one.window.text in ("1q", "1y", "6mo"):
            yield f"{name}: measured by the month", {f"{path}.window": "1mo"}


def _credits(policy: Policy) -> Iterator[tuple[str, Any]]:
    """Yield where the policy writes its credits, and what is written there."""
    tree = policy.model_dump(by_alias=True, exclude_unset=True)
    for section in ("guarantees", "remedies"):
        for entry in tree.get(section, []):
            if entry.get("credit"):
                yield f"{section}.{entry['id']}.credit", deepcopy(entry["credit"])


def _larger(policy: Policy, factor: int, *, caps: bool = True) -> dict[str, object]:
    """Return terms with credits so many times as large, with or without their caps."""

    def larger(key: str, value: object) -> object:
        return _times(value, factor) if key in ("credit", "flat") and not isinstance(value, dict | list) else value

    changed: dict[str, object] = {path: _each(credit, larger) for path, credit in _credits(policy)}
    if caps:
        return changed
    bare = _without_caps(policy)
    return {path: _each(value, _no_caps) for path, value in changed.items()} | {
        path: value for path, value in bare.items() if path not in changed
    }


def _stricter(policy: Policy, tier: str | None, factor: int, *, only: str = "") -> dict[str, object]:
    """Return terms with targets, and the edges of bands at them, that allow so many times less downtime."""
    changed: dict[str, object] = {}
    credits = dict(_credits(policy))
    for one in policy.terms(tier=tier).guarantees:
        if one.target is None or one.metric != "availability" or (only and one.id != only):
            continue
        old, new = one.target, 100 - (100 - one.target) / factor
        changed[f"guarantees.{one.id}.target"] = new

        def moved(key: str, value: object, old: Decimal = old, new: Decimal = new) -> object:
            at_target = key in ("below", "from", "to") and isinstance(value, Decimal | int | float | str)
            return new if at_target and _same(value, old) else value

        path = f"guarantees.{one.id}.credit"
        if path in credits:
            changed[path] = _each(credits[path], moved)
    return changed


def _without_caps(policy: Policy) -> dict[str, object]:
    """Return terms without any cap; empty, if there is none."""
    changed: dict[str, object] = {}
    for path, credit in _credits(policy):
        bare = _each(credit, _no_caps)
        if bare != credit:
            changed[path] = bare
    tree = policy.model_dump(by_alias=True, exclude_unset=True)
    for remedy in tree.get("remedies", []):
        if remedy.get("caps"):
            changed[f"remedies.{remedy['id']}.caps"] = []
    return changed


def _no_caps(key: str, value: object) -> object:
    return [] if key == "caps" else value


def _each(node: Any, change: Callable[[str, object], object]) -> Any:
    """Change the values of a tree by their keys."""
    if isinstance(node, list):
        return [_each(one, change) for one in node]
    if isinstance(node, dict):
        changed = {}
        for key, value in node.items():
            new = change(key, value)
            changed[key] = _each(value, change) if new is value else new
        return changed
    return node


def _times(value: object, factor: int) -> object:
    """Return a share of a fee, or an amount, so many times as large; of another kind, the same."""
    text = str(value)
    amount = re.fullmatch(r"([0-9.]+)( [A-Z]{3})", text)
    if amount:
        return f"{Decimal(amount[1]) * factor}{amount[2]}"
    try:
        share = Share.parse(text).value * factor
    except ValueError:
        return value
    return f"{share.numerator}/{share.denominator}"


def _same(value: object, level: Decimal) -> bool:
    try:
        return Decimal(str(value)) == level
    except ArithmeticError:
        return False
