"""Commands about contracts: what they say, what they allow, what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slakit.cli.console import new_table, plain, safe, stdout
from slakit.cli.options import PeriodOption, PolicyName, PolicyNames, Tier, app
from slakit.problems import InputError, Problem

if TYPE_CHECKING:
    from slakit.policy.terms import Terms


@app.command()
def policies() -> None:
    """List the policies that ship with slakit."""
    from slakit.policy.files import find_policy, library

    rows = new_table("policy", "provider", "service", "tiers", "promised")
    for name in library():
        policy = find_policy(name)
        promised = {f"{g.id} {plain(g.target)}" for g in policy.guarantees if g.metric == "availability"}
        rows.add_row(
            *safe(
                name,
                policy.provider,
                policy.service,
                ", ".join(policy.tiers) or "–",
                ", ".join(sorted(promised)),
            )
        )
    stdout().print(rows)


@app.command()
def show(policy: PolicyName, tier: Tier = None) -> None:
    """Show a policy as a card: every term with its clause."""
    from slakit.policy.card import policy_card
    from slakit.policy.files import find_policy

    document = find_policy(policy)
    title = " · ".join(safe(document.provider, document.service))
    rows = new_table("term", "what the document says", "clause", title=title)
    section = None
    for entry in policy_card(document, tier):
        if entry.section != section:
            rows.add_section()
            rows.add_row(f"[bold]{entry.section}[/bold]")
            section = entry.section
        rows.add_row(*safe(*entry[1:]))
    stdout().print(rows)


@app.command()
def validate(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Policies, evidence folders or workbooks, batch plans.")
    ],
) -> None:
    """Check files; say everything that is wrong with them."""
    problems: list[Problem] = []
    for path in files:
        try:
            what = _validate(path)
            typer.echo(f"{path}: {what}, no problem found")
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError("validate", problems)


def _validate(path: Path) -> str:
    from slakit.evidence.files import read_evidence
    from slakit.policy.files import policy_of
    from slakit.policy.yaml import read_yaml

    if path.suffix not in (".yaml", ".yml"):
        from slakit.analysis.assess import policies_of
        from slakit.analysis.plans import Settled, plans_of

        evidence = read_evidence(path)
        plans_of(evidence, policies_of(evidence), Settled.of(None))
        return "evidence"
    document = read_yaml(path)
    if isinstance(document.tree, dict) and "reports" in document.tree:
        from slakit.batch.plan import read_plan

        read_plan(path, check_policy=check_policy)
        return "batch plan"
    policy_of(document)
    return "policy"


def check_policy(name: str) -> None:
    """Refuse a policy, or `policy:tier`, that does not exist."""
    from slakit.policy.files import find_policy

    plain, _, tier = name.partition(":")
    policy = find_policy(plain)
    if tier:
        policy.terms(tier=tier)


@app.command()
def budget(policies: PolicyNames, period: PeriodOption, tier: Tier = None) -> None:
    """Show the downtime that each guarantee allows, window by window."""
    import polars as pl

    from slakit.analysis.budgets import window_budgets

    budgets = pl.concat([window_budgets(terms, period) for name in policies for terms in _terms(name, tier)])
    columns = ("policy", "tier", "guarantee", "window_start", "window_end", "target", "budget", "clause")
    rows = new_table("policy", "tier", "guarantee", "from (UTC)", "to (UTC)", "promised", "allowed", "clause")
    for policy, plan, guarantee, start, end, target, allowed, clause in budgets.select(columns).iter_rows():
        span = (f"{start:%Y-%m-%d %H:%M}", f"{end:%Y-%m-%d %H:%M}")
        rows.add_row(*safe(policy, plan or "–", guarantee, *span, f"{plain(target)} %", allowed, clause))
    stdout().print(rows)


def _terms(name: str, tier: str | None) -> Iterator[Terms]:
    from slakit.policy.files import find_policy

    plain, _, own = name.partition(":")
    policy = find_policy(plain)
    asked = own or tier
    tiers: list[str | None] = [asked] if asked else [*policy.tiers] or [None]
    for chosen in tiers:
        yield policy.terms(tier=chosen)


@app.command()
def schema() -> None:
    """Print the JSON Schema of policy files, for editors."""
    import json

    from slakit.policy.files import policy_schema

    typer.echo(json.dumps(policy_schema(), indent=2))
