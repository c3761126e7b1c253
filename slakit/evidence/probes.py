"""The evidence table `probes`: samples of a monitor, which become outages and coverage when evidence is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from slakit.evidence.cells import Fault
from slakit.evidence.formats import QUOTE, SAVE_UTF8, find_separator, refuse_bytes, unread
from slakit.evidence.probing import find_wrong_rules
from slakit.evidence.samples import ProbedOutages, outages_from
from slakit.evidence.table_checks import RawTable, check_header, find_unknown, read_columns, tell
from slakit.evidence.tables import COMPONENT_COLUMN, PROBES, SUBSCRIPTION_COLUMN, TABLES, InputTable
from slakit.problems import InputError, Problem

Rule = Mapping[str, object]
"""How samples become outages: columns of the table `probing`, but `subscription` and `component`."""
RULES = tuple(column for column in TABLES["probing"].columns[2:] if not column.name.startswith("source"))
WHOSE, SAMPLES = ("subscription", "component"), ("measured", "up")
ROW = "row"
BATCH = 250_000
"""Samples that are checked at a time."""
HEAD = 65_536
"""Bytes of a CSV in which its header ends."""
PARTED = "\x1f"
"""Between a subscription and a component where both are one text: no name holds it."""
SET_RULE = "add a row to the table probing, or give --probes every=1m,failures=3"


@dataclass(frozen=True)
class Probed:
    """What samples of the evidence say.

    Attributes
    ----------
    rows
        Rows that they add to `outages`, `coverage` and `probing`, with all columns of these.
    problems
        Why there are none.
    """

    rows: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def scan_probes(path: Path, place: str) -> RawTable:
    """Look at a CSV or Parquet file of samples without loading it."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if path.suffix.lower() == ".parquet":
        if not head.startswith(b"PAR1"):
            return unread(place, "not a Parquet file, or not a whole one", "write it again")
        scanned = pl.scan_parquet(path, hive_partitioning=False)
    else:
        lines, ended, _ = head.rpartition(b"\n")
        if not ended and len(head) == HEAD:
            return unread(place, f"no row ends within {HEAD:,} bytes", "save it as CSV, a row a line")
        if (refused := refuse_bytes((lines if ended else head).removeprefix(b"\xef\xbb\xbf"), place)) is not None:
            return refused
        separator = find_separator(head.lstrip().partition(b"\n")[0].decode())
        scanned = pl.scan_csv(path, separator=separator, infer_schema=False)
    try:
        empty = pl.DataFrame(schema=scanned.collect_schema())
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        return unread(place, "a file that cannot be read", "write it again")
    return RawTable(place, empty, scanned=scanned)


def probed(sheets: Mapping[str, RawTable], rule: Rule | None, time_zone: str | None) -> Probed:
    """Make outages and coverage of the samples of some evidence, by its rules.

    Parameters
    ----------
    sheets
        The tables as found, `probes` among them.
    rule
        For what no row of the table `probing` names.
    time_zone
        Of times without an offset.
    """
    sheet = sheets.get(PROBES.name)
    if sheet is None:
        wrong, remedy = "there are no samples to make outages of", "add a table probes, or leave the option out"
        return Probed(problems=[Problem("--probes", None, wrong, remedy)] * (rule is not None))
    if sheet.broken:
        return Probed(problems=sheet.broken)
    problems = [*check_header(sheet, PROBES), *refused_rule(rule)]
    if problems:
        return Probed(problems=problems)
    try:
        return _probed(sheet, sheets, rule, time_zone)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return Probed(problems=unread(sheet.place, "rows that cannot be read", f"{SAVE_UTF8}; {QUOTE}").broken)


def _probed(sheet: RawTable, sheets: Mapping[str, RawTable], rule: Rule | None, time_zone: str | None) -> Probed:
    samples = _numbered(sheet)
    targets, problems = _targets(samples, sheet, sheets)
    problems += _broken_samples(samples, sheet, time_zone)
    table = sheets.get("probing")
    written = RawTable("probing", TABLES["probing"].empty()) if table is None else table
    if problems or written.broken or list(check_header(written, TABLES["probing"])):
        return Probed(problems=problems)  # what is wrong with the rules is told with their own table
    rules, faults = read_columns(written, TABLES["probing"], time_zone)
    if any(fault.rows is None or fault.rows.any() for fault in [*faults, *find_wrong_rules(rules)]):
        return Probed()
    rules = rules.select(*WHOSE, *(column.name for column in RULES), pl.int_range(pl.len()).alias("number"))
    own = targets.join(rules, on=WHOSE, how="left", nulls_equal=True, maintain_order="left")
    other = rules.filter(pl.col("component").is_null()).drop("component")
    other = targets.join(other, on="subscription", how="left", maintain_order="left")
    ruled = targets.with_columns(pl.coalesce(own["number"], other["number"]).alias("number"))
    unruled = ruled.filter(pl.col("number").is_null())
    if rule is None and unruled.height:
        for name, component, row in unruled.select(*WHOSE, ROW).iter_rows():
            wrong = "nothing says how samples of it become outages"
            problems.append(Problem(f"{sheet.place} row {row}", _named(name, component), wrong, SET_RULE))
        return Probed(problems=problems)
    found: list[ProbedOutages] = []
    for (number,), of_rule in ruled.partition_by("number", as_dict=True, maintain_order=True).items():
        chosen = (rule or {}) if number is None else rules.row(number, named=True)
        how = {name: chosen[name] for name in (column.name for column in RULES) if chosen.get(name) is not None}
        place = "--probes" if number is None else f"{written.place} row {written.row(number)}"
        several = _has_places(samples) and "agree" not in how
        if several and of_rule["places"].max() > 1:  # type: ignore[operator]
            remedy = "write any, all or how many places must see it down"
            problems.append(Problem(f"{place} agree", None, "there are several places", remedy))
            continue
        typed = _typed(samples, of_rule["key"] if ruled["number"].n_unique() > 1 else None, time_zone)
        try:
            found.append(outages_from(typed, **_conventions(how)))
        except InputError as error:
            problems += [Problem(f"{place} {each.where}", each.value, each.wrong, each.remedy)
                         for each in error.problems]  # fmt: skip
    if problems:
        return Probed(problems=problems)
    named = targets.select(*WHOSE, component_key="key")
    outages, coverage = (
        pl.concat([getattr(one, name) for one in found] or [_nothing(name)])
        .rename({"component": "component_key"})
        .join(named, on="component_key", how="left", nulls_equal=True)
        .sort(*WHOSE, "started")
        for name in ("outages", "coverage")
    )
    begun = pl.col("lower_started").dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    ids = pl.concat_str(pl.lit(PROBES.name), *WHOSE, begun, separator="/", ignore_nulls=True).alias("outage")
    source = pl.lit(PROBES.name).alias("source")
    added = {"outages": outages.with_columns(ids, source), "coverage": coverage.with_columns(source)}
    if rule is not None and unruled.height:
        given = {name: str(value) for name, value in rule.items() if value is not None}
        held = unruled.select("subscription").unique(maintain_order=True)
        added["probing"] = held.with_columns(pl.lit(text).alias(name) for name, text in given.items())
    full = {}
    for name, rows in added.items():
        columns = [column.name for column in TABLES[name].columns if column.name in rows.columns]
        full[name] = read_columns(RawTable(sheet.place, rows.select(columns)), TABLES[name], time_zone)[0]
    twice = sheets.get("outages")
    if twice is not None and "outage" in twice.cells.columns:
        known = twice.cells.get_column("outage").cast(pl.String)
        for outage in full["outages"]["outage"].filter(full["outages"]["outage"].is_in(known.implode())):
            remedy = f"remove those rows: they are made of {sheet.place} again"
            problems.append(Problem(twice.place, outage, "an outage that samples show, and a row", remedy))
    return Probed(full, problems)


def rule_of_text(text: str) -> dict[str, object]:
    """Read one rule for all samples, as a command takes it.

    >>> rule_of_text("every=1m,failures=3")
    {'every': '1m', 'failures': '3'}

    Raises
    ------
    InputError
        It is not one.
    """
    parts = [part.partition("=") for part in text.split(",")]
    twice = len({name.strip() for name, _, _ in parts}) < len(parts)
    if twice or not all(marked and value.strip() for _, marked, value in parts):
        wrong = "a convention twice" if twice else "not conventions and their values"
        raise InputError("--probes", [Problem("--probes", text, wrong, "write them like every=1m,failures=3")])
    rule: dict[str, object] = {name.strip(): value.strip() for name, _, value in parts}
    if problems := refused_rule(rule):
        raise InputError("--probes", problems)
    return rule


def refused_rule(rule: Rule | None) -> list[Problem]:
    """Say what is wrong with one rule for all samples."""
    if rule is None:
        return []
    cells = {name: pl.Series([str(value)]) for name, value in rule.items() if value is not None}
    sheet = RawTable("--probes", pl.DataFrame(cells))
    table = InputTable("probes", (*RULES, *TABLES["probing"].columns[-2:]))
    problems = [
        Problem("--probes", each.value, each.wrong.replace("column", "convention"), each.remedy)
        for each in check_header(sheet, table)
    ]
    typed, faults = read_columns(sheet, table, None)
    whole = typed.select(pl.lit("").alias("subscription"), pl.lit(None, dtype=pl.String).alias("component"), pl.all())
    for fault in [*faults, *find_wrong_rules(whole)]:
        problems += [Problem(each.where.replace(" row 2", ""), each.value, each.wrong, each.remedy)
                     for each in tell(sheet, fault)] if fault.column in cells else _lacking(fault)  # fmt: skip
    return problems


def _lacking(fault: Fault) -> Iterator[Problem]:
    if fault.rows is not None and fault.rows.any() and fault.wrong != "empty":
        yield Problem(f"--probes {fault.column}", None, fault.wrong, fault.remedy)


def _conventions(how: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {name: int(how[name]) for name in ("failures", "successes") if name in how}
    agree = str(how.get("agree", "any"))
    return {**how, **numbers, "agree": int(agree) if agree.isdigit() else agree}


def _numbered(sheet: RawTable) -> pl.LazyFrame:
    """Return the samples with the row of each in its file, without blank rows and cells."""
    if sheet.rows is not None:
        samples = sheet.cells.with_columns(sheet.rows.cast(pl.Int64).alias(ROW)).lazy()
    else:
        samples = sheet.cells.lazy() if sheet.scanned is None else sheet.scanned
        samples = samples.with_row_index(ROW, offset=2).with_columns(pl.col(ROW).cast(pl.Int64))
    if all(kind == pl.String for kind in sheet.cells.schema.values()):
        samples = samples.filter(~pl.all_horizontal(pl.all().exclude(ROW).is_null()))
        if "component" in sheet.cells.columns:
            return samples.with_columns(pl.when(pl.col("component").str.contains(r"\S")).then("component"))
    return samples


def _has_places(samples: pl.LazyFrame) -> bool:
    return "place" in samples.collect_schema()


def _key(names: list[str]) -> pl.Expr:
    """Write what was looked at as one text."""
    texts = [pl.col(name).cast(pl.String).fill_null("") for name in names]
    return pl.concat_str(texts, separator=PARTED) if len(names) > 1 else pl.col(names[0]).cast(pl.String)


def _targets(
    samples: pl.LazyFrame, sheet: RawTable, sheets: Mapping[str, RawTable]
) -> tuple[pl.DataFrame, list[Problem]]:
    """List what was looked at: `subscription`, `component`, `key`, `row` (the first), `places`; and what is wrong."""
    schema = samples.collect_schema()
    whose = [name for name in WHOSE if name in schema]
    places = pl.col("place").n_unique() if "place" in schema else pl.lit(1, dtype=pl.UInt32)
    grouped = samples.group_by(whose).agg(pl.col(ROW).min(), places.alias("places"))
    targets = grouped.collect(engine="streaming").sort(ROW)
    looked_at = RawTable(sheet.place, targets.select(whose), targets[ROW])
    table = InputTable(PROBES.name, (SUBSCRIPTION_COLUMN, COMPONENT_COLUMN))
    typed, faults = read_columns(looked_at, table, None)
    known = sheets.get("subscriptions")
    if known is not None and "subscription" in known.cells.columns:
        names = known.cells["subscription"].cast(pl.String).drop_nulls().unique()
        faults.append(find_unknown(typed["subscription"], names, SUBSCRIPTION_COLUMN))
    if "component" in whose:
        two = "empty in some rows and nothing in others"
        faults.append(Fault("component", typed.is_duplicated(), two, "write both as nothing"))
    problems = [problem for fault in faults for problem in tell(looked_at, fault)]
    return typed.hstack(targets.select(_key(whose).alias("key"), ROW, "places")), problems


def _broken_samples(samples: pl.LazyFrame, sheet: RawTable, time_zone: str | None) -> list[Problem]:
    """Refuse samples without an instant, or neither up nor down: those of the first part of the file that has any."""
    table = InputTable(PROBES.name, tuple(column for column in PROBES.columns if column.name in SAMPLES))
    for batch in samples.select(ROW, *SAMPLES).collect_batches(chunk_size=BATCH, maintain_order=True):
        cells = RawTable(sheet.place, batch.select(SAMPLES), batch[ROW])
        faults = read_columns(cells, table, time_zone)[1]
        if problems := [problem for fault in faults for problem in tell(cells, fault)]:
            return problems
    return []


def _typed(samples: pl.LazyFrame, keys: pl.Series | None, time_zone: str | None) -> pl.LazyFrame:
    """Return the samples of some targets as `outages_from` takes them."""
    schema = samples.collect_schema()
    place = ["place"] if "place" in schema else []
    own = samples.select(_key([name for name in WHOSE if name in schema]).alias("component"), *SAMPLES, *place)
    if keys is not None:
        own = own.filter(pl.col("component").is_in(keys.implode()))
    if schema["up"] == pl.Boolean and isinstance(schema["measured"], pl.Datetime) and schema["measured"].time_zone:
        return own
    table = InputTable(PROBES.name, tuple(column for column in PROBES.columns if column.name in SAMPLES))

    def typed(batch: pl.DataFrame) -> pl.DataFrame:
        cells = read_columns(RawTable("", batch.select(SAMPLES)), table, time_zone)[0]
        return batch.with_columns(cells)

    kinds = {**own.collect_schema(), **table.empty().schema}
    return own.map_batches(typed, schema=pl.Schema(kinds), streamable=True)


def _nothing(name: str) -> pl.DataFrame:
    """Return what no sample shows."""
    looks = pl.DataFrame(schema={"measured": pl.Datetime("us", "UTC"), "up": pl.Boolean})
    nothing: pl.DataFrame = getattr(outages_from(looks, every="1m"), name)
    return nothing


def _named(subscription: str, component: str | None) -> str:
    return subscription if component is None else f"{subscription} {component}"
