"""The first page of a batch: the overview, and the list of its reports."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from slakit._atomic import write_whole
from slakit.batch.manifest import Manifest, ReportRecord, Status
from slakit.batch.report_checks import is_path

OVERVIEW = "application/vnd.slakit.overview+json"
STATUS_LABELS: dict[Status, str] = {
    "ok": "ready",
    "failed": "failed",
    "interrupted": "interrupted",
    "skipped-unchanged": "unchanged",
    "waiting": "waiting",
    "running": "running",
}
MOODS: dict[Status, str] = {"ok": "good", "failed": "bad", "interrupted": "mild"}


@dataclass(frozen=True)
class Group:
    """The reports of one notebook."""

    notebook: str
    title: str
    entries: list[ReportRecord]

    def telling(self) -> list[str]:
        """Name the parameters that tell these reports apart; for a single one, all but paths."""
        names = list(dict.fromkeys(name for entry in self.entries for name in entry.parameters))
        if len(self.entries) == 1:
            return [name for name in names if not is_path(name)]
        return [name for name in names if len({str(entry.parameters.get(name)) for entry in self.entries}) > 1]


@dataclass(frozen=True)
class Overview:
    """What the list of reports begins with.

    Attributes
    ----------
    facts
        As `slakit.show.overview` gathers them.
    before
        What the last run said of each subscription; nothing where there was none.
    made
        When that run began.
    """

    facts: dict[str, Any]
    before: dict[str, list[str | None]] | None = None
    made: datetime | None = None


def overview_in(notebook: Mapping[str, Any]) -> dict[str, Any] | None:
    """Find the overview that a notebook shows."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            found = output.get("data", {}).get(OVERVIEW)
            if isinstance(found, dict) and found.get("format") == 1 and isinstance(found.get("changing"), dict):
                return found
    return None


def read_overview(folder: Path, manifest: Manifest) -> dict[str, Any] | None:
    """Read the overview of the first report that shows one, from its notebook; nothing if there is none."""
    shows = (entry for entry in manifest.reports if entry.has_overview and entry.is_good)
    name = next((f"{entry.name}.ipynb" for entry in shows), None)
    try:
        return None if name is None else overview_in(json.loads((folder / name).read_bytes()))
    except (OSError, ValueError):
        return None


def write_index(manifest: Manifest, folder: Path, overview: Overview | None = None) -> None:
    """Write `index.html`: the overview, the reports, and how they were made, on one page without a network."""
    write_whole(folder / "index.html", index_page(manifest, overview))


def index_page(manifest: Manifest, overview: Overview | None = None) -> str:
    """Draw the page of a batch: the overview, the reports, and how they were made; it needs no network."""
    from slakit.batch.page import shown, style, templates, when

    groups, folder = group_by_notebook(manifest.reports), Path(manifest.plan).parent
    failed = manifest.with_status("failed")
    took = ""
    if manifest.started and manifest.finished:
        seconds = (manifest.finished - manifest.started).total_seconds()
        took = f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
    counted = Counter(entry.status for entry in manifest.reports)
    subjects: dict[str, list[tuple[str, str]]] = {}
    for group in groups:
        telling = group.telling()
        for entry in group.entries:
            given = [(name, entry.parameters[name]) for name in telling if name in entry.parameters]
            subjects[entry.name] = [(name, shown(name, value, folder)) for name, value in given]
    template = templates().get_template("index.html.j2")
    return template.render(
        manifest=manifest,
        css=style("page.css", "index.css"),
        started=when(manifest.started),
        took=took,
        counts=[(counted[one], label, MOODS.get(one, "")) for one, label in STATUS_LABELS.items() if counted[one]],
        heading="One report failed" if len(failed) == 1 else f"{len(failed)} reports failed",
        troubles=failed,
        groups=groups,
        labels=STATUS_LABELS,
        subjects=subjects,
        link=_link,
        versions=[(name, version) for name, version in manifest.versions.items() if name != "slakit source"],
        **_overview_parts(manifest, overview),
    )


def _overview_parts(manifest: Manifest, overview: Overview | None) -> dict[str, Any]:
    """Draw the overview with links to the reports on each subscription, and the hash of the script that it needs."""
    from markupsafe import Markup

    from slakit.batch.page import when
    from slakit.show.overview.page import changes_between, overview_html, script_hash

    if overview is None:
        on_evidence = any({"evidence", "as_of"} <= set(entry.parameters) for entry in manifest.reports)
        return {"overview": "", "script": "", "hint": on_evidence}
    links: dict[str, list[tuple[str, str]]] = {}
    for entry in manifest.reports:
        page, about = f"{entry.name}.html", entry.parameters.get("subscription")
        if isinstance(about, str) and about and page in entry.outputs:
            links.setdefault(about, []).append((page, Path(entry.notebook).stem.replace("_", " ")))
    since = f"Since the run of {when(overview.made)}"
    try:
        changes = None if overview.before is None else changes_between(overview.before, overview.facts["changing"])
        drawn = overview_html(overview.facts, links, changes, since=since)
    except (KeyError, TypeError, ValueError, ArithmeticError):  # a notebook may record what it likes
        return {"overview": "", "script": "", "hint": False}
    return {"overview": Markup(drawn), "script": script_hash(), "hint": False}


def group_by_notebook(entries: list[ReportRecord]) -> list[Group]:
    """Group reports by notebook, in the order of the plan."""
    gathered: dict[str, list[ReportRecord]] = {}
    for entry in entries:
        gathered.setdefault(entry.notebook, []).append(entry)
    return [
        Group(notebook, next((entry.title for entry in members if entry.title), Path(notebook).stem), members)
        for notebook, members in gathered.items()
    ]


def _link(entry: ReportRecord) -> Any:
    from markupsafe import Markup

    page = f"{entry.name}.html"
    if page not in entry.outputs:
        return Markup("<span>{}</span>").format(entry.name)
    return Markup('<a href="{}">{}</a>').format(page, entry.name)
