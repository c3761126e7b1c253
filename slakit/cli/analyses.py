"""Commands that judge contracts: what is wrong with them, and which is better."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slakit.cli.console import new_table, safe, stderr, stdout, write_result, writing
from slakit.cli.options import Amendments, Json, PlansFee, PolicyNames, Readings, Tier, Zone, app
from slakit.problems import InputError, Problem, one_of

if TYPE_CHECKING:
    import polars as pl

    from slakit.cli.answers import CompareAnswer
    from slakit.comparison.compare import Comparison

COMPARED = ("terms", "curves", "dominance", "crossings", "owed", "verdicts")
"""Tables of a comparison."""
MARKS = {"defect": "bold red", "gap": "bold yellow", "risk": "bold", "note": "dim"}


class Profile(StrEnum):
    """Regulations that contracts are held against."""

    DORA = "dora"


@app.command()
def findings(
    policies: PolicyNames,
    tier: Tier = None,
    severity: Annotated[
        list[str] | None, typer.Option("--severity", "-s", help="Only defect, gap, risk or note; may be repeated.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day from which the age of a contract is counted."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the findings to this .csv, .parquet or .xlsx file.")
    ] = None,
    profile: Annotated[
        Profile | None, typer.Option("--profile", help="Instead: what a regulation asks for, and what is missing.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List findings about contracts, each with its clause."""
    if profile is not None:
        if severity or as_of:
            raise typer.BadParameter("a --profile has no --severity and no --as-of")
        _hold_against_dora(policies, tier, out, as_json=as_json)
        return
    import polars as pl

    from slakit.evidence.files import write_table
    from slakit.finding.run import findings as find
    from slakit.policy.files import find_policy, policy_and_tier
    from slakit.show.excel.findings import findings_workbook

    problems = [
        Problem("severity", name, "not a severity", one_of(MARKS, name)) for name in severity or () if name not in MARKS
    ]
    if problems:
        raise InputError("severity", problems)
    day: date | None = as_of.date() if as_of else None
    named = [policy_and_tier(name) for name in dict.fromkeys(policies)]
    found = pl.concat([find(find_policy(plain), tier=own or tier, as_of=day) for plain, own in named])
    found = found.filter(pl.col("severity").is_in(severity or list(MARKS)))
    if out is not None and out.suffix == ".xlsx":
        findings_workbook(found, out)
    elif out is not None:
        if out.suffix not in (".csv", ".parquet"):
            remedy = "let it end in .csv, .parquet or .xlsx"
            raise InputError(str(out), [Problem(str(out), None, "not a table", remedy)])
        with writing(out):
            write_table(found, out)
    if as_json:
        from slakit.cli.answers import Finding, FindingsAnswer

        FindingsAnswer(findings=Finding.of_table(found)).print()
    else:
        _print_findings(found)


def _hold_against_dora(policies: list[str], tier: str | None, out: Path | None, *, as_json: bool) -> None:
    """Print what contracts have of what DORA asks for."""
    from slakit.evidence.files import write_table
    from slakit.finding.dora import STATES, dora_findings
    from slakit.policy.plan_names import plan_name

    found = dora_findings(policies, tier=tier)
    if out is not None:
        if out.suffix not in (".csv", ".parquet"):
            problem = Problem(str(out), None, "not a table", "let it end in .csv or .parquet")
            raise InputError(str(out), [problem])
        with writing(out):
            write_table(found, out)
    if as_json:
        from slakit.cli.answers import DoraAnswer, DoraPoint

        DoraAnswer(points=DoraPoint.of_table(found)).print()
        return
    for _, rows in found.group_by("policy", "tier", maintain_order=True):
        title = plan_name(rows["provider"][0], rows["tier"][0] or None)
        shown = new_table("article", "point", "is", "the contract has", "clause", "missing", title=safe(title)[0])
        for row in rows.iter_rows(named=True):
            state = STATES[row["state"]]
            shown.add_row(*safe(row["article"], row["point"], state, row["says"], row["clauses"], row["missing"]))
            shown.add_section()
        stdout().print(shown)
    counts = found["state"].to_list()
    said = ", ".join(f"{counts.count(state)} {name}" for state, name in STATES.items() if state in counts)
    stdout().print(f"Of {len(counts)} points: {said}.", highlight=False)


def _print_findings(found: pl.DataFrame) -> None:
    from slakit.finding.model import COUNTED, HEADINGS
    from slakit.policy.plan_names import tiers_text
    from slakit.show.deduplicate import policy_name
    from slakit.show.labels import counted

    for (policy,), rows in found.group_by("policy", maintain_order=True):
        shown = new_table("", "about", "finding", "figure", "clause", title=safe(policy_name(str(policy), found))[0])
        severity_shown = ""
        for row in rows.iter_rows(named=True):
            subject = row["subject"] + (f"\n({tiers_text(row['tiers'])})" if row["tiers"] else "")
            heading = HEADINGS[row["severity"]] if row["severity"] != severity_shown else ""
            severity_shown = row["severity"]
            mark = f"[{MARKS[severity_shown]}]{heading}[/]"
            shown.add_row(mark, *safe(subject, row["sentence"], row["figure"], row["clauses"]))
            shown.add_section()
        stdout().print(shown)
    counts = dict(found["severity"].value_counts().iter_rows())
    said = ", ".join(counted(counts[name], *COUNTED[name]) for name in COUNTED if name in counts)
    stdout().print(f"{said or 'Nothing found'}.", highlight=False)


@app.command()
def compare(
    plans: PolicyNames,
    evidence: Annotated[
        Path | None, typer.Option("--evidence", "-e", help="Compute the credits for these outages under each contract.")
    ] = None,
    subscription: Annotated[
        str | None, typer.Option("--subscription", help="Only this subscription of the evidence.")
    ] = None,
    fee: PlansFee = None,
    amend: Amendments = None,
    period: Annotated[
        str | None, typer.Option("--period", "-p", help="Months to compare; by default those of the outages.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Assess as of this date or instant; by default after the period.")
    ] = None,
    reading: Readings = None,
    time_zone: Zone = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write the comparison to this folder, or to a workbook if it ends in .xlsx."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare plans: terms, credits, your outages under each."""
    from slakit.comparison.compare import amended_offers
    from slakit.comparison.compare import compare as compare_plans
    from slakit.comparison.summary import summarize_comparison
    from slakit.evidence.files import read_evidence

    offers = amended_offers(plans, amend or [])
    with stderr().status("comparing", spinner="line"):
        tables = read_evidence(evidence, time_zone=time_zone).only(subscription or "") if evidence else None
        found = compare_plans(offers, fee=fee, evidence=tables, period=period, as_of=as_of, reading=reading)
    if out is not None:
        write_result(found, COMPARED, out)
    if as_json:
        _json_of(found, summarize_comparison(found)).print()
        return
    for sentence in summarize_comparison(found):
        stdout().print(sentence, markup=False, highlight=False, soft_wrap=True)
    _print_terms(found)
    _print_verdicts(found)
    if out is not None:
        stdout().print(f"Everything is in {out}.", markup=False, highlight=False)


def _json_of(found: Comparison, summary: Iterable[str]) -> CompareAnswer:
    from slakit.cli import answers

    return answers.CompareAnswer(
        plans=dict(found.names),
        summary=list(summary),
        terms=answers.ComparedTerm.of_table(found.terms),
        dominance=answers.Dominance.of_table(found.dominance),
        crossings=answers.Crossing.of_table(found.crossings),
        owed=answers.ComparedCredits.of_table(found.owed),
        verdicts=answers.ComparedOutage.of_table(found.verdicts),
    )


def _print_terms(found: Comparison) -> None:
    wide = found.terms.pivot(on="plan", index=["area", "term"], values=["value", "best"], maintain_order=True)
    shown = new_table("term", *safe(*found.names.values()))
    area = None
    for row in wide.iter_rows(named=True):
        if row["area"] != area:
            area = row["area"]
            shown.add_section()
            shown.add_row(f"[bold]{area}[/bold]")
        cells = []
        for plan in found.plans:
            (text,) = safe(row[f"value_{plan}"] or "–")
            cells.append(f"[green]{text}[/green]" if row[f"best_{plan}"] else text)
        shown.add_row(row["term"], *cells)
    stdout().print(shown)


def _print_verdicts(found: Comparison, most: int = 10) -> None:
    """The outages on which plans differ most."""
    import polars as pl

    key = ["subscription", "outage"]
    parted = found.verdicts.filter("differs")
    spread = parted.group_by(key, maintain_order=True).agg(
        (pl.col("counted_seconds").max() - pl.col("counted_seconds").min()).alias("spread")
    )
    if spread.is_empty():
        return
    worst = spread.sort("spread", descending=True, maintain_order=True).head(most)
    shown = new_table(
        "outage", "plan", "verdicts, with the clauses that decide", title="Outages the contracts treat most differently"
    )
    for subscription, outage, _ in worst.iter_rows():
        rows = parted.filter((pl.col("subscription") == subscription) & (pl.col("outage") == outage))
        for number, (plan, why) in enumerate(rows.select("plan", "why").iter_rows()):
            shown.add_row(*safe(f"{outage} ({subscription})" if not number else "", found.names[plan], why))
        shown.add_section()
    stdout().print(shown)
