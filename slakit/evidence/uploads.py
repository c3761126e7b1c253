"""Evidence from files that were handed over as bytes: a workbook, tables, or a zipped folder of them."""

from __future__ import annotations

import dataclasses
import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from slakit.evidence.evidence import Evidence
from slakit.evidence.files import cannot_read, read_evidence
from slakit.problems import InputError, Problem

MOST_BYTES, MOST_FILES = 200_000_000, 500
"""Of an archive, unpacked."""
LEAVINGS = "__MACOSX"
"""A folder that macOS puts into archives."""


def evidence_of_files(files: Mapping[str, bytes]) -> Evidence:
    """Read and check evidence that was handed over as files. Nothing of them stays on the disk.

    Parameters
    ----------
    files
        Name -> content: one workbook (`.xlsx`), one zipped folder (`.zip`), or the files of such a folder.

    Returns
    -------
    Evidence
        As `read_evidence` reads it; its `source` is what the workbook or the folder is called.

    Raises
    ------
    InputError
        With everything that is wrong in the files, or with the archive.

    Examples
    --------
    >>> rows = b"subscription,policy,monthly_fee,currency,starts\\nshop,klikk,9,NOK,2026-01-01T00:00Z\\n"
    >>> evidence = evidence_of_files({"subscriptions.csv": rows})
    >>> evidence.source, evidence.names
    ('evidence', ['shop'])
    """
    first = next(iter(files))
    archived = len(files) == 1 and first.lower().endswith(".zip")
    workbook = len(files) == 1 and first.lower().endswith(".xlsx")
    source = Path(first).stem if archived else first if workbook else "evidence"
    contents = _unpacked(first, files[first]) if archived else files
    with TemporaryDirectory(prefix="slakit-") as folder:
        try:
            for name, content in contents.items():
                path = Path(folder, name) if archived else Path(folder, Path(name).name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            evidence = read_evidence(Path(folder, Path(first).name) if workbook else folder)
        except OSError as error:
            raise InputError(source, [cannot_read(source, error)]) from None
        except InputError as error:
            named = [dataclasses.replace(one, where=one.where.replace(folder, source)) for one in error.problems]
            raise InputError(source, named) from None
    return dataclasses.replace(evidence, source=source, folder=None)


def _unpacked(name: str, content: bytes) -> dict[str, bytes]:
    """Unpack an archive in memory, without the folder that all of it is in.

    Raises
    ------
    InputError
        It is no archive, is encrypted or too large, or a path in it leads out of its folder.
    """

    def refused(wrong: str, remedy: str, value: object = None) -> InputError:
        return InputError(name, [Problem(name, value, wrong, remedy)])

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [
                (PurePosixPath(entry.filename.replace("\\", "/")), entry)
                for entry in archive.infolist()
                if not entry.is_dir() and not entry.filename.startswith(LEAVINGS)
            ]
            for path, _ in entries:
                if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
                    raise refused("a path that leads out of the archive", "zip the folder of the tables", str(path))
            size = sum(entry.file_size for _, entry in entries)
            if size > MOST_BYTES or len(entries) > MOST_FILES:
                wrong = f"{len(entries):,} files of {size:,} bytes, and {MOST_FILES} of {MOST_BYTES:,} are read"
                raise refused(wrong, "give slakit the path of the folder instead")
            tops = {path.parts[0] for path, _ in entries}
            inside = len(tops) == 1 and all(len(path.parts) > 1 for path, _ in entries)
            return {"/".join(path.parts[inside:]): archive.read(entry) for path, entry in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise refused("not a zip archive, or a broken one", "zip the folder of the tables again") from None
    except RuntimeError:  # NotImplementedError is one
        raise refused("encrypted, or packed in another way", "zip the folder without a password") from None
