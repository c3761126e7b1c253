"""A policy for one tier under one reading: no question open, no mapping from tier to value left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import product
from typing import Any

from reference.calendars import window_text
from reference.values import NotCovered

Tree = dict[str, Any]
KINDS = ("bands", "shortfall", "accrual", "flat", "multiple")
LIMITS = ("target", "at_least", "at_most", "within")
ONES_OWN = ("id", "name", "credit", "printed", "like")
"""What a guarantee that is like another does not take from it."""


@dataclass(frozen=True)
class Terms:
    """What a calculation sees of a policy."""

    policy: Tree
    tier: str | None
    guarantees: list[Tree]
    remedies: list[Tree]
    rights: list[Tree]

    def guarantee(self, name: str) -> Tree | None:
        return next((one for one in self.guarantees if one["id"] == name), None)


def readings_of(policy: Tree, reading: Mapping[str, str] | None) -> dict[str, str]:
    """Question to answer: what the reading says, the default elsewhere."""
    return {one["id"]: settled_answer(policy, one, reading) or str(one["default"]) for one in questions(policy)}


def questions(policy: Tree) -> list[Tree]:
    return policy.get("readings") or []


def settled_answer(policy: Tree, question: Tree, reading: Mapping[str, str] | None) -> str | None:
    """The answer a reading gives, by `question` or by `policy:question`."""
    given = reading or {}
    answer = given.get(f"{policy['id']}:{question['id']}", given.get(question["id"]))
    if answer is not None and answer not in map(str, question["answers"]):
        raise ValueError(f"{question['id']}={answer} is no answer of {policy['id']}")
    return answer


def every_reading(policy: Tree, reading: Mapping[str, str] | None) -> Iterator[dict[str, str]]:
    """Every combination of answers to the questions that the reading leaves open, the default first."""
    choices = []
    for question in questions(policy):
        settled = settled_answer(policy, question, reading)
        default = str(question["default"])
        others = [str(answer) for answer in question["answers"] if str(answer) != default]
        choices.append([settled] if settled else [default, *others])
    names = [question["id"] for question in questions(policy)]
    for answers in product(*choices):
        yield dict(zip(names, answers, strict=True))


def terms_of(policy: Tree, tier: str | None, answers: Mapping[str, str]) -> Terms:
    """Settle every question, and take what is the tier's."""
    policy = deepcopy(policy)
    policy["guarantees"] = [written_whole(one, policy["guarantees"]) for one in policy["guarantees"]]
    for question in questions(policy):
        chosen = next(body for name, body in question["answers"].items() if str(name) == answers[question["id"]])
        for path, value in ((chosen or {}).get("set") or {}).items():
            set_term(policy, todays_path(path), deepcopy(value))
    tiers = policy.get("tiers") or []
    if tier is None and len(tiers) == 1:
        tier = tiers[0]
    guarantees = [guarantee_of(one, tier, tiers) for one in policy["guarantees"] if is_given(one, tier, tiers)]
    remedies = [own_remedy(one) for one in guarantees if one.get("credit")]
    remedies += [one for one in policy.get("remedies") or [] if has_tier(one, tier)]
    remedies = [remedy_of(one, tier, tiers) for one in remedies]
    rights = [one for one in policy.get("rights") or [] if has_tier(one, tier)]
    return Terms(policy, tier, guarantees, [one for one in remedies if one["credit"]], rights)


def written_whole(guarantee: Tree, guarantees: list[Tree], likes: tuple[str, ...] = ()) -> Tree:
    """A guarantee with what it takes from the one that it is like: each term that it does not write itself."""
    if guarantee.get("like") is None:
        return guarantee
    likes = (*likes, guarantee["id"])
    if guarantee["like"] in likes:
        raise ValueError(f"{' is like '.join([*likes, guarantee['like']])}: a circle")
    other = next((one for one in guarantees if one["id"] == guarantee["like"]), None)
    if other is None:
        raise ValueError(f"{guarantee['id']} is like {guarantee['like']}, which is no guarantee")
    taken = {key: value for key, value in written_whole(other, guarantees, likes).items() if key not in ONES_OWN}
    own = {key: value for key, value in guarantee.items() if key != "like"}
    return {key: value for key, value in deepcopy(taken | own).items() if value is not None}  # a null un-writes


def todays_path(path: str) -> list[str]:
    """Keys on the way to a term, in today's words."""
    section, *keys = path.split(".")
    older = {"take": "select", "raised": "multipliers"} if section in ("guarantees", "remedies") else {}
    return [section, *keys[:1], *(older.get(key, key) for key in keys[1:])]


def set_term(tree: Any, path: list[str], value: Any) -> None:
    """Set a term by its path; entries of lists go by `id`, by `kind`, or by number."""
    for number, key in enumerate(path[:-1]):
        if isinstance(tree, list):
            tree = tree[place_of(tree, key)]
        elif key == "0" and "0" not in tree:
            continue  # a list of one may be written without brackets
        elif tree.get(key) is None:
            tree[key] = {}
            tree = tree[key]
        else:
            tree = tree[key]
        if number == len(path) - 2 and isinstance(tree, list) and not path[-1].isdigit():
            break
    if isinstance(tree, list):
        tree[place_of(tree, path[-1])] = value
    else:
        tree[path[-1]] = value


def place_of(entries: list[Any], key: str) -> int:
    """The place of an entry: by its `id`, or by a `kind` that stands once, or by number."""
    for name in ("id", "kind"):
        named = [place for place, one in enumerate(entries) if isinstance(one, dict) and one.get(name) == key]
        if len(named) > 1:
            raise ValueError(f"several entries are called {key}: name one by its id")
        if named:
            return named[0]
    if key.isdigit():
        return int(key)
    raise NotCovered(f"no entry {key}")


def has_tier(part: Tree, tier: str | None) -> bool:
    return part.get("tiers") is None or tier in part["tiers"]


def is_given(guarantee: Tree, tier: str | None, tiers: list[str]) -> bool:
    """Whether a tier has a guarantee: it is named, and no level or time is written for other tiers alone."""
    written = [name for name in LIMITS if guarantee.get(name) is not None]
    return has_tier(guarantee, tier) and all(of_tier(guarantee[name], tier, tiers) is not None for name in written)


def of_tier(value: Any, tier: str | None, tiers: list[str]) -> Any:
    """One value for all, or the tier's of a mapping."""
    if isinstance(value, dict) and tiers and set(value) <= set(tiers):
        return value.get(tier)
    return value


def guarantee_of(written: Tree, tier: str | None, tiers: list[str]) -> Tree:
    guarantee = dict(written)
    for name in (*LIMITS, "commitment"):
        guarantee[name] = of_tier(written.get(name), tier, tiers)
    guarantee["commitment"] = guarantee["commitment"] or "guaranteed"
    guarantee["window"] = window_text(written["window"])
    return guarantee


def own_remedy(guarantee: Tree) -> Tree:
    """A guarantee's own schedule is the remedy of that name."""
    return {"id": guarantee["id"], "for": [guarantee["id"]], "credit": [guarantee["credit"]], "own": True}


def remedy_of(written: Tree, tier: str | None, tiers: list[str]) -> Tree:
    remedy = dict(written)
    credits = written["credit"] if isinstance(written["credit"], list) else [written["credit"]]
    remedy["credit"] = [credit_of(one, remedy, tier, tiers) for one in credits if has_tier(one, tier)]
    remedy["caps"] = caps_of(written, tier, tiers)
    remedy["select"] = written.get("select") or written.get("take") or "sum"
    return remedy


def credit_of(written: Tree, remedy: Tree, tier: str | None, tiers: list[str]) -> Tree:
    credit = dict(written)
    for name in ("bands", "flat"):
        credit[name] = of_tier(written.get(name), tier, tiers)
    credit["multiple"] = multiple_of(written.get("multiple"), tier, tiers)
    credit["accrual"] = accrual_of(written.get("accrual"), tier, tiers)
    credit["bands"] = [band_of(one, tier, tiers) for one in credit["bands"]] if credit["bands"] else None
    credit["kind"] = next((kind for kind in KINDS if credit.get(kind) is not None), None)
    if credit["kind"] is None:  # a tier for which the mapping has nothing
        credit["kind"] = "none"
    credit["caps"] = caps_of(written, tier, tiers)
    credit["select"] = written.get("select") or written.get("take") or "worst"
    credit["multipliers"] = written.get("multipliers") or written.get("raised") or []
    credit["of"] = written.get("of") or "monthly_fee"
    credit["for"] = written.get("for") or remedy["for"]
    credit["per"] = per_of(credit, remedy)
    return credit


def band_of(written: Tree, tier: str | None, tiers: list[str]) -> Tree:
    band = dict(written)
    if band.get("plus"):
        plus = band["plus"]
        multiple = multiple_of(plus.get("multiple"), tier, tiers)
        band["plus"] = plus | {"multiple": multiple, "accrual": accrual_of(plus.get("accrual"), tier, tiers)}
    return band


def accrual_of(written: Tree | None, tier: str | None, tiers: list[str]) -> Tree | None:
    """An accrual with the tier's deductible; a tier without one has none."""
    return written and written | {"after": of_tier(written.get("after"), tier, tiers)}


def multiple_of(written: Any, tier: str | None, tiers: list[str]) -> Tree | None:
    """A factor and its deductible: `10` stands for `{by: 10}`; a tier without a factor has no such credit."""
    multiple = of_tier(written, tier, tiers)
    if not isinstance(multiple, dict):
        multiple = {"by": multiple}
    by = of_tier(multiple["by"], tier, tiers)
    return None if by is None else {"by": by, "after": multiple.get("after") or "0m"}


def caps_of(part: Tree, tier: str | None, tiers: list[str]) -> list[Tree]:
    caps = []
    for cap in part.get("caps") or []:
        at_most = of_tier(cap["at_most"], tier, tiers)
        if at_most is not None:
            caps.append(cap | {"at_most": at_most, "per": window_text(cap["per"])})
    return caps


def per_of(credit: Tree, remedy: Tree) -> str | None:
    """What earns a schedule, where it is written; keys of older files say the same in other places."""
    if credit.get("per"):
        return str(credit["per"])
    accruals = [credit.get("accrual"), *((band.get("plus") or {}).get("accrual") for band in credit["bands"] or [])]
    if any(accrual and accrual.get("each") == "incident" for accrual in accruals):
        return "incident"
    if any(band.get("outage") is not None for band in credit["bands"] or []):
        return "incident"  # the length of one outage, each by itself
    return remedy["each"] if remedy.get("each") in ("guarantee", "incident") else None
