"""The command line. Exit codes: 0 done, 1 the input is at fault, 2 wrong usage, 3 some reports failed."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slakit.problems import InputError, Problem

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from slakit.analysis.review import Review
    from slakit.measure.conventions import Conventions
    from slakit.policy.terms import Terms

INPUT_AT_FAULT = 1
REPORTS_FAILED = 3
PIPED_WIDTH = 160
"""Columns of a table that nobody watches being printed."""

app = typer.Typer(
    name="slakit",
    help="Analyse service level agreements: what a contract promises, what happened, what is owed, until when.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

PolicyName = Annotated[str, typer.Argument(metavar="POLICY", help="Id in the library, or path of a .yaml file.")]
PolicyNames = Annotated[
    list[str], typer.Argument(metavar="POLICY...", help="Ids in the library, or paths; POLICY:TIER for one.")
]
Tier = Annotated[str | None, typer.Option("--tier", "-t", help="One of the policy's tiers.")]
Evidence = Annotated[Path, typer.Argument(metavar="EVIDENCE", help="Folder of tables, or one Excel workbook.")]
Zone = Annotated[str | None, typer.Option("--time-zone", help="Zone of times in the tables that have no offset.")]
PeriodOption = Annotated[
    str, typer.Option("--period", "-p", help="First and last month: 2026-01/2026-09, or one: 2026-10.")
]
AsOf = Annotated[str, typer.Option("--as-of", help="Instant of the assessment: 2026-10-05T00:00:00Z.")]
Readings = Annotated[
    list[str] | None,
    typer.Option("--reading", "-r", help="question=answer or policy:question=answer; may be repeated."),
]
Closed = Annotated[
    Path | None,
    typer.Option("--closed", metavar="FILE", help="Closing days beside public holidays: one date a line, # remarks."),
]


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,  # noqa: ARG001 (`main` looks)
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    """Options of every command."""
    if version:
        from slakit import __version__

        typer.echo(f"slakit {__version__}")
        raise typer.Exit


@app.command()
def policies() -> None:
    """List the policies that ship with slakit."""
    from slakit.policy.files import find_policy, library

    table = _table("policy", "provider", "service", "tiers", "promised")
    for name in library():
        policy = find_policy(name)
        promised = {f"{g.id} {_plain(g.target)}" for g in policy.guarantees if g.metric == "availability"}
        table.add_row(
            *_safe(
                name,
                policy.provider,
                policy.service,
                ", ".join(policy.tiers) or "–",
                ", ".join(sorted(promised)),
            )
        )
    _out().print(table)


@app.command()
def show(policy: PolicyName, tier: Tier = None) -> None:
    """Show a policy as a card: every term with its clause."""
    from slakit.policy.card import policy_card
    from slakit.policy.files import find_policy

    document = find_policy(policy)
    title = " · ".join(_safe(document.provider, document.service))
    table = _table("term", "what the document says", "clause", title=title)
    section = None
    for entry in policy_card(document, tier):
        if entry.section != section:
            table.add_section()
            table.add_row(f"[bold]{entry.section}[/bold]")
            section = entry.section
        table.add_row(*_safe(*entry[1:]))
    _out().print(table)


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
    table = _table("policy", "tier", "guarantee", "from (UTC)", "to (UTC)", "promised", "allowed", "clause")
    for policy, plan, guarantee, start, end, target, allowed, clause in budgets.select(columns).iter_rows():
        span = (f"{start:%Y-%m-%d %H:%M}", f"{end:%Y-%m-%d %H:%M}")
        table.add_row(*_safe(policy, plan or "–", guarantee, *span, f"{_plain(target)} %", allowed, clause))
    _out().print(table)


def _terms(name: str, tier: str | None) -> Iterator[Terms]:
    from slakit.policy.files import find_policy

    plain, _, own = name.partition(":")
    policy = find_policy(plain)
    asked = own or tier
    tiers: list[str | None] = [asked] if asked else [*policy.tiers] or [None]
    for chosen in tiers:
        yield policy.terms(tier=chosen)


@app.command()
def assess(
    evidence: Evidence,
    period: PeriodOption,
    as_of: AsOf,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the tables; made if need be.")],
    reading: Readings = None,
    time_zone: Zone = None,
    ranges: Annotated[bool, typer.Option(help="Also assess under every other reading.")] = True,
    closed: Closed = None,
) -> None:
    """Assess evidence: write ledger, availability, attainment, credits, ranges and claims as CSV and Parquet."""
    from slakit.analysis.review import WRITTEN
    from slakit.evidence.files import write_table

    review = _assessed(evidence, period, as_of, reading, time_zone, closed, ranges=ranges)
    with _writing(out):
        out.mkdir(parents=True, exist_ok=True)
        for name in WRITTEN:
            for suffix in ("csv", "parquet"):
                write_table(getattr(review, name), out / f"{name}.{suffix}")
    _print_summary(review, out)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        wrong = f"cannot be written ({error.strerror or error})"
        raise InputError(
            str(folder), [Problem(str(folder), None, wrong, "name a folder that can be written")]
        ) from None


def _assessed(
    path: Path,
    period: str,
    as_of: str,
    reading: list[str] | None,
    time_zone: str | None,
    closed: Path | None,
    *,
    ranges: bool,
) -> Review:
    from slakit.analysis.assess import assess as assess_evidence
    from slakit.evidence.files import read_evidence

    console = _err()
    with console.status("reading evidence", spinner="line") as status:
        conventions = _conventions(closed)
        evidence = read_evidence(path, time_zone=time_zone)
        status.update("assessing")
        return assess_evidence(evidence, period, as_of, reading=reading, ranges=ranges, conventions=conventions)


def _conventions(closed: Path | None) -> Conventions:
    from slakit.evidence.files import read_closing_days
    from slakit.measure.conventions import Conventions

    return Conventions(closed=read_closing_days(closed)) if closed else Conventions()


def _print_summary(review: Review, out: Path) -> None:
    table = _table("subscription", "policy", "owed", "over all readings", "still claimable", "claim until")
    for row in review.headline().iter_rows(named=True):
        currency, deadline = row["currency"], row["next_deadline"]
        zone = review.zone_of(row["subscription"])
        until = f"{deadline.astimezone(zone):%Y-%m-%d %H:%M}" if deadline else "–"
        plan = row["policy"] + (f" · {row['tier']}" if row["tier"] else "")
        spread = f"{row['lowest']:,} – {row['highest']:,}" if row["lowest"] != row["highest"] else "–"
        cells = (
            row["subscription"],
            plan,
            f"{row['owed']:,} {currency}",
            spread,
            f"{row['claimable']:,}",
            until,
        )
        table.add_row(*_safe(*cells))
    console = _out()
    console.print(f"Assessed {review.period}, as of {review.as_of:%Y-%m-%d %H:%M} UTC", highlight=False)
    console.print(table)
    owed = ", ".join(f"{amount:,} {currency}" for currency, amount in review.owed.items()) or "nothing"
    console.print(f"Owed in all: {owed}. Tables are in {out}.", highlight=False, markup=False)


@app.command()
def due(
    policy: PolicyName,
    opened: Annotated[str, typer.Option("--opened", help="When the ticket was opened: 2026-12-23T15:30+01:00.")],
    tier: Tier = None,
    priority: Annotated[str | None, typer.Option("--priority", help="Its priority, where it is known.")] = None,
    impact: Annotated[str | None, typer.Option("--impact", help="Its impact, to rank it by.")] = None,
    urgency: Annotated[str | None, typer.Option("--urgency", help="Its urgency, to rank it by.")] = None,
    closed: Closed = None,
) -> None:
    """Show when response and resolution of a ticket are due, and why."""
    from slakit.analysis.assess import instant_of
    from slakit.analysis.due_times import due_times
    from slakit.policy.files import find_policy

    terms = find_policy(policy).terms(tier=tier)
    ranked = {"priority": priority, "impact": impact, "urgency": urgency}
    found = due_times(terms, instant_of(opened), **ranked, conventions=_conventions(closed))
    table = _table("guarantee", "priority", "target", "due", "", "clause")
    for answer in found:
        until = f"{answer.due:%a %Y-%m-%d %H:%M:%S %Z}" if answer.due else "never"
        firmness = answer.commitment.replace("_", " ")
        table.add_row(
            *_safe(answer.guarantee, answer.priority or "–", str(answer.within), until, firmness, answer.clause)
        )
    _out().print(table)
    for sentence in dict.fromkeys(f"{answer.guarantee}: {why}" for answer in found for why in answer.why):
        _out().print(f"{sentence}.", markup=False, highlight=False)


@app.command()
def explain(
    evidence: Evidence,
    subscription: Annotated[str | None, typer.Option("--subscription", "-s", help="One of the evidence.")] = None,
    window: Annotated[str | None, typer.Option("--window", "-w", help="The month or months: 2026-08.")] = None,
    ticket: Annotated[str | None, typer.Option("--ticket", help="Explain one ticket instead.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="Instant of the assessment; now, if not given.")] = None,
    period: Annotated[
        str | None,
        typer.Option("--period", "-p", help="Period of the assessment; the window's year, if not given."),
    ] = None,
    reading: Readings = None,
    time_zone: Zone = None,
    closed: Closed = None,
) -> None:
    """Tell in sentences why a credit is what it is, or how a ticket was judged."""
    from datetime import UTC, datetime

    from slakit.analysis.explain import explain as explain_review
    from slakit.analysis.explain import explain_ticket

    moment = as_of or datetime.now(UTC).isoformat()
    if ticket is not None:
        span = period or f"{moment[:4]}-01/{moment[:4]}-12"
        review = _assessed(evidence, span, moment, reading, time_zone, closed, ranges=False)
        told = explain_ticket(review, ticket)
    elif subscription is not None and window is not None:
        review = _assessed(evidence, period or _year_of(window), moment, reading, time_zone, closed, ranges=True)
        told = explain_review(review, subscription, window)
    else:
        raise typer.BadParameter("name a --subscription and a --window, or a --ticket")
    _out().print(str(told), markup=False, highlight=False, soft_wrap=True)


def _year_of(window: str) -> str:
    from slakit.measure.calendar import Period

    span = Period.parse(window)
    return f"{span.first.year}-01/{span.first.year}-12" if span.after.year - span.first.year < 2 else window


@app.command()
def batch(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A YAML plan.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the reports; made if need be.")],
    workers: Annotated[int | None, typer.Option(min=1, help="Reports that run at the same time.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Make every report again.")] = False,
) -> None:
    """Run the notebooks of a plan through Papermill, and write an index.html."""
    from slakit.batch.plan import read_plan
    from slakit.batch.progress import progress_bar
    from slakit.batch.run import run_plan

    read = read_plan(plan, check_policy=check_policy)
    with progress_bar(_err()) as progress:
        manifest = run_plan(read, out, workers=workers, force=force, progress=progress)
    failed = [entry for entry in manifest.reports if not entry.is_good]
    done = len(manifest.reports) - len(failed)
    _out().print(
        f"{done} of {len(manifest.reports)} reports are in {out / 'index.html'}",
        markup=False,
        highlight=False,
    )
    if failed:
        _err().print(f"not made: {', '.join(entry.name for entry in failed)}", markup=False, highlight=False)
    if manifest.interrupted_by:
        raise typer.Exit(128 + signal.Signals[manifest.interrupted_by])
    if failed:
        raise typer.Exit(REPORTS_FAILED)


@app.command()
def schema() -> None:
    """Print the JSON Schema of policy files, for editors."""
    import json

    from slakit.policy.files import policy_schema

    typer.echo(json.dumps(policy_schema(), indent=2))


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return "/".join(dict.fromkeys(str(entry) for entry in value.values()))
    text = str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _safe(*cells: str) -> tuple[str, ...]:
    """Text of files may look like markup: show it as it is."""
    from rich.markup import escape

    return tuple(escape(cell) for cell in cells)


def _out() -> Console:
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=PIPED_WIDTH)


def _table(*headers: str, title: str | None = None) -> Table:
    from rich import box
    from rich.table import Table

    return Table(*headers, title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)


def _err() -> Console:
    from rich.console import Console

    return Console(stderr=True)


def main() -> None:
    """Run the command line: one message to stderr when the input is at fault, no traceback unless asked for."""
    debug = "--debug" in sys.argv[1:]
    try:
        app(prog_name="slakit")
    except InputError as error:
        if debug:
            raise
        print(f"slakit: {error}", file=sys.stderr)
        sys.exit(INPUT_AT_FAULT)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
