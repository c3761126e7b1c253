"""Explore which provider is better for us, by weighted criteria."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import polars as pl

from slakit.arguments import checked
from slakit.comparison.compare import Comparison, amended_offers, compare
from slakit.comparison.negotiable import negotiable_terms
from slakit.comparison.ranking import CRITERIA, MOST_WEIGHT, Ranking, rank_plans, weights_of
from slakit.evidence.evidence import Evidence
from slakit.evidence.files import read_evidence
from slakit.evidence.uploads import evidence_of_files
from slakit.outlook.outlook import Outlook, outlook
from slakit.policy.printing import listed, percent_text, print_percent
from slakit.policy.unread import READ
from slakit.problems import InputError, Problem, one_of
from slakit.show.charts.comparison import chart_same_outages
from slakit.show.charts.curves import chart_credit_curves
from slakit.show.charts.ranking import chart_ranking
from slakit.show.columns import Column
from slakit.show.excel.comparison import NO_DAY, comparison_sheets
from slakit.show.excel.sheets import Fact, Sheet
from slakit.show.explorers.control import Control, Parameters
from slakit.show.explorers.explorer import Explorer
from slakit.show.explorers.plan_filter import plan_filter
from slakit.show.explorers.shared_controls import fee_control, plans_control
from slakit.show.explorers.view import View
from slakit.show.headline import asked_for
from slakit.show.labels import sums_text
from slakit.show.readable import tell_tips, tell_years_ahead
from slakit.show.tables.comparison import show_dominance, show_parted, show_same_outages, show_terms
from slakit.show.tables.ranking import show_ranking, tell_unread

VENDOR_COMPARISON = "vendor_comparison"
COMPARED_PLANS = ("klikk:gold", "wp-heaven", "klink-cloud:enterprise", "cloudworkz")
ALL_SUBSCRIPTIONS, NO_WEIGHT = "all subscriptions", "every weight is 0"


@checked
def explore_vendors(
    plans: Iterable[str] = COMPARED_PLANS,
    evidence: Evidence | str | Path | None = None,
    *,
    subscription: str = "",
    fee: float = 1000,
    weights: Mapping[str, int] | None = None,
    changes: Iterable[str] = (),
    outlook_years: int = 0,
) -> Explorer:
    """Explore which provider is better for us: weigh the criteria, and see the ranking, and why.

    Parameters
    ----------
    plans
        Two or more, as `compare` takes them.
    evidence
        What happened to us: the same outages are assessed under each contract. Tables, or the path of their folder.
    subscription
        One of the evidence; all of them, if not named.
    fee
        The same monthly fee for all. [currency units]
    weights
        Criterion → weight, as `rank_plans` takes them.
    changes
        Terms to negotiate with the first plan, as `amended_offers` takes them.
    outlook_years
        How many years to draw from the evidence of one subscription, as `outlook` does, so that plans are ranked by
        their expected credit and their chance of a breach, too; 0 for neither.

    Raises
    ------
    InputError
        Plans are unknown or fewer than two, the evidence is at fault, or a weight is not one.

    Examples
    --------
    >>> explore_vendors(["klikk:gold", "wp-heaven"], weights={"claim": 10, "credit": 1})
    Highest weighted score: WP Heaven
    """
    given: dict[str, Any] = {
        "plans": list(plans), "changes": list(changes), "evidence": "", "subscription": subscription, "fee": fee,
        "weights": dict(weights or {}), "outlook_years": outlook_years,
    }  # fmt: skip
    tables = evidence if isinstance(evidence, Evidence) or evidence is None else read_evidence(evidence)
    given["evidence"] = tables.source if tables is not None else ""
    held: Held = {given["evidence"]: tables}

    @lru_cache(maxsize=16)
    def compared(
        evidence: Evidence | None,
        plans: tuple[str, ...],
        changes: tuple[str, ...],
        subscription: str,
        fee: float,
        years: int,
    ) -> tuple[Comparison, Outlook | None]:
        # Once for every choice: a hand that drags weights does not wait for it.
        mine = evidence.only(subscription) if evidence is not None else None
        offers = amended_offers(plans, changes)
        comparison = compare(offers, evidence=mine, fee=fee)
        if not years:
            return comparison, None
        if mine is None:
            wrong = Problem("outlook_years", years, "no evidence to draw years from", "give evidence, or write 0")
            raise InputError("outlook", [wrong])
        return comparison, outlook(offers, evidence=mine, fee=fee, years=years, ranges=False)

    def choice(parameters: Parameters) -> tuple[Comparison, Outlook | None]:
        if isinstance(parameters["evidence"], InputError):
            raise parameters["evidence"]
        if parameters["evidence"] not in held:
            wrong = Problem("evidence", parameters["evidence"], "not read here", one_of(list(held)))
            raise InputError("evidence", [wrong])
        lists = (tuple(parameters["plans"]), tuple(filter(None, map(str.strip, parameters["changes"]))))
        others = (parameters[name] for name in ("subscription", "fee", "outlook_years"))
        return compared(held[parameters["evidence"]], *lists, *others)

    return Explorer(
        VENDOR_COMPARISON, partial(render_vendors, choice), given, partial(controls_of_vendors, choice, held)
    )


Compared = Callable[[Parameters], tuple[Comparison, Outlook | None]]
Held = dict[str, Evidence | None]
"""Evidence by the name that the parameter has: what the explorer was given, and what was uploaded."""


def render_vendors(compared: Compared, parameters: Parameters) -> View:
    """Render the view of `explore_vendors`."""
    comparison, ahead = compared(parameters)
    ranking = rank_plans(comparison, parameters["weights"], ahead)
    tables = {"Why this order": lambda: show_ranking(ranking)}
    if comparison.review is not None:
        tables |= {
            "The same outages": lambda: show_same_outages(comparison),
            "Outages the contracts treat differently": lambda: show_parted(comparison),
        }
    tables |= {"By length of outage": lambda: show_dominance(comparison), "All terms": lambda: show_terms(comparison)}

    def sheets() -> list[Sheet]:
        labels = {name: criterion.label for name, criterion in CRITERIA.items()}
        columns = [
            Column("rank", "Rank"), Column("plan", "Plan", words=comparison.names), Column("points", "Points of 100"),
            Column("criterion", "Criterion", words=labels), Column("value", "The plan says"),
            Column("share", "Of the best", "percent"), Column("weight", "Weight"), Column("earned", "Points for it"),
        ]  # fmt: skip
        notes = [*tell_years_ahead(ranking), *tell_unread(ranking), *tell_tips(ranking)]
        ranked = Sheet("Ranking", "Plans by weighted score", ranking.table, columns, notes=notes)
        documents = [
            {"plan": comparison.names[plan], "document": source.title, "dated": source.updated,
             "retrieved": source.retrieved, "read": READ[source.read], "address": source.url}
            for plan, source in ranking.sources.items()
        ]  # fmt: skip
        sources = Sheet(
            "Documents", "Where the terms come from", pl.DataFrame(documents, infer_schema_length=None),
            [Column(name, name.capitalize()) for name in documents[0]],
        )  # fmt: skip
        summary, *others = comparison_sheets(comparison, parameters["weights"], ahead)
        facts = [Fact("Made", "text", f"{date.today()}"), Fact("Monthly fee", "number", parameters["fee"])]
        if comparison.review is not None:
            facts.append(Fact("Outages of", "text", parameters["subscription"] or ALL_SUBSCRIPTIONS))
            facts.append(Fact("Period", "text", comparison.review.period.printed))
        return [replace(summary, facts=[*summary.facts, *facts]), ranked, *others, sources]

    return View(
        label="Highest weighted score",
        value=listed(comparison.names[plan] for plan in ranking.leaders)
        if sum(weights_of(comparison, parameters["weights"], ahead).values())
        else NO_WEIGHT,
        note=_told(comparison, ranking),
        chart=chart_ranking(ranking),
        tables=tables,
        charts={
            "The same outages": lambda: chart_same_outages(comparison),
            "By length of outage": lambda: chart_credit_curves(comparison.curves),
        },
        sheets=sheets,
        made=comparison.review.as_of if comparison.review else NO_DAY,
    )


def _told(comparison: Comparison, ranking: Ranking) -> str:
    """Say the points and what they come from, how firm the order is, and what the same outages earn."""
    leader = ranking.leaders[0]
    points = {plan: ranking.table.filter(pl.col("plan") == plan)["points"][0] for plan in ranking.order}
    earning = ranking.table.filter((pl.col("plan") == leader) & (pl.col("earned") > 0))
    matters = earning.sort("earned", descending=True, maintain_order=True).head(2)["criterion"]
    names = comparison.names
    others = ", ".join(f"{names[plan]} {print_percent(points[plan], 1)}" for plan in ranking.order if plan != leader)
    said = f"{print_percent(points[leader], 1)} of 100 points"
    if len(matters):
        said += f", most of them for {listed(CRITERIA[name].label.lower() for name in matters)}"
    told = [f"{said}; {others}.", tell_tips(ranking)[0]]
    sums = comparison.sums().filter(~pl.col("plan").is_in(list(comparison.proposed)))
    if comparison.review is not None and not comparison.in_one_currency:
        shares = comparison.shares()
        most = max(sums["plan"], key=lambda plan: shares[plan].owed)
        owed = f"{percent_text(shares[most].owed, 2)} of a monthly fee"
        told.append(f"Highest credit for the same outages: {owed} from {names[most]}.")
    elif not sums.is_empty():
        best = sums.sort("owed", descending=True, maintain_order=True).row(0, named=True)
        owed = sums_text([(best["currency"], best["owed"])])
        told.append(f"Highest credit for the same outages: {owed} from {names[best['plan']]}.")
    told += tell_years_ahead(ranking)[:1]
    return " ".join([*told, *asked_for(comparison)])


def controls_of_vendors(compared: Compared, held: Held, parameters: Parameters) -> list[Control]:
    """Return controls of weights, plans, fee, evidence, subscription and terms to negotiate."""
    import ipywidgets as w

    comparison, ahead = compared(parameters)
    controls = list(_weights(weights_of(comparison, parameters["weights"], ahead)))
    plans = plans_control("Plans", "plans", parameters["plans"], plan_filter)
    controls += [plans, fee_control(parameters["fee"])]
    if (evidence := held[parameters["evidence"]]) is not None:
        options = [
            (ALL_SUBSCRIPTIONS, ""),
            *((name, name) for name in evidence.names),
        ]
        whose = w.Dropdown(options=options, value=parameters["subscription"])
        controls.append(Control("Outages of", whose, lambda value: {"subscription": value}))
    controls.append(_upload(held, parameters["evidence"]))
    controls.append(_negotiated(plans, parameters))
    return controls


def _negotiated(plans: Control, parameters: Parameters) -> Control:
    """Choose terms to negotiate from a list in words; they belong to the plan for which they were chosen."""
    import ipywidgets as w

    words: dict[str, str] = {}  # in words → term=value

    def labelled(changes: Iterable[str]) -> list[str]:
        by_change = {change: label for label, change in words.items()}
        return [by_change.get(change, change) for change in changes]

    search = w.Combobox(placeholder="choose a better term", continuous_update=False, layout=w.Layout(width="auto"))

    def offer(plan: str) -> None:
        words.clear()
        words.update({label: change for change, label in negotiable_terms(plan).items()} if plan else {})
        search.options = list(words)

    offer(parameters["plans"][0] if parameters["plans"] else "")
    tags = w.TagsInput(value=labelled(filter(None, parameters["changes"])), allow_duplicates=False)

    def add(change: Mapping[str, Any]) -> None:
        if chosen := change["new"].strip():
            search.value = ""
            tags.value = list(dict.fromkeys([*tags.value, chosen]))

    def follow(change: Mapping[str, Any]) -> None:
        before, now = (plans.read(names[:1])["plans"] for names in (change["old"], change["new"]))
        if before != now:
            tags.value = []
            offer(now[0] if now else "")

    search.observe(add, names="value")
    plans.widget.observe(follow, names="value")
    label = "Terms to negotiate with the first plan"
    return Control(label, tags, lambda value: {"changes": [words.get(said, said) for said in value]}, below=[search])


def _upload(held: Held, shown: str) -> Control:
    """Take files of evidence from the browser; what is wrong with them is said when they should be shown."""
    import ipywidgets as w

    def read(uploaded: Sequence[Mapping[str, Any]]) -> Parameters:
        if not uploaded:
            return {}
        try:
            evidence = evidence_of_files({file["name"]: bytes(file["content"]) for file in uploaded})
        except InputError as error:
            return {"evidence": error}
        held[evidence.source] = evidence
        return {"evidence": evidence.source, "subscription": ""}

    button = w.FileUpload(accept=".xlsx,.zip,.csv,.parquet", multiple=True, description="Choose files")
    said = f"Shown: {html.escape(shown)}. " if shown else ""
    about = w.HTML(f"{said}Choose a workbook, a zipped folder, or its tables. They stay on this machine.")
    return Control("Outages from your own files", button, read, below=[about], renews=True)


def _weights(weights: Mapping[str, int]) -> Iterator[Control]:
    """Return one slider for each criterion; each reads all of them."""
    import ipywidgets as w

    sliders = {
        name: w.IntSlider(value=weight, min=0, max=MOST_WEIGHT, readout=False) for name, weight in weights.items()
    }

    def read(_: int) -> Mapping[str, Mapping[str, int]]:
        return {"weights": {name: slider.value for name, slider in sliders.items()}}

    for number, (name, slider) in enumerate(sliders.items()):
        heading = "" if number else f"Weights, from 0 to {MOST_WEIGHT}"
        yield Control(CRITERIA[name].label, slider, read, say=str, heading=heading)
