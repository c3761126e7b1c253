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


def _link(entry: ReportRecord) -> Any:
    from markupsafe import Markup

    page = f"{entry.name}.html"
    if page not in entry.outputs:
        return Markup("<span>{}</span>").format(entry.name)
    return Markup('<a href="{}">{}</a>').format(page, entry.name)
