"""Commands about contracts: what they say, what they allow, what is wrong with them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from slakit.cli.console import new_table, plain, safe, stdout, writing
from slakit.cli.options import Json, PeriodOption, PolicyName, PolicyNames, Tier, app
from slakit.problems import InputError, Problem, one_of, printable

FIRST_LEVELS = 2
"""Levels of a policy that the list of policies shows."""
NARROWEST = 100
"""Columns of the list of policies: where a terminal has fewer, it wraps the lines."""
SCHEDULES = ("bands", "shortfall", "accrual", "flat", "multiple")
NEW_EVIDENCE = """\
# Evidence

Fill in `subscriptions.csv`, and the tables that you have. **Delete the tables that you do not have**: an empty table
says that nothing happened, a table that is not there says nothing.

A column with `?` is optional: it may be missing, and its cells may be empty. Times are ISO 8601 with an offset, like
`2026-03-01T10:00:00+01:00`. Then run `slakit validate` on this folder."""
READ = {"whole": "", "excerpt": " · read in excerpt", "transcription": " · transcribed by a third party"}


@app.command()
def policies(
    mechanic: Annotated[
        list[str] | None, typer.Option("--mechanic", "-m", help="Only policies with this mechanic; may be repeated.")
    ] = None,
    window: Annotated[
        list[str] | None,
        typer.Option("--window", "-w", help="Only policies with this measurement window (1mo, 1q); may be repeated."),
    ] = None,
    mechanics: Annotated[bool, typer.Option("--mechanics", help="List the mechanics instead of the policies.")] = False,
    as_json: Json = False,
) -> None:
    """List the policies that ship with slakit."""
    from slakit.policy.files import find_policy, library
    from slakit.policy.mechanics import MECHANICS, mechanics_of, windows_of_policy

    if mechanics:
        users = [mechanics_of(find_policy(name)) for name in library()]
        counts = {name: sum(name in used for used in users) for name in MECHANICS}
        if as_json:
            from slakit.cli.answers import ListedMechanic, PoliciesAnswer

            meanings = [ListedMechanic(mechanic=n, meaning=MECHANICS[n], policies=counts[n]) for n in MECHANICS]
            PoliciesAnswer(mechanics=meanings).print()
            return
        listed = new_table("mechanic", "what it is", "policies")
        for name, meaning in MECHANICS.items():
            listed.add_row(*safe(name, meaning, str(counts[name])))
        stdout().print(listed)
        return
    unknown = [name for name in mechanic or () if name not in MECHANICS]
    if unknown:
        problems = [Problem("mechanic", name, "not a mechanic", one_of(MECHANICS, name)) for name in unknown]
        raise InputError("mechanic", problems)
    rows = new_table("policy", "provider", "tiers", "committed", "window", "credit", "read")
    shown: list[str] = []
    found: list[dict[str, Any]] = []
    for name in library():
        policy = find_policy(name)
        used, windows = mechanics_of(policy), windows_of_policy(policy)
        if used.issuperset(mechanic or []) and windows.issuperset(window or []):
            none = "none" if policy.source.read == "whole" else "not read"
            schedules = [kind for kind in SCHEDULES if kind in used]
            kinds = ", ".join(schedules) or none
            levels = [*dict.fromkeys(f"{g.id} {plain(g.limit)}" for g in policy.guarantees if g.limit is not None)]
            more = f" and {len(levels) - FIRST_LEVELS} more" if len(levels) > FIRST_LEVELS else ""
            committed = ", ".join(levels[:FIRST_LEVELS]) + more or "–"
            cells = (str(len(policy.tiers) or 1), committed, ", ".join(sorted(windows)), kinds, policy.source.read)
            rows.add_row(*safe(name, policy.provider, *cells))
            shown.append(name)
            found.append({
                "policy": name, "provider": policy.provider, "service": policy.service, "tiers": list(policy.tiers),
                "committed": levels, "windows": sorted(windows), "credit": schedules, "read": policy.source.read,
            })  # fmt: skip
    if as_json:
        from slakit.cli.answers import ListedPolicy, PoliciesAnswer

        PoliciesAnswer(policies=[ListedPolicy(**row) for row in found]).print()
        return
    rows.columns[0].no_wrap, rows.columns[0].min_width = True, max(map(len, shown), default=0)
    console = stdout()
    console.print(rows, width=max(console.width, NARROWEST), crop=False)
    console.print(f"{rows.row_count} of {len(library())} policies.", highlight=False)


@app.command()
def new(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="Name of the provider.")] = "",
    evidence: Annotated[
        Path | None, typer.Option("--evidence", "-e", metavar="FOLDER", help="Write empty tables of evidence here.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File of the policy; by default its id, .yaml.")
    ] = None,
) -> None:
    """Write a policy, or empty tables of evidence, to fill in."""
    from datetime import UTC, datetime

    from slakit._atomic import write_whole
    from slakit.policy.skeleton import policy_skeleton

    if not provider and evidence is None:
        raise typer.BadParameter("name a PROVIDER, or a folder with --evidence")
    if evidence is not None:
        from slakit.evidence.files import write_table
        from slakit.evidence.tables import PROBES, PROVENANCE, TABLES

        if evidence.exists() and (not evidence.is_dir() or any(evidence.iterdir())):
            problem = Problem(str(evidence), None, "there already", "name a new or an empty folder")
            raise InputError(str(evidence), [problem])
        sections = [NEW_EVIDENCE, *(table.described() for table in (*TABLES.values(), PROBES))]
        with writing(evidence):
            evidence.mkdir(parents=True, exist_ok=True)
            for name, table in TABLES.items():
                written_by_hand = table.empty().drop(column.name for column in PROVENANCE)
                write_table(written_by_hand, evidence / f"{name}.csv")
            write_whole(evidence / "README.md", "\n\n".join(sections) + "\n")
        written = f"{evidence} is written: its README.md describes the tables. Delete those that you do not have."
        typer.echo(printable(written))
    if provider:
        try:
            text = policy_skeleton(provider, datetime.now(UTC).date())
        except ValueError as error:
            wrong, _, remedy = str(error).partition("; ")
            raise InputError("provider", [Problem("provider", provider, wrong, remedy)]) from None
        path = out or Path(next(line for line in text.splitlines() if line.startswith("id: "))[4:] + ".yaml")
        if path.exists():
            raise InputError(str(path), [Problem(str(path), None, "there already", "name another file with --out")])
        with writing(path):
            write_whole(path, text)
        typer.echo(printable(f"{path} is written: fill it in, then slakit validate {path}"))


@app.command()
def show(policy: PolicyName, tier: Tier = None, as_json: Json = False) -> None:
    """Show a policy as a card: every term with its clause."""
    from slakit.policy.card import policy_card
    from slakit.policy.files import find_policy, policy_and_tier

    plain, own = policy_and_tier(policy)
    document = find_policy(plain)
    if as_json:
        from slakit.cli.answers import ShowAnswer, Term

        terms = [Term(**entry._asdict()) for entry in policy_card(document, own or tier)]
        ShowAnswer(
            policy=document.id, provider=document.provider, service=document.service, read=document.source.read,
            terms=terms,
        ).print()  # fmt: skip
        return
    title = " · ".join(safe(document.provider, document.service)) + READ[document.source.read]
    rows = new_table("term", "what the document says", "clause", title=title)
    section = None
    for entry in policy_card(document, own or tier):
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
    """Check policies, evidence and plans; list every problem."""
    problems: list[Problem] = []
    for path in files:
        try:
            what = _validate(path)
            typer.echo(printable(f"{path}: {what}, no problem found"))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError("validate", problems)


def _validate(path: Path) -> str:
    from slakit.evidence.files import read_evidence
    from slakit.policy.files import policy_of
    from slakit.policy.superseded import superseded_keys
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
    for older in superseded_keys(document.tree):
        typer.echo(f"{document.where(older.place)}: an older key, which is still read; write {older.successor}")
    return "policy"


def check_policy(name: str) -> None:
    """Refuse a policy, or `policy:tier`, that does not exist."""
    from slakit.policy.files import find_policy, policy_and_tier

    plain, tier = policy_and_tier(name)
    policy = find_policy(plain)
    if tier:
        policy.terms(tier=tier)


@app.command()
def budget(policies: PolicyNames, period: PeriodOption, tier: Tier = None, as_json: Json = False) -> None:
    """Show the downtime that each guarantee allows, window by window."""

    from slakit.measure.budgets import window_budgets
    from slakit.policy.files import find_policy, policy_and_tier, tiers_of
    from slakit.policy.plan_names import plan_name

    columns = ("guarantee_name", "window_start", "window_end", "target", "budget", "clause")
    found = []
    rows = new_table("plan", "guarantee", "from (UTC)", "to (UTC)", "committed", "allowed", "clause")
    for name in policies:
        named, own = policy_and_tier(name)
        document, asked = find_policy(named), own or tier
        plans = [(document, asked)] if asked else tiers_of(document)
        for one, chosen in plans:
            budgets = window_budgets(one.terms(tier=chosen), period)
            found.append(budgets)
            for guarantee, start, end, target, allowed, clause in budgets.select(columns).iter_rows():
                span = (f"{start:%Y-%m-%d %H:%M}", f"{end:%Y-%m-%d %H:%M}")
                plan = plan_name(one.provider, chosen)
                rows.add_row(*safe(plan, guarantee, *span, f"{plain(target)} %", allowed, clause))
    if as_json:
        from slakit.cli.answers import Budget, BudgetAnswer

        BudgetAnswer(budgets=[row for budgets in found for row in Budget.of_table(budgets)]).print()
        return
    stdout().print(rows)


class Described(StrEnum):
    """What there is a schema of."""

    POLICY = "policy"
    EXAMPLES = "examples"
    EVIDENCE = "evidence"
    FINDINGS = "findings"
    RESULTS = "results"
    SOURCES = "sources"
    ANSWERS = "answers"


@app.command()
def schema(
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the reference for people instead.")] = False,
    of: Annotated[Described, typer.Option("--of", help="What to describe.")] = (Described.POLICY),
) -> None:
    """Print the JSON Schema for editors, or the reference for people."""
    import json

    from slakit.analysis.warnings import evidence_reference
    from slakit.evidence.sources.page import sources_reference
    from slakit.examples.model import ExampleFile, examples_reference
    from slakit.finding.codes import findings_reference
    from slakit.policy.files import find_policy, library, policy_schema
    from slakit.policy.reference import format_reference
    from slakit.show.columns import results_reference

    if of is Described.ANSWERS:
        from slakit.cli.answers import answers_schema

        if markdown:
            raise typer.BadParameter("answers have a JSON Schema only; leave out --markdown")
        typer.echo(json.dumps(answers_schema(), indent=2))
    elif markdown:
        printers = {
            Described.POLICY: lambda: format_reference(find_policy(name) for name in library()),
            Described.EXAMPLES: examples_reference,
            Described.EVIDENCE: evidence_reference,
            Described.FINDINGS: findings_reference,
            Described.RESULTS: results_reference,
            Described.SOURCES: sources_reference,
        }
        typer.echo(printers[of](), nl=False)
    elif of not in (Described.POLICY, Described.EXAMPLES):
        raise typer.BadParameter(f"{of} has no JSON Schema; add --markdown")
    else:
        typer.echo(json.dumps(policy_schema() if of is Described.POLICY else ExampleFile.model_json_schema(), indent=2))
