"""What a buyer should know about a contract: defects of the text, gaps, risks and notes, with clauses and figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import polars as pl

from slakit.arguments import checked
from slakit.finding.codes import CODES
from slakit.finding.contract import contract_findings, day_of, tier_findings
from slakit.finding.credits import credit_findings
from slakit.finding.guarantees import guarantee_findings
from slakit.finding.limits import limit_findings
from slakit.finding.model import SEVERITIES, Finding
from slakit.finding.money import money_findings
from slakit.finding.unread import as_far_as_read, read_in_part, rests_on_silence
from slakit.measure.calendar import FIRST_YEAR, LAST_YEAR
from slakit.policy.document import Policy
from slakit.policy.files import find_policy, find_terms, policy_and_tier
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem

FINDINGS: dict[str, type[pl.DataType]] = {
    "policy": pl.String, "tiers": pl.String, "severity": pl.String, "code": pl.String, "about": pl.String,
    "sentence": pl.String, "figure": pl.String, "clauses": pl.String, "provider": pl.String,
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
        `gap`, `risk`, `note`), `code`, `about` (guarantee, remedy or section), `sentence`, `figure` (computed, or a
        witness), `clauses` (with semicolons), `provider`. By severity.

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
    named = [policies] if isinstance(policies, Policy | str) else list(policies)
    rows = [row for policy, one in _found(named, tier) for row in _rows(policy, one, as_of)]
    return pl.DataFrame(rows, schema=FINDINGS, orient="row")


def _found(named: Sequence[Policy | str], tier: str | None) -> list[tuple[Policy, str | None]]:
    """Policies with the one tier to look at, if any."""
    names = [name for name in named if isinstance(name, str)]
    if names:
        find_terms(names)  # refuses all that is unknown at once
    plans: list[tuple[Policy, str | None]] = []
    for one in named:
        plain, own = policy_and_tier(one) if isinstance(one, str) else (one, None)
        plans.append((find_policy(plain) if isinstance(plain, str) else plain, own or tier))
    return list({(id(policy), own): (policy, own) for policy, own in plans}.values())


def _rows(policy: Policy, tier: str | None, as_of: date | None) -> Iterator[tuple[str, ...]]:
    day = as_of or day_of(policy.source.retrieved)
    tiers: list[str | None] = [tier] if tier is not None else [*policy.tiers] or [None]
    found: dict[Finding, list[str]] = {}
    for name in tiers:
        for finding in _of_plan(policy, name, day):
            holders = found.setdefault(finding, [])
            holders += [name or ""] if (name or "") not in holders else []
    for name, told in tier_findings(policy):
        finding = told if policy.source.read == "whole" else as_far_as_read(told)
        if name in tiers:
            found.setdefault(finding, []).append(name)
    codes = list(CODES)
    for finding, names in sorted(_together(found), key=lambda pair: _rank(pair[0], codes)):
        shown = "" if len(names) == len(tiers) else ", ".join(names)
        yield (
            policy.id, shown, CODES[finding.code][0], finding.code, finding.about, finding.sentence, finding.figure,
            "; ".join(dict.fromkeys(part for clause in finding.clauses for part in clause.split("; ") if part)),
            policy.provider,
        )  # fmt: skip


def _of_plan(policy: Policy, tier: str | None, day: date | None) -> Iterator[Finding]:
    terms = policy.terms(tier=tier)
    found = _of_terms(policy, terms, day)
    if terms.read_whole:
        yield from found
        return
    yield read_in_part(terms)
    yield from (as_far_as_read(finding) for finding in found if not rests_on_silence(finding, terms))


def _of_terms(policy: Policy, terms: Terms, day: date | None) -> Iterator[Finding]:
    yield from guarantee_findings(terms)
    yield from credit_findings(terms)
    yield from limit_findings(terms)
    yield from money_findings(terms)
    yield from contract_findings(policy, terms, day)


def _rank(finding: Finding, codes: list[str]) -> tuple[int, int]:
    return list(SEVERITIES).index(CODES[finding.code][0]), codes.index(finding.code)


def _together(found: dict[Finding, list[str]]) -> list[tuple[Finding, list[str]]]:
    """Findings that differ only in the guarantee they are about are one."""
    merged: dict[tuple[object, ...], tuple[Finding, list[str], list[str]]] = {}
    for finding, names in found.items():
        key = (finding.code, finding.sentence, finding.figure, tuple(names))
        kept, _, abouts = merged.setdefault(key, (finding, names, []))
        abouts += [finding.about] if finding.about not in abouts else []
        clauses = tuple(dict.fromkeys((*kept.clauses, *finding.clauses)))
        merged[key] = (kept._replace(clauses=clauses), names, abouts)
    return [(finding._replace(about=", ".join(abouts)), names) for finding, names, abouts in merged.values()]
