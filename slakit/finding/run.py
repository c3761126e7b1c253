"""What a buyer should know about a contract: defects of the text, gaps, risks and notes, with clauses and figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import polars as pl

from slakit.arguments import checked
from slakit.finding.codes import CODES
from slakit.finding.contract import contract_findings, first_day_of, tier_findings
from slakit.finding.credits import FEE, credit_findings
from slakit.finding.guarantees import guarantee_findings
from slakit.finding.limits import limit_findings
from slakit.finding.model import SEVERITIES, Finding
from slakit.finding.money import money_findings
from slakit.finding.questions import terms_by_answer
from slakit.finding.subjects import names_of, subject_of
from slakit.finding.unread import as_far_as_read, read_in_part, rests_on_silence
from slakit.measure.calendar import FIRST_YEAR, LAST_YEAR
from slakit.policy.document import Policy
from slakit.policy.files import find_policy, policy_and_tier
from slakit.problems import InputError, Problem
from slakit.remedy.break_points import ask_at_once
from slakit.remedy.values import cases_on_outages, cases_on_shares

FINDINGS: dict[str, type[pl.DataType]] = {
    "policy": pl.String, "tiers": pl.String, "severity": pl.String, "code": pl.String, "about": pl.String,
    "subject": pl.String, "sentence": pl.String, "figure": pl.String, "clauses": pl.String, "provider": pl.String,
}  # fmt: skip


@checked
def findings(
    policies: Policy | str | Iterable[Policy | str], *, tier: str | None = None, as_of: date | None = None
) -> pl.DataFrame:
    """List what a buyer should know about policies.

    Every figure is exact: schedules are judged at their break points, not at samples.

    Parameters
    ----------
    policies
        One or several: policies, or names of plans (`klikk`, `klikk:gold`, a path).
    tier
        Look at this tier alone, of policies that are named without one; at all of them, if not given.
    as_of
        The day to reckon the age of a text from; the day on which it was read, if not given.

    Returns
    -------
    pl.DataFrame
        `policy`, `tiers` (those concerned, with commas; empty where it is all), `severity` (`defect`,
        `gap`, `risk`, `note`), `code`, `about` (id of a guarantee or remedy, or a section), `subject` (the same as a
        reader knows it), `sentence`, `figure` (computed, or a witness), `clauses` (with semicolons), `provider`. By
        severity.

    Raises
    ------
    InputError
        A policy or a tier is unknown, or the day lies outside the years that are taken; all problems at once.

    Examples
    --------
    >>> from slakit.policy.files import find_policy
    >>> found = findings(find_policy("cloudworkz")).filter(code="printed-differs")
    >>> found["figure"][1]
    '99.9 % allows 8h45m36s; 9h would be 99.8972 %'
    """
    if as_of is not None and not FIRST_YEAR <= as_of.year <= LAST_YEAR:
        wrong = f"a day outside the years {FIRST_YEAR} to {LAST_YEAR}"
        raise InputError("as_of", [Problem("as_of", as_of, wrong, "look at the year")])
    plans: dict[tuple[int, str | None], tuple[Policy, str | None]] = {}
    problems: list[Problem] = []
    for one in [policies] if isinstance(policies, Policy | str) else policies:
        plain, own = policy_and_tier(one) if isinstance(one, str) else (one, None)
        try:
            policy = find_policy(plain) if isinstance(plain, str) else plain
            if own is not None:
                policy.terms(tier=own)  # refuses a tier that is unknown
        except InputError as error:
            problems += error.problems
        else:
            plans[id(policy), own or tier] = policy, own or tier
    if problems:
        raise InputError("policies", problems)
    rows = [row for policy, own in plans.values() for row in _rows(policy, own, as_of)]
    return pl.DataFrame(rows, schema=FINDINGS, orient="row")


def _rows(policy: Policy, tier: str | None, as_of: date | None) -> Iterator[tuple[str, ...]]:
    day = as_of or first_day_of(policy.source.retrieved)
    tiers: list[str | None] = [tier] if tier is not None else [*policy.tiers] or [None]
    found: dict[Finding, list[str]] = {}
    by_tier = {name: policy.terms(tier=name) for name in tiers}
    plans = by_tier.values()
    ask_at_once(case for terms in plans for case in (*cases_on_outages(terms, FEE), *cases_on_shares(terms, FEE)))
    answered = terms_by_answer(policy, tiers)
    for name, terms in by_tier.items():
        of_plan = [
            *guarantee_findings(terms), *credit_findings(terms), *limit_findings(terms), *money_findings(terms),
            *contract_findings(policy, terms, answered[name], day),
        ]  # fmt: skip
        if not terms.read_whole:
            known = [as_far_as_read(finding) for finding in of_plan if not rests_on_silence(finding, terms)]
            of_plan = [read_in_part(terms), *known]
        for finding in dict.fromkeys(of_plan):
            found.setdefault(finding, []).append(name or "")
    for name, told in tier_findings(policy):
        if name in tiers:
            finding = told if policy.source.read == "whole" else as_far_as_read(told)
            found.setdefault(finding, []).append(name)
    # Findings that differ only in the guarantee they are about are one.
    alike: dict[tuple[str, str, str, tuple[str, ...]], list[Finding]] = {}
    for finding, names in found.items():
        alike.setdefault((finding.code, finding.sentence, finding.figure, tuple(names)), []).append(finding)
    severities, codes, named = list(SEVERITIES), list(CODES), names_of(policy)
    by_severity = sorted(alike, key=lambda key: (severities.index(CODES[key[0]][0]), codes.index(key[0])))
    for key in by_severity:
        code, sentence, figure, concerned = key
        abouts = dict.fromkeys(finding.about for finding in alike[key])
        clauses = [part for finding in alike[key] for clause in finding.clauses for part in clause.split("; ") if part]
        yield (
            policy.id, "" if len(concerned) == len(tiers) else ", ".join(concerned), CODES[code][0], code,
            ", ".join(abouts), subject_of(", ".join(abouts), named), sentence, figure,
            "; ".join(dict.fromkeys(clauses)), policy.provider,
        )  # fmt: skip
