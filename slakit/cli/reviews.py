"""Commands about what happened: assessments, deadlines and explanations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slakit.cli.console import new_table, safe, stderr, stdout, write_result
from slakit.cli.options import (
    AsOf,
    AsOfOrNow,
    Closed,
    Evidence,
    Json,
    PeriodOption,
    PolicyName,
    Readings,
    Tier,
    Zone,
    app,
)

if TYPE_CHECKING:
    from slakit.analysis.review import Review
    from slakit.cli.answers import AssessAnswer
    from slakit.measure.conventions import Conventions

MOST_WARNINGS = 40
"""Warnings that a summary prints."""
LEVELS = ("level", "good", "approaching", "requires_improvement")
"""Columns of a scorecard that hold a level or a cut point."""
MOST_PAIRS = 40
"""Outages of two sources that are printed side by side."""


@app.command()
def assess(
    evidence: Evidence,
    period: PeriodOption,
    as_of: AsOf,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write the tables to this folder, or a workbook if it ends in .xlsx."),
    ] = None,
    reading: Readings = None,
    time_zone: Zone = None,
    ranges: Annotated[
        bool, typer.Option(help="Also compute the range if ambiguous clauses are read otherwise.")
    ] = True,
    closed: Closed = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse evidence with warnings.")] = False,
    probes: Annotated[
        str | None,
        typer.Option(metavar="RULE", help="How samples of the table probes become outages: every=1m,failures=3."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Assess a folder of any size in parts, with so many processes: a folder a table."),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="The same on a Dask cluster: tcp://10.0.0.1:8786.")
    ] = None,
    memory: Annotated[
        str | None, typer.Option(metavar="SIZE", help="The same within this memory for each process: 4GB.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Assess evidence: downtime, credits and claims."""
    in_parts = workers is not None or scheduler is not None or memory is not None
    if out is None and (in_parts or not as_json):
        raise typer.BadParameter("name the folder or workbook to write with --out" + ", or --json" * (not in_parts))
    if in_parts and probes is not None:
        raise typer.BadParameter("samples are not read where evidence is assessed in parts: leave out --probes")
    if in_parts and out is not None:
        from slakit.cli.fleets import assess_in_parts

        assess_in_parts(
            evidence, period, as_of, out, workers=workers, scheduler=scheduler, memory=memory, reading=reading,
            time_zone=time_zone, ranges=ranges, conventions=conventions_of(closed), strict=strict, as_json=as_json,
        )  # fmt: skip
        return
    import polars as pl

    from slakit.analysis.review import TABLES
    from slakit.policy.plan_names import part_names
    from slakit.show.labels import terms_name

    review = assessed(evidence, period, as_of, reading, time_zone, closed, ranges=ranges, strict=strict, probes=probes)
    if out is not None:
        write_result(review, TABLES, out)
    if as_json:
        _json_of(review).print()
        return
    rows = new_table("subscription", "plan", "owed", "range if read otherwise", "claimable now", "claim until")
    for row in review.headline().iter_rows(named=True):
        currency, deadline = row["currency"], row["next_deadline"]
        zone = review.zone_of(row["subscription"])
        until = f"{deadline.astimezone(zone):%Y-%m-%d %H:%M}" if deadline else "–"
        plan = terms_name(review.terms_of(row["subscription"]))
        spread = f"{row['lowest']:,} – {row['highest']:,}" if row["lowest"] != row["highest"] else "–"
        owed, claimable = f"{row['owed']:,} {currency}", f"{row['claimable']:,}"
        rows.add_row(*safe(row["subscription"], plan, owed, spread, claimable, until))
    console = stdout()
    console.print(f"Assessed {review.period}, as of {review.as_of:%Y-%m-%d %H:%M} UTC", highlight=False)
    console.print(rows)
    owed = ", ".join(f"{amount:,} {currency}" for currency, amount in review.owed.items()) or "nothing"
    console.print(f"Owed in all: {owed}. Everything is in {out}.", highlight=False, markup=False)
    counts = review.row_counts.group_by("table", maintain_order=True).agg(pl.col("read", "used").sum())
    told = ", ".join(f"{row['table']} {row['used']:,} of {row['read']:,}" for row in counts.iter_rows(named=True))
    console.print(f"Rows used: {told}.", highlight=False, markup=False, soft_wrap=True)
    for right in review.rights.iter_rows(named=True):
        zone = review.zone_of(right["subscription"])
        until = f", until {right['until'].astimezone(zone):%Y-%m-%d %H:%M}" if right["until"] else ""
        window = f"{right['window_start'].astimezone(zone):%Y-%m-%d}"
        guarantee = part_names(review.terms_of(right["subscription"]))[right["guarantee"]]
        said = f"Right of {right['subscription']}: {right['says']} ({guarantee}, window from {window}{until})"
        console.print(f"{said}.", markup=False, highlight=False, soft_wrap=True)
    for (name,), own in review.corrections.partition_by("subscription", as_dict=True, maintain_order=True).items():
        disputed = own.filter(pl.col("state") == "disputed").height
        recorded, agreed, otherwise = own.select("owed_recorded", "owed_agreed", "owed_disputed").row(0)
        said = f"{own['applied'].sum()} applied, {disputed} disputed"
        said += f"; owed {agreed:,} {own['currency'][0]}, without any {recorded:,}"
        said += f", if disputed ones held {otherwise:,}" * bool(disputed)
        console.print(f"Decisions on outages of {name}: {said}.", markup=False, highlight=False, soft_wrap=True)
    count = review.warnings.height
    if count:
        listed = new_table("subscription", "table", "row", f"{count} warning{'s' * (count > 1)}")
        for warning in review.warnings.head(MOST_WARNINGS).iter_rows(named=True):
            number = "–" if warning["row"] is None else str(warning["row"])
            listed.add_row(*safe(warning["subscription"], warning["table"], number, warning["says"]))
        console.print(listed)
    if count > MOST_WARNINGS:
        console.print(f"… and {count - MOST_WARNINGS:,} more in warnings.csv.", highlight=False)


def _json_of(review: Review) -> AssessAnswer:
    from slakit.cli import answers

    return answers.AssessAnswer(
        period=str(review.period),
        as_of=review.as_of,
        owed=review.owed,
        subscriptions=answers.AssessedSubscription.of_table(review.headline()),
        credits=answers.Credit.of_table(review.credits),
        claims=answers.Claim.of_table(review.claims),
        rights=answers.AcquiredRight.of_table(review.rights),
        assumptions=answers.Assumption.of_table(review.assumptions),
        warnings=answers.Warned.of_table(review.warnings),
        row_counts=answers.RowCount.of_table(review.row_counts),
    )


def assessed(
    path: Path,
    period: str,
    as_of: str,
    reading: list[str] | None,
    time_zone: str | None,
    closed: Path | None,
    *,
    ranges: bool,
    strict: bool = False,
    subscription: str | list[str] | None = None,
    probes: str | None = None,
) -> Review:
    """Read evidence and assess it, as the options of a command say."""
    from slakit.analysis.assess import assess as assess_evidence
    from slakit.evidence.files import read_evidence
    from slakit.evidence.probes import rule_of_text

    console = stderr()
    with console.status("reading evidence", spinner="line") as status:
        conventions = conventions_of(closed)
        rule = rule_of_text(probes) if probes is not None else None
        evidence = read_evidence(path, time_zone=time_zone, probes=rule)
        if subscription and not reading:  # an answer may be to a question of somebody else's contract
            evidence = evidence.only(subscription)
        status.update("assessing")
        return assess_evidence(
            evidence, period, as_of, reading=reading, ranges=ranges, conventions=conventions, strict=strict
        )


def conventions_of(closed: Path | None) -> Conventions:
    """Return the conventions, with the closing days of a file."""
    from slakit.evidence.files import read_closing_days
    from slakit.measure.conventions import Conventions

    return Conventions(closed=read_closing_days(closed)) if closed else Conventions()


@app.command()
def register(
    evidence: Evidence,
    period: PeriodOption,
    as_of: AsOf,
    bill: Annotated[
        Path | None, typer.Option("--bill", help="Billing file (FOCUS, CSV): offer its credits beside what is owed.")
    ] = None,
    reading: Readings = None,
    time_zone: Zone = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the tables to this folder.")] = None,
) -> None:
    """Tell what became of claims: credited, refused or expired."""
    from types import SimpleNamespace

    from slakit.analysis.register import SUMS, credit_candidates, register_sums
    from slakit.show.columns import CANDIDATE, REGISTER_SUMS, RESULTS
    from slakit.show.labels import money_text
    from slakit.show.readable import in_words
    from slakit.show.tables.register import candidate_texts

    review = assessed(evidence, period, as_of, reading, time_zone, None, ranges=True)
    sums = register_sums(review)
    candidates = credit_candidates(review, bill) if bill else None
    tables = {"register": review.register, "register_sums": sums}
    tables |= {"candidates": candidates} if candidates is not None else {}
    if out is not None:
        write_result(SimpleNamespace(**tables), tables, out)
    console = stdout()
    shown = ("subscription", "remedy", "window_start", "claimed", "state", "credited", "owed", "reference")
    if review.register.is_empty():
        console.print("No claim was made yet.")
    else:
        made = new_table(*RESULTS["register"].headings(*shown), title=RESULTS["register"].title)
        for row in RESULTS["register"].texts(in_words(review, "register"), shown, review.zone_of):
            made.add_row(*safe(*row.values()))
        console.print(made)
    money = new_table(*REGISTER_SUMS.headings("provider", *SUMS), title=REGISTER_SUMS.title)
    for row in REGISTER_SUMS.texts(sums, ["provider", *SUMS]):
        money.add_row(*safe(*row.values()))
    console.print(money)
    if candidates is not None:
        offered = new_table("Bill", "Credit", *CANDIDATE.headings("subscription", "remedy", "window_start", "owed",
                            "difference", "status"), title=CANDIDATE.title)  # fmt: skip
        for credit, text in zip(candidates.iter_rows(named=True), candidate_texts(review, candidates), strict=True):
            billed = money_text(credit["credited"], credit["currency"])
            offered.add_row(*safe(f"row {credit['bill_row']}", billed, *text.values()))
        console.print(offered)
        console.print(CANDIDATE.note, highlight=False, soft_wrap=True)
    if out is not None:
        console.print(f"Everything is in {out}.", highlight=False, markup=False)


@app.command()
def reconcile(
    evidence: Evidence,
    period: PeriodOption,
    as_of: AsOf,
    provider: Annotated[str | None, typer.Option("--provider", help="Source of the provider's outages.")] = None,
    own: Annotated[str | None, typer.Option("--own", help="Source of one's own outages.")] = None,
    subscription: Annotated[str | None, typer.Option("--subscription", "-s", help="Only this subscription.")] = None,
    reading: Readings = None,
    time_zone: Zone = None,
    closed: Closed = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write the tables to this folder, or a workbook if it ends in .xlsx."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Set the outages of two sources side by side."""
    import polars as pl

    from slakit.comparison.reconcile import TABLES
    from slakit.comparison.reconcile import reconcile as set_side_by_side
    from slakit.evidence.files import read_evidence
    from slakit.show.columns import RECONCILED

    with stderr().status("reading and assessing", spinner="line"):
        known = read_evidence(evidence, time_zone=time_zone).only(subscription or "")
        found = set_side_by_side(
            known, period, as_of, provider=provider, own=own, reading=reading, conventions=conventions_of(closed)
        )
    if out is not None:
        write_result(found, TABLES, out)
    if as_json:
        from slakit.cli import answers

        answers.ReconcileAnswer(
            summary=list(found.summary()),
            pairs=answers.Pair.of_table(found.pairs),
            credits=answers.ReconciledCredit.of_table(found.credits),
            owed=answers.ReconciledSum.of_table(found.owed),
        ).print()
        return
    console = stdout()
    for sentence in found.summary():
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)
    shown = {
        "pairs": ("subscription", "known_to", "provider_started", "provider_ended", "own_started", "own_ended"),
        "credits": ("subscription", "remedy", "window_start", "provider_amount", "own_amount", "difference"),
    }
    for name, columns in shown.items():
        table = getattr(found, name)
        if name == "credits":
            table = table.filter((pl.col("provider_amount") != 0) | (pl.col("own_amount") != 0))
        if table.is_empty():
            continue
        printed = new_table(*RECONCILED[name].headings(*columns), title=RECONCILED[name].title)
        for row in RECONCILED[name].texts(table.head(MOST_PAIRS), columns, found.reviews["together"].zone_of):
            printed.add_row(*safe(*row.values()))
        console.print(printed)
        if table.height > MOST_PAIRS:
            console.print(f"… and {table.height - MOST_PAIRS:,} more; --out writes all.", highlight=False)
    if out is not None:
        console.print(f"Everything is in {out}.", highlight=False, markup=False)


@app.command()
def due(
    policy: PolicyName,
    opened: Annotated[
        str, typer.Option("--opened", help="Time at which the ticket was opened: 2026-12-23T15:30+01:00.")
    ],
    tier: Tier = None,
    priority: Annotated[str | None, typer.Option("--priority", help="Priority of the ticket, if it is known.")] = None,
    impact: Annotated[str | None, typer.Option("--impact", help="Impact, from which the priority follows.")] = None,
    urgency: Annotated[str | None, typer.Option("--urgency", help="Urgency, from which the priority follows.")] = None,
    closed: Closed = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="Show the updates due after this date or instant; by default the first."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show when the answers and updates of a ticket are due."""
    from slakit.analysis.assess import instant_of
    from slakit.analysis.ticket_times import due_times
    from slakit.policy.files import find_policy, policy_and_tier
    from slakit.policy.plan_names import part_names

    plain, own = policy_and_tier(policy)
    terms = find_policy(plain).terms(tier=own or tier)
    ranked = {"priority": priority, "impact": impact, "urgency": urgency}
    after = instant_of(as_of) if as_of else None
    found = due_times(terms, instant_of(opened), **ranked, conventions=conventions_of(closed), as_of=after)
    rows = new_table("guarantee", "priority", "target", "due", "", "clause")
    names = part_names(terms)
    if as_json:
        from slakit.cli.answers import Due, DueAnswer

        DueAnswer(
            due=[
                Due(
                    guarantee=answer.guarantee, guarantee_name=names[answer.guarantee], priority=answer.priority,
                    within=str(answer.within), due=answer.due, commitment=answer.commitment, clause=answer.clause,
                    why=list(answer.why),
                )
                for answer in found
            ]
        ).print()  # fmt: skip
        return
    for answer in found:
        until = f"{answer.due:%a %Y-%m-%d %H:%M:%S %Z}" if answer.due else "never"
        firmness = answer.commitment.replace("_", " ")
        rows.add_row(
            *safe(names[answer.guarantee], answer.priority or "–", str(answer.within), until, firmness, answer.clause)
        )
    stdout().print(rows)
    for sentence in dict.fromkeys(f"{names[answer.guarantee]}: {why}" for answer in found for why in answer.why):
        stdout().print(f"{sentence}.", markup=False, highlight=False)


@app.command()
def explain(
    evidence: Evidence,
    subscription: Annotated[str | None, typer.Option("--subscription", "-s", help="Subscription to explain.")] = None,
    window: Annotated[str | None, typer.Option("--window", "-w", help="Month or months: 2026-08.")] = None,
    ticket: Annotated[str | None, typer.Option("--ticket", help="Explain this ticket instead.")] = None,
    as_of: AsOfOrNow = None,
    period: Annotated[
        str | None,
        typer.Option("--period", "-p", help="Period of the assessment; by default the year of the window."),
    ] = None,
    reading: Readings = None,
    time_zone: Zone = None,
    closed: Closed = None,
    as_json: Json = False,
) -> None:
    """Explain a credit or a ticket, clause by clause."""
    from datetime import UTC, datetime

    from slakit.analysis.explain import explain as explain_review
    from slakit.analysis.explain import explain_ticket
    from slakit.measure.calendar import Period

    moment = as_of or datetime.now(UTC).isoformat()
    if ticket is not None:
        year = f"{moment[:4]}-01/{moment[:4]}-12"
        review = assessed(evidence, period or year, moment, reading, time_zone, closed, ranges=False)
        told = explain_ticket(review, ticket)
    elif subscription is not None and window is not None:
        if not period:
            span = Period.parse(window)
            within_a_year = span.after.year - span.first.year < 2
            period = f"{span.first.year}-01/{span.first.year}-12" if within_a_year else window
        review = assessed(evidence, period, moment, reading, time_zone, closed, ranges=True, subscription=subscription)
        told = explain_review(review, subscription, window)
    else:
        raise typer.BadParameter("name a --subscription and a --window, or a --ticket")
    if as_json:
        from slakit.cli import answers

        answers.ExplainAnswer(title=told.title, lines=answers.told(told)).print()
        return
    stdout().print(str(told), markup=False, highlight=False, soft_wrap=True)


@app.command()
def readings(
    evidence: Evidence,
    period: PeriodOption,
    as_of: AsOf,
    subscription: Annotated[str | None, typer.Option("--subscription", "-s", help="Only this subscription.")] = None,
    reading: Readings = None,
    time_zone: Zone = None,
    closed: Closed = None,
    as_json: Json = False,
) -> None:
    """List open questions of contracts, and what depends on each."""
    import polars as pl

    from slakit.analysis.assumptions import answer_words
    from slakit.show.labels import money_text, readings_text

    review = assessed(evidence, period, as_of, reading, time_zone, closed, ranges=True, subscription=subscription)
    review = review.of(subscription) if subscription else review
    if as_json:
        from slakit.cli.answers import Range, Reading, ReadingsAnswer

        asked = review.readings.select("subscription", "question").iter_rows()
        asks = pl.Series("asks", [review.question(*one) for one in asked], dtype=pl.String)
        ReadingsAnswer(
            readings=Reading.of_table(review.readings.with_columns(asks)), ranges=Range.of_table(review.ranges)
        ).print()
        return
    rows = new_table("subscription", "question", "answer", "owed", "difference", "id")
    for row in review.readings.filter(pl.col("moves") > 0).iter_rows(named=True):
        difference = "assumed" if row["chosen"] else f"{row['difference']:+,}"
        owed = money_text(row["amount"], row["currency"])
        question = review.question(row["subscription"], row["question"])
        key = f"{row['question']}={row['answer']}"  # as --reading takes it
        rows.add_row(*safe(row["subscription"], question, answer_words(row["answer"]), owed, difference, key))
    stdout().print(rows)
    for name in review.ranges["subscription"]:
        stdout().print(f"{name}: {readings_text(review, name)}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def scorecard(
    evidence: Evidence,
    kpis: Annotated[Path, typer.Option("--kpis", metavar="FILE", help="KPIs, with cut points: YAML.")],
    period: PeriodOption,
    as_of: AsOf,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Also write the table: .csv or .parquet.")
    ] = None,
    reading: Readings = None,
    time_zone: Zone = None,
    closed: Closed = None,
    as_json: Json = False,
) -> None:
    """Rate KPIs by an authority's own cut points."""
    from slakit.analysis.scorecard import RATINGS, read_kpis
    from slakit.analysis.scorecard import scorecard as rate
    from slakit.cli.console import writing
    from slakit.evidence.files import write_table
    from slakit.policy.printing import print_number
    from slakit.problems import InputError, Problem

    if out is not None and out.suffix not in (".csv", ".parquet"):
        raise InputError(str(out), [Problem("--out", str(out), "not a table", "let it end in .csv or .parquet")])
    asked = read_kpis(kpis)
    review = assessed(evidence, period, as_of, reading, time_zone, closed, ranges=False)
    rated = rate(review, asked)
    if out is not None:
        with writing(out):
            out.parent.mkdir(parents=True, exist_ok=True)
            write_table(rated, out)
    if as_json:
        from slakit.cli.answers import RatedKpi, ScorecardAnswer

        ScorecardAnswer(title=asked.title, kpis=RatedKpi.of_table(rated)).print()
        return
    rows = new_table(
        "KPI", "subscription", "level", "good", "approaching", "requires improvement", "windows met", "rating"
    )
    for row in rated.iter_rows(named=True):
        levels = ["–" if row[name] is None else f"{print_number(row[name])} {row['unit']}" for name in LEVELS]
        met = f"{row['met']} of {row['windows']}"
        rows.add_row(*safe(row["name"], row["subscription"], *levels, met, row["rating"]))
    console = stdout()
    console.print(rows)
    for row in rated.filter(rated["why"] != "").iter_rows(named=True):
        console.print(f"{row['name']}: {row['why']}", markup=False, highlight=False, soft_wrap=True)
    counts = [f"{(rated['rating'] == rating).sum()} {rating}" for rating in RATINGS]
    console.print(f"{rated.height} KPIs: {', '.join(counts)}.", markup=False, highlight=False, soft_wrap=True)
