"""A contract held against Regulation (EU) 2022/2554 (DORA), article 30: what it has, where, and what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import polars as pl

from slakit.arguments import checked
from slakit.policy import words
from slakit.policy.document import Policy
from slakit.policy.files import find_plans, tiers_of
from slakit.policy.guarantees import Guarantee
from slakit.policy.remedies import Remedy
from slakit.policy.terms import Terms
from slakit.problems import InputError

DORA: dict[str, type[pl.DataType]] = {
    "policy": pl.String, "tier": pl.String, "provider": pl.String, "article": pl.String, "asks": pl.String,
    "point": pl.String, "state": pl.String, "says": pl.String, "clauses": pl.String, "missing": pl.String,
}  # fmt: skip
ASKED = {
    "30(2)(e)": "service level descriptions, including updates and revisions",
    "30(3)(a)": "precise quantitative and qualitative performance targets, so that the entity can monitor and correct "
    "without undue delay (critical or important functions)",
    "30(3)(b)": "notice periods and reporting obligations, also of what may affect the service "
    "(critical or important functions)",
    "30(3)(e)": "the right to monitor the provider's performance: access, inspection and audit "
    "(critical or important functions)",
}
"""Article → what it asks of a contract, shortened."""
STATES = {"stated": "stated", "part": "stated in part", "missing": "missing", "not_read": "not read"}
REPORTING = re.compile(r"\b(report|notif|inform|announc|warn)", re.IGNORECASE)
MONITORING = re.compile(r"\b(audit|inspect|monitor|access to (the )?(data|measurements|records))", re.IGNORECASE)
"""Words by which an undertaking in a contract is taken to be about reporting, or about monitoring."""


class Point(NamedTuple):
    """One thing that an article asks for.

    Attributes
    ----------
    article, point
        The article, and what of it.
    has
        What the contract says, each with its clause.
    missing
        What it does not say.
    """

    article: str
    point: str
    has: list[tuple[str, str]]
    missing: list[str]


@checked
def dora_findings(policies: Policy | str | Iterable[Policy | str], *, tier: str | None = None) -> pl.DataFrame:
    """Hold contracts against article 30(2)(e) and 30(3)(a), (b) and (e) of DORA, so far as policies have such terms.

    It looks for terms, and does not judge whether they suffice: other parts of an agreement, and law, may say more.

    Parameters
    ----------
    policies
        One or several: policies, or names of plans (`klikk`, `klikk:gold`, a path).
    tier
        Look at this tier alone, of policies that are named without one; at all of them, if not given.

    Returns
    -------
    pl.DataFrame
        A row for each tier and point: `policy`, `tier`, `provider`, `article`, `asks` (what the article asks for),
        `point`, `state` (`stated`, `part`, `missing`; `not_read` where only a part of the document was read), `says`
        (what the contract has, with semicolons), `clauses`, `missing` (in words).

    Raises
    ------
    InputError
        A policy or a tier is unknown; all problems at once.

    Examples
    --------
    >>> found = dora_findings("klink-cloud:enterprise")
    >>> found.filter(article="30(3)(a)").select("point", "state").rows()[0]
    ('targets in figures', 'stated')
    """
    plans: list[tuple[Policy, str | None]] = []
    problems = []
    for one in [policies] if isinstance(policies, Policy | str) else policies:
        try:
            found = find_plans(one) if isinstance(one, str) else tiers_of(one)
            if tier is not None and not (isinstance(one, str) and len(found) == 1 and found[0][1] is not None):
                found[0][0].terms(tier=tier)  # refuses a tier that is unknown
                found = [(found[0][0], tier)]
        except InputError as error:
            problems += error.problems
        else:
            plans += found
    if problems:
        raise InputError("policies", problems)
    rows = []
    for policy, own in plans:
        terms = policy.terms(tier=own)
        for point in _points(policy, terms):
            state = "stated" if not point.missing else "part" if point.has else "missing"
            if point.missing and not terms.read_whole:
                state = "not_read"
            clauses = dict.fromkeys(clause for _, clause in point.has if clause)
            rows.append((
                policy.id, own or "", policy.provider, point.article, ASKED[point.article], point.point, state,
                "; ".join(text for text, _ in point.has), "; ".join(clauses), "; ".join(point.missing),
            ))  # fmt: skip
    return pl.DataFrame(rows, schema=DORA, orient="row")


def _points(policy: Policy, terms: Terms) -> Iterator[Point]:
    """Look for what each article asks for, in the order of the articles."""
    guarantees = terms.guarantees
    described = [(f"{_name(one)}: {words.promise(one)}", one.clause) for one in guarantees]
    yield Point("30(2)(e)", "service levels", described, [] if described else ["no service level is described"])
    changes = terms.contract.changes
    revised = [(changes.says, changes.clause)] if changes else []
    unnoticed = ["with what notice the terms can be changed"] if changes and changes.notice is None else []
    missing = unnoticed if changes else ["how service levels are updated and revised"]
    yield Point("30(2)(e)", "updates and revisions", revised, missing)

    firm = [one for one in guarantees if one.commitment != "best_effort"]
    no_target = [] if firm else ["no target in figures"]
    targets = [(f"{_name(one)}: {words.promise(one)}", one.clause) for one in firm]
    aims = [f"{_name(one)} is best effort only" for one in guarantees if one.commitment == "best_effort"]
    yield Point("30(3)(a)", "targets in figures", targets, aims or no_target)
    assumed = {one.term for one in policy.assumed}
    in_text = [one for one in firm if f"guarantees.{one.id}.window" not in assumed]
    windows = [(f"{_name(one)}: {one.window.words_for_people}", one.clause) for one in in_text]
    unstated = [f"over which period {_name(one)} is judged" for one in firm if one not in in_text]
    yield Point("30(3)(a)", "period of each target", windows, unstated or no_target)
    monitor = terms.monitor
    measured = [(f"measured {words.MONITORS[monitor.by]}", monitor.clause)] if monitor else []
    yield Point("30(3)(a)", "measurement", measured, [] if measured else ["whose measurements decide"])
    quality = [(one.says, one.clause) for one in terms.undertakings]
    quality += [(f"support {words.hours_words(terms.support.hours)}", terms.support.clause)] if terms.support else []
    no_quality = [] if quality else ["no undertaking, and no support hours"]
    yield Point("30(3)(a)", "undertakings, support hours", quality, no_quality)
    names = {one.id: _name(one) for one in guarantees}
    corrected = [(f"credit: {one.name or names.get(one.id, one.id)}", _clause(one)) for one in terms.remedies]
    corrected += [(right.says, right.clause) for right in terms.rights]
    corrected += [(f"{_name(one)}: {words.promise(one)}", one.clause) for one in firm if one.metric == "resolution"]
    uncorrected = [] if corrected else ["what follows when a target is missed"]
    yield Point("30(3)(a)", "correction of breaches", corrected, uncorrected)

    kinds = [(words.maintenance_name(one), one) for one in terms.maintenance]
    notices = [(f"{name} maintenance: {one.notice} notice", one.clause) for name, one in kinds if one.notice]
    sudden = [f"what notice {name} maintenance needs" for name, one in kinds if not one.notice]
    notices += [(f"changed terms: {changes.notice} notice", changes.clause)] if changes and changes.notice else []
    yield Point("30(3)(b)", "notice periods", notices, sudden or ([] if notices else ["no notice period"]))
    reports = [(f"{_name(one)}: {words.promise(one)}", one.clause) for one in firm if one.metric == "update"]
    reports += [(one.says, one.clause) for one in terms.undertakings if REPORTING.search(one.says)]
    yield Point("30(3)(b)", "reports by the provider", reports, [] if reports else ["no duty to report is stated"])

    alone = monitor is not None and monitor.by == "provider"
    rights = [] if alone else measured
    stated = [(one.says, one.clause) for one in terms.undertakings]
    stated += [(one.says, one.clause) for one in terms.rights]
    rights = [*rights, *((says, clause) for says, clause in stated if MONITORING.search(says))]
    unmonitored = "no right to monitor, inspect or audit is stated" + "; the provider alone measures" * alone
    yield Point("30(3)(e)", "right to monitor", rights, [] if rights else [unmonitored])


def _name(guarantee: Guarantee) -> str:
    return guarantee.name or guarantee.id


def _clause(remedy: Remedy) -> str:
    """Return the clause of a remedy, or else that of its first schedule that has one."""
    return next((clause for clause in (remedy.clause, *(credit.clause for credit in remedy.credit)) if clause), "")
