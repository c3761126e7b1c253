"""Policy × tier × reading → Terms: flat, complete, no question left open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from operator import is_not
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from slakit.arguments import checked
from slakit.policy.guarantees import Guarantee, Maintenance
from slakit.policy.model import Contract, Monitor, PolicyModel, Source
from slakit.policy.part import Part, PerTier, Stated, written_fields
from slakit.policy.recovery import Backup, Recovery
from slakit.policy.remedies import KINDS, Claims, Credit, Limits, OneOf, Rate, Remedy, Right, Slope
from slakit.policy.support import Support
from slakit.policy.yaml import Document, problems_of
from slakit.problems import InputError, Problem, one_of

P = TypeVar("P", bound=PolicyModel)
NO_CLAIM = Claims(needed=False)


class Terms(Part):
    """One policy for one tier under one reading: what every calculator works from.

    Attributes
    ----------
    guarantees
        Those given to the tier, in the order of the file.
    remedies
        Those the tier earns, a guarantee's own schedule among them under the guarantee's id.
    one_of
        Remedies of which one is paid, where the tier has several of them.
    reading
        Question → answer, every question answered.

    Examples
    --------
    >>> from slakit.policy.files import find_policy
    >>> terms = find_policy("klikk").terms(tier="gold", reading={"window": "quarter"})
    >>> terms.guarantee("network").window.text, terms.reading["cap"]
    ('1q', 'monthly')
    """

    policy: str
    provider: str
    service: str
    source: Source
    tier: str | None
    reading: dict[str, str]
    time_zone: str | None
    currency: str | None
    maintenance: list[Maintenance]
    guarantees: list[Guarantee]
    remedies: list[Remedy]
    one_of: list[OneOf]
    rights: list[Right]
    claims: Claims | None
    support: Support | None
    recovery: list[Recovery]
    backups: list[Backup]
    contract: Contract
    undertakings: list[Stated]
    monitor: Monitor | None

    @checked
    def guarantee(self, name: str) -> Guarantee:
        """The guarantee of that id.

        Raises
        ------
        InputError
            There is none; the error names those that exist.
        """
        for guarantee in self.guarantees:
            if guarantee.id == name:
                return guarantee
        remedy = one_of([guarantee.id for guarantee in self.guarantees], name)
        raise InputError(self.policy, [Problem(f"{self.policy} guarantee", name, "not guaranteed", remedy)])

    @property
    def looks_back(self) -> bool:
        """Return whether a credit or a right depends on windows before the one that it arises from."""
        credits = [credit for remedy in self.remedies for credit in remedy.credit]
        conditions = [condition for credit in credits for condition in credit.conditions]
        conditions += [condition for right in self.rights for condition in right.when]
        return any(condition.streak is not None or condition.misses is not None for condition in conditions)

    def alternatives(self) -> list[list[Remedy]]:
        """Group the remedies: those of which only one is paid together, every other by itself."""
        of_choice = {name: number for number, choice in enumerate(self.one_of) for name in choice.remedies}
        groups: dict[object, list[Remedy]] = {}
        for remedy in self.remedies:
            groups.setdefault(of_choice.get(remedy.id, remedy.id), []).append(remedy)
        for number, choice in enumerate(self.one_of):
            groups[number].sort(key=lambda remedy: choice.remedies.index(remedy.id))
        return list(groups.values())

    @property
    def read_whole(self) -> bool:
        """Return whether the whole document was read: only then does its silence mean that there is no such term."""
        return self.source.read == "whole"

    @checked
    def claims_of(self, remedy: Remedy) -> Claims | None:
        """Return how a remedy is claimed: by its own terms, or the policy's.

        Where neither is written, no claim is needed; but of a document of which only a part was read that is not known,
        and there are none.
        """
        stated = remedy.claims or self.claims
        if stated is None and self.read_whole:
            return NO_CLAIM
        return stated


def terms_of(policy: PolicyModel, tier: str | None, reading: Mapping[str, str]) -> Terms:
    """See `Policy.terms`."""
    answers = full_reading(policy, reading)
    return terms_for(read_as(policy, answers), tier, answers)


def terms_for(
    read: PolicyModel, tier: str | None, answers: Mapping[str, str], shared: dict[object, Any] | None = None
) -> Terms:
    """Terms of a policy that already stands under a reading (`read_as`), for one tier.

    Parameters
    ----------
    shared
        What earlier readings of the same policy have made of its parts; filled here. The readings must live as long as
        it does, for what they share is told by its identity.
    """
    known = {} if shared is None else shared
    if tier is None and len(read.tiers) == 1:
        tier = read.tiers[0]
    if tier not in read.tiers and (tier is not None or read.tiers):
        wrong = "no tier is named" if tier is None else "not a tier of this policy"
        raise InputError(read.id, [Problem(f"{read.id} tier", tier, wrong, one_of(read.tiers, tier or ""))])
    parts = ("guarantees", tier, id(read.begins), *map(id, read.guarantees))
    if parts not in known:
        known[parts] = list(_guarantees(read, tier))
    guarantees: list[Guarantee] = known[parts]
    kept = {guarantee.id for guarantee in guarantees}
    rights = [
        right.model_copy(update={"guarantees": [name for name in right.guarantees if name in kept]})
        for right in read.rights
        if _given(right, tier) and not kept.isdisjoint(right.guarantees)
    ]
    parts = ("remedies", tier, id(guarantees), *map(id, read.remedies))
    if parts not in known:
        known[parts] = list(_remedies(read, guarantees, tier))
    remedies: list[Remedy] = known[parts]
    earned = {remedy.id for remedy in remedies}
    choices = [
        choice.model_copy(update={"remedies": [name for name in choice.remedies if name in earned]})
        for choice in read.one_of
        if len(earned.intersection(choice.remedies)) > 1
    ]
    parts = ("support", tier, id(read.support))
    if parts not in known:
        known[parts] = _resolve(read.support, tier, read.tiers)
    support: Support | None = known[parts]
    parts = ("contract", tier, id(read.contract))
    if parts not in known:
        others = {name: None for name, said in read.contract if said is not None and not _given(said, tier)}
        known[parts] = read.contract.model_copy(update=others)
    contract: Contract = known[parts]
    return Terms.model_construct(
        policy=read.id,
        provider=read.provider,
        service=read.service,
        source=read.source,
        tier=tier,
        reading=dict(answers),
        time_zone=read.time_zone,
        currency=read.currency,
        maintenance=read.maintenance,
        guarantees=guarantees,
        remedies=remedies,
        one_of=choices,
        rights=rights,
        claims=read.claims,
        support=support,
        recovery=read.recovery,
        backups=read.backups,
        contract=contract,
        undertakings=[said for said in read.undertakings if _given(said, tier)],
        monitor=read.monitor,
    )


def full_reading(policy: PolicyModel, reading: Mapping[str, str]) -> dict[str, str]:
    """Every question of a policy with its answer: the one given, else the default.

    Raises
    ------
    InputError
        A question or an answer does not exist.
    """
    questions = {question.id: question for question in policy.readings}
    problems = []
    for asked, answer in reading.items():
        if asked not in questions:
            remedy = one_of(questions, asked)
            problems.append(Problem(f"reading of {policy.id}", asked, "not a question of this policy", remedy))
        elif questions[asked].named(answer) is None:
            remedy = one_of(questions[asked].answers, answer)
            problems.append(Problem(f"reading of {policy.id} {asked}", answer, "not an answer to it", remedy))
    if problems:
        raise InputError(policy.id, problems)
    chosen = {question.id: reading.get(question.id, question.default) for question in policy.readings}
    return {asked: questions[asked].named(answer) or answer for asked, answer in chosen.items()}


def readings_of(policy: PolicyModel, settled: Mapping[str, str] | None = None) -> Iterator[dict[str, str]]:
    """Every combination of answers, the default one first; `settled` questions keep their answer."""
    settled = settled or {}
    choices = []
    for question in policy.readings:
        first = settled.get(question.id, question.default)
        others = [answer for answer in question.answers if answer != first]
        choices.append([first] if question.id in settled else [first, *others])
    for answers in product(*choices):
        yield dict(zip((question.id for question in policy.readings), answers, strict=True))


def _given(part: Any, tier: str | None) -> bool:
    tiers = getattr(part, "tiers", None)
    return tiers is None or tier in tiers


def _guarantees(policy: PolicyModel, tier: str | None) -> Iterator[Guarantee]:
    for guarantee in policy.guarantees:
        limits = (guarantee.target, guarantee.at_least, guarantee.at_most, guarantee.within)
        by_tier = [limit for limit in limits if isinstance(limit, dict) and is_by_tier(limit, policy.tiers)]
        # a mapping guarantees something to the tiers that it names, and nothing to others
        if _given(guarantee, tier) and all(tier in limit for limit in by_tier):
            own = _resolve(guarantee, tier, policy.tiers)
            yield own.model_copy(update={"begins": own.begins or policy.begins}) if policy.begins else own


def _remedies(policy: PolicyModel, guarantees: list[Guarantee], tier: str | None) -> Iterator[Remedy]:
    kept = {guarantee.id for guarantee in guarantees}
    for guarantee in guarantees:
        credit = _per_ticket(guarantee.credit, [guarantee]) if guarantee.credit is not None else None
        if credit is not None and _earns(credit, tier) and guarantee.commitment == "guaranteed":
            yield Remedy.model_construct(
                id=guarantee.id,
                guarantees=[guarantee.id],
                credit=[credit],
                clause=credit.clause,
                caps=[],
                **_lifted([credit]),
            )
    firm = {g.id for g in guarantees if g.commitment == "guaranteed"}
    for remedy in policy.remedies:
        credits = [_resolve(credit, tier, policy.tiers) for credit in remedy.credit]
        credits = [credit for credit in credits if _earns(credit, tier)]
        earning = [name for name in remedy.guarantees if name in kept & firm]
        judged = [guarantee for guarantee in guarantees if guarantee.id in earning]
        credits = [_per_ticket(credit, judged) for credit in credits]
        if _given(remedy, tier) and credits and earning:
            whole = _resolve(remedy, tier, policy.tiers)
            own = {name: value for name, value in _lifted(credits).items() if getattr(whole, name) is None}
            yield whole.model_copy(update={"credit": credits, "guarantees": earning, **own})


def _per_ticket(credit: Credit, guarantees: list[Guarantee]) -> Credit:
    """Return a schedule that each late ticket earns, where the guarantees are about single tickets."""
    own = [guarantee for guarantee in guarantees if credit.guarantees is None or guarantee.id in credit.guarantees]
    single = bool(own) and all(guarantee.on_single_tickets for guarantee in own)
    return credit.model_copy(update={"per": "incident"}) if single and credit.per is None else credit


def _lifted(credits: list[Credit]) -> dict[str, Any]:
    """Return what a schedule that is alone says of the whole remedy; caps stay with it."""
    alone = credits[0] if len(credits) == 1 else None
    return {name: getattr(alone, name, None) for name in Limits.model_fields if name != "caps"}


def _earns(credit: Credit, tier: str | None) -> bool:
    """Return whether a schedule is of the tier: a mapping may give it nothing."""
    return _given(credit, tier) and any(getattr(credit, kind) is not None for kind in KINDS)


def _resolve(part: Any, tier: str | None, tiers: list[str]) -> Any:
    """Replace every mapping from tier to value by the tier's value, or by the default where it has none."""
    if not isinstance(part, Part):
        return part
    changed: dict[str, Any] = {}
    for name, field, value in written_fields(part):
        if isinstance(value, Part):
            own = None if _of_other_tiers(value, tier, tiers) else _resolve(value, tier, tiers)
            nothing = isinstance(own, Slope) and all(getattr(own, kind) is None for kind in Rate.model_fields)
            if nothing or own is not value:
                changed[name] = None if nothing else own
        elif isinstance(value, list):
            entries = [_resolve(entry, tier, tiers) for entry in value if not _of_other_tiers(entry, tier, tiers)]
            if len(entries) < len(value) or any(map(is_not, entries, value)):
                changed[name] = entries
        elif is_by_tier(value, tiers) and _is_per_tier(field):
            chosen = value[tier] if tier in value else field.get_default()
            parts = isinstance(chosen, list)
            changed[name] = [_resolve(entry, tier, tiers) for entry in chosen] if parts else chosen
    return part.model_copy(update=changed) if changed else part


def _of_other_tiers(part: Any, tier: str | None, tiers: list[str]) -> bool:
    """Return whether a part is nothing to a tier: what it cannot be without, like the limit of a cap, is of others."""
    if not isinstance(part, Part):
        return False
    by_tier = [(field, value) for _, field, value in written_fields(part) if is_by_tier(value, tiers)]
    return any(tier not in value and field.is_required() and _is_per_tier(field) for field, value in by_tier)


def _is_per_tier(field: FieldInfo) -> bool:
    return any(isinstance(mark, PerTier) for mark in field.metadata)


def is_by_tier(value: object, tiers: list[str]) -> bool:
    """Return whether a value is a mapping from tiers (and not, say, from priorities)."""
    return isinstance(value, dict) and bool(value) and set(value) <= set(tiers)


def read_as(policy: P, answers: Mapping[str, str], sections: dict[tuple[str, str], Any] | None = None) -> P:
    """The policy with what the answers to all its questions set.

    Parameters
    ----------
    sections
        What earlier readings of the same policy have made of its sections; filled here, so that readings share what
        they have in common.
    """
    changes: dict[str, dict[str, object]] = {}
    for question in policy.readings:
        for path, value in question.answers[answers[question.id]].set.items():
            changes.setdefault(path.partition(".")[0], {})[path] = value
    if not changes:
        return policy
    known = {} if sections is None else sections
    made = {section: (section, repr(own)) for section, own in changes.items()}
    new = {path: value for section, own in changes.items() if made[section] not in known for path, value in own.items()}
    tree = with_terms(policy, new) | {section: known[key] for section, key in made.items() if key in known}
    try:
        read = type(policy).model_validate(tree)
    except ValidationError as error:
        raise InputError(policy.id, problems_of(error, Document(policy.id, tree))) from None
    known.update((key, getattr(read, section)) for section, key in made.items())
    return read


def with_terms(policy: PolicyModel, changes: Mapping[str, object]) -> dict[str, Any]:
    """Write a policy with other terms, to be validated; sections that stay are left as they have been validated.

    Parameters
    ----------
    changes
        Path of a term → its value; see `set_term`.

    Raises
    ------
    KeyError, SeveralEntriesError
        As from `set_term`.
    """
    sections = {path.partition(".")[0] for path in changes}
    tree = {name: getattr(policy, name) for name in policy.model_fields_set - sections}
    tree |= policy.model_dump(include=sections, by_alias=True, exclude_unset=True)
    for path, value in changes.items():
        set_term(tree, path, value)
    return tree


class SeveralEntriesError(Exception):
    """A path leads to a kind of which there are several entries."""


def set_term(tree: Any, path: str, value: object) -> None:
    """Set the term at a path (`guarantees.platform.window`); list entries go by their `id`, or by a `kind` that
    stands once, or by their number from 0 where they have none (`credit.bands.0.below`).

    Raises
    ------
    KeyError
        No entry of a list goes by that name.
    SeveralEntriesError
        Several entries are of that kind.
    """
    *around, last = path.split(".")
    node = tree
    for key in around:
        if not isinstance(node, dict | list):
            raise KeyError(key)
        if isinstance(node, dict):
            node = node.setdefault(key, {})
            continue
        parts = [entry for entry in node if isinstance(entry, dict)]
        named = [entry for entry in parts if entry.get("id") == key] or [e for e in parts if e.get("kind") == key]
        if len(named) > 1:
            raise SeveralEntriesError(key)
        if not named and not (key.isdecimal() and int(key) < len(node)):
            raise KeyError(key)
        node = named[0] if named else node[int(key)]
    if not isinstance(node, dict) or last == "like":  # by now every guarantee has all its terms
        raise KeyError(last)
    node[last] = value


def nested(one: str, other: str) -> bool:
    """Return whether two paths lead to the same term, or one to what holds the other's.

    >>> nested("claims", "claims.within"), nested("claims.within", "claims.with")
    (True, False)
    """
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")
