"""One part of the evidence, assessed as the whole would be, and what is told of it."""

from __future__ import annotations

import hashlib
import pickle
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl

from slakit.analysis.assess import assess
from slakit.analysis.review import STILL_OPEN, TABLES
from slakit.evidence.evidence import evidence_of
from slakit.evidence.files import write_table
from slakit.evidence.table_checks import RawTable
from slakit.evidence.tables import PARENTS, REQUIRED_TABLE
from slakit.fleet.parting import rows_about, rows_of
from slakit.fleet.sources import ROW, Places, in_files
from slakit.fleet.summary import PartRecord
from slakit.measure.calendar import Period
from slakit.measure.conventions import Conventions
from slakit.policy.document import Policy
from slakit.problems import InputError, Problem

JOB = "job.pickle"


@dataclass(frozen=True)
class Question:
    """What is asked of the evidence: the arguments of `assess`, and the time zone of `read_evidence`."""

    period: Period
    as_of: datetime
    reading: Mapping[str, str] | Iterable[str] | None
    ranges: bool
    conventions: Conventions | None
    strict: bool
    time_zone: str | None

    def written(self) -> dict[str, str]:
        """Write it as text that is the same for the same question."""
        clocks = asdict(self.conventions or Conventions())
        clocks["closed"] = sorted(clocks["closed"])
        answers = sorted(self.reading.items()) if isinstance(self.reading, Mapping) else self.reading
        return {**{f.name: str(getattr(self, f.name)) for f in fields(self)}, "conventions": str(clocks),
                "reading": str(answers)}  # fmt: skip


@dataclass(frozen=True)
class Job:
    """What all parts have in common; it lies in the working folder, where every worker reads it.

    Attributes
    ----------
    question
        What is asked.
    source, folder
        What messages call the evidence, and where it lies.
    schemas, places
        Of each table that is given: its columns as found, and its files.
    policies, missing
        Policies by their names in the subscriptions, and what is wrong with those that cannot be read.
    digits
        Of amounts: as many as the currencies of all subscriptions need.
    """

    question: Question
    source: str
    folder: Path
    schemas: Mapping[str, Mapping[str, pl.DataType]]
    places: Mapping[str, Places]
    policies: Mapping[str, Policy]
    missing: Mapping[str, Sequence[Problem]]
    digits: int


@dataclass(frozen=True)
class Outcome:
    """How a part ended.

    Attributes
    ----------
    record
        What is told of it.
    folder
        Where its tables are, a Parquet file each; none where it was refused.
    shared
        Assumptions about policies, which other parts make as well.
    """

    record: PartRecord
    folder: Path | None = None
    shared: Sequence[tuple[str, ...]] = ()


def assess_part(number: int, known: Sequence[Problem], work: Path) -> Outcome:
    """Assess the subscriptions of a part, and write its tables to a folder of their own.

    Parameters
    ----------
    number
        Of the part.
    known
        What is wrong with its rows beside those of other parts.
    work
        The working folder.
    """
    clock = time.perf_counter()
    job: Job = pickle.loads((work / JOB).read_bytes())
    asked = job.question
    rows: dict[str, int] = {}
    try:
        sheets = _sheets_of(job, number, work)
        rows = {table: sheet.cells.height for table, sheet in sheets.items() if sheet.cells.height}
        named = sheets[REQUIRED_TABLE].cells["policy"].cast(pl.String).drop_nulls().unique(maintain_order=True)
        refused = [*known, *(problem for name in named for problem in job.missing.get(name, ()))]
        try:
            evidence = evidence_of(sheets, time_zone=asked.time_zone, source=job.source, folder=job.folder)
        except InputError as error:
            refused = [*error.problems, *refused]
        if refused:
            raise InputError(job.source, refused)
        review = assess(
            evidence, asked.period, asked.as_of, reading=asked.reading, policies=job.policies, ranges=asked.ranges,
            conventions=asked.conventions, strict=asked.strict,
        )  # fmt: skip
    except InputError as error:
        told = InputError(error.subject, [in_files(problem, job.places) for problem in error.problems])
        seconds = time.perf_counter() - clock
        return Outcome(PartRecord(part=number, status="failed", rows=rows, error=str(told), seconds=seconds))
    tables = {name: _in_digits(getattr(review, name), job.digits) for name in TABLES}
    of_all = pl.col("subject").is_in([*job.policies, "tickets"])
    shared = tables["assumptions"].filter(of_all).rows()
    tables["assumptions"] = tables["assumptions"].filter(~of_all)
    folder = work / f"results-{number}-{secrets.token_hex(4)}"
    folder.mkdir()
    for name, table in tables.items():
        write_table(table, folder / f"{name}.parquet")
    still_open = tables["claims"].filter(pl.col("status").is_in(STILL_OPEN))
    record = PartRecord(
        part=number,
        status="done",
        subscriptions=len(evidence.names),
        rows=rows,
        owed=_sums(tables["credits"]),
        claimable=_sums(still_open),
        warnings=dict(tables["warnings"]["code"].value_counts(sort=True).iter_rows()),
        seconds=time.perf_counter() - clock,
        sha256=hash_of(folder / f"{name}.parquet" for name in TABLES),
    )
    return Outcome(record, folder, shared)


def _sheets_of(job: Job, number: int, work: Path) -> dict[str, RawTable]:
    """Read the rows of a part, as the files have them."""
    sheets: dict[str, RawTable] = {}
    for table, schema in job.schemas.items():  # in the order of TABLES: what rows are about comes before them
        if table in PARENTS:
            parent, key = PARENTS[table]
            ids = sheets[parent].cells[key] if parent in sheets else pl.Series([], dtype=pl.String)
            cells = rows_about(table, ids, schema, work)
        else:
            cells = rows_of(table, number, schema, work)
        sheets[table] = RawTable(table, cells.drop(ROW), cells[ROW])
    return sheets


def _in_digits(table: pl.DataFrame, digits: int) -> pl.DataFrame:
    """Write amounts with as many digits as all parts have; percentages and seconds have six."""
    amounts = [name for name, dtype in table.schema.items() if isinstance(dtype, pl.Decimal) and dtype.scale != 6]
    return table.with_columns(pl.col(amounts).cast(pl.Decimal(38, digits)))


def _sums(amounts: pl.DataFrame) -> dict[str, Decimal]:
    return dict(amounts.group_by("currency").agg(pl.col("amount").sum()).sort("currency").iter_rows())


def hash_of(files: Iterable[Path]) -> str:
    """Hash the contents of files, one after the other."""
    together = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            together.update(hashlib.file_digest(file, "sha256").digest())
    return together.hexdigest()
