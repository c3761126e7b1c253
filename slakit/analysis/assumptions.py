"""Assumptions: what a calculation took that neither document nor evidence says; as keys, and in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

import polars as pl

from slakit.analysis.observation import Unobserved
from slakit.analysis.plans import Policies
from slakit.analysis.requirements import claims_in
from slakit.analysis.review import Review
from slakit.analysis.samples import Missing
from slakit.evidence.answers import WITHOUT_CREDIT
from slakit.evidence.evidence import Evidence
from slakit.evidence.instants import utc_text
from slakit.evidence.phases import changed
from slakit.measure.conventions import Conventions
from slakit.measure.rules import ASSUMED_ZONE, Plan
from slakit.measure.tickets import ANSWERS, MINUTES
from slakit.policy.plan_names import capitalized, plan_names
from slakit.policy.printing import readable
from slakit.policy.terms import Terms
from slakit.policy.unread import NOT_READ, READ, unread_terms
from slakit.policy.words import ANCHORS, BASES
from slakit.remedy.fees import Fees

SAMPLE_RULES: Mapping[str, object] = {
    "every": None, "failures": 1, "successes": 1, "start": "first_failure", "end": "first_success",
    "missing": "unknown", "hold": None, "agree": None,
}  # fmt: skip
"""Conventions of the table `probing`, and what an empty one means."""
ASSUMPTIONS = ["subject", "term", "value", "because"]
Row = tuple[str, str, str, str]
TERMS = {
    "claims.needed": "whether credits must be claimed",
    "claims.after": "begin of the claim period",
    "claims.within": "claim period",
    "claims.holidays": "holidays in the claim period",
    "claims.opens": "when claims open",
    "claims.payout": "how credits are paid out",
    "ranked": "priority of a ticket that changes it",
    "credit.of": "fee that the credit is a share of",
    "credit.of.components": "components whose fee the credit is a share of",
    "credit.caps": "cap on credits",
    "credit.when": "condition of the credit",
    "exclude.causes": "excluded causes",
    "exclude.maintenance": "excluded maintenance",
    "window": "measurement window",
    "at_least": "committed level",
    "target": "committed level",
    "measured": "what is measured",
    "missing": "unobserved time",
    "measured.by": "who measures",
    "support.business_days": "business days",
    "support.hours": "support hours",
    "support.hours.holidays": "holidays in the support hours",
    "unit": "unit in which downtime is counted",
}
"""Terms of a policy as people call them; others are called by their keys."""
VALUES = {
    "1d": "calendar day", "1w": "calendar week", "1mo": "calendar month", "1q": "calendar quarter",
    "1y": "calendar year", "up": "without an outage", "false": "no", "true": "yes", "24/7": "around the clock",
    "answered": "when it was answered", **BASES, **{anchor: f"when {words}" for anchor, words in ANCHORS.items()},
}  # fmt: skip
"""Values of terms as people call them."""


def assumptions_of(
    evidence: Evidence,
    policies: Policies,
    chosen: Mapping[Plan, Terms],
    fees: Fees,
    tables: Mapping[str, pl.DataFrame],
    missing: Iterable[Missing] = (),
    few: Iterable[tuple[str, str, str, str]] = (),
    unobserved: Iterable[Unobserved] = (),
    conventions: Conventions | None = None,
) -> pl.DataFrame:
    """List what was assumed, of policies and of subscriptions.

    Parameters
    ----------
    evidence, policies, chosen, fees
        What was assessed, and by which terms.
    tables
        Of the review: `requirements`, what claims require, and `corrections`, decisions on outages.
    missing, few
        Measurements that are missing, or of too few requests.
    unobserved
        Time that was not observed.
    conventions
        How the clocks of tickets ran.

    Returns
    -------
    pl.DataFrame
        `subject` (policy or subscription), `term`, `value`, `because`.
    """
    rows: list[Row] = []
    for name, policy in policies.items():
        rows += [(name, assumed.term, assumed.value, assumed.because) for assumed in policy.assumed]
        if policy.time_zone is None:
            rows.append((name, "time_zone", ASSUMED_ZONE, "The file names no time zone"))
        pays = bool(policy.remedies) or any(guarantee.credit for guarantee in policy.guarantees)
        speaks_of_claims = policy.claims is not None or any(remedy.claims for remedy in policy.remedies)
        if policy.source.read == "whole" and pays and not speaks_of_claims:
            rows.append((name, "claims.needed", "false", "The file says nothing of claims"))
    for (name, _), terms in chosen.items():
        for question in policies[name].readings:
            answer = terms.reading[question.id]
            rows.append((name, f"reading {question.id}", answer, question.answers[answer].because or "chosen"))
    rows += _of_evidence(evidence, chosen, fees)
    rows += _of_contracts(chosen)
    for gap in missing:
        if gap.missing < gap.expected:  # where nothing was measured there is no verdict
            because = f"The contract does not say what {gap.what} without a measurement are"
            rows.append((gap.subscription, f"missing measurements of {gap.guarantee}", gap.taken, because))
    rows += [(name, f"too few requests of {guarantee}", taken, because) for name, guarantee, taken, because in few]
    because = "The contract does not say what unobserved time is"
    rows += [
        (one.subscription, f"guarantees.{one.guarantee}.missing", "up", because) for one in unobserved if one.silent
    ]
    unanswered = tables["requirements"].filter(pl.col("met").is_null()).select("subscription", "requirement").unique()
    for subscription, requirement in unanswered.sort("subscription", "requirement").iter_rows():
        because = "The table conditions does not say it of the whole window of each credit"
        rows.append((subscription, f"condition {requirement}", "met", because))
    rows += _of_corrections(tables["corrections"])
    if conventions is not None and not evidence.tickets.is_empty():
        for field in fields(Conventions):
            value = getattr(conventions, field.name)
            if value != field.default:
                shown = ", ".join(sorted(map(str, value))) if isinstance(value, frozenset) else str(value)
                rows.append(("tickets", f"conventions {field.name}", shown, "Chosen for this assessment"))
    return pl.DataFrame(list(dict.fromkeys(rows)), schema=dict.fromkeys(ASSUMPTIONS, pl.String), orient="row")


def assumptions_in_words(review: Review) -> pl.DataFrame:
    """Write the assumptions of a review for people: guarantees and questions by name, values in words.

    Examples
    --------
    >>> from slakit.analysis.assess import assess
    >>> shop = {"subscription": "shop", "policy": "wp-heaven", "monthly_fee": "1600", "currency": "DKK"}
    >>> evidence = Evidence.of([{**shop, "starts": "2025-01-01T00:00:00+01:00"}], outages=[])
    >>> assumptions_in_words(assess(evidence, "2026-06", "2026-07-01")).row(1)[:3]
    ('WP Heaven', 'Website uptime: measurement window', 'calendar month')
    """
    plans = {policy: terms for (policy, _), terms in review.terms.items()}
    held = {subscription: review.plan_of(subscription) for subscription in review.evidence.names}
    names = plan_names({policy: terms.model_copy(update={"tier": None}) for policy, terms in plans.items()})
    rows = []
    for subject, term, value, because in review.assumptions.iter_rows():
        terms = plans.get(subject) or review.terms.get(held.get(subject, ("", None)))
        plain = value if "/" in value else value.replace("_", " ")
        said = answer_words(value) if term.startswith("reading ") else VALUES.get(value) or plain
        rows.append((names.get(subject, subject), _term_words(review, subject, term, terms), said, because))
    return pl.DataFrame(rows, schema=review.assumptions.schema, orient="row")


def answer_words(answer: str) -> str:
    """Write an answer to an open question as words.

    >>> answer_words("per_service")
    'per service'
    """
    return answer.replace("_", " ")


def _term_words(review: Review, subject: str, term: str, terms: Terms | None) -> str:
    """Name a term: `guarantees.website.window` is the measurement window of the guarantee of that id."""
    kind, _, name = term.partition(" ")
    guarantees = {g.id: g.name or g.id for g in terms.guarantees} if terms else {}
    remedies = {r.id: r.name or guarantees.get(r.id, r.id) for r in terms.remedies} if terms else {}
    if kind == "reading":
        return next((q.question for q in review.policies[subject].readings if q.id == name), name)
    if kind == "component_fees":
        return f"Fee of {name.replace('_', ' ')}"
    if kind == "claims_made":
        remedy = name.removesuffix(" amount")
        return f"Amount of the claim for {remedies.get(remedy, remedy)}"
    if kind == "condition" and terms:
        required = [one for claims in claims_in(terms) for one in claims.requires]
        said = next((one.says for one in required if one.id == name), name)
        return f"Requirement of claims: {said.rstrip('.')}"
    if kind == "correction":
        return f"Outage {name}"
    if kind == "probes":
        return f"Samples of {name}" if name else "Samples"
    if kind == "table":
        return f"Table of {name.replace('_', ' ')}"
    if kind == "conventions":
        return f"Ticket clocks: {name.replace('_', ' ')}"
    for said in ("missing measurements", "too few requests"):
        if term.startswith(f"{said} of "):
            guarantee = term.removeprefix(f"{said} of ")
            return f"{said.capitalize()}: {guarantees.get(guarantee, guarantee)}"
    part, _, rest = term.partition(".")
    if part == "one_of" and terms:
        choice = next((one for one in terms.one_of if rest == f"{one.id}.select"), None)
        called = [remedies.get(one, one) for one in choice.remedies] if choice else [rest]
        return f"Credit chosen of {', '.join(called)}"
    names = {"guarantees": guarantees, "remedies": remedies}.get(part, {})
    holder, _, path = rest.partition(".")
    if names:
        return f"{names.get(holder, holder)}: {path_words(path)}"
    return capitalized(path_words(term))


def path_words(path: str) -> str:
    """Write a term, called by its path below its guarantee or remedy, as people call it.

    >>> path_words("credit.of"), path_words("credit.payout")
    ('fee that the credit is a share of', 'credit, payout')
    """
    return TERMS.get(path) or ", ".join(readable(part) for part in path.split("."))


def _of_contracts(chosen: Mapping[Plan, Terms]) -> Iterator[Row]:
    """List what was not read of contracts, and what their streaks and sliding windows are taken to mean."""
    for (name, _), terms in chosen.items():
        for unread in unread_terms(terms):
            because = f"Only {READ[terms.source.read]} was read, which does not say: {unread.taken}"
            yield name, unread.term, NOT_READ, because
    for (name, _), terms in chosen.items():
        if terms.looks_back:
            because = "What is missed in a row counts from when measurement began; what is not in evidence was met"
            yield name, "windows before the period", "as in evidence", because
    for (name, _), terms in chosen.items():
        for choice in terms.one_of:
            if choice.select == "choice":
                first = next(remedy for remedy in terms.remedies if remedy.id == choice.remedies[0])
                of = "incident" if terms.guarantee(first.guarantees[0]).window.text == "incident" else "window"
                because = f"The customer chooses one of these credits; the largest of each {of} is taken"
                yield name, f"one_of.{choice.id}.select", "largest", because
    for (name, _), terms in chosen.items():
        earning = {guarantee for remedy in terms.remedies for guarantee in remedy.guarantees}
        for guarantee in terms.guarantees:
            if guarantee.window.slides and guarantee.id in earning:
                because = (
                    "Windows overlap; the first that ends when an outage is over pays for it, those after it do not"
                )
                yield name, f"guarantees.{guarantee.id}.credit", "an outage is paid for once", because


def _of_corrections(corrections: pl.DataFrame) -> Iterator[Row]:
    """List the decisions on outages that apply, and those that would if they were not disputed."""
    last = pl.col("decided") == pl.col("decided").max().over("outage")
    for row in corrections.filter(pl.col("applied") | ((pl.col("state") == "disputed") & last)).iter_rows(named=True):
        says = {"excluded": "excluded", "reinstated": "as recorded"}.get(row["action"])
        if says is None:
            ended = row["corrected_ended"]
            says = f"from {utc_text(row['corrected_started'])} " + (f"to {utc_text(ended)}" if ended else "on")
        who = f"{row['by']}, {utc_text(row['decided'])}"
        if row["applied"]:
            yield row["subscription"], f"correction {row['outage']}", says, f"Agreed: {row['reason']} ({who})"
        else:
            because = f"Disputed that it is {says}: {row['reason']} ({who})"
            yield row["subscription"], f"correction {row['outage']}", "not applied", because


def _of_evidence(evidence: Evidence, chosen: Mapping[Plan, Terms], fees: Fees) -> Iterator[Row]:
    """List what was taken for fees, tables and amounts that were not given."""
    held = evidence.phases.select("subscription", "policy", "tier").rows()
    for subscriber, (subscription, policy, tier) in enumerate(held):
        terms = chosen[(policy, tier)]
        needed_fees = {
            ", ".join(terms.guarantee(name).components)
            for remedy in terms.remedies
            for credit in remedy.credit
            for name in remedy.guarantees
            if credit.of == "component_fee"
        }
        for component in sorted(needed_fees - set(fees.components[subscriber])):
            because = "No fee of the component is given; the whole monthly fee is taken"
            yield subscription, f"component_fees {component}", "monthly_fee", because
    for row in evidence.probing.iter_rows(named=True):
        said = {name: row[name] or taken for name, taken in SAMPLE_RULES.items() if row[name] or taken}
        term = "probes" if row["component"] is None else f"probes {row['component']}"
        because = "Samples become outages by this rule; the review says where their bounds would decide otherwise"
        told = ", ".join(f"{name} {readable(str(value))}" for name, value in said.items())
        yield row["subscription"], term, told, because
    rows = changed(evidence.subscriptions)
    for (subscription,), own in rows.partition_by("subscription", as_dict=True, maintain_order=True).items():
        if own["monthly_fee"].n_unique() > 1 or own["component_fees"].n_unique() > 1:
            because = "The fee changes: that of a month is the mean of those in force in it, each by its time"
            yield subscription, "monthly_fee", "the mean of a month", because
    for (subscription,) in evidence.phases.filter(pl.col("position") > 0).select("subscription").unique().iter_rows():
        because = (
            "The plan changes: a window is cut there where the terms that measure it differ. Each part is judged by "
            "its own terms, and what is due once for a window is due on the part's share, by time, of its fee. Where "
            "the terms are the same the window is judged as one, and earns by those at its end"
        )
        yield subscription, "windows over a change", "by the terms of their time", because
    changing = set(evidence.numbered("priorities")["subscription"])
    for subscription, policy, tier in dict.fromkeys(held):
        for guarantee in chosen[(policy, tier)].guarantees if subscription in changing else ():
            if guarantee.by_priority and "ranked" not in guarantee.model_fields_set:
                because = "The contract does not say whether a ticket that changes its priority keeps the first"
                yield subscription, f"guarantees.{guarantee.id}.ranked", "answered", because
        needed: dict[str, list[str]] = {"outages": [], "measurements": [], "tickets": [], "updates": []}
        for guarantee in chosen[(policy, tier)].guarantees:
            if guarantee.measured is not None:
                needed["measurements"].append(guarantee.id)
            elif guarantee.on_outages:
                needed["outages"].append(guarantee.id)
            elif guarantee.metric in ANSWERS:
                needed["tickets"].append(guarantee.id)
                needed["updates"] += [guarantee.id] if guarantee.metric == "update" else []
        for table, guarantees in needed.items():
            if guarantees and table not in evidence.given:
                because = f"Without the table {table} there is no verdict on {', '.join(guarantees)}"
                yield subscription, f"table {table}", "not given", because
        if needed["outages"] and "outages" in evidence.given:
            yield subscription, "table outages", "complete", "What is not listed is taken as time without an outage"
    for minutes in MINUTES.values():
        for subscription in evidence.tickets.drop_nulls(minutes)["subscription"].unique(maintain_order=True):
            because = "The minutes are taken as the contract counts them; hours and holds are not applied to them again"
            yield subscription, f"tickets {minutes}", "as given", because
    without = pl.col("outcome").is_in(WITHOUT_CREDIT).fill_null(value=False)
    unknown = evidence.claims_made.filter(pl.col("amount").is_null() & ~without)
    for subscription, remedy in unknown.select("subscription", "remedy").iter_rows():
        yield subscription, f"claims_made {remedy} amount", "0", "The claim names no amount; nothing is taken off caps"
