"""Assess a fleet: evidence of any size, in parts, with the answers that `assess` gives to the whole."""

from __future__ import annotations

import contextlib
import pickle
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from slakit._atomic import is_file, is_folder, write_whole
from slakit.analysis.assess import instant_of, policy_beside
from slakit.analysis.assumptions import ASSUMPTIONS
from slakit.analysis.plans import Policies, Settled
from slakit.analysis.review import TABLES
from slakit.arguments import checked
from slakit.batch.folder import LOCK, locked, sweep, unwritable
from slakit.batch.manifest import key_of, versions
from slakit.batch.stopping import until_signal
from slakit.currencies import CODES, minor_digits
from slakit.evidence.files import write_table
from slakit.evidence.table_checks import refuse_unknown_zone
from slakit.evidence.tables import REQUIRED_TABLE
from slakit.evidence.tables import TABLES as GIVEN
from slakit.fleet.cluster import TOLD, StoppedError, Workers, connected
from slakit.fleet.part import JOB, Job, Outcome, Question, assess_part, hash_of
from slakit.fleet.parting import IDS, Piece, check_ids, part_rows
from slakit.fleet.sources import (
    Survey,
    in_files,
    is_csv,
    places_of,
    refuse_others,
    refuse_unlike,
    sources_of,
    survey,
)
from slakit.fleet.summary import SUMMARY_NAME, FleetSummary, PartRecord, read_summary
from slakit.measure.calendar import Period
from slakit.measure.conventions import Conventions
from slakit.policy.document import Policy
from slakit.problems import InputError, Problem

WORK = ".slakit-work"
"""Folder, in that of the results, for what is being worked on; it goes when the work is done."""
SHARED = "of-all-parts.parquet"
"""File of the assumptions that parts have in common, such as those about a policy."""
BYTES_OF_A_ROW = 4_000
"""Memory that a row of evidence takes while it is assessed, with what comes of it."""
BYTES_OF_A_WORKER = 300_000_000
"""Memory that a worker takes before it does anything."""
BYTES_OF_AN_ID = 100
MOST_ROWS = 1_000_000
"""Rows of a part at most: larger ones are no faster."""

Progress = Callable[[str, int, int], None]
"""Called with the step, how much of it is done, and of how much."""


@checked
def assess_fleet(
    evidence: str | Path,
    out: str | Path,
    period: str | Period,
    as_of: str | date | datetime,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    memory: str | int | None = None,
    time_zone: str | None = None,
    reading: Mapping[str, str] | Iterable[str] | None = None,
    policies: Policies | None = None,
    ranges: bool = True,
    conventions: Conventions | None = None,
    strict: bool = False,
    progress: Progress | None = None,
) -> FleetSummary:
    """Judge evidence of any size by the contracts it names, in parts, on several workers.

    The subscriptions are parted; each part is assessed by `assess`, and the results together are those of `assess` on
    the whole, whatever the number of parts and workers, but for the order of rows. Each table of results is a folder of
    Parquet files: `pl.scan_parquet(f"{out}/claims/*.parquet")`. The file `summary.json` says what they come to; where
    parts are missing, the same call makes those alone.

    Parameters
    ----------
    evidence
        A folder with a file for each table (`outages.parquet`), or a folder of files (`outages/*.parquet`, in folders
        of their own such as `subscription=shop` or not); CSV as well. Rows are numbered through the files of a table in
        the order of their paths. All workers see it under this path.
    out
        Folder for the results, new or empty; seen by all workers. Or one in which the same call ended early.
    period, as_of, reading, policies, ranges, conventions, strict
        As of `assess`.
    workers
        How many processes of this machine work; by default one for each core.
    scheduler
        Address of a Dask scheduler instead, such as `tcp://10.0.0.1:8786`.
    memory
        What one worker may use (`4GB`, or bytes): parts are made small enough for it, and a worker that uses more is
        started anew. By default its share of the machine.
    time_zone
        As of `read_evidence`.
    progress
        Is called with the step, how much of it is done, and of how much.

    Returns
    -------
    FleetSummary
        What happened. A part that cannot be assessed is `failed` with its reason, and stops no other one.

    Raises
    ------
    InputError
        Nothing can be assessed: a file cannot be read, columns are missing, an argument is wrong, the folder holds
        something else, Dask is not installed, no worker is there (any more).
    """
    folder, results = Path(evidence).absolute(), Path(out).absolute()
    question = Question(
        period if isinstance(period, Period) else Period.parse(period), instant_of(as_of), reading, ranges, conventions,
        strict, time_zone,
    )  # fmt: skip
    settled, tell = Settled.of(reading), progress or (lambda *_: None)
    refuse_unknown_zone(time_zone, str(evidence))
    refuse_strangers(results)
    sources, others = sources_of(folder)
    signals: list[str] = []
    summary = FleetSummary(evidence=str(folder), period=question.period.printed, as_of=question.as_of)
    with without_empty(results), until_signal(signals.append), locked(results):
        work = results / WORK
        try:
            sweep(results)
            take_away(work)
            work.mkdir()
            with connected(workers, scheduler, memory, lambda: bool(signals)) as team:
                surveys = list(_in_order(team, survey, [(one,) for one in sources], "survey", tell))
                job = _job_of(question, folder, surveys, others, policies)
                settled.refuse_unknown(job.policies)
                summary = _begun(results, job, surveys, team)
                if summary.with_status("waiting"):
                    write_whole(work / JOB, pickle.dumps(job))
                    known = _part(surveys, len(summary.parts), work, team, tell)
                    summary.problems = [str(in_files(problem, job.places)) for problem in known.pop(None, [])]
                    _assess(summary, known, results, team, tell)
        except StoppedError:
            summary.interrupted_by = signals[0]
        except OSError as error:
            raise unwritable(results, error) from None
        finally:
            take_away(work)
            if summary.parts:
                summary.finished = datetime.now(UTC)
                write_summary(summary, results)
    return summary


def take_away(work: Path) -> None:
    """Take the working folder away, though workers that have not heard of it may still write there."""
    gone = work.with_name(f"{WORK}-gone")
    for _ in range(2):  # one that is left of a run that was killed, and this one
        shutil.rmtree(gone, ignore_errors=True)
        with contextlib.suppress(OSError):
            work.rename(gone)  # under its old name nothing can be written any more


@contextlib.contextmanager
def without_empty(folder: Path) -> Iterator[None]:
    """Take a folder away if nothing was written to it in the end."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            folder.rmdir()


def refuse_strangers(results: Path) -> None:
    """Refuse a folder for the results that holds anything else."""
    if results.suffix.lower() in (".xlsx", ".csv", ".parquet"):
        raise InputError(
            str(results), [Problem(str(results), None, "one file", "name a folder: there is a file a part")]
        )
    strange = is_folder(results) and any(not path.name.startswith((LOCK, WORK)) for path in results.iterdir())
    if strange and read_summary(results) is None:
        wrong = "is not empty, and holds no results of a fleet"
        raise InputError(str(results), [Problem(str(results), None, wrong, "name a new folder, or empty this one")])


def _in_order(
    team: Workers, function: Callable[..., Any], works: Sequence[tuple[Any, ...]], step: str, tell: Progress
) -> Iterator[Any]:
    """Yield what a function returns of each work, in the order of the works; without any of them nothing goes on."""
    returned: dict[int, Any] = {}
    tell(step, 0, len(works))
    for number, value in team.each(function, works):
        if isinstance(value, Exception):
            raise InputError(
                step, [Problem(step, None, reason_of(value), "look at the memory and disk of the workers")]
            )
        returned[number] = value
        tell(step, len(returned), len(works))
    return (returned[number] for number in range(len(works)))


def _job_of(
    question: Question, folder: Path, surveys: Sequence[Survey], others: Iterable[Path], policies: Policies | None
) -> Job:
    """Put together what all parts have in common; refuse what nobody can assess."""
    if problems := [problem for one in surveys for problem in one.problems]:
        raise InputError(str(folder), problems)
    names = [name for name in dict.fromkeys(name for one in surveys for name in one.policies) if name.strip()]
    refuse_others(folder, others, names)
    schemas = refuse_unlike(surveys)
    found: dict[str, Policy] = dict(policies or {})
    missing: dict[str, list[Problem]] = {}
    for name in names if policies is None else ():
        try:
            found[name] = policy_beside(name, folder)
        except InputError as error:
            missing[name] = error.problems
    currencies = {name for one in surveys for name in one.currencies} & CODES
    digits = max(map(minor_digits, currencies), default=2)
    given = {table: schemas[table] for table in GIVEN if table in schemas}
    return Job(question, str(folder), folder, given, places_of(surveys), found, missing, digits)


def _begun(results: Path, job: Job, surveys: Sequence[Survey], team: Workers) -> FleetSummary:
    """Return the summary to begin with: of waiting parts, or what is there of the same question already."""
    inputs = {one.source.place: one.sha256 for one in surveys}
    unread = {name: list(map(str, problems)) for name, problems in job.missing.items()}
    told = {name: version for name, version in versions().items() if name in TOLD}
    documents = {name: policy.model_dump_json() for name, policy in sorted(job.policies.items())}
    key = key_of(inputs, job.question.written(), documents, unread, told)
    before = read_summary(results)
    if before is not None:
        if before.key != key:
            wrong = "holds the results of another evidence, question or version"
            raise InputError(str(results), [Problem(str(results), None, wrong, "name a new folder, or empty this one")])
        for part in before.parts:
            files = [results / table / part.file for table in TABLES]
            if part.status != "done" or not all(map(is_file, files)) or hash_of(files) != part.sha256:
                part.status = "waiting"
        before.interrupted_by, before.finished = None, None
        return before
    parts = count_of_parts(surveys, team)
    return FleetSummary(
        key=key, evidence=job.source, inputs=inputs, period=job.question.period.printed, as_of=job.question.as_of,
        versions=told, started=datetime.now(UTC), parts=[PartRecord(part=number) for number in range(parts)],
    )  # fmt: skip


def count_of_parts(surveys: Sequence[Survey], team: Workers) -> int:
    """Compute in how many parts evidence is assessed: so many that each fits into memory, and every worker has one."""
    rows = sum(one.height for one in surveys)
    holders = sum(one.height for one in surveys if one.source.table == REQUIRED_TABLE)
    return max(1, min(max(-(-rows // rows_of_a_part(team.memory)), team.count), holders))


def rows_of_a_part(memory: int) -> int:
    """Compute how many rows of evidence a worker assesses at once.

    >>> rows_of_a_part(4_000_000_000), rows_of_a_part(800_000_000)
    (925000, 125000)
    """
    return min(MOST_ROWS, (memory - BYTES_OF_A_WORKER) // BYTES_OF_A_ROW)


def _part(
    surveys: Sequence[Survey], parts: int, work: Path, team: Workers, tell: Progress
) -> dict[int | None, list[Problem]]:
    """Write the rows of all files to their parts, and return what is wrong between parts, by part."""
    most = rows_of_a_part(team.memory)
    ids = sum(one.height for one in surveys if one.source.table in IDS)
    shares = -(-ids * BYTES_OF_AN_ID // team.memory) or 1
    pieces: list[Piece] = []
    before: dict[str, int] = {}
    for one in surveys:
        table = one.source.table
        (work / table).mkdir(exist_ok=True)
        for start in [0] if is_csv(one.source) else range(0, one.height, most):
            pieces.append(Piece(one.source, len(pieces), start, most, before.get(table, 0)))
        before[table] = before.get(table, 0) + one.span
    list(_in_order(team, part_rows, [(piece, parts, shares, work) for piece in pieces], "part", tell))
    found: dict[int | None, list[Problem]] = {}
    for problems in _in_order(team, check_ids, [(share, parts, work) for share in range(shares)], "check", tell):
        for part, problem in problems:
            found.setdefault(part, []).append(problem)
    return found


def _assess(
    summary: FleetSummary, known: Mapping[int | None, Sequence[Problem]], results: Path, team: Workers, tell: Progress
) -> None:
    """Assess the parts that wait, and keep of each what it gives as soon as it is there."""
    for table in TABLES:
        (results / table).mkdir(exist_ok=True)
    waiting = summary.with_status("waiting")
    write_summary(summary, results)
    tell("assess", len(summary.parts) - len(waiting), len(summary.parts))
    works = [(part.part, known.get(part.part, ()), results / WORK) for part in waiting]
    for number, value in team.each(assess_part, works):
        place = waiting[number].part
        if isinstance(value, Exception):
            value = Outcome(PartRecord(part=place, status="failed", error=reason_of(value)))
        if value.folder is not None:
            _keep(value, results)
        summary.parts[place] = value.record
        write_summary(summary, results)
        tell("assess", len(summary.parts) - len(summary.with_status("waiting")), len(summary.parts))


def _keep(outcome: Outcome, results: Path) -> None:
    """Move the tables of a part to where they belong."""
    assert outcome.folder is not None
    shared = results / "assumptions" / SHARED
    known = [pl.scan_parquet(shared).collect()] if shared.exists() else []
    found = pl.DataFrame(list(outcome.shared), schema=dict.fromkeys(ASSUMPTIONS, pl.String), orient="row")
    together = pl.concat([*known, found]).unique().sort(ASSUMPTIONS)
    if not known or together.height > known[0].height:
        write_table(together, shared)
    for table in TABLES:
        (outcome.folder / f"{table}.parquet").replace(results / table / outcome.record.file)
    outcome.folder.rmdir()


def write_summary(summary: FleetSummary, results: Path) -> None:
    """Write the summary of what is there now."""
    summary.add_up()
    write_whole(results / SUMMARY_NAME, summary.model_dump_json(indent=2))


def reason_of(error: Exception) -> str:
    """Say why a worker gave nothing back.

    >>> reason_of(OSError(28, "No space left on device"))
    'OSError: [Errno 28] No space left on device'
    """
    if type(error).__name__ == "KilledWorker":
        return "each worker that tried was lost, as it is when it uses more than its memory: allow more with --memory"
    return f"{type(error).__name__}: {error}"
