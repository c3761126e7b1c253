"""The command that looks ahead: what contracts will pay, and how likely they break."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slakit.cli.console import new_table, safe, stderr, stdout
from slakit.cli.options import Amendments, Json, PlansFee, PolicyNames, Readings, Zone, app

if TYPE_CHECKING:
    from slakit.cli.answers import OutlookAnswer
    from slakit.outlook.outlook import Outlook


@app.command()
def outlook(
    plans: PolicyNames,
    evidence: Annotated[
        Path | None, typer.Option("--evidence", "-e", help="Draw years like these outages: how many, how long, when.")
    ] = None,
    subscription: Annotated[
        str | None, typer.Option("--subscription", help="The subscription of the evidence whose outages to use.")
    ] = None,
    history: Annotated[
        str | None,
        typer.Option("--history", help="Months that the evidence covers, like 2025-08/2026-09."),
    ] = None,
    outages_per_year: Annotated[
        float | None, typer.Option("--outages-per-year", help="How many outages begin in a year.")
    ] = None,
    length: Annotated[
        str | None, typer.Option("--length", help="Length that half of the outages exceed, such as 90m.")
    ] = None,
    mean_length: Annotated[
        str | None, typer.Option("--mean-length", help="Instead of --length: their mean, such as 4h.")
    ] = None,
    spread: Annotated[
        float | None,
        typer.Option(
            "--spread", help="Standard deviation of the logarithm of lengths; 1.4 by default, 0: all as long."
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", help="Draw outages by history, lognormal or exponential; may be repeated."),
    ] = None,
    fee: PlansFee = None,
    amend: Amendments = None,
    period: Annotated[
        str | None, typer.Option("--period", "-p", help="Twelve months to draw; by default those after the history.")
    ] = None,
    years: Annotated[int, typer.Option("--years", help="How many years to draw.")] = 2000,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same years.")] = 1,
    reading: Readings = None,
    time_zone: Zone = None,
    as_json: Json = False,
) -> None:
    """Estimate what plans pay in a year, how often they break."""
    from slakit.comparison.compare import amended_offers
    from slakit.evidence.files import read_evidence
    from slakit.outlook.outlook import outlook as look_ahead
    from slakit.outlook.words import outlook_sentences

    offers = amended_offers(plans, amend or [])
    with stderr().status("drawing years", spinner="line"):
        tables = read_evidence(evidence, time_zone=time_zone).only(subscription or "") if evidence else None
        found = look_ahead(
            offers, evidence=tables, history=history, outages_per_year=outages_per_year, length=length,
            mean_length=mean_length, spread=spread, model=model, fee=fee, period=period, years=years, seed=seed,
            reading=reading,
        )  # fmt: skip
    if as_json:
        _json_of(found).print()
        return
    for sentence in outlook_sentences(found):
        stdout().print(sentence, markup=False, highlight=False, soft_wrap=True)
    _print_summary(found)
    _print_differences(found)
    said = f"{found.count:,} years ({found.period.printed}), seed {found.seed}; monthly fee {found.fee:,f}."
    stdout().print(f"{said} Every claim is made in time.", markup=False, highlight=False)


def _json_of(found: Outlook) -> OutlookAnswer:
    from slakit.cli import answers

    return answers.OutlookAnswer(
        plans=dict(found.names),
        period=str(found.period),
        years=found.count,
        seed=found.seed,
        fee=found.fee,
        summary=answers.ExpectedCredit.of_table(found.summary),
        differences=answers.ExpectedDifference.of_table(found.differences),
        readings=answers.ExpectedReading.of_table(found.readings),
        basis=found.basis.filter(model=found.models[0])["says"].to_list(),
    )


def _print_summary(found: Outlook) -> None:
    from slakit.outlook.words import MODEL_NAMES, frequency, window_noun
    from slakit.policy.printing import percent_text, print_amount, print_money

    shown = new_table("plan", "outages by", "missed in", "expected credit", "10 / 50 / 90 %", "of the fee",
                      "nothing paid in", "largest credit in")  # fmt: skip
    before = ""
    for row in found.summary.iter_rows(named=True):
        plan, currency = row["plan"], row["currency"]
        error = f" ± {print_amount(row['error'], currency)}" if row["error"] is not None else ""
        shares = [frequency(row[name], "year").removeprefix("in ") for name in ("nothing", "deepest")]
        missed = frequency(row["months_missed"], window_noun(found.plans[plan])).removeprefix("in ")
        tenths = " / ".join(print_amount(row[name], currency) for name in ("p10", "p50", "p90"))
        shown.add_row(*safe(
            found.names[plan] if plan != before else "", MODEL_NAMES[row["model"]],
            missed, f"{print_money(row['expected'], currency)}{error}", tenths,
            percent_text(row["fee_share"], 2), *shares,
        ))  # fmt: skip
        before = plan
    stdout().print(shown)


def _print_differences(found: Outlook) -> None:
    from slakit.outlook.words import frequency
    from slakit.policy.printing import percent_text

    names = found.names
    for row in found.differences.filter(model=found.models[0]).iter_rows(named=True):
        if not row["difference"]:
            said = f"{names[row['plan']]} and {names[row['other']]} pay the same on average."
        else:
            more, less = (row["plan"], row["other"]) if row["difference"] > 0 else (row["other"], row["plan"])
            years = row["more"] if row["difference"] > 0 else row["less"]
            said = f"{names[more]} pays more than {names[less]} {frequency(years, 'year')}"
            if row["discount"]:
                said += f"; at a fee {percent_text(row['discount'], 2)} lower, {names[less]} is worth as much"
            said += "."
        stdout().print(said, markup=False, highlight=False, soft_wrap=True)
