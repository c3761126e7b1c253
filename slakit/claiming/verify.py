"""Dossiers checked: hashes and figures are computed again, and what differs is told."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

import slakit
from slakit._atomic import read_whole
from slakit.arguments import checked
from slakit.claiming import bag
from slakit.claiming.recomputed import EXPLAINED, POLICIES, RESULTS, Run, computed_files, read_run
from slakit.claiming.timestamps import ANSWER, Timestamp, check_timestamp
from slakit.policy.files import LIBRARY, library
from slakit.problems import InputError, Problem, shorten

MOST_CELLS = 20
"""Figures of one table that are named where they differ."""
LARGEST_RESULT = 500_000_000
DIFFERENCES = {"of": pl.String, "where": pl.String, "says": pl.String}


@dataclass(frozen=True, eq=False, repr=False)
class Verification:
    """What a check of a dossier found.

    Attributes
    ----------
    differences
        What differs, a row each: `of` (`file`, `figure` or `timestamp`), `where` (path, table and row), `says`.
    notes
        What is worth knowing and differs from nothing: another version of slakit, a policy that is not the one in its
        library, what a time stamp says.
    files, figures
        How many files were hashed, and how many cells of tables and lines of explanations were computed again; no
        figures where they could not be.
    slakit
        The version that wrote the dossier.
    timestamp
        What an answer of a time stamp authority says; None where there is none.
    """

    differences: pl.DataFrame
    notes: list[str]
    files: int
    figures: int
    slakit: str
    timestamp: Timestamp | None = None

    @property
    def sound(self) -> bool:
        """Return whether nothing differs."""
        return self.differences.is_empty()

    def __repr__(self) -> str:
        found = "nothing differs" if self.sound else f"{self.differences.height} differences"
        return f"Verification({self.files} files, {self.figures} figures: {found})"


@checked
def verify_dossier(
    folder: str | Path, *, timestamp: str | Path | None = None, certificate: str | Path | None = None
) -> Verification:
    """Compute the hashes and the figures of a dossier again, and say what differs.

    Nothing in the folder is trusted: links, paths that lead out of it and files of more than bearable size are refused.

    Parameters
    ----------
    folder
        As `write_dossier` wrote it.
    timestamp
        Answer of a time stamp authority for the manifest (RFC 3161); by default `manifest-sha256.tsr` in the folder, if
        it is there.
    certificate
        The authority's root certificate in PEM, and those between, to check who signed the answer.

    Raises
    ------
    InputError
        It is no dossier, or one that is refused.

    Examples
    --------
    >>> import tempfile
    >>> from slakit.claiming.dossier import write_dossier
    >>> from slakit.evidence.files import read_evidence
    >>> evidence = read_evidence("data_samples/evidence", subscription="nordlys-web")
    >>> with tempfile.TemporaryDirectory() as scratch:
    ...     made = write_dossier(evidence, Path(scratch) / "web", period="2026-08", as_of="2026-10-05")
    ...     before = verify_dossier(made).sound
    ...     table = made / "data" / "tables" / "credits.csv"
    ...     _ = table.write_text(table.read_text().replace("152.00", "252.00"))
    ...     before, verify_dossier(made).differences["says"].to_list()[-1]
    (True, 'The dossier says 252.00, its evidence gives 152.00.')
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(str(folder), [Problem(str(folder), None, "no such folder", "name a dossier")])
    names = bag.files_of(folder)
    answer = Path(timestamp) if timestamp is not None else folder / ANSWER if ANSWER in names else None
    files = list(_files(folder, names))
    run = read_run(folder / bag.PAYLOAD)
    notes: list[str] = []
    figures, compared = [], 0
    try:
        computed = computed_files(folder / bag.PAYLOAD, run)
    except InputError as error:
        says = f"The figures cannot be computed again: {error.problems[0]}."
        figures.append(("figure", bag.PAYLOAD, says))
    else:
        for name, text in computed.items():
            found, count = _figures(folder, name, text)
            figures += found
            compared += count
    if run.slakit != slakit.__version__:
        note = f"The dossier was written with slakit {run.slakit}, and checked with {slakit.__version__}."
        if figures:
            note += f" Install slakit {run.slakit} to see whether the version makes the difference."
        notes.append(note)
    notes += _other_policies(folder / bag.PAYLOAD / POLICIES, run)
    stamp = None
    stamped: list[tuple[str, str, str]] = []
    if answer is not None:
        manifest = read_whole(folder / bag.MANIFEST)
        stamp = check_timestamp(manifest, answer, Path(certificate) if certificate is not None else None)
        if stamp.wrong:
            stamped.append(("timestamp", answer.name, f"The time stamp proves nothing: {stamp.wrong}."))
        elif stamp.at is not None:
            moment = f"{stamp.at:%Y-%m-%d %H:%M:%S} UTC"
            told = f"The manifest was there at {moment}: a time stamp says so, signed under {stamp.signed_by}."
            if not stamp.signed_by:
                told = (
                    f"A time stamp says that the manifest was there at {moment}. Who signed it was not checked: give "
                )
                told += "the authority's root certificate."
            notes.append(told)
    elif certificate is not None:
        remedy = "name the answer to the request for a time stamp as well"
        raise InputError(str(folder), [Problem("certificate", str(certificate), "nothing to check with it", remedy)])
    rows = [*files, *figures, *stamped]
    return Verification(
        differences=pl.DataFrame(rows, schema=DIFFERENCES, orient="row"),
        notes=notes,
        files=len(names),
        figures=compared,
        slakit=run.slakit,
        timestamp=stamp,
    )


def _other_policies(folder: Path, run: Run) -> Iterator[str]:
    """Tell of policies that have the name of one of the library, and are not the same."""
    for name, file in run.policies.items():
        shipped, own = LIBRARY / f"{name}.yaml", folder / file
        if name in library() and own.is_file() and own.read_bytes() != shipped.read_bytes():
            yield f"The policy {name} of the dossier is not the one that comes with slakit {slakit.__version__}."


def _files(folder: Path, names: list[str]) -> Iterator[tuple[str, str, str]]:
    """Compare the files with the manifests: those that were changed, taken away or added."""
    payload = {name for name in names if name.startswith(f"{bag.PAYLOAD}/")}
    # a file lists all but itself; an answer comes later than the manifests
    tags = {*names} - payload - {bag.TAG_MANIFEST, ANSWER}
    for manifest, own in ((bag.MANIFEST, payload), (bag.TAG_MANIFEST, tags)):
        hashes = bag.read_manifest(folder, manifest)
        for name in sorted({*hashes, *own}):
            if name not in own:
                yield "file", name, f"It is not there; {manifest} names it."
            elif name not in hashes:
                yield "file", name, f"It was added; {manifest} does not name it."
            elif bag.sha256_of(folder / name) != hashes[name]:
                yield "file", name, f"It was changed: its SHA-256 is not that in {manifest}."


def _figures(folder: Path, name: str, text: str) -> tuple[list[tuple[str, str, str]], int]:
    """Compare a table or an explanation with what the evidence gives; what differs, and how much was compared."""
    try:
        written = read_whole(folder / bag.PAYLOAD / name, LARGEST_RESULT)
    except OSError as error:
        says = "It is not there" if isinstance(error, FileNotFoundError) else f"It cannot be read ({error})"
        return [("figure", name, f"{says}; the evidence gives one.")], 0
    table = name.startswith(f"{RESULTS}/")
    computed = _cells(text.encode()) if table else None
    lines = text.splitlines()
    count = computed.height * computed.width if computed is not None else len(lines)
    if written == text.encode():
        return [], count
    if not table:
        assert name.startswith(f"{EXPLAINED}/")
        return [("figure", name, _line_that_differs(written, lines))], count
    found = _cells(written)
    assert computed is not None
    if found is None or found.columns != computed.columns:
        return [("figure", name, f"It is not a table of the columns {', '.join(computed.columns)}.")], count
    of = name.removeprefix(f"{RESULTS}/").removesuffix(".csv")
    differ: list[tuple[str, str, str]] = []
    if found.height != computed.height:
        differ.append(("figure", of, f"The dossier has {found.height:,} rows, its evidence gives {computed.height:,}."))
    height = min(found.height, computed.height)
    cells = 0
    for column in computed.columns:
        pairs = zip(found[column].head(height), computed[column].head(height), strict=True)
        for row, (told, given) in enumerate(pairs, 2):  # the header is row 1
            if told != given:
                cells += 1
                if cells <= MOST_CELLS:
                    says = f"The dossier says {_shown(told)}, its evidence gives {_shown(given)}."
                    differ.append(("figure", f"{of} row {row}, {column}", says))
    if cells > MOST_CELLS:
        differ.append(("figure", of, f"{cells - MOST_CELLS:,} more of its cells differ."))
    if not differ:
        differ.append(("figure", of, "It is written in another way than slakit writes it; its figures are the same."))
    return differ, count


def _cells(content: bytes) -> pl.DataFrame | None:
    """Read a table as text; None where it is none."""
    try:
        return pl.read_csv(io.BytesIO(content), infer_schema=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None


def _shown(cell: str | None) -> str:
    return shorten(cell) if cell else "nothing"


def _line_that_differs(written: bytes, lines: list[str]) -> str:
    """Say where an explanation begins to differ."""
    told = written.decode(errors="replace").splitlines()
    number = next((n for n, (a, b) in enumerate(zip(told, lines, strict=False)) if a != b), min(len(told), len(lines)))
    says, gives = (shorten(text[number]) if number < len(text) else "nothing" for text in (told, lines))
    return f"From line {number + 1} on it differs: the dossier says {says}, its evidence gives {gives}."
