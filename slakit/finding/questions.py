"""Findings about open questions: what each answer makes of the terms, and only what is not the same under all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from slakit.finding.credits import FEE, level_below, percent, share_of
from slakit.finding.guarantees import allows
from slakit.finding.model import Codes, Finding
from slakit.policy import words
from slakit.policy.document import Policy
from slakit.policy.model import Answer, Question
from slakit.policy.printing import listed, print_duration, readable
from slakit.policy.quantities import MICROSECONDS
from slakit.policy.remedies import Remedy
from slakit.policy.terms import Terms
from slakit.policy.unread import not_read_or
from slakit.remedy.break_points import turning_points
from slakit.remedy.single_outage import SingleOutage, outcomes
from slakit.remedy.values import cases_on_outages

CODES: Codes = {
    "window-contradicts": ("defect", "the text names two windows over which a level is judged"),
}
LONG = 160
"""Letters from which on a difference between schedules is told by what one outage earns."""
Facts = Mapping[str, Sequence[str]]
"""Guarantee, remedy or kind → what is said of it, segment by segment."""
Cases = Mapping[str, Sequence[SingleOutage]]
"""Answer → the remedies that one guarantee earns under it."""


def question_findings(policy: Policy, terms: Terms) -> Iterator[Finding]:
    """Yield what the open questions of a text leave open, for one plan of it."""
    for question in policy.readings:
        read = {name: policy.terms(tier=terms.tier, reading={question.id: name}) for name in question.answers}
        if len({one.model_dump_json(exclude={"reading"}) for one in read.values()}) > 1:
            yield Finding(
                _code(question),
                f"Question: {readable(question.id)}",
                _asked(question),
                _effects(question, read),
                tuple(question.clauses),
            )


def _code(question: Question) -> str:
    paths = {path for answer in question.answers.values() for path in answer.set}
    if question.kind == "unclear" or not any(path.endswith(".window") for path in paths):
        return question.kind
    return "window-contradicts" if question.kind == "contradiction" else "window-unstated"


def _asked(question: Question) -> str:
    """The question, with what speaks for each answer."""
    reasons = ((name, answer.because) for name, answer in question.answers.items() if answer.because)
    return " ".join([question.question, *(f"{because} ({readable(name)})." for name, because in reasons)])


def _effects(question: Question, read: Mapping[str, Terms]) -> str:
    """Return what the answers make of the first terms on which they differ, until all answers are told apart."""
    facts = {name: _facts(terms) for name, terms in read.items()}
    told: list[str] = []
    apart = dict.fromkeys(facts, "")
    for label in next(iter(facts.values())):
        about, said = _differing({name: of_answer[label] for name, of_answer in facts.items()})
        both = {name: f"{apart[name]}|{text}" for name, text in said.items()}
        if len(set(both.values())) > len(set(apart.values())):
            line = f"{label}{about}: " + _answers(said)
            told.append((_witness(read, said) or line) if label == "credit" and len(line) > LONG else line)
            apart = both
    return ". ".join(told) or "; ".join(_sets(name, answer) for name, answer in question.answers.items())


def _answers(said: Mapping[str, str]) -> str:
    return "; ".join(f"{text} ({readable(name)})" for name, text in said.items())


def _sets(name: str, answer: Answer) -> str:
    terms = ", ".join(f"{words.term_words(path)} {_written(value)}" for path, value in answer.set.items())
    return f"{terms or 'as it stands'} ({readable(name)})"


def _written(value: object) -> str:
    """A value as one reads it out: keys before what they hold, without braces; where it stands is told elsewhere."""
    if isinstance(value, Mapping):
        return " ".join(f"{key.replace('_', ' ')} {_written(own)}" for key, own in value.items() if key != "clause")
    if isinstance(value, list):
        return ", ".join(map(_written, value))
    return "none" if value is None else str(value).replace("_", " ")


def _facts(terms: Terms) -> dict[str, Facts]:
    """Return what a plan comes to, in the order in which people ask: label → what it comes to."""
    on_outages = [guarantee for guarantee in terms.guarantees if guarantee.metric == "availability"]
    remedies, whole = terms.remedies, terms.read_whole
    no_cap, no_maintenance = not_read_or(terms, "no cap"), not_read_or(terms, "none")
    caps = {r.id: [words.cap_words(cap).removeprefix("at most ") for cap in r.all_caps] for r in remedies}
    return {
        "downtime allowed": {g.id: [f"{allows(g)} in {g.window.with_article}"] for g in on_outages},
        "credit": _schedules(remedies),
        "how often": {remedy.name or remedy.id: words.often_words(remedy) for remedy in remedies},
        "cap": {name: said or [no_cap] for name, said in caps.items()},
        "claim": {r.id: [words.claim_words(terms.claims_of(r), read_whole=whole)] for r in remedies},
        "maintenance excluded": {g.id: [" and ".join(g.exclude.maintenance) or no_maintenance] for g in on_outages},
        "maintenance": {kind.kind: [words.maintenance_words(kind, read_whole=whole)] for kind in terms.maintenance},
        "recovery": {loss.id: [words.recovery_words(loss)] for loss in terms.recovery},
    }


def _schedules(remedies: Sequence[Remedy]) -> Facts:
    """Segments of every schedule, under the guarantees that alone earn it, or the remedy."""
    found: dict[str, list[str]] = {}
    for remedy in remedies:
        for credit in remedy.credit:
            name = listed(credit.guarantees) if credit.guarantees else remedy.name or remedy.id
            found.setdefault(name, []).extend(words.credit_pieces(credit))
    return found


def _differing(answers: Mapping[str, Facts]) -> tuple[str, dict[str, str]]:
    """Return what differs between answers: whose it is, where it is not all there is, and what each answer says."""
    names = list(dict.fromkeys(name for facts in answers.values() for name in facts))
    moving = [name for name in names if len({tuple(facts.get(name, ())) for facts in answers.values()}) > 1]
    shared = {name: set.intersection(*(set(facts.get(name, ())) for facts in answers.values())) for name in moving}
    own = {answer: _alone(facts, shared) for answer, facts in answers.items()}
    if all(len(set(facts.values())) == 1 for facts in own.values()):
        about = f" for {listed(moving)}" if len(moving) < len(names) else ""
        return about, {answer: next(iter(facts.values())) for answer, facts in own.items()}
    return "", {answer: _told(facts, len(names)) for answer, facts in own.items()}


def _alone(facts: Facts, shared: Mapping[str, set[str]]) -> dict[str, str]:
    """Return what only some answers say of that which moves."""
    own = {name: [piece for piece in facts.get(name, ()) if piece not in same] for name, same in shared.items()}
    missing = {name: "without that" if name in facts else "nothing" for name in own}
    return {name: "; ".join(pieces) or missing[name] for name, pieces in own.items()}


def _told(facts: Mapping[str, str], count: int) -> str:
    holders: dict[str, list[str]] = {}
    for name, text in facts.items():
        holders.setdefault(text, []).append(name)
    said = [text + (f" for {listed(own)}" if len(own) < count else "") for text, own in holders.items()]
    return ", ".join(said)


# --- one outage that tells schedules apart


def _witness(read: Mapping[str, Terms], said: Mapping[str, str]) -> str | None:
    """One outage of which the answers make as different credits as their words are; none where there is none."""
    by_answer = {name: _by_guarantee(terms) for name, terms in read.items()}
    shared = set.intersection(*(set(cases) for cases in by_answer.values()))
    for guarantee in [name for name in next(iter(by_answer.values())) if name in shared]:
        cases = {name: own[guarantee] for name, own in by_answer.items()}
        bad = _tells_apart(cases)
        credits = {} if bad is None else {name: _credit(own, bad) for name, own in cases.items()}
        if bad is not None and len(set(credits.values())) == len(set(said.values())):
            case = next(iter(cases.values()))[0]
            place = print_duration(bad) if case.rule.per_incident else level_below(case, bad)
            about = f" for {guarantee}" if len(shared) > 1 else ""
            return f"credit{about} at {place}, of {words.fee_words(case.of)}: {_answers(credits)}"
    return None


def _by_guarantee(terms: Terms) -> dict[str, list[SingleOutage]]:
    found: dict[str, list[SingleOutage]] = {}
    for case in cases_on_outages(terms, FEE):
        if case.remedy is not None:
            found.setdefault(case.rule.guarantee.id, []).append(case)
    return found


def _tells_apart(cases: Cases) -> int | None:
    """The length, amid two break points where there is such a one, at which the most answers differ. [µs]"""
    alike = {(case.longest, case.rule.per_incident, str(case.of)) for own in cases.values() for case in own}
    if len(alike) > 1:
        return None
    edges = sorted({point for own in cases.values() for case in own for point in turning_points(case)})
    amid = [(one + other) // 2 for one, other in pairwise(edges) if other - one > MICROSECONDS["s"]]
    for case in (case for own in cases.values() for case in own):
        outcomes([case], [*amid, *edges])
    return max([*amid, *edges], key=lambda bad: len({_share(own, bad) for own in cases.values()}))


def _share(cases: Sequence[SingleOutage], bad: int) -> Fraction:
    return sum((share_of(case, bad) for case in cases), Fraction(0))


def _credit(cases: Sequence[SingleOutage], bad: int) -> str:
    share = _share(cases, bad)
    return percent(share) if share else "nothing"
