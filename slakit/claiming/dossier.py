"""Dossiers: all that a claim rests on in one folder, with the hash of every file, that can be computed again."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

import slakit
from slakit._atomic import UNFINISHED, is_file
from slakit.analysis.assess import instant_of
from slakit.analysis.plans import Settled
from slakit.arguments import checked
from slakit.claiming import bag
from slakit.claiming.recomputed import (
    EVIDENCE,
    POLICIES,
    RUN,
    Run,
    RunArguments,
    RunConventions,
    computed_files,
    file_names,
)
from slakit.claiming.timestamps import REQUEST, timestamp_request
from slakit.evidence.evidence import Evidence
from slakit.evidence.files import MAPPING_SUFFIX, RECEIPT, cannot_read, printed
from slakit.evidence.sources.receipt import read_receipts, receipts_text
from slakit.evidence.sources.records import KEPT
from slakit.measure.conventions import Conventions
from slakit.policy.files import LIBRARY, find_policy
from slakit.problems import InputError, Problem

PACKAGES = ("polars", "pydantic", "holidays", "babel", "tzdata")
"""Packages on which figures and their texts depend."""
GIVEN = {"contracts": "contract", "exports": "exports", "letters": "letters"}
"""Files that a person names → their folder in `data`."""
README = """\
This folder is a dossier of a service level agreement, made with slakit {version}.
About: {about}

evidence/   what happened, as tables; imported/ and exports/ hold what these were made of, where it was kept
policy/     the contract as data, as it was read; contract/ holds the document, where it was given
tables/     what follows: downtime, availability, credits, claims; explain/ tells it in sentences, with clauses
letters/    letters that were sent, where they were given
run.json    what was asked, and with which versions

../{manifest} has the SHA-256 of every file here. "slakit verify FOLDER" computes the hashes and the figures again, and
says what differs.
"""


@checked
def write_dossier(
    evidence: Evidence,
    folder: str | Path,
    *,
    period: str,
    as_of: str,
    subscriptions: str | Iterable[str] = "",
    reading: Mapping[str, str] | Iterable[str] | None = None,
    conventions: Conventions | None = None,
    contracts: Iterable[str | Path] = (),
    exports: Iterable[str | Path] = (),
    letters: Iterable[str | Path] = (),
    imported: bool = True,
    request_timestamp: bool = False,
) -> Path:
    """Write all that a claim rests on as one folder: a bag by BagIt (RFC 8493), whole or not at all.

    It holds the evidence and the policies of the subscriptions, what an assessment of these gives, the files that are
    named, and a manifest of hashes. The figures are those of the evidence in the dossier, so that rows have the numbers
    that they have there. The same input and the same versions give the same bytes.

    Parameters
    ----------
    evidence
        From `read_evidence`.
    folder
        Where to write; there is nothing yet, or an empty folder.
    period, as_of, reading, conventions
        As `assess` takes them.
    subscriptions
        Whose evidence; of all, if none is named.
    contracts, exports, letters
        Files to keep as they are: the contract as a document, what other tools exported, letters.
    imported
        Whether to keep, of what was imported into the evidence, the receipts, mappings and records of the sources that
        rows of the subscriptions name.
    request_timestamp
        Whether to write `manifest-sha256.tsq`, a request for a time stamp (RFC 3161) of the manifest. It is for you to
        send.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        The input is at fault, or the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from slakit.evidence.files import read_evidence
    >>> evidence = read_evidence("data_samples/evidence")
    >>> with tempfile.TemporaryDirectory() as scratch:
    ...     asked = {"period": "2026-09", "as_of": "2026-10-05", "subscriptions": "harbor-enterprise"}
    ...     made = write_dossier(evidence, Path(scratch) / "harbor", **asked)
    ...     sorted(each.name for each in made.iterdir())
    ['bag-info.txt', 'bagit.txt', 'data', 'manifest-sha256.txt', 'tagmanifest-sha256.txt']
    """
    folder = Path(folder)
    mine = evidence.only(subscriptions)
    moment = instant_of(as_of)
    answers = Settled.of(reading).answers
    run = Run(
        slakit=slakit.__version__,
        packages={"python": ".".join(map(str, sys.version_info[:3])), **{name: version(name) for name in PACKAGES}},
        arguments=RunArguments(
            subscriptions=mine.names,
            period=period,
            as_of=moment.isoformat().replace("+00:00", "Z"),
            reading=[
                f"{policy}:{question}={answer}" if policy else f"{question}={answer}"
                for policy, own in answers.items()
                for question, answer in own.items()
            ],
            conventions=_conventions(conventions or Conventions()),
        ),
        policies=file_names(mine.subscriptions["policy"].unique(maintain_order=True).to_list(), ".yaml"),
    )
    given = {"contracts": contracts, "exports": exports, "letters": letters}
    copies = _copies(mine, run, given, evidence.folder if imported else None)
    about = f"{', '.join(mine.names)}; {period}, as of {run.arguments.as_of}"
    _refuse_taken(folder)
    unfinished = folder.absolute().with_name(f".{folder.absolute().name}.{secrets.token_hex(4)}{UNFINISHED}")
    data = unfinished / bag.PAYLOAD
    try:
        for name, content in copies.items():
            (data / name).parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Path):
                shutil.copyfile(content, data / name)
            else:
                (data / name).write_bytes(content)
        (data / RUN).write_bytes(run.text().encode())
        read_me = README.format(version=run.slakit, about=about, manifest=bag.MANIFEST)
        (data / "README.txt").write_bytes(read_me.encode())
        (data / EVIDENCE).mkdir()
        for table in sorted(mine.given):
            text = printed(getattr(mine, table), guarded=False).write_csv(float_scientific=False)
            (data / EVIDENCE / f"{table}.csv").write_bytes(text.encode())
        for name, text in computed_files(data, run).items():
            (data / name).parent.mkdir(exist_ok=True)
            (data / name).write_bytes(text.encode())
        told = {
            "Bag-Software-Agent": f"slakit {run.slakit}",
            "Bagging-Date": f"{moment:%Y-%m-%d}",
            "External-Description": f"Dossier of a service level agreement: {about}",
        }
        bag.seal(unfinished, told)
        if request_timestamp:
            (unfinished / REQUEST).write_bytes(timestamp_request((unfinished / bag.MANIFEST).read_bytes()))
        bag.seal_tags(unfinished)
        if folder.is_dir():
            folder.rmdir()  # it is empty; a system may not put a folder in its place
        unfinished.rename(folder)
    except OSError as error:
        of = f": {error.filename}" if error.filename and not str(error.filename).startswith(str(unfinished)) else ""
        wrong = f"cannot be written ({error.strerror or error}{of})"
        problem = Problem(str(folder), None, wrong, "name a folder that can be written")
        raise InputError(str(folder), [problem]) from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _conventions(taken: Conventions) -> RunConventions:
    return RunConventions(
        clock_changes=taken.clock_changes,
        business_day=taken.business_day,
        holds=taken.holds,
        closed=sorted(taken.closed),
    )


def _refuse_taken(folder: Path) -> None:
    """Refuse a folder in which something is."""
    try:
        taken = folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir())))
    except (OSError, ValueError) as error:
        wrong = f"cannot be written ({getattr(error, 'strerror', None) or error})"
        remedy = "name a folder that can be written"
        raise InputError(str(folder), [Problem(str(folder), None, wrong, remedy)]) from None
    if taken:
        remedy = "name another folder: a dossier is not changed once it is written"
        raise InputError(str(folder), [Problem(str(folder), None, "there already", remedy)])


def _copies(
    evidence: Evidence, run: Run, given: Mapping[str, Iterable[str | Path]], imported: Path | None
) -> dict[str, Path | bytes]:
    """List what is kept as it is: path in `data` → the file, or its content.

    Raises
    ------
    InputError
        A file is not there, or two have one name; all at once.
    """
    copies: dict[str, Path | bytes] = {}
    problems: list[Problem] = []
    for name, file in run.policies.items():
        is_path = name.endswith((".yaml", ".yml")) or os.sep in name
        policy = Path(name) if is_path else LIBRARY / f"{name}.yaml"
        beside = (evidence.folder or Path()) / name
        if name.endswith((".yaml", ".yml")) and is_file(beside):
            policy = beside
        elif not is_file(policy):
            find_policy(name)  # says what there is
        copies[f"{POLICIES}/{file}"] = policy
    for kind, files in given.items():
        for path in map(Path, files):
            name = f"{GIVEN[kind]}/{path.name}"
            if not is_file(path):
                problems.append(Problem(kind, str(path), "no such file", "name a file"))
            elif not path.name.isprintable() or "\\" in path.name:
                problems.append(Problem(kind, str(path), "a name that not every system takes", "give it another name"))
            elif name.casefold() in map(str.casefold, copies):
                problems.append(Problem(kind, str(path), "a second file of this name", "give it another name"))
            copies[name] = path
    if problems:
        raise InputError("dossier", problems)
    if imported is not None and is_file(imported / RECEIPT):
        copies |= _of_imports(evidence, imported)
    return copies


def _of_imports(evidence: Evidence, folder: Path) -> dict[str, Path | bytes]:
    """List receipts, mappings and records of the sources that rows of the evidence name."""
    tables = (getattr(evidence, table) for table in evidence.given)
    named = {source for table in tables if "source" in table.columns for source in table["source"].drop_nulls()}
    receipts = {name: receipt for name, receipt in read_receipts(folder).items() if name in named}
    if not receipts:
        return {}
    copies: dict[str, Path | bytes] = {f"imported/{RECEIPT}": receipts_text(receipts).encode()}
    problems = []
    for source, receipt in receipts.items():
        copies[f"imported/{source}{MAPPING_SUFFIX}"] = receipt.mapping.encode()
        records = folder / KEPT / f"{source}.parquet"
        if is_file(records):
            copies[f"imported/{records.name}"] = records
        else:
            problems.append(cannot_read(str(records), FileNotFoundError(2, "No such file or directory")))
    if problems:
        raise InputError(str(folder), problems)
    return copies
