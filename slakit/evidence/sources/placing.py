"""What a source says to rows of evidence: whose they are, checked as any evidence is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from slakit.evidence.cells import Fault
from slakit.evidence.instants import INSTANT, read_instants
from slakit.evidence.sources.mapping_files import MappingFile
from slakit.evidence.sources.reader import LEFT_OUT, OF_TICKETS, Found, MappedItem, SourceMapping
from slakit.evidence.sources.receipt import MOST_IDS, LeftOut
from slakit.evidence.sources.watch import joined_times
from slakit.evidence.table_checks import MOST_SHOWN, RawTable, check_header, check_rows, read_columns, seen_in, tell
from slakit.evidence.tables import TABLES, InputTable
from slakit.problems import InputError, Problem


def place_rows(found: Found, filled: MappingFile) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Give rows their subscription and component, by the items of the mapping.

    Returns
    -------
    own
        Table -> rows with the columns of the table, `source` and `source_id` among them.
    left_out
        `source_id`, `reason`: records that are in no row, and rows that the mapping leaves out.

    Raises
    ------
    InputError
        With every item that the mapping does not name, if it refuses them.
    """
    keys, source = filled.keys, filled.source
    given = {**found.tables, "coverage": found.covered}
    by_item = {name: rows for name, rows in given.items() if name not in OF_TICKETS}
    counts: Counter[str | None] = Counter()
    for rows in by_item.values():
        counts.update(dict(rows.group_by("item").len().iter_rows()))
    targets, ignored = targets_of(keys, counts)
    unmapped = [item for item in counts if item not in ignored and item not in set(targets["item"])]
    if unmapped and keys.unmapped == "refuse":
        raise InputError(filled.document.name, list(unmapped_problems(unmapped, counts, filled)))

    own: dict[str, pl.DataFrame] = {}
    left_out = [found.left_out.select(*LEFT_OUT)]
    tickets = pl.DataFrame(schema={"ticket": pl.String, "placed": pl.String})
    for name, rows in by_item.items():
        joined = rows.join(targets, on="item", how="inner", nulls_equal=True, maintain_order="left")
        unique = next((column.name for column in TABLES[name].columns if column.unique), None)
        if unique is not None:
            placed = joined.with_columns(pl.concat_str(pl.lit(f"{source}/"), "infix", unique).alias("placed"))
            tickets = placed.select("ticket", "placed") if unique == "ticket" else tickets
            joined = placed.drop(unique).rename({"placed": unique})
        own[name] = joined.drop("item", "infix").with_columns(pl.lit(source).alias("source"))
        if "source_id" in rows.columns:
            others = rows.join(targets, on="item", how="anti", nulls_equal=True)
            reason = (
                pl.when(pl.col("item").is_in(list(ignored)))
                .then(pl.format("the mapping ignores {}", "item"))
                .otherwise(pl.format("the mapping does not name {}", pl.col("item").fill_null("what has no item")))
            )
            left_out.append(others.select("source_id", reason.alias("reason")))
    for name in (name for name in given if name in OF_TICKETS):
        if "tickets" not in given:  # they name tickets of another source
            own[name] = given[name].with_columns(pl.lit(source).alias("source"))
            continue
        joined = given[name].join(tickets, on="ticket", how="inner", maintain_order="left")
        own[name] = joined.drop("ticket").rename({"placed": "ticket"}).with_columns(pl.lit(source).alias("source"))
        others = given[name].join(tickets, on="ticket", how="anti")
        left_out.append(others.select("source_id", pl.lit("its ticket is in no row").alias("reason")))

    covered = pl.concat([own["coverage"], covered_by_mapping(targets, filled)], how="diagonal")
    own["coverage"] = joined_times(covered, covered.select(pl.all().exclude("started", "ended")).columns)
    # a table without a row would say that nothing happened, which only a source knows that covers a time
    observed = own["coverage"].height > 0
    own = {
        name: rows.select(column.name for column in TABLES[name].columns if column.name in rows.columns)
        for name, rows in own.items()
        if rows.height or (observed and name == "outages")
    }
    return own, pl.concat(left_out).unique()


def targets_of(keys: SourceMapping, items: Iterable[str | None]) -> tuple[pl.DataFrame, set[str]]:
    """List what each item of a source is.

    Returns
    -------
    targets
        `item`, `subscription`, `component`, `infix` (what tells the rows of one item apart in their ids, where it is
        several things); a row for each thing that an item is.
    ignored
        Items whose rows are excluded.
    """
    rows: list[tuple[str | None, str, str | None, str]] = []
    ignored = set()
    for item, mapped in keys.items.items():
        if mapped == "ignore":
            ignored.add(item)
            continue
        each: list[MappedItem] = mapped if isinstance(mapped, list) else [mapped]
        subscriptions = Counter(one.subscription for one in each)
        for one in each:
            told_by = [one.subscription] * (len(each) > 1)
            told_by += [one.component or "all"] * (subscriptions[one.subscription] > 1)
            rows.append((item, one.subscription, one.component, "".join(f"{name}/" for name in told_by)))
    if keys.subscription is not None:
        alone = items if not keys.items else [None]  # where items are named, others are not the whole subscription
        rows += [(item, keys.subscription, None, "") for item in alone]
    schema = dict.fromkeys(("item", "subscription", "component", "infix"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row"), ignored


def unmapped_problems(
    unmapped: Iterable[str | None], counts: Mapping[str | None, int], filled: MappingFile
) -> Iterator[Problem]:
    """Say of each item that the mapping does not name how many rows it has."""
    for item in sorted(unmapped, key=lambda item: (-counts[item], item or "")):
        rows = f"{counts[item]:,} row{'s' * (counts[item] > 1)}"
        if item is None:
            where, remedy = filled.document.where(()), "name the subscription that they belong to: subscription: ID"
            yield Problem(where, None, f"{rows} of no item, and no subscription", remedy)
        else:
            remedy = "add it with its subscription, or with ignore, or write unmapped: list"
            yield Problem(filled.document.where(("items",)), item, f"not named, and has {rows}", remedy)


def covered_by_mapping(targets: pl.DataFrame, filled: MappingFile) -> pl.DataFrame:
    """Return the rows of `coverage` that the mapping itself tells of: all that it names, in those times."""
    written = filled.keys.covered
    problems = []
    times: dict[str, pl.Series] = {}
    for name in ("started", "ended"):
        text = pl.Series(name, [getattr(each, name) for each in written], dtype=pl.String)
        times[name], broken = read_instants(text, filled.keys.time_zone)
        for rule in broken:
            for index, wrong, remedy in rule.told():
                where = filled.document.where(("covered", index, name))
                problems.append(Problem(where, text[index], wrong, remedy))
    if problems:
        raise InputError(filled.document.name, problems)
    spans = pl.DataFrame({name: values.cast(INSTANT) for name, values in times.items()})
    watched = targets.select("subscription", "component").unique(maintain_order=True)
    return watched.join(spans, how="cross").with_columns(pl.lit(filled.source).alias("source"))


def checked_rows(rows: pl.DataFrame, table: InputTable, filled: MappingFile) -> pl.DataFrame:
    """Check the rows of a source as any evidence is checked, and put them in order.

    Returns
    -------
    pl.DataFrame
        The columns that are given: instants, and text for all else.

    Raises
    ------
    InputError
        With what is wrong, by the id of the record.
    """
    sheet = RawTable(f"{filled.source} {table.name}", rows)
    problems = list(check_header(sheet, table))
    typed, faults = read_columns(sheet, table, None)
    ids = rows["source_id"] if "source_id" in rows.columns else pl.Series([filled.source] * rows.height)
    for fault in [*faults, *check_rows(typed, table, sheet)]:
        problems += told_by_id(fault, sheet, ids, filled)
    if problems:
        raise InputError(f"{filled.source} {table.name}", problems)
    instants = [column.name for column in table.columns if column.kind == "instant" and column.name in rows.columns]
    result = rows.with_columns(pl.all().exclude(instants).cast(pl.String), *(typed[name] for name in instants))
    return result.sort(*instants[:1], pl.all())


def told_by_id(fault: Fault, sheet: RawTable, ids: pl.Series, filled: MappingFile) -> Iterator[Problem]:
    """Word a fault by the ids of records: a row of what is not written yet has no number."""
    if fault.rows is None:
        yield from tell(sheet, fault)
        return
    marked = fault.rows.arg_true()
    for index in marked.head(MOST_SHOWN):
        wrong, remedy = (
            fault.say(index) if fault.say and not fault.wrong.startswith("already") else (fault.wrong, fault.remedy)
        )
        seen = None if fault.wrong == "empty" else seen_in(sheet.cells[fault.column], index)
        yield Problem(f"{filled.source} {ids[index]} {fault.column}", seen, wrong, remedy)
    if len(marked) > MOST_SHOWN:
        yield Problem(sheet.place, None, f"and {len(marked) - MOST_SHOWN} more: {fault.wrong}", fault.remedy)


def reasons_of(left_out: pl.DataFrame) -> list[LeftOut]:
    """Group records that are in no row by the reason, the most frequent first."""
    grouped = left_out.sort("source_id").group_by("reason").agg(pl.len(), pl.col("source_id").head(MOST_IDS))
    rows = grouped.sort(-pl.col("len").cast(pl.Int64), "reason").iter_rows()
    return [LeftOut(reason, count, ids) for reason, count, ids in rows]
