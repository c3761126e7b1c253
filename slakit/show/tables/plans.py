"""Tables of what is guaranteed: plans side by side, budgets, and the credit for an outage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

import polars as pl
from great_tables import GT

from slakit import locales
from slakit.measure.budgets import uptime_budget
from slakit.policy import words
from slakit.policy.guarantees import Guarantee
from slakit.policy.printing import exact_percent, listed, percent_text, print_number
from slakit.policy.terms import Terms
from slakit.policy.unread import not_read_or
from slakit.show.deduplicate import plans_name, with_part_names
from slakit.show.labels import length_text, money_text, remedy_names, window_name
from slakit.show.tables.memo import Memo, memo_table

MONTH = timedelta(days=30)
Row = dict[str, str]


def show_tiers(terms: Sequence[Terms]) -> GT:
    """Show plans side by side: what each guarantees about outages, the credit for a breach, and how to claim it.

    Parameters
    ----------
    terms
        From `choose_terms`. Tiers with the same terms share a row.
    """
    cells: dict[str, Callable[[Terms], str]] = {
        "Committed": _committed,
        "Allowed in 30 days": _allowed,
        "Credit for a breach": _credits,
        "Cap": _caps,
        "To claim": _claims,
        "Excluded maintenance": _maintenance,
    }
    widths = {"Tier": "11%", "Committed": "17%", "Allowed in 30 days": "11%", "Credit for a breach": "22%"}
    memo = Memo(
        "What each plan guarantees",
        "Availability, and the credit for a breach. Clauses are on the card of each policy.",
        groups="Provider",
        widths=widths,
    )
    return memo_table(_plans(terms, cells), memo, "No plan is named.")


def show_support(terms: Sequence[Terms]) -> GT:
    """Show plans side by side: times of response, resolution and recovery.

    Parameters
    ----------
    terms
        From `choose_terms`. Tiers with the same terms share a row.
    """
    updated = any(guarantee.metric == "update" for plan in terms for guarantee in plan.guarantees)
    cells: dict[str, Callable[[Terms], str]] = {
        "Response": lambda plan: _times(plan, "response"),
        "Resolution": lambda plan: _times(plan, "resolution"),
        **({"Updates": lambda plan: _times(plan, "update")} if updated else {}),
        "Hardware replacement": lambda plan: _times(plan, "replacement"),
        "Support hours": lambda plan: words.hours_words(plan.support.hours) if plan.support else not_read_or(plan, "–"),
        "Recovery": _recovery,
    }
    memo = Memo(
        "Support and recovery", "Times of response, resolution and recovery.", groups="Provider", widths={"Tier": "12%"}
    )
    return memo_table(_plans(terms, cells), memo, "No plan is named.")


def _plans(terms: Sequence[Terms], cells: Mapping[str, Callable[[Terms], str]]) -> list[Row]:
    """Make one row per plan; tiers of a provider whose rows are the same are put together."""
    merged: dict[tuple[str, ...], list[str]] = {}
    for plan in terms:
        key = (f"{plan.provider} · {plan.service}", *(cell(plan) for cell in cells.values()))
        merged.setdefault(key, []).append(plan.tier or "one plan")
    rows = [
        {"Provider": key[0], "Tier": listed(tiers)} | dict(zip(cells, key[1:], strict=True))
        for key, tiers in merged.items()
    ]
    return sorted(rows, key=lambda row: [plan.provider for plan in terms].index(row["Provider"].split(" · ")[0]))


def _on_outages(plan: Terms) -> list[list[Guarantee]]:
    """List guarantees of availability, those with the same level together."""
    available = [guarantee for guarantee in plan.guarantees if guarantee.metric == "availability"]

    def level(guarantee: Guarantee) -> tuple[str, str, str]:
        return str(guarantee.target), str(guarantee.window), guarantee.commitment

    return [list(same) for _, same in groupby(sorted(available, key=level), key=level)]


def _committed(plan: Terms) -> str:
    said = []
    for same in _on_outages(plan):
        names = f": {listed(guarantee.name or guarantee.id for guarantee in same)}" if len(plan.guarantees) > 1 else ""
        effort = "" if same[0].commitment == "guaranteed" else ", best effort"
        said.append(f"{words.promise(same[0])}{effort}{names}")
    others = [guarantee for guarantee in plan.guarantees if guarantee.metric in ("downtime", "incidents", "figure")]
    said += dict.fromkeys(f"{words.promise(guarantee)}: {guarantee.name or guarantee.id}" for guarantee in others)
    return "\n".join(said) or not_read_or(plan, "nothing")


def _allowed(plan: Terms) -> str:
    budgets = [uptime_budget(same[0].target or Decimal(0), MONTH) for same in _on_outages(plan)]
    return "; ".join(length_text(Decimal(budget // timedelta(microseconds=1)).scaleb(-6)) for budget in budgets) or "–"


def _credits(plan: Terms) -> str:
    names, several = remedy_names(plan), len(plan.remedies) > 1
    said = [f"{names[remedy.id]}: " * several + words.remedy_words(remedy) for remedy in plan.remedies]
    said += [words.choice_words(choice, names) for choice in plan.one_of]
    return "\n".join(said) or not_read_or(plan, "no credit")


def _caps(plan: Terms) -> str:
    caps = [
        cap for remedy in plan.remedies for cap in [*(c for credit in remedy.credit for c in credit.caps), *remedy.caps]
    ]
    return "\n".join(dict.fromkeys(words.cap_words(cap).removeprefix("at most ") for cap in caps)) or not_read_or(
        plan, "–"
    )


def _claims(plan: Terms) -> str:
    claims = [plan.claims_of(remedy) for remedy in plan.remedies]
    said = dict.fromkeys(words.claim_words(own, read_whole=plan.read_whole) for own in claims)
    return "\n".join(said) or not_read_or(plan, "–")


def _maintenance(plan: Terms) -> str:
    excluded = {kind for guarantee in plan.guarantees for kind in guarantee.exclude.maintenance}
    kinds = [kind for kind in plan.maintenance if kind.kind in excluded]
    said = [
        f"{words.maintenance_name(kind)}, {words.maintenance_words(kind, read_whole=plan.read_whole)}" for kind in kinds
    ]
    return "\n".join(said) or not_read_or(plan, "none")


def _times(plan: Terms, metric: str) -> str:
    said = []
    for guarantee in (guarantee for guarantee in plan.guarantees if guarantee.metric == metric):
        effort = "" if guarantee.commitment == "guaranteed" else ", best effort"
        share = f", in {exact_percent(guarantee.target)} of cases" if guarantee.target is not None else ""
        said.append(f"{words.times(guarantee.within)}{share}{effort}")
    return "\n".join(said) or not_read_or(plan, "–")


def _recovery(plan: Terms) -> str:
    said = []
    for loss in plan.recovery:
        limits = {"RTO": loss.rto, "RPO": loss.rpo}
        named = [f"{name} {words.longest_words(limit)}" for name, limit in limits.items() if limit is not None]
        said.append(f"{loss.id}: {', '.join(named)}")
    return "\n".join(said) or not_read_or(plan, "–")


def show_budgets(budgets: pl.DataFrame) -> GT:
    """Show allowed downtime, window by window; tiers and guarantees with the same budget share a row.

    Parameters
    ----------
    budgets
        From `window_budgets`, of one plan or several together.
    """
    keys = [
        "policy",
        "window_start",
        "window_end",
        "time_zone",
        "target",
        "agreed_seconds",
        "budget",
        "commitment",
        "clause",
    ]
    budgets = with_part_names(budgets)
    tiers, names = (pl.col(column).unique(maintain_order=True) for column in ("tier", "guarantee"))
    alike = (
        budgets.group_by("tier", *keys, maintain_order=True)
        .agg(names)
        .group_by(*keys, "guarantee", maintain_order=True)
        .agg(tiers)
    )
    rows = [
        {
            "Plan": plans_name(row["policy"], row["tier"], budgets),
            "Guarantee": listed(row["guarantee"]),
            "Window": window_name(row["window_start"], row["window_end"], ZoneInfo(row["time_zone"])),
            "Hours": locales.number(f"{(row['agreed_seconds'] / 3600).normalize():,f}"),
            "Committed": percent_text(row["target"], 6) + ", best effort" * (row["commitment"] != "guaranteed"),
            "Allowed downtime": row["budget"],
            "Clause": row["clause"],
        }
        for row in alike.iter_rows(named=True)
    ]
    notes = ["Months are those of the contract's time zone: one with a clock change has an hour more or less."]
    memo = Memo(
        "Allowed downtime",
        "The longest downtime that still meets the target, exact.",
        notes,
        groups="Plan",
        numbers=["Hours", "Allowed downtime"],
    )
    return memo_table(rows, memo, "No guarantee of availability has a window that ends in this period.")


def show_payouts(curves: pl.DataFrame, fee: float) -> GT:
    """Show the credits for outages of some lengths, at the same fee for all plans.

    Parameters
    ----------
    curves
        From `credit_curve` with `at`, of one plan or several together.
    fee
        The monthly fee that the curves were made for. [currency units]
    """
    keys = ["policy", "tier", "remedy", "guarantee", "currency"]
    curves = with_part_names(curves)
    series = curves.group_by(*keys, maintain_order=True).agg("downtime_seconds", "amount", "credit_percent")
    columns = series.columns[5:]
    alike = series.group_by("policy", "remedy", "currency", *columns, maintain_order=True).agg("tier")
    lengths = curves["downtime_seconds"].unique().sort().to_list()
    rows = []
    for row in alike.iter_rows(named=True):
        paid = dict(zip(row["downtime_seconds"], zip(row["amount"], row["credit_percent"], strict=True), strict=True))
        earned = {f"{length_text(length)} down": "–" for length in lengths}
        for length, (amount, percent) in paid.items():
            said = f"{money_text(amount, row['currency'])} ({percent_text(percent, 2)})" if amount else "no credit"
            earned[f"{length_text(length)} down"] = said
        rows.append(
            {"Plan": plans_name(row["policy"], row["tier"], curves), "Credit": row["remedy"] or "none"} | earned
        )
    notes = [
        "One outage in one window, or one incident, that counts in full. Percentages are of the contract's fee basis."
    ]
    about = f"At a fee of {print_number(fee)} a month."
    memo = Memo("Credit for an outage", about, notes, numbers=list(rows[0])[2:] if rows else ())
    return memo_table(rows, memo, "No length of outage was asked for.")
