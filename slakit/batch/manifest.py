"""The record of a batch: what ran, on what, with what outcome. Resuming reads it; the index page shows it."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

MANIFEST_NAME = "manifest.json"
VERSIONED = ("slakit", "papermill", "polars", "altair")

Status = Literal["waiting", "running", "ok", "failed", "interrupted", "skipped-unchanged"]


class Headline(BaseModel):
    """A figure that a notebook asks to be shown in the list of reports."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    label: str
    value: str
    note: str | None = None


class ReportRecord(BaseModel):
    """One report of a batch.

    Attributes
    ----------
    title
        The first heading of the notebook.
    inputs
        Every file that the parameters name, with the hash of its content.
    key
        Hash of all that the outcome depends on; a report whose key is unchanged need not run again.
    seconds
        How long it ran. [s]
    error
        The first error, if there was one.
    outputs
        The files written, with the hash of their content.
    has_overview
        Whether it shows an overview, with which the list of reports begins.
    """

    name: str
    notebook: str
    title: str = ""
    parameters: dict[str, Any] = {}
    notebook_sha256: str = ""
    inputs: dict[str, str] = {}
    key: str = ""
    status: Status = "waiting"
    started: datetime | None = None
    seconds: float | None = None
    error: str | None = None
    headlines: list[Headline] = []
    outputs: dict[str, str] = {}
    has_overview: bool = False

    @property
    def is_good(self) -> bool:
        """Return whether its files are there and right."""
        return self.status in ("ok", "skipped-unchanged")


class Manifest(BaseModel):
    """A batch.

    Attributes
    ----------
    interrupted_by
        The signal that stopped it, like SIGINT.
    overview
        What the overview of this run says of each subscription: currency, owed, claimable, next deadline. While none
        is made it is that of the run before.
    overview_made
        When that run began.
    """

    format: Literal[1] = 1
    title: str = ""
    plan: str = ""
    started: datetime | None = None
    finished: datetime | None = None
    interrupted_by: str | None = None
    versions: dict[str, str] = {}
    reports: list[ReportRecord] = []
    overview: dict[str, list[str | None]] = {}
    overview_made: datetime | None = None

    def with_status(self, *statuses: Status) -> list[ReportRecord]:
        """List the reports that have one of these statuses."""
        return [entry for entry in self.reports if entry.status in statuses]


def read_manifest(folder: Path) -> Manifest:
    """Read the record of the last batch in a folder; an empty one if there is none that can be read."""
    try:
        return Manifest.model_validate_json((folder / MANIFEST_NAME).read_bytes())
    except (OSError, ValidationError):
        return Manifest()


def sha256(path: Path) -> str:
    """Hash the content of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Fingerprints:
    """Hashes of input files, each read once in a batch."""

    def __init__(self) -> None:
        self.hashes: dict[Path, str] = {}
        self.states: dict[Path, tuple[int, int]] = {}

    def of_file(self, path: Path) -> str:
        """Hash a file, as it was when first asked for."""
        if path not in self.hashes:
            self.states[path] = _state(path)
            self.hashes[path] = sha256(path)
        return self.hashes[path]

    def of_inputs(self, inputs: Iterable[Path]) -> dict[str, str]:
        """Hash files, and all files in folders."""
        files = {file for path in inputs for file in ([path] if path.is_file() else path.rglob("*"))}
        return {str(file): self.of_file(file) for file in sorted(files) if file.is_file()}

    def still_hold(self, paths: Iterable[str]) -> bool:
        """Return whether files are as they were when they were hashed, by their size and time."""
        return all(self.states.get(Path(path)) == _state(Path(path)) for path in paths)


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (-1, -1)
    return (found.st_size, found.st_mtime_ns)


@functools.cache
def versions() -> dict[str, str]:
    """Name the versions that outcomes depend on; slakit's is told apart by its source files too."""
    found = {"python": platform.python_version()}
    for name in VERSIONED:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    package = Path(__file__).parent.parent
    files = sorted(path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc")
    listed = [(path.relative_to(package).as_posix(), sha256(path)) for path in files]
    return found | {"slakit source": key_of(listed)[:16]}


def key_of(*facts: Any) -> str:
    """Hash facts that can be written as JSON."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
