"""The schema of every input table, in one place, and the checked tables together: `Evidence`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

import polars as pl

from slakit.evidence.answers import OUTCOMES
from slakit.evidence.instants import INSTANT

AMOUNT = pl.Decimal(38, 6)

CellKind = Literal["name", "text", "instant", "amount", "share", "whole", "currency", "fees", "repeats", "zone", "flag"]
DTYPES: Mapping[CellKind, Any] = MappingProxyType(
    {
        "name": pl.String,  # joins tables, so no space around it
        "text": pl.String,  # anything at all
        "instant": INSTANT,
        "amount": AMOUNT,  # exact, not negative
        "share": AMOUNT,  # exact, 0 to 1
        "whole": pl.Int64,
        "currency": pl.String,  # ISO 4217
        "fees": pl.String,  # JSON object: component -> monthly fee
        "repeats": pl.String,  # RFC 5545, as `Repeats` reads it
        "zone": pl.String,  # IANA
        "flag": pl.Boolean,
    }
)
CELL_KINDS: Mapping[CellKind, str] = MappingProxyType(
    {
        "name": "name",
        "text": "text",
        "instant": "time",
        "amount": "number",
        "share": "0 to 1",
        "whole": "whole number",
        "currency": "ISO 4217",
        "fees": "JSON",
        "repeats": "rule",
        "zone": "time zone",
        "flag": "true or false",
    }
)
"""What people call what a cell holds."""


@dataclass(frozen=True)
class InputColumn:
    """One column of an input table: what its cells hold, and what is refused.

    An `optional` column may be missing, and its cells may be empty; any other must be there and full.
    """

    name: str
    kind: CellKind
    optional: bool = False
    unique: bool = False
    refers_to: str = ""  # the table whose column of the same name knows all values
    not_before: str = ""  # the column of the same row that this instant may not precede
    instead_of: str = ""  # the column of the same row that says the same: only one of the two may be filled
    one_of: tuple[str, ...] = ()
    between: tuple[int, int] | None = None
    default: Decimal | None = None  # what an empty cell means
    dates: bool = False  # whether a date may stand for its first instant; of an end it would not be clear
    says: str = ""  # what it means, for people

    @property
    def dtype(self) -> Any:
        """Return the polars type of the checked column."""
        return DTYPES[self.kind]


@dataclass(frozen=True)
class InputTable:
    """One input table: its columns, in the order in which checked frames carry them."""

    name: str
    columns: tuple[InputColumn, ...]
    says: str = ""  # what one row is
    once: tuple[str, ...] = ()  # columns that no two rows have in common

    def empty(self) -> pl.DataFrame:
        """Return the table without a row, with its types."""
        return pl.DataFrame(schema={column.name: column.dtype for column in self.columns})

    def described(self) -> str:
        """Return the section of Markdown that describes the table and its columns, but those of every table."""
        rows = []
        for column in self.columns:
            if column in PROVENANCE:
                continue
            words = ", ".join(f"`{word}`" for word in column.one_of)
            says = column.says or (f"one of `{column.refers_to}`" if column.refers_to else "")
            rows.append(f"| `{column.name}`{'?' * column.optional} | {words or CELL_KINDS[column.kind]} | {says} |")
        head = f"## {self.name}\n\n{self.says}.\n\n| column | is | meaning |\n|---|---|---|\n"
        return head + "\n".join(rows).replace("|  |", "| |")


SUBSCRIPTION_COLUMN = InputColumn("subscription", "name", refers_to="subscriptions")
COMPONENT_COLUMN = InputColumn("component", "text", optional=True, says="what was looked at; empty: everything")
PROVENANCE = (
    InputColumn("source", "name", optional=True, says="where the row was imported from; empty: written by hand"),
    InputColumn("source_id", "text", optional=True, says="id of the record there"),
)
"""Columns that every table may have: `slakit import` fills them in."""

TABLES: Mapping[str, InputTable] = MappingProxyType(
    {
        table.name: replace(table, columns=(*table.columns, *PROVENANCE))
        for table in (
            InputTable(
                "subscriptions",
                (
                    InputColumn("subscription", "name", says="its id; in several rows where it changes"),
                    InputColumn(
                        "policy", "name", says="id in the library, or path of a policy file beside the evidence"
                    ),
                    InputColumn("tier", "name", optional=True, says="one of the policy's"),
                    InputColumn("monthly_fee", "amount", says="what is paid for a month"),
                    InputColumn("currency", "currency"),
                    InputColumn("starts", "instant", dates=True, says="first instant of the contract, or of a change"),
                    InputColumn(
                        "ends",
                        "instant",
                        optional=True,
                        not_before="starts",
                        says="first instant after it; empty: it goes on",
                    ),
                    InputColumn("reference", "text", optional=True, says="order or account number"),
                    InputColumn(
                        "billing_day",
                        "whole",
                        optional=True,
                        between=(1, 28),
                        says="day on which a billing month begins; 1 if empty",
                    ),
                    InputColumn(
                        "component_fees", "fees", optional=True, says='component → monthly fee: `{"hardware": 900.50}`'
                    ),
                ),
                "A customer's contract. One whose policy, tier, fee or components change has a row for each span, from "
                "its `starts` to its `ends`: spans do not overlap, and only the last may be open; in a gap between two "
                "the subscription is suspended, which is outside its term. Currency and billing day stay the same. The "
                "fee of a month is the mean of the fees in force in it, each by its time. A window is cut where the "
                "terms that measure its guarantee change, and each part is judged by its own. A credit that is due "
                "once for a window is, in each part, a share of the part's fee: that of the whole window, by the "
                "part's share of its time in the term; a minimum is shared likewise, and a limit per window is one "
                "for all parts. Amounts of money, and what is due by the incident, by the day or by the length of "
                "downtime, are not parted, and windows that slide start anew at the change. Where only fees or "
                "credits change a window is judged as one, and pays by the terms at its end. Limits, breaches in a "
                "row and what is earned back go on through a change. Rows of other tables name the subscription, and "
                "belong to the row in whose span they fall",
            ),
            InputTable(
                "outages",
                (
                    InputColumn("outage", "name", unique=True, says="its id"),
                    SUBSCRIPTION_COLUMN,
                    InputColumn("component", "text", optional=True, says="what was down; empty: everything"),
                    InputColumn("started", "instant"),
                    InputColumn("ended", "instant", optional=True, not_before="started", says="empty: still down"),
                    InputColumn("detected", "instant", optional=True, says="when monitoring saw it"),
                    InputColumn("reported", "instant", optional=True, says="when it was reported to the provider"),
                    InputColumn("diagnosed", "instant", optional=True, says="when the fault was found"),
                    InputColumn(
                        "cause",
                        "text",
                        optional=True,
                        says="a word, such as `power`, `customer` or `force_majeure`; empty: not known",
                    ),
                    InputColumn(
                        "affected",
                        "share",
                        optional=True,
                        default=Decimal(1),
                        says="share of users or requests; 1 if empty",
                    ),
                    InputColumn(
                        "lower_started", "instant", optional=True, says="the least that can have been down: from when"
                    ),
                    InputColumn(
                        "lower_ended", "instant", optional=True, not_before="lower_started", says="and until when"
                    ),
                    InputColumn("upper_started", "instant", optional=True, says="the most: from when"),
                    InputColumn(
                        "upper_ended", "instant", optional=True, not_before="upper_started", says="and until when"
                    ),
                ),
                "A time in which something was down. Where samples leave open when it began and ended, bounds say what "
                "can have been down at least and at most. `started` and `ended` are judged; the review says which "
                "verdicts and credits would differ at the bounds. An empty bound is as recorded",
            ),
            InputTable(
                "corrections",
                (
                    InputColumn("outage", "name", refers_to="outages", says="that was decided on"),
                    InputColumn(
                        "action",
                        "name",
                        one_of=("excluded", "reinstated", "changed"),
                    ),
                    InputColumn(
                        "started",
                        "instant",
                        optional=True,
                        says="of one that is changed: when it began; empty: as recorded",
                    ),
                    InputColumn(
                        "ended",
                        "instant",
                        optional=True,
                        not_before="started",
                        says="of one that is changed: when it ended; empty: as recorded",
                    ),
                    InputColumn("reason", "text", says="why"),
                    InputColumn("by", "text", says="who decided"),
                    InputColumn("decided", "instant", says="when"),
                    InputColumn("state", "name", one_of=("agreed", "disputed")),
                ),
                "A decision on an outage: it counts nowhere (`excluded`), has other times (`changed`), or is as "
                "recorded again (`reinstated`). The row of the outage stays as it is. Of the agreed decisions on an "
                "outage the last one applies, before anything else is judged; disputed ones do not, and the review "
                "says what would be owed if they did",
                once=("outage", "decided"),
            ),
            InputTable(
                "coverage",
                (
                    SUBSCRIPTION_COLUMN,
                    InputColumn("component", "text", optional=True, says="what was watched; empty: everything"),
                    InputColumn("started", "instant", says="from when on an outage would have been noticed"),
                    InputColumn("ended", "instant", not_before="started", says="first instant after it"),
                ),
                "A time in which an outage would have been seen: when the monitor ran, or how far "
                "back the status page reaches. Outside of it whether the service was up is not known. Of a "
                "subscription without a row, and without this table, all time counts as observed; a row that ends as "
                "it starts says that nothing was seen",
            ),
            InputTable(
                "maintenance",
                (
                    InputColumn("maintenance", "name", unique=True, says="its id"),
                    SUBSCRIPTION_COLUMN,
                    InputColumn("component", "text", optional=True, says="what it concerns; empty: everything"),
                    InputColumn("started", "instant"),
                    InputColumn("ended", "instant", not_before="started"),
                    InputColumn("announced", "instant", optional=True, says="when; empty: never"),
                    InputColumn("kind", "name", one_of=("scheduled", "emergency")),
                    InputColumn(
                        "repeats",
                        "repeats",
                        optional=True,
                        says="by which rule it comes again, at the same wall time: `FREQ=WEEKLY;BYDAY=SU`, "
                        "`FREQ=MONTHLY;BYDAY=2TU;UNTIL=20261231`; `started` and `ended` are the first time",
                    ),
                    InputColumn("time_zone", "zone", optional=True, says="of the rule's wall time, beside `repeats`"),
                ),
                "Maintenance of the provider. A rule is one of RFC 5545 with `FREQ` (`DAILY`, `WEEKLY`, `MONTHLY`), "
                "`INTERVAL`, `BYDAY`, `BYMONTHDAY`, `UNTIL` or `COUNT`; it is written out up to the end of what is "
                "assessed, each time as announced as the row is",
            ),
            InputTable(
                "tickets",
                (
                    InputColumn("ticket", "name", unique=True, says="its id"),
                    SUBSCRIPTION_COLUMN,
                    InputColumn("opened", "instant"),
                    InputColumn("responded", "instant", optional=True, not_before="opened", says="empty: not yet"),
                    InputColumn("resolved", "instant", optional=True, not_before="opened", says="empty: not yet"),
                    InputColumn(
                        "priority", "name", optional=True, says="as the policy names it; or impact and urgency"
                    ),
                    InputColumn("impact", "name", optional=True),
                    InputColumn("urgency", "name", optional=True),
                    InputColumn("kind", "name", optional=True, says="such as `incident`"),
                    InputColumn("due", "instant", optional=True, says="a deadline of its own"),
                    InputColumn(
                        "response_minutes",
                        "amount",
                        optional=True,
                        instead_of="responded",
                        says="instead of `responded`: its length as measured elsewhere, in support hours without holds",
                    ),
                    InputColumn(
                        "resolution_minutes",
                        "amount",
                        optional=True,
                        instead_of="resolved",
                        says="instead of `resolved`, likewise",
                    ),
                ),
                "A ticket",
            ),
            InputTable(
                "holds",
                (
                    InputColumn("ticket", "name", refers_to="tickets", says="that waits for the customer"),
                    InputColumn("started", "instant"),
                    InputColumn("ended", "instant", optional=True, not_before="started", says="empty: still waiting"),
                ),
                "Time in which a ticket waits for the customer; it does not count",
            ),
            InputTable(
                "priorities",
                (
                    InputColumn("ticket", "name", refers_to="tickets", says="that changes its priority"),
                    InputColumn("started", "instant", says="from when on"),
                    InputColumn("priority", "name", says="as the policy names it"),
                ),
                "A priority that a ticket has from an instant on; before the first row, that of the table `tickets`",
                once=("ticket", "started"),
            ),
            InputTable(
                "updates",
                (
                    InputColumn("ticket", "name", refers_to="tickets", says="that the customer was told about"),
                    InputColumn("sent", "instant", says="when"),
                ),
                "A message to the customer on how a ticket stands",
            ),
            InputTable(
                "claims_made",
                (
                    SUBSCRIPTION_COLUMN,
                    InputColumn("remedy", "name", says="id of the remedy, or of the guarantee, claimed for"),
                    InputColumn(
                        "window_start", "instant", dates=True, says="first instant of the window, or any other in it"
                    ),
                    InputColumn("claimed", "instant", says="when"),
                    InputColumn(
                        "amount", "amount", optional=True, says="what was credited; empty: nothing is taken off caps"
                    ),
                    InputColumn("asked", "amount", optional=True, says="what was asked; empty: what was owed"),
                    InputColumn(
                        "answered", "instant", optional=True, not_before="claimed", says="when; empty: not yet"
                    ),
                    InputColumn(
                        "outcome",
                        "name",
                        optional=True,
                        one_of=OUTCOMES,
                        says="with `answered`; `partly` is less than was asked",
                    ),
                    InputColumn("reason", "text", optional=True, says="that the provider gave"),
                    InputColumn("reference", "text", optional=True, says="number of the case"),
                ),
                "A claim that was made already, and what became of it. An amount without an outcome was credited with "
                "the claim. What is answered after the instant of an assessment is open there, and a claim that was "
                "withdrawn by then was never made",
            ),
            InputTable(
                "conditions",
                (
                    SUBSCRIPTION_COLUMN,
                    InputColumn("condition", "name", says="id of a requirement of claims"),
                    InputColumn("started", "instant", says="from when on it was met, or was not"),
                    InputColumn("ended", "instant", optional=True, not_before="started", says="empty: it still is so"),
                    InputColumn("met", "name", one_of=("yes", "no")),
                ),
                "Whether what a claim requires was met",
            ),
            InputTable(
                "measurements",
                (
                    SUBSCRIPTION_COLUMN,
                    InputColumn("guarantee", "name", says="id of the guarantee it is a measurement for"),
                    InputColumn("measured", "instant", says="when, or when its slice begins"),
                    InputColumn("value", "amount", optional=True, says="the value; or counts:"),
                    InputColumn("failed", "whole", optional=True, between=(0, 10**12), says="how many failed"),
                    InputColumn("total", "whole", optional=True, between=(0, 10**12), says="of how many"),
                ),
                "A measured value, or counts",
            ),
            InputTable(
                "charges",
                (
                    SUBSCRIPTION_COLUMN,
                    InputColumn("component", "text", optional=True, says="what is charged; empty: the whole"),
                    InputColumn("started", "instant", says="first instant of the time it is charged for"),
                    InputColumn("amount", "amount", says="what is charged"),
                ),
                "A fee that differs from month to month",
            ),
            InputTable(
                "recoveries",
                (
                    InputColumn("recovery", "name", unique=True, says="its id"),
                    SUBSCRIPTION_COLUMN,
                    InputColumn("kind", "name", says="what was lost, as the policy names it"),
                    InputColumn("failed", "instant", not_before="last_good_copy", says="when it was lost"),
                    InputColumn("last_good_copy", "instant", optional=True, says="time of the data that came back"),
                    InputColumn("restored", "instant", optional=True, not_before="failed", says="empty: not yet"),
                ),
                "A loss, and its recovery",
            ),
            InputTable(
                "backups",
                (
                    SUBSCRIPTION_COLUMN,
                    InputColumn("taken", "instant", says="when"),
                    InputColumn(
                        "kept_until",
                        "instant",
                        optional=True,
                        not_before="taken",
                        says="when it was deleted, or will be",
                    ),
                ),
                "A backup",
            ),
            InputTable(
                "probing",
                (
                    SUBSCRIPTION_COLUMN,
                    InputColumn(
                        "component",
                        "text",
                        optional=True,
                        says="empty: all that no other row of the subscription names",
                    ),
                    InputColumn("every", "text", says="time between two samples, like `1m`"),
                    InputColumn(
                        "failures",
                        "whole",
                        optional=True,
                        between=(1, 10**6),
                        says="failed samples in a row that make it down; 1 if empty",
                    ),
                    InputColumn(
                        "successes",
                        "whole",
                        optional=True,
                        between=(1, 10**6),
                        says="good samples in a row that make it up again; 1 if empty",
                    ),
                    InputColumn(
                        "start",
                        "name",
                        optional=True,
                        one_of=("first_failure", "confirmed", "last_good"),
                        says="an outage begins with the first of its failures (so if empty), with the one that "
                        "confirms it, or with the last good sample before",
                    ),
                    InputColumn(
                        "end",
                        "name",
                        optional=True,
                        one_of=("first_success", "confirmed", "last_failure"),
                        says="it ends with the first good sample (so if empty), with the one that confirms it, or with "
                        "the last failure",
                    ),
                    InputColumn(
                        "missing",
                        "name",
                        optional=True,
                        one_of=("unknown", "hold", "down"),
                        says="where samples are missing nothing is known (so if empty), the last one holds, or it was "
                        "down",
                    ),
                    InputColumn("hold", "text", optional=True, says="for how long a sample holds, like `5m`"),
                    InputColumn(
                        "agree",
                        "name",
                        optional=True,
                        says="how many places must see a failure: `any`, `all`, or a number; needed where there are "
                        "several",
                    ),
                ),
                "By which conventions the samples of `probes` become outages; `outages_from` describes each",
            ),
        )
    }
)
PROBES = InputTable(
    "probes",
    (
        SUBSCRIPTION_COLUMN,
        COMPONENT_COLUMN,
        InputColumn("measured", "instant", says="when"),
        InputColumn("up", "flag", says="also `1` or `0`"),
        InputColumn("place", "text", optional=True, says="from where, if there are several"),
        *PROVENANCE,
    ),
    "A look of a monitor at a service. When evidence is read these become rows of `outages`, with their bounds, and of "
    "`coverage`, by the rules of `probing` or of `--probes`. Their `source` is `probes`, and the id of each is made of "
    "its subscription, component and first failed sample. CSV and Parquet are read part by part: there may be more of "
    "them than memory holds. Rows of `outages` and `coverage` that are given beside them stay",
)
"""Samples: a table that is read, and that no checked evidence holds."""
PARENTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        table.name: (column.refers_to, column.name)
        for table in TABLES.values()
        for column in table.columns
        if column.refers_to and SUBSCRIPTION_COLUMN not in table.columns
    }
)
"""Tables that know no subscription, such as `holds`: the table that their rows are about, and the column of its id."""
REQUIRED_TABLE = "subscriptions"  # any other may be absent, and is then empty
