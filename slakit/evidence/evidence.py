"""Evidence: what a customer knows about what happened, as checked tables."""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl

from slakit.arguments import checked
from slakit.evidence.phases import phases_of
from slakit.evidence.probes import Rule, probed
from slakit.evidence.table_checks import RawTable, check_sheets, refuse_unknown_zone
from slakit.evidence.tables import PARENTS, PROBES, REQUIRED_TABLE, TABLES
from slakit.problems import InputError, Problem, one_of


@dataclass(frozen=True, eq=False, repr=False)
class Evidence:
    """What happened, checked: one frame per table, with the columns and types of `TABLES`.

    Instants are UTC microseconds, amounts exact decimals with 6 places. Rows are in the order in which
    they were given; an optional column that was not given is null throughout (`affected`: 1).

    Attributes
    ----------
    source
        Where the tables come from, for messages.
    given
        The tables that were given. One that was not is empty here, and says nothing: `outages` without a row says that
        there was no outage, no table `outages` says that nobody looked.
    folder
        What the paths of policies are relative to, where the tables come from files.
    rows
        Row of each line of a table in its file, for tables with blank rows; see `row_numbers`.
    """

    subscriptions: pl.DataFrame
    outages: pl.DataFrame
    corrections: pl.DataFrame
    coverage: pl.DataFrame
    maintenance: pl.DataFrame
    tickets: pl.DataFrame
    holds: pl.DataFrame
    priorities: pl.DataFrame
    updates: pl.DataFrame
    claims_made: pl.DataFrame
    conditions: pl.DataFrame
    measurements: pl.DataFrame
    charges: pl.DataFrame
    recoveries: pl.DataFrame
    backups: pl.DataFrame
    probing: pl.DataFrame
    source: str
    given: frozenset[str] = frozenset(TABLES) - {"coverage"}  # each subscription without a row of it is warned of
    folder: Path | None = None
    rows: Mapping[str, pl.Series] = field(default_factory=dict)

    @classmethod
    @checked
    def of(
        cls,
        subscriptions: pl.DataFrame | Iterable[Mapping[str, object]],
        *,
        time_zone: str | None = None,
        **tables: pl.DataFrame | Iterable[Mapping[str, object]],
    ) -> Evidence:
        """Check tables held in memory: frames, or rows as dictionaries. `outages=[]` says that there was none.

        `probes` are samples, which become rows of `outages` and `coverage` by the rules of `probing`.

        >>> Evidence.of([{"subscription": "a", "policy": "klikk", "monthly_fee": "90", "currency": "NOK",
        ...               "starts": "2026-01-01T00:00:00+01:00"}])
        Evidence(memory: 1 subscriptions)
        """
        frames = {}
        for name, given in {"subscriptions": subscriptions, **tables}.items():
            rows = given if isinstance(given, pl.DataFrame) else list(given)
            if isinstance(rows, list) and not rows and name in (*TABLES, PROBES.name):
                rows = (PROBES if name == PROBES.name else TABLES[name]).empty()
            frames[name] = rows if isinstance(rows, pl.DataFrame) else frame_of_rows(name, rows)
        return check_tables(frames, time_zone=time_zone, source="memory")

    @property
    def names(self) -> list[str]:
        """Return the ids of the subscriptions, in the order in which they appear."""
        return self.subscriptions["subscription"].unique(maintain_order=True).to_list()

    @property
    def order(self) -> pl.Expr:
        """Return the place of each row's subscription among all, to sort by."""
        names = self.names
        return pl.col("subscription").replace_strict(names, range(len(names)), return_dtype=pl.UInt32)

    @cached_property
    def phases(self) -> pl.DataFrame:
        """The subscriptions, with a row for each plan that one holds after another: see `phases_of`."""
        return phases_of(self.subscriptions)

    @cached_property
    def plans_held(self) -> Mapping[str, Sequence[tuple[str, str | None]]]:
        """The policy and tier of each subscription, or those that it holds one after the other."""
        held: dict[str, list[tuple[str, str | None]]] = {}
        for subscription, policy, tier in self.phases.select("subscription", "policy", "tier").iter_rows():
            held.setdefault(subscription, []).append((policy, tier))
        return held

    @checked
    def only(self, subscription: str | Iterable[str] = "") -> Evidence:
        """Keep what concerns one subscription, or some; all of it, if none is named.

        Raises
        ------
        InputError
            There is no such subscription.
        """
        chosen = [subscription] if isinstance(subscription, str) else list(dict.fromkeys(subscription))
        if not any(chosen):
            return self
        known = self.names
        wrong = [
            Problem("subscription", name, "not in the evidence", one_of(known, name))
            for name in chosen
            if name not in known
        ]
        if wrong:
            raise InputError(self.source, wrong)
        return self.of_names(chosen)

    def of_names(self, subscriptions: Collection[str]) -> Evidence:
        """Keep what concerns some subscriptions."""
        kept: dict[str, pl.DataFrame] = {}
        rows: dict[str, pl.Series] = {}
        for name in TABLES:
            frame: pl.DataFrame = getattr(self, name)
            if "subscription" in frame.columns:
                own = frame["subscription"].is_in(list(subscriptions))
            else:  # it comes after the table that its rows are about
                parent, key = PARENTS[name]
                own = frame[key].is_in(kept[parent][key].implode())
            kept[name], rows[name] = frame.filter(own), self.row_numbers(name).filter(own)
        return Evidence(**kept, source=self.source, given=self.given, folder=self.folder, rows=rows)

    @checked
    def row_numbers(self, table: str) -> pl.Series:
        """Return the number of each row of a table as its file shows it: the header is row 1.

        Raises
        ------
        InputError
            There is no such table.
        """
        if table not in TABLES:
            raise InputError("evidence", [Problem("table", table, "not a table of evidence", one_of(TABLES, table))])
        height = getattr(self, table).height
        known = self.rows.get(table)
        if known is not None and len(known) == height:
            return known.cast(pl.Int64)
        return pl.int_range(2, height + 2, eager=True)

    def numbered(self, table: str) -> pl.DataFrame:
        """Return a table with the column `row`, the number of each row as its file shows it, and its `subscription`."""
        frame: pl.DataFrame = getattr(self, table)
        numbered = frame.with_columns(self.row_numbers(table).alias("row"))
        if "subscription" in frame.columns:
            return numbered
        parent, key = PARENTS[table]
        holders: pl.DataFrame = getattr(self, parent).select(key, "subscription")
        return numbered.join(holders, on=key, how="left", maintain_order="left")

    def counts(self) -> dict[str, int]:
        """Return the number of rows of each table that has any."""
        sizes = {name: getattr(self, name).height for name in TABLES}
        return {name: height for name, height in sizes.items() if height}

    def __repr__(self) -> str:
        return f"Evidence({self.source}: {', '.join(f'{n} {name}' for name, n in self.counts().items())})"

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{name}</td><td>{n}</td></tr>" for name, n in self.counts().items())
        return f"<table><caption>Evidence: {html.escape(self.source)}</caption>{rows}</table>"


def frame_of_rows(name: str, rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Make a frame of rows given as dictionaries.

    Raises
    ------
    InputError
        A column holds values of several kinds, or such as no table holds.
    """
    refused = (pl.exceptions.PolarsError, pl.exceptions.PanicException, TypeError, ValueError, OverflowError)
    try:
        return pl.DataFrame(rows, infer_schema_length=None)
    except refused:
        problems = []
        for column in dict.fromkeys(key for row in rows for key in row):
            values = [row.get(column) for row in rows]
            try:
                pl.DataFrame({column: values}, infer_schema_length=None)
            except refused:
                kinds = " and ".join(sorted({type(value).__name__ for value in values if value is not None}))
                wrong = f"values that no column of a table holds together ({kinds})"
                problems.append(Problem(f"{name} {column}", None, wrong, "give all of one kind, such as text"))
        told = problems or [Problem(name, None, "rows that are no table", "give dictionaries of plain values")]
        raise InputError("memory", told) from None


@checked
def check_tables(
    frames: Mapping[str, pl.DataFrame], *, time_zone: str | None = None, source: str = "evidence"
) -> Evidence:
    """Check tables from anywhere, with text or typed columns, and return them typed.

    Parameters
    ----------
    frames
        Table name -> frame, with the columns that `TABLES` lists. Only `subscriptions` must be there.
    time_zone
        The zone of times written without an offset, such as `Europe/Oslo`. Without it they are refused.
    source
        Where the tables come from, for messages and for `Evidence.source`.

    Raises
    ------
    InputError
        With every problem of every table: table, row (the header would be row 1), column, value, remedy.
    """
    sheets = {name: RawTable(name, frame) for name, frame in frames.items()}
    return evidence_of(sheets, time_zone=time_zone, source=source)


def evidence_of(
    sheets: Mapping[str, RawTable],
    *,
    time_zone: str | None,
    source: str,
    folder: Path | None = None,
    rule: Rule | None = None,
) -> Evidence:
    """Check tables that know which file they come from; see `check_tables`."""
    refuse_unknown_zone(time_zone, source)
    found = probed(sheets, rule, time_zone)
    given = {name: sheet for name, sheet in sheets.items() if name != PROBES.name}
    for name, added in found.rows.items():
        given.setdefault(name, RawTable(sheets[PROBES.name].place, added.clear()))
    checked = check_sheets(given, TABLES, REQUIRED_TABLE, time_zone, source, found.rows, found.problems)
    tables = {name: checked.get(name, table.empty()) for name, table in TABLES.items()}
    rows = {name: sheet.rows for name, sheet in given.items() if sheet.rows is not None}
    for name, added in found.rows.items():  # they stand in no row of a file
        own = rows.get(name, pl.int_range(2, tables[name].height - added.height + 2, eager=True))
        rows[name] = own.cast(pl.Int64).extend_constant(None, added.height)
    return Evidence(**tables, source=source, given=frozenset(given), folder=folder, rows=rows)
