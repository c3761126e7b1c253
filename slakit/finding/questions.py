"""Findings about open questions: what each answer makes of the terms, and only what is not the same under all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from slakit.finding.credits import FEE, level_below, share_of, share_percent
from slakit.finding.guarantees import allows
from slakit.finding.model import Codes, Finding
from slakit.policy import words
from slakit.policy.document import Policy
from slakit.policy.model import PolicyModel, Question
from slakit.policy.plan_names import part_names
from slakit.policy.printing import listed, print_duration, readable
from slakit.policy.quantities import MICROSECONDS
from slakit.policy.terms import Terms, full_reading, read_as, terms_for
from slakit.policy.unread import not_read_or
from slakit.remedy.break_points import ask_at_once, turning_points
from slakit.remedy.single_outage import AskedLengths, SingleOutage, outcomes_of
from slakit.remedy.values import cases_on_outages

CODES: Codes = {
    "window-contradicts": ("defect", "the text names two windows over which a level is judged"),
}
LONG = 160
"""Letters from which on a difference between schedules is told by what one outage earns."""
Facts = Mapping[str, Sequence[str]]
"""Guarantee, remedy or kind → what is said of it, segment by segment."""


Answered = Mapping[str, Mapping[str, Terms]]
"""Question → answer → the terms of a plan under it, every other question answered by default."""


def terms_by_answer(policy: Policy, tiers: Sequence[str | None]) -> Mapping[str | None, Answered]:
    """Read a policy under each answer to each of its questions, for some tiers; what readings share is read once."""
    sections: dict[tuple[str, str], object] = {}
    alike: dict[object, object] = {}
    policies: dict[str, PolicyModel] = {}
    found: dict[str | None, dict[str, dict[str, Terms]]] = {tier: {} for tier in tiers}
    for question in policy.readings:
        for name in question.answers:
            answers = full_reading(policy, {question.id: name})
            if repr(answers) not in policies:
                policies[repr(answers)] = read_as(policy, answers, sections)
            for tier in tiers:
                terms = terms_for(policies[repr(answers)], tier, answers, alike)
                found[tier].setdefault(question.id, {})[name] = terms
    return found


def question_findings(policy: Policy, answered: Answered) -> Iterator[Finding]:
    """Yield what the open questions of a text leave open, for one plan of it."""
    for question in policy.readings:
        read = answered[question.id]
        if len({one.model_dump_json(exclude={"reading"}) for one in read.values()}) == 1:
            continue
        paths = {path for answer in question.answers.values() for path in answer.set}
        code: str = question.kind
        if code != "unclear" and any(path.endswith(".window") for path in paths):
            code = "window-contradicts" if code == "contradiction" else "window-unstated"
        reasons = [f"{own.because} ({readable(name)})." for name, own in question.answers.items() if own.because]
        yield Finding(
            code,
            f"Question: {readable(question.id)}",
            " ".join([question.question, *reasons]),
            _effects(question, read),
            tuple(question.clauses),
        )


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
    if told:
        return ". ".join(told)
    terms = {
        name: ", ".join(f"{words.term_words(path)} {_written(value)}" for path, value in answer.set.items())
        for name, answer in question.answers.items()
    }
    return _answers({name: text or "as it stands" for name, text in terms.items()})


def _answers(said: Mapping[str, str]) -> str:
    return "; ".join(f"{text} ({readable(name)})" for name, text in said.items())


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
    names = part_names(terms)
    caps = {names[r.id]: [words.cap_words(cap).removeprefix("at most ") for cap in r.all_caps] for r in remedies}
    # Segments of every schedule, under the guarantees that alone earn it, or the remedy.
    schedules: dict[str, list[str]] = {}
    for remedy in remedies:
        for credit in remedy.credit:
            name = listed(names[one] for one in credit.guarantees or [remedy.id])
            schedules.setdefault(name, []).extend(words.credit_pieces(credit))
    return {
        "downtime allowed": {names[g.id]: [f"{allows(g)} in {g.window.with_article}"] for g in on_outages},
        "credit": schedules,
        "how often": {names[remedy.id]: words.often_words(remedy) for remedy in remedies},
        "cap": {name: said or [no_cap] for name, said in caps.items()},
        "claim": {names[r.id]: [words.claim_words(terms.claims_of(r), read_whole=whole)] for r in remedies},
        "maintenance excluded": {
            names[g.id]: [" and ".join(g.exclude.maintenance) or no_maintenance] for g in on_outages
        },
        "maintenance": {
            words.maintenance_name(entry): [words.maintenance_words(entry, read_whole=whole)]
            for entry in terms.maintenance
        },
        "recovery": {loss.id: [words.recovery_words(loss)] for loss in terms.recovery},
    }


def _differing(answers: Mapping[str, Facts]) -> tuple[str, dict[str, str]]:
    """Return what differs between answers: whose it is, where it is not all there is, and what each answer says."""
    names = list(dict.fromkeys(name for facts in answers.values() for name in facts))
    moving = [name for name in names if len({tuple(facts.get(name, ())) for facts in answers.values()}) > 1]
    shared = {name: set.intersection(*(set(facts.get(name, ())) for facts in answers.values())) for name in moving}
    # What only some answers say of that which moves.
    own: dict[str, dict[str, str]] = {answer: {} for answer in answers}
    for answer, facts in answers.items():
        for name, same in shared.items():
            pieces = [piece for piece in facts.get(name, ()) if piece not in same]
            own[answer][name] = "; ".join(pieces) or ("without that" if name in facts else "nothing")
    if all(len(set(texts.values())) == 1 for texts in own.values()):
        about = f" for {listed(moving)}" if len(moving) < len(names) else ""
        return about, {answer: next(iter(texts.values())) for answer, texts in own.items()}
    said: dict[str, str] = {}
    for answer, texts in own.items():
        holders: dict[str, list[str]] = {}
        for name, text in texts.items():
            holders.setdefault(text, []).append(name)
        of_some = {text: f" for {listed(some)}" if len(some) < len(names) else "" for text, some in holders.items()}
        said[answer] = ", ".join(text + about for text, about in of_some.items())
    return "", said


# --- one outage that tells schedules apart


def _witness(read: Mapping[str, Terms], said: Mapping[str, str]) -> str | None:
    """One outage of which the answers make as different credits as their words are; none where there is none."""
    by_answer: dict[str, dict[str, list[SingleOutage]]] = {name: {} for name in read}
    for name, terms in read.items():
        for case in cases_on_outages(terms, FEE):
            if case.remedy is not None:
                by_answer[name].setdefault(case.rule.guarantee.id, []).append(case)
    shared = set.intersection(*(set(cases) for cases in by_answer.values()))
    for guarantee in [name for name in next(iter(by_answer.values())) if name in shared]:
        cases = {name: own[guarantee] for name, own in by_answer.items()}
        every = [case for own in cases.values() for case in own]
        if len({(case.longest, case.rule.per_incident, str(case.of)) for case in every}) > 1:
            continue
        ask_at_once(every)
        # The length, amid two break points where there is such a one, at which the most answers differ.
        edges = sorted({point for case in every for point in turning_points(case)})
        amid = [(one + other) // 2 for one, other in pairwise(edges) if other - one > MICROSECONDS["s"]]
        outcomes_of(AskedLengths([case], [*amid, *edges]) for case in every)
        bad = max([*amid, *edges], key=lambda length: len(set(_shares(cases, length).values())))
        credits = {name: share_percent(share) if share else "nothing" for name, share in _shares(cases, bad).items()}
        if len(set(credits.values())) == len(set(said.values())):
            place = print_duration(bad) if every[0].rule.per_incident else level_below(every[0], bad)
            about = f" for {part_names(next(iter(read.values())))[guarantee]}" if len(shared) > 1 else ""
            return f"credit{about} at {place}, of {words.fee_words(every[0].of)}: {_answers(credits)}"
    return None


def _shares(cases: Mapping[str, Sequence[SingleOutage]], bad: int) -> dict[str, Fraction]:
    """Answer → the credit for one outage, as a share of the fee basis."""
    return {name: sum((share_of(case, bad) for case in own), Fraction(0)) for name, own in cases.items()}
