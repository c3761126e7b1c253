"""The plans that subscriptions hold, with the terms that each reading gives them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeVar

from slakit.evidence.evidence import Evidence
from slakit.measure.rules import Plan, components_of
from slakit.policy.document import Policy
from slakit.policy.quantities import Money
from slakit.policy.terms import Terms, full_reading, read_as, readings_of, terms_for
from slakit.problems import InputError, Problem, one_of

MOST_READINGS = 5_000
"""Combinations of answers that one assessment goes through at most."""
Policies = Mapping[str, Policy]
"""Name, as the subscriptions write it → policy."""
Plans = Mapping[Plan, Sequence[Terms]]
"""Plan → terms under each reading, the chosen one first."""


@dataclass(frozen=True)
class Settled:
    """Answers that the analyst has settled, by the policy they are for; `""` is for every policy with that question."""

    answers: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, reading: Mapping[str, str] | Iterable[str] | None) -> Settled:
        """Read `question=answer` or `policy:question=answer`, as pairs or as text.

        >>> Settled.of({"window": "quarter", "klikk:cap": "annual"}).answers
        {'': {'window': 'quarter'}, 'klikk': {'cap': 'annual'}}

        Raises
        ------
        InputError
            Text is not of this form.
        """
        if isinstance(reading, str):
            reading = [reading]
        pairs: list[tuple[str, str]] = []
        if isinstance(reading, Mapping):
            pairs += reading.items()
        else:
            for text in reading or ():
                key, found, answer = text.partition("=")
                if not found or not key or not answer:
                    remedy = "write question=answer, or policy:question=answer"
                    raise InputError("reading", [Problem("reading", text, "not an answer to a question", remedy)])
                pairs.append((key, answer))
        answers: dict[str, dict[str, str]] = {}
        for key, answer in pairs:
            policy, _, question = key.rpartition(":")
            answers.setdefault(policy, {})[question] = answer
        return cls(answers)

    def of_policy(self, name: str, policy: Policy) -> dict[str, str]:
        """Select the answers for one policy. One for every policy is passed over where this one has no such answer.

        Parameters
        ----------
        name, policy
            The policy, and its name in the subscriptions.
        """
        known = {question.id: question for question in policy.readings}
        general = {q: a for q, a in self.answers.get("", {}).items() if q in known and known[q].named(a)}
        own = {**general, **self.answers.get(name, {})}
        full = full_reading(policy, own)
        return {question: full[question] for question in own}

    def refuse_unknown(self, policies: Policies) -> None:
        """Refuse an answer that no policy has, and a policy that is not there."""
        problems = []
        for name in self.answers:
            if name and name not in policies:
                problems.append(Problem("reading", name, "no plan here is of this policy", one_of(policies, name)))
        for question, answer in self.answers.get("", {}).items():
            known = [q for policy in policies.values() for q in policy.readings if q.id == question]
            if not known:
                asked = dict.fromkeys(q.id for policy in policies.values() for q in policy.readings)
                problems.append(Problem("reading", question, "no policy here asks this", one_of(asked, question)))
            elif not any(q.named(answer) for q in known):
                remedy = one_of(dict.fromkeys(a for q in known for a in q.answers), answer)
                problems.append(Problem(f"reading {question}", answer, "not an answer to it", remedy))
        if problems:
            raise InputError("reading", problems)


def plans_of(
    evidence: Evidence, policies: Policies, settled: Settled, *, every: bool = True
) -> dict[Plan, list[Terms]]:
    """List the terms of every plan that a subscription holds, under every reading, the chosen one first.

    Parameters
    ----------
    evidence, policies
        Checked tables, and the policies by the name that the subscriptions give them.
    settled
        Answers that the analyst has settled.
    every
        Whether every combination of answers is a reading, or only the chosen one.

    Raises
    ------
    InputError
        Subscriptions name an unknown tier, or none, or are billed in a currency the contract does not pay in.
    """
    settled.refuse_unknown(policies)
    refuse_missing(evidence, policies)
    plans: dict[Plan, list[Terms]] = {}
    read: dict[str, list[tuple[Policy, dict[str, str]]]] = {}
    problems: list[Problem] = []
    held = evidence.phases.group_by("policy", "tier", maintain_order=True).agg("subscription", "currency")
    for name, tier, subscriptions, currencies in held.iter_rows():
        try:
            if name not in read:
                policy = policies[name]
                own = settled.of_policy(name, policy)
                answered = own if every else full_reading(policy, own)
                count = prod(len(question.answers) for question in policy.readings if question.id not in answered)
                if count > MOST_READINGS:
                    wrong = f"its open questions can be answered in {count} ways"
                    remedy = "settle some with --reading question=answer"
                    raise InputError(policy.id, [Problem(policy.id, None, wrong, remedy)])
                sections: dict[tuple[str, str], object] = {}
                every_reading = readings_of(policy, answered)
                read[name] = [(read_as(policy, answers, sections), answers) for answers in every_reading]
            alike: dict[object, object] = {}
            plans[(name, tier)] = [terms_for(policy, tier, answers, alike) for policy, answers in read[name]]
        except InputError as error:
            problems += [
                Problem(f"subscriptions {subscriptions[0]}: {p.where}", p.value, p.wrong, p.remedy)
                for p in error.problems
            ]
            continue
        paid_in = currencies_paid(plans[(name, tier)])
        for subscription, currency in zip(subscriptions, currencies, strict=True):
            for other in sorted(paid_in - {currency}):
                where, wrong = f"subscriptions {subscription} currency", f"the contract pays in {other}"
                problems.append(Problem(where, currency, wrong, "give the fee in that currency"))
    problems += [
        Problem(f"subscriptions {name}", None, wrong, "settle some with --reading policy:question=answer")
        for name, rows in evidence.phases.drop_nulls("course").partition_by("subscription", as_dict=True).items()
        for counts in [{p: len(plans[p, t]) for p, t in rows.select("policy", "tier").rows() if (p, t) in plans}]
        if (count := prod(counts.values())) > MOST_READINGS
        for wrong in [f"the open questions of its policies can be answered in {count} ways"]
    ]
    if problems:
        raise InputError(evidence.source, problems)
    return plans


def refuse_missing(evidence: Evidence, policies: Policies) -> None:
    """Refuse subscriptions whose policy is not among those given."""
    named = evidence.subscriptions["policy"].unique(maintain_order=True).to_list()
    missing = [name for name in named if name not in policies]
    if missing:
        wrong = "not among the policies given"
        problems = [Problem("subscriptions policy", name, wrong, one_of(policies, name)) for name in missing]
        raise InputError(evidence.source, problems)


def refuse_unmeasured(evidence: Evidence, plans: Plans) -> None:
    """Refuse measurements of a guarantee that the subscription's plan does not judge by measurements."""
    if evidence.measurements.is_empty():
        return
    of_plans = {
        plan: {g.id for terms in readings for g in terms.guarantees if g.measured is not None}
        for plan, readings in plans.items()
    }
    judged: dict[str, set[str]] = {}
    for name, policy, tier in evidence.phases.select("subscription", "policy", "tier").iter_rows():
        judged[name] = judged.get(name, set()) | of_plans[policy, tier]
    problems = []
    named = evidence.measurements.select("subscription", "guarantee").unique(maintain_order=True)
    for subscription, guarantee in named.iter_rows():
        known = sorted(judged[subscription])
        if guarantee not in known:
            where = f"measurements of {subscription} guarantee"
            problems.append(Problem(where, guarantee, "not judged by measurements", one_of(known, guarantee)))
    if problems:
        raise InputError(evidence.source, problems)


def refuse_means_of_nothing(evidence: Evidence, plans: Plans) -> None:
    """Refuse subscriptions of which nobody knows over which components a mean is taken."""
    problems: dict[Problem, None] = {}
    means = {
        plan: {g.id: g for terms in readings for g in terms.guarantees if g.combine == "mean" and not g.components}
        for plan, readings in plans.items()
    }
    if not any(means.values()):
        return
    rows = evidence.subscriptions.group_by("subscription", "policy", maintain_order=True).agg("tier", "component_fees")
    for name, policy, tiers, fees in rows.iter_rows():
        for guarantee in {key: g for tier in tiers for key, g in means[policy, tier].items()}.values():
            over = [components_of(guarantee, own) for own in fees]
            wrong = None
            if not over[0]:
                wrong = f"{guarantee.id} is a mean over the components that have a fee, and there are none"
            elif any(sorted(own) != sorted(over[0]) for own in over):
                wrong = f"{guarantee.id} is a mean over the components that have a fee, and these change"
            if wrong is not None:
                remedy = "give the fee of each, or name the components in the contract"
                problems[Problem(f"subscriptions {name} component_fees", None, wrong, remedy)] = None
    if problems:
        raise InputError(evidence.source, list(problems))


def currencies_paid(readings: Iterable[Terms]) -> set[str]:
    """List the currencies in which terms name amounts."""
    seen: set[int] = set()
    return {money.currency for terms in readings for money in parts_of(terms.remedies, Money, seen)}


T = TypeVar("T")


def parts_of(whole: object, kind: type[T], seen: set[int]) -> Iterator[T]:
    """Yield everything of a kind that terms are made of, however deep, each part once.

    Parameters
    ----------
    whole
        Terms, or a part of them.
    kind
        Class of what is wanted.
    seen
        Parts that were looked at before, by their identity: readings share most of them. Filled here.
    """
    if isinstance(whole, list):
        for entry in whole:
            yield from parts_of(entry, kind, seen)
    elif id(whole) in seen:
        return
    elif isinstance(whole, kind):
        yield whole
    elif hasattr(whole, "model_fields_set"):
        seen.add(id(whole))
        for value in vars(whole).values():
            if value is not None and not isinstance(value, str):  # most are
                yield from parts_of(value, kind, seen)
