"""Billing files in the FOCUS format: what was charged, as the fees that credits are a share of."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Literal

import polars as pl
from pydantic import Field

from slakit.evidence.sources.desks import need_columns
from slakit.evidence.sources.parsing import (
    by_frequency,
    header_names,
    numbered,
    read_csv,
    read_times,
    row_digests,
    with_row_ids,
)
from slakit.evidence.sources.reader import LEFT_OUT, PLACEHOLDER, Draft, Found, Reader, SourceMapping
from slakit.evidence.table_checks import refuse_unknown_zone
from slakit.evidence.tables import AMOUNT
from slakit.problems import InputError, Problem

NAME = "focus"
EXACT = pl.Decimal(38, 18)
MILLIONTH = Decimal("0.000001")
CORRECTION = "Correction"


class FocusMapping(SourceMapping):
    """Keys of the mapping of a FOCUS billing file. No row of it is taken for a credit of an SLA."""

    cost: Literal["BilledCost", "EffectiveCost", "ContractedCost", "ListCost"]
    """The column with what is charged: as invoiced; with prepaid commitments spread over their use; at the negotiated
    price; at the list price. Ask which of them the contract calls the fee."""
    categories: dict[str, Literal["fee", "ignore"]]
    """Value of `ChargeCategory` (Usage, Purchase, Tax, Credit, Adjustment) → part of the `fee`, or `ignore`."""
    corrections: Literal["net", "ignore"]
    """Whether corrections of earlier invoices (`ChargeClass`) are added to or taken off what is charged, or skipped.
    """
    currency: str
    """ISO 4217. Rows in another are refused, or skipped with `unmapped: list`; nothing is converted."""
    months: str | None = None
    """Zone in which the months of the contract begin, such as Europe/Oslo: what is billed for a month is then added up
    and stands at its first instant there. Without the key charges stand at the start of their own charge period, in
    UTC as FOCUS has it: west of Greenwich the first of a month in UTC is the last of the month before."""
    item: list[str] = Field(default_factory=lambda: ["ServiceName"])
    """Columns that tell what is charged, to tell subscriptions and components apart under `items`; several are joined
    by ` / `."""
    id: str | None = None
    """A column with an id of each row, if the file has one; else a row is known by all that is written in it. A month
    that was restated since is imported with --replace."""


def _recognises(source: bytes) -> str | None:
    known = {"ChargeCategory", "BilledCost", "BillingCurrency"} <= header_names(source)
    return "ChargeCategory, BilledCost and BillingCurrency in its header" if known else None


def _records(source: bytes, mapping: FocusMapping | None) -> pl.DataFrame:
    table = read_csv(source, NAME)
    texts = pl.col(pl.String)
    table = table.with_columns(pl.when(texts != "NULL").then(texts))
    needed = ["ChargeCategory", "BillingCurrency", "ChargePeriodStart", "BillingPeriodStart"]
    if mapping is None:
        need_columns(table, needed, NAME)
        return with_row_ids(table)
    own_id = [mapping.id] if mapping.id else []
    need_columns(table, [*needed, mapping.cost, *mapping.item, *own_id], NAME)
    if mapping.months is not None:
        refuse_unknown_zone(mapping.months, "months")
    rows = "row " + table["row"].cast(pl.String)
    zone = mapping.time_zone or "UTC"
    charged, broken_charged = read_times(table["ChargePeriodStart"], None, zone, NAME, rows)
    billed, broken_billed = read_times(table["BillingPeriodStart"], None, zone, NAME, rows)
    problems = [*broken_charged, *broken_billed]
    for name in (mapping.cost, "ChargeCategory", "BillingCurrency", "ChargePeriodStart", "BillingPeriodStart"):
        wrong, remedy = "an empty cell", "FOCUS asks for a value here: fetch the file again"
        problems += [Problem(f"{NAME} {row} {name}", None, wrong, remedy) for row in rows.filter(table[name].is_null())]
    costs, broken_costs = _amounts(table[mapping.cost], rows)
    problems += broken_costs
    if problems:
        raise InputError(NAME, problems)
    unclassed = pl.lit(None, pl.String)
    ids = table[mapping.id] if mapping.id else numbered(row_digests(table))
    if ids.is_duplicated().any() or ids.null_count():
        remedy = "name another column as id, or none"
        raise InputError(NAME, [Problem(f"{NAME} {mapping.id}", None, "not an id of each row", remedy)])
    return table.select(
        ids.alias("source_id"),
        pl.concat_str(mapping.item, separator=" / ").alias("item"),
        pl.col("ChargeCategory").alias("category"),
        (pl.col("ChargeClass") if "ChargeClass" in table.columns else unclassed).alias("class"),
        pl.col("BillingCurrency").alias("currency"),
        charged.alias("charged"),
        billed.alias("billed"),
        costs.alias("cost"),
    )


def _amounts(cells: pl.Series, rows: pl.Series) -> tuple[pl.Series, list[Problem]]:
    """Read amounts exactly, in the notation 1.5E-7 as well."""
    plain = cells.str.contains(r"^[+-]?[0-9]{1,19}(?:\.[0-9]{0,18})?$").fill_null(False)
    values = cells.set(~plain, None).cast(EXACT)
    problems = []
    others: list[tuple[int, Decimal]] = []
    for index in (~plain & cells.is_not_null()).arg_true():
        try:
            value = Decimal(cells[index])
            digits = value.as_tuple()
            if not value.is_finite() or abs(value) >= 10**19 or int(digits.exponent) < -18:
                raise InvalidOperation
            others.append((index, value))
        except InvalidOperation:
            remedy = "write it like 12.50, with at most 18 decimals"
            problems.append(Problem(f"{NAME} {rows[index]} {cells.name}", cells[index], "not an amount", remedy))
    if others:
        values = values.scatter([index for index, _ in others], pl.Series([value for _, value in others], dtype=EXACT))
    return values, problems


def _draft(records: pl.DataFrame) -> Draft:
    currencies = by_frequency(records["BillingCurrency"])
    services = by_frequency(records["ServiceName"]) if "ServiceName" in records.columns else []
    keys: dict[str, tuple[Any, str]] = {
        "cost": (
            PLACEHOLDER,
            "which column is the fee: BilledCost (as invoiced), EffectiveCost, ContractedCost, ListCost",
        ),
        "categories": (
            dict.fromkeys(by_frequency(records["ChargeCategory"]), PLACEHOLDER),
            "which charges are part of the fee: fee, or ignore",
        ),
        "corrections": (
            PLACEHOLDER,
            "whether corrections of earlier invoices are added or taken off (net), or skipped (ignore)",
        ),
        "currency": (
            currencies[0] if len(currencies) == 1 else PLACEHOLDER,
            "rows in another currency are refused; nothing is converted",
        ),
        "months": (
            PLACEHOLDER,
            "zone in which the months of the contract begin, such as Europe/Oslo: it decides the month",
        ),
        "item": (["ServiceName"], "columns that tell subscriptions apart, such as SubAccountName"),
    }
    return Draft(items=services, keys=keys)


def _find(records: pl.DataFrame, mapping: FocusMapping) -> Found:
    category = pl.col("category").replace_strict(mapping.categories, default=None, return_dtype=pl.String)
    correction = pl.col("class").eq_missing(CORRECTION)
    refusals = (
        ("categories", "category", category.is_null(), "categories does not name it", "name it there: fee or ignore"),
        ("ChargeClass", "class", pl.col("class").is_not_null() & ~correction, "not Correction", "look at these rows"),
        ("currency", "currency", pl.col("currency") != mapping.currency, f"not {mapping.currency}", "import it apart"),
        (
            "cost",
            "cost",
            (pl.col("cost") < 0) & ~correction,
            "a negative amount",
            "look at these rows: a credit, perhaps",
        ),
    )
    ignored: Any = pl.when(category == "ignore").then(pl.format("the mapping leaves the category {} out", "category"))
    if mapping.corrections == "ignore":
        ignored = ignored.when(correction).then(pl.lit("a correction, which the mapping leaves out"))
    problems = []
    for where, column, wrong, says, remedy in refusals:
        # what the mapping leaves out anyway is asked no more
        strange = records.filter(ignored.otherwise(None).is_null() & wrong)
        if strange.height and mapping.unmapped == "refuse":
            value = min(strange[column].to_list())
            value = format(value.normalize(), "f") if isinstance(value, Decimal) else value
            told = f"{says}, in {strange.height:,} row{'s' if strange.height != 1 else ''}"
            remedy = f"{remedy}, or let `unmapped: list` leave such rows out"
            problems.append(Problem(f"{NAME} {where}", value, told, remedy))
        told_of = pl.lit(says) if column == "cost" else pl.format("its {} {}: {}", pl.lit(column), column, pl.lit(says))
        ignored = ignored.when(wrong).then(told_of)
    if problems:
        raise InputError(NAME, problems)
    reasons = records.with_columns(reason=ignored.otherwise(None))
    left_out = reasons.filter(pl.col("reason").is_not_null()).select(*LEFT_OUT)
    started = pl.col("charged")
    if mapping.months is not None:
        day = pl.col("billed").dt.truncate("1d").dt.replace_time_zone(None)
        started = day.dt.replace_time_zone(mapping.months, ambiguous="earliest").dt.convert_time_zone("UTC")
    fees = reasons.filter(pl.col("reason").is_null()).with_columns(started=started).sort("charged", "source_id")
    sums = fees.group_by("item", "started", maintain_order=True).agg(
        pl.col("cost").sum().alias("amount"), pl.col("source_id")
    )
    below = sums.filter(pl.col("amount") < 0)
    if below.height and mapping.unmapped == "refuse":
        first = below.row(0, named=True)
        place = f"{NAME} {first['item']} from {first['started']:%Y-%m-%d}"
        remedy = "take the corrections in their own month, or let `unmapped: list` leave it out"
        raise InputError(NAME, [Problem(place, first["amount"], "corrections take off more than is charged", remedy)])
    reason = pl.lit("corrections take off more than is charged").alias("reason")
    left_out = pl.concat([left_out, below.explode("source_id").select("source_id", reason)]).sort("source_id")
    kept = sums.filter(pl.col("amount") >= 0)
    rounded = [amount.quantize(MILLIONTH, ROUND_HALF_UP) for amount in kept["amount"]]
    charges = kept.select(
        "item", "started", pl.Series("amount", rounded, dtype=AMOUNT), pl.col("source_id").list.first()
    )
    return Found({"charges": charges} if charges.height else {}, left_out)


READER = Reader(
    NAME,
    "FOCUS billing files (CSV): what was charged, as fees",
    "aws s3 cp s3://BUCKET/EXPORT/data/BILLING_PERIOD=2026-07/ . --recursive && gunzip *.csv.gz",
    FocusMapping,
    _recognises,
    _records,
    _draft,
    _find,
)


def billed_credits(source: bytes) -> pl.DataFrame:
    """Find what a billing file takes off: rows of the category `Credit`, and negative amounts of any other.

    FOCUS has no name for a credit of an SLA. Which of them is one, a person decides.

    Parameters
    ----------
    source
        A file in the FOCUS format.

    Returns
    -------
    pl.DataFrame
        `row`, `billed`, `billed_until` (the billing period), `item` (what the service is called), `description`,
        `category`, `credited` (what is taken off, above nothing), `currency`.

    Raises
    ------
    InputError
        Columns are missing, or amounts and times cannot be read.
    """
    table = read_csv(source, NAME)
    texts = pl.col(pl.String)
    table = table.with_columns(pl.when(texts != "NULL").then(texts))
    needed = ["BilledCost", "ChargeCategory", "BillingCurrency", "BillingPeriodStart", "BillingPeriodEnd"]
    need_columns(table, needed, NAME)
    rows = "row " + table["row"].cast(pl.String)
    costs, problems = _amounts(table["BilledCost"], rows)
    edges = []
    for name in ("BillingPeriodStart", "BillingPeriodEnd"):
        times, broken = read_times(table[name], None, "UTC", NAME, rows)
        problems += broken
        edges.append(times)
    if problems:
        raise InputError(NAME, problems)
    named = [
        pl.col(name).alias(alias) if name in table.columns else pl.lit(None, pl.String).alias(alias)
        for name, alias in (("ServiceName", "item"), ("ChargeDescription", "description"))
    ]
    found = table.select(
        "row",
        edges[0].alias("billed"),
        edges[1].alias("billed_until"),
        *named,
        pl.col("ChargeCategory").alias("category"),
        costs.abs().alias("credited"),
        pl.col("BillingCurrency").alias("currency"),
        (costs < 0).alias("below"),
    )
    taken_off = (pl.col("category") == "Credit") | pl.col("below")
    return found.filter(taken_off & (pl.col("credited") != 0)).drop("below")
