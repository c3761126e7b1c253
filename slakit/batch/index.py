"""The page that lists the reports of a batch."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slakit._atomic import write_whole
from slakit.batch.manifest import Manifest, ReportRecord, Status
from slakit.batch.report_checks import is_path

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


def write_index(manifest: Manifest, out_dir: str | Path) -> Path:
    """Write `index.html`: what ran, its headline figures, and what failed, on one page without a network.

    Returns
    -------
    Path
        The page.
    """
    path = Path(out_dir) / "index.html"
    write_whole(path, index_page(manifest))
    return path


def index_page(manifest: Manifest) -> str:
    """Draw the page that lists the reports."""
    from slakit.batch.page import style, templates, when

    groups = group_by_notebook(manifest.reports)
    template = templates().get_template("index.html.j2")
    return template.render(
        manifest=manifest,
        css=style("page.css", "index.css"),
        started=when(manifest.started),
        took=_took(manifest),
        counts=_counts(manifest),
        heading=_heading(manifest),
        troubles=manifest.with_status("failed"),
        groups=groups,
        labels=STATUS_LABELS,
        subject=_subjects(groups, Path(manifest.plan).parent),
        link=_link,
        versions=[(name, version) for name, version in manifest.versions.items() if name != "slakit source"],
    )


def group_by_notebook(entries: list[ReportRecord]) -> list[Group]:
    """Group reports by notebook, in the order of the plan."""
    gathered: dict[str, list[ReportRecord]] = {}
    for entry in entries:
        gathered.setdefault(entry.notebook, []).append(entry)
    return [
        Group(notebook, next((entry.title for entry in members if entry.title), Path(notebook).stem), members)
        for notebook, members in gathered.items()
    ]


def _subjects(groups: list[Group], folder: Path) -> Any:
    from slakit.batch.page import shown

    subjects = {
        entry.name: [
            (name, shown(name, entry.parameters[name], folder)) for name in group.telling() if name in entry.parameters
        ]
        for group in groups
        for entry in group.entries
    }
    return lambda entry: subjects[entry.name]


def _link(entry: ReportRecord) -> Any:
    from markupsafe import Markup

    page = f"{entry.name}.html"
    if page not in entry.outputs:
        return Markup("<span>{}</span>").format(entry.name)
    return Markup('<a href="{}">{}</a>').format(page, entry.name)


def _counts(manifest: Manifest) -> list[tuple[int, str, str]]:
    counted = Counter(entry.status for entry in manifest.reports)
    return [
        (counted[status], label, MOODS.get(status, "")) for status, label in STATUS_LABELS.items() if counted[status]
    ]


def _heading(manifest: Manifest) -> str:
    failed = len(manifest.with_status("failed"))
    return "One report failed" if failed == 1 else f"{failed} reports failed"


def _took(manifest: Manifest) -> str:
    if not manifest.started or not manifest.finished:
        return ""
    seconds = (manifest.finished - manifest.started).total_seconds()
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
