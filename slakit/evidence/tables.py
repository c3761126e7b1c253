"""The schema of every input table, in one place, and the checked tables together: `Evidence`."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import polars as pl

from slakit.arguments import checked
from slakit.evidence.checks import Sheet, check_sheets
from slakit.evidence.instants import INSTANT
from slakit.problems import InputError, Problem, one_of

AMOUNT = pl.Decimal(38, 6)

Kind = Literal["name", "text", "instant", "amount", "share", "whole", "currency", "fees"]
DTYPES: Mapping[Kind, Any] = MappingProxyType(
    {
        "name": pl.String,  # joins tables, so no space around it
        "text": pl.String,  # anything at all
        "instant": INSTANT,
        "amount": AMOUNT,  # exact, not negative
        "share": AMOUNT,  # exact, 0 to 1
        "whole": pl.Int64,
        "currency": pl.String,  # ISO 4217
        "fees": pl.String,  # JSON object: component -> monthly fee
    }
)


@dataclass(frozen=True)
class Column:
    """One column of an input table: what its cells hold, and what is refused.

    An `optional` column may be missing, and its cells may be empty; any other must be there and full.
    """

    name: str
    kind: Kind
    optional: bool = False
    unique: bool = False
    refers_to: str = ""  # the table whose column of the same name knows all values
    not_before: str = ""  # the column of the same row that this instant may not precede
    one_of: tuple[str, ...] = ()
    between: tuple[int, int] | None = None
    default: Decimal | None = None  # what an empty cell means
    dates: bool = False  # whether a date may stand for its first instant; of an end it would not be clear
    says: str = ""  # what it means, for people

    @property
    def dtype(self) -> Any:
        """The polars type of the checked column."""
        return DTYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """One input table: its columns, in the order in which checked frames carry them."""

    name: str
    columns: tuple[Column, ...]
    says: str = ""  # what one row is

    def empty(self) -> pl.DataFrame:
        """Return the table without a row, with its types."""
        return pl.DataFrame(schema={column.name: column.dtype for column in self.columns})


SUBSCRIPTION = Column("subscription", "name", refers_to="subscriptions")

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            Table(
                "subscriptions",
                (
                    Column("subscription", "name", unique=True, says="its id"),
                    Column("policy", "name", says="id in the library, or path of a policy file beside the evidence"),
                    Column("tier", "name", optional=True, says="one of the policy's"),
                    Column("monthly_fee", "amount", says="what is paid for a month"),
                    Column("currency", "currency"),
                    Column("starts", "instant", dates=True, says="first instant of the contract"),
                    Column(
                        "ends",
                        "instant",
                        optional=True,
                        not_before="starts",
                        says="first instant after it; empty: it goes on",
                    ),
                    Column("reference", "text", optional=True, says="order or account number"),
                    Column(
                        "billing_day",
                        "whole",
                        optional=True,
                        between=(1, 28),
                        says="day on which a billing month begins; 1 if empty",
                    ),
                    Column(
                        "component_fees", "fees", optional=True, says='component → monthly fee: `{"hardware": 900.50}`'
                    ),
                ),
                "A customer's contract",
            ),
            Table(
                "outages",
                (
                    Column("outage", "name", unique=True, says="its id"),
                    SUBSCRIPTION,
                    Column("component", "text", optional=True, says="what was down; empty: everything"),
                    Column("started", "instant"),
                    Column("ended", "instant", optional=True, not_before="started", says="empty: still down"),
                    Column("detected", "instant", optional=True, says="when monitoring saw it"),
                    Column("reported", "instant", optional=True, says="when it was reported to the provider"),
                    Column("diagnosed", "instant", optional=True, says="when the fault was found"),
                    Column(
                        "cause",
                        "text",
                        optional=True,
                        says="a word, such as `power`, `customer` or `force_majeure`; empty: not known",
                    ),
                    Column(
                        "affected",
                        "share",
                        optional=True,
                        default=Decimal(1),
                        says="share of users or requests; 1 if empty",
                    ),
                ),
                "A time in which something was down",
            ),
            Table(
                "maintenance",
                (
                    Column("maintenance", "name", unique=True, says="its id"),
                    SUBSCRIPTION,
                    Column("component", "text", optional=True, says="what it concerns; empty: everything"),
                    Column("started", "instant"),
                    Column("ended", "instant", not_before="started"),
                    Column("announced", "instant", optional=True, says="when; empty: never"),
                    Column("kind", "name", one_of=("scheduled", "emergency")),
                ),
                "Maintenance of the provider",
            ),
            Table(
                "tickets",
                (
                    Column("ticket", "name", unique=True, says="its id"),
                    SUBSCRIPTION,
                    Column("opened", "instant"),
                    Column("responded", "instant", optional=True, not_before="opened", says="empty: not yet"),
                    Column("resolved", "instant", optional=True, not_before="opened", says="empty: not yet"),
                    Column("priority", "name", optional=True, says="as the policy names it; or impact and urgency"),
                    Column("impact", "name", optional=True),
                    Column("urgency", "name", optional=True),
                    Column("kind", "name", optional=True, says="such as `incident`"),
                    Column("due", "instant", optional=True, says="a deadline of its own"),
                ),
                "A ticket",
            ),
            Table(
                "holds",
                (
                    Column("ticket", "name", refers_to="tickets", says="that waits for the customer"),
                    Column("started", "instant"),
                    Column("ended", "instant", optional=True, not_before="started", says="empty: still waiting"),
                ),
                "Time in which a ticket waits for the customer; it does not count",
            ),
            Table(
                "claims_made",
                (
                    SUBSCRIPTION,
                    Column("remedy", "name", says="id of the remedy, or of the guarantee, claimed for"),
                    Column(
                        "window_start", "instant", dates=True, says="first instant of the window, or any other in it"
                    ),
                    Column("claimed", "instant", says="when"),
                    Column(
                        "amount", "amount", optional=True, says="what was granted; empty: nothing is taken off caps"
                    ),
                ),
                "A claim that was made already",
            ),
            Table(
                "measurements",
                (
                    SUBSCRIPTION,
                    Column("guarantee", "name", says="id of the guarantee it is a measurement for"),
                    Column("measured", "instant", says="when, or when its slice begins"),
                    Column("value", "amount", optional=True, says="the value; or counts:"),
                    Column("failed", "whole", optional=True, between=(0, 10**12), says="how many failed"),
                    Column("total", "whole", optional=True, between=(0, 10**12), says="of how many"),
                ),
                "A figure, or counts, that somebody measured",
            ),
            Table(
                "charges",
                (
                    SUBSCRIPTION,
                    Column("component", "text", optional=True, says="what is charged; empty: the whole"),
                    Column("started", "instant", says="first instant of the time it is charged for"),
                    Column("amount", "amount", says="what is charged"),
                ),
                "A fee that differs from month to month",
            ),
            Table(
                "recoveries",
                (
                    Column("recovery", "name", unique=True, says="its id"),
                    SUBSCRIPTION,
                    Column("kind", "name", says="what was lost, as the policy names it"),
                    Column("failed", "instant", not_before="last_good_copy", says="when it was lost"),
                    Column("last_good_copy", "instant", optional=True, says="time of the data that came back"),
                    Column("restored", "instant", optional=True, not_before="failed", says="empty: not yet"),
                ),
                "A loss, and its recovery",
            ),
            Table(
                "backups",
                (
                    SUBSCRIPTION,
                    Column("taken", "instant", says="when"),
                    Column(
                        "kept_until",
                        "instant",
                        optional=True,
                        not_before="taken",
                        says="when it was deleted, or will be",
                    ),
                ),
                "A backup",
            ),
        )
    }
)
REQUIRED_TABLE = "subscriptions"  # any other may be absent, and is then empty


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
    maintenance: pl.DataFrame
    tickets: pl.DataFrame
    holds: pl.DataFrame
    claims_made: pl.DataFrame
    measurements: pl.DataFrame
    charges: pl.DataFrame
    recoveries: pl.DataFrame
    backups: pl.DataFrame
    source: str
    given: frozenset[str] = frozenset(TABLES)
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

        >>> Evidence.of([{"subscription": "a", "policy": "klikk", "monthly_fee": "90", "currency": "NOK",
        ...               "starts": "2026-01-01T00:00:00+01:00"}])
        Evidence(memory: 1 subscriptions)
        """
        frames = {}
        for name, given in {"subscriptions": subscriptions, **tables}.items():
            rows = given if isinstance(given, pl.DataFrame) else list(given)
            if isinstance(rows, list) and not rows and name in TABLES:
                rows = TABLES[name].empty()
            frames[name] = rows if isinstance(rows, pl.DataFrame) else frame_of_rows(name, rows)
        return check_tables(frames, time_zone=time_zone, source="memory")

    @checked
    def only(self, subscription: str = "") -> Evidence:
        """Keep what concerns one subscription; all of it, if none is named.

        Raises
        ------
        InputError
            There is no such subscription.
        """
        if not subscription:
            return self
        known = self.subscriptions["subscription"].to_list()
        if subscription not in known:
            wrong = Problem("subscription", subscription, "not in the evidence", one_of(known, subscription))
            raise InputError(self.source, [wrong])
        kept: dict[str, pl.DataFrame] = {}
        rows: dict[str, pl.Series] = {}
        for name in TABLES:
            frame: pl.DataFrame = getattr(self, name)
            if "subscription" in frame.columns:
                own = frame["subscription"] == subscription
            else:  # holds know their ticket only, and come after tickets
                own = frame["ticket"].is_in(kept["tickets"]["ticket"].implode())
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
    sheets = {name: Sheet(name, frame) for name, frame in frames.items()}
    return evidence_of(sheets, time_zone=time_zone, source=source)


def evidence_of(
    sheets: Mapping[str, Sheet], *, time_zone: str | None, source: str, folder: Path | None = None
) -> Evidence:
    """Check tables that know which file they come from; see `check_tables`."""
    checked = check_sheets(sheets, TABLES, REQUIRED_TABLE, time_zone, source)
    tables = {name: checked.get(name, table.empty()) for name, table in TABLES.items()}
    rows = {name: sheet.rows for name, sheet in sheets.items() if sheet.rows is not None}
    return Evidence(**tables, source=source, given=frozenset(sheets), folder=folder, rows=rows)
