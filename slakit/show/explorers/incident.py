"""Explore what a contract counts of an incident, and the credit due for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import timedelta
from functools import lru_cache, partial

import polars as pl

from slakit.analysis.explain import Explanation, explain
from slakit.analysis.review import Review
from slakit.analysis.scenario import Scenario, assess_scenario
from slakit.analysis.verdicts import VERDICT_WORDS
from slakit.arguments import checked
from slakit.measure.calendar import MICROSECOND
from slakit.policy.document import Policy
from slakit.policy.files import find_plan
from slakit.policy.printing import percent_text, print_duration, readable
from slakit.policy.terms import Terms
from slakit.policy.unread import without_credit
from slakit.problems import InputError, Problem, one_of
from slakit.show.charts.incident import chart_incident, main_guarantee
from slakit.show.columns import Column
from slakit.show.excel.review import review_sheets
from slakit.show.excel.sheets import Sheet
from slakit.show.explorers.control import Control, Parameters
from slakit.show.explorers.credits import WHAT_IF
from slakit.show.explorers.explorer import Explorer
from slakit.show.explorers.scenario import incident_controls
from slakit.show.explorers.view import View
from slakit.show.labels import counted, deadline_text, length_text, sums_text, terms_name
from slakit.show.tables.comparison import show_readings
from slakit.show.tables.review import show_assumptions, show_credits, show_ledger

SAMPLE_INCIDENT = {
    "started": "2026-08-11T09:00", "ended": "2026-08-11T13:00", "notice": "48h", "kind": "scheduled",
}  # fmt: skip


@checked
def explore_incident(
    policy: str = "klikk:gold", *, fee: float = 1000, reading: Iterable[str] = (), **happens: str
) -> Explorer:
    """Explore what the contract counts of an incident: drag its start and end, the ticket, the maintenance.

    Parameters
    ----------
    policy
        A plan: an id of the library or a path, with a tier where there are several: `klikk:gold`.
    fee
        Monthly fee. [currency units]
    reading
        Answers to the contract's open questions: `question=answer`.
    happens
        The fields of `Scenario` (`started`, `ended`, `reported`, …): times like `2026-08-11T09:00` in the contract's
        time zone; what is empty does not happen. Those not given are as in `SAMPLE_INCIDENT`.

    Raises
    ------
    InputError
        The plan is unknown or has several tiers, or something of what happens is at fault.

    Examples
    --------
    >>> explore_incident("klikk:gold", reported="2026-08-11T10:00")
    Credit due for the incident at Klikk Gold: 33.33 NOK
    """
    known = [field.name for field in fields(Scenario)]
    unknown = [
        Problem(n, happens[n], "not a field of an incident", one_of(known, n)) for n in happens if n not in known
    ]
    if unknown:
        raise InputError("explore_incident", unknown)
    incident = dict.fromkeys(known, "") | SAMPLE_INCIDENT | happens
    given = {"policy": policy, **incident, "fee": fee, "reading": list(reading)}
    plans = lru_cache(maxsize=4)(find_plan)
    controls = partial(controls_of_incident, plans)
    return Explorer(
        WHAT_IF, partial(render_incident, plans), given, controls, name="incident", beside=_report_parameters
    )


FindPlan = Callable[[str], tuple[Policy, str | None]]


def _report_parameters(parameters: Parameters) -> Parameters:
    """Return parameters of a report on the incident: what else its notebook shows is about the same plan and length."""
    outage = assess_scenario(find_plan(parameters["policy"]), incident_of(parameters)).evidence.outages.row(
        0, named=True
    )
    known = {"policies": [parameters["policy"]], "month": f"{outage['started']:%Y-%m}"}
    length = (outage["ended"] - outage["started"]) // MICROSECOND if outage["ended"] else 0
    return {**known, **({"outage": print_duration(length)} if length else {}), **parameters}


def incident_of(parameters: Parameters) -> Scenario:
    """Return what happens, by the parameters."""
    known = [field.name for field in fields(Scenario)]
    return Scenario(**{name: parameters[name] for name in known})


def render_incident(plans: FindPlan, parameters: Parameters) -> View:
    """Render the view of `explore_incident`."""
    plan, incident, fee = plans(parameters["policy"]), incident_of(parameters), parameters["fee"]
    reading = tuple(parameters["reading"])
    review = assess_scenario(plan, incident, fee=fee, reading=reading)
    name = review.evidence.subscriptions["subscription"][0]

    @lru_cache(maxsize=1)
    def under_all() -> Review:
        return assess_scenario(plan, incident, fee=fee, reading=reading, ranges=True)

    def why() -> Explanation:
        try:
            return explain(review, name, str(review.period))
        except InputError:
            return Explanation(name, ((1, f"No window of {review.period} is judged by this contract."),))

    def sheets() -> list[Sheet]:
        # The scenario stands before the sheets of the review, so that nobody takes it for a claim.
        names, values = map(readable, parameters), map(str, parameters.values())
        given = pl.DataFrame({"name": list(names), "value": list(values)})
        notes = [
            "A scenario, to see what the contract would make of it: this is not evidence of anything.",
            note,
            "The other sheets are as of the end of the windows: claims not made in time have expired there.",
        ]
        columns = [Column("name", "What happens"), Column("value", "Value")]
        return [
            Sheet("Incident", f"A scenario at {plan_name}", given, columns, notes=notes),
            *review_sheets(under_all()),
        ]

    outages, works = review.evidence.outages, review.evidence.maintenance
    begins = [*outages["started"], *works["started"]]
    instants = [*begins, *outages["ended"].drop_nulls(), *works["ended"]]
    margin = max(timedelta(hours=1), (max(instants) - min(begins)) / 8)
    note, plan_name = sentence_on(review, name), terms_name(review.terms_of(name))
    return View(
        label=f"Credit due for the incident at {plan_name}",
        value=sums_text(review.owed.items()),
        note=note,
        chart=chart_incident(review, name, (min(begins) - margin, max(instants) + margin)),
        tables={
            "Every segment": lambda: show_ledger(review, name),
            "Why": why,
            "Credits": lambda: show_credits(review, name),
            "Other readings": lambda: show_readings(under_all(), name),
            "Assumptions": lambda: show_assumptions(review, name),
        },
        sheets=sheets,
        made=review.as_of,
    )


def sentence_on(review: Review, name: str) -> str:
    """Say in a sentence or two why a credit is due, or none, and by when to claim it."""
    windows = review.availability.filter(pl.col("met").is_not_null())
    missed = windows.filter(~pl.col("met"))
    late = review.incidents.filter(pl.col("met").eq(other=False))
    terms = review.terms_of(name)
    if windows.is_empty() and review.incidents.is_empty():
        return "The contract guarantees nothing about outages like this one."
    said = []
    for row in missed.sort("availability", maintain_order=True).head(1).iter_rows(named=True):
        reached, target = percent_text(row["availability"]), percent_text(row["target"], 6)
        said.append(f"{_name(terms, row['guarantee'])} reaches {reached}; the target is {target}")
    if missed.height > 1:
        said.append(f"{counted(missed.height - 1, 'further target')} missed")
    if not late.is_empty():
        said.append(f"{_name(terms, late['guarantee'][0])} took longer than guaranteed")
    why = ""
    own = review.ledger.filter(pl.col("guarantee") == main_guarantee(review))
    excluded = own.filter(~pl.col("verdict").is_in(["counted", "other_component", "outside_period"]))
    for row in excluded.sort("seconds", descending=True, maintain_order=True).head(1).iter_rows(named=True):
        clause = f" ({row['clause']})" if row["clause"] else ""
        why = f"Not counted: {length_text(row['seconds'])} {VERDICT_WORDS[row['verdict']]}{clause}."
    if not said:
        return f"Every target is met. {why}".strip()
    return f"{'; '.join(said)}. {_money(review, name, terms)} {why}".strip()


def _name(terms: Terms, guarantee: str) -> str:
    return terms.guarantee(guarantee).name or guarantee


def _money(review: Review, name: str, terms: Terms) -> str:
    if not terms.remedies:
        return without_credit(terms)
    zone = review.zone_of(name)
    for row in review.claims.sort("deadline", nulls_last=True).head(1).iter_rows(named=True):
        if row["status"] == "not_required":
            return "No claim is needed."
        if row["status"] == "not_read":
            return "How and until when to claim was not read: ask the provider."
        return f"Claim by {deadline_text(row['deadline'], zone)}." if row["deadline"] else "There is no deadline."
    return "No credit is due."


def controls_of_incident(plans: FindPlan, parameters: Parameters) -> list[Control]:
    """Return the controls; see `incident_controls`."""
    plan = plans(parameters["policy"])
    return incident_controls(parameters, assess_scenario(plan, incident_of(parameters)), plan[0])
