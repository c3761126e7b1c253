"""Reports as PDF, by the browser that is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slakit.batch.manifest import ReportRecord
from slakit.batch.pdf import find_browser, print_reports
from slakit.problems import InputError

PRINTS = """#!/bin/sh
for word in "$@"; do case $word in --print-to-pdf=*) printf %%PDF > "${word#--print-to-pdf=}";; esac; done
"""


def record(name: str, status: str = "ok") -> ReportRecord:
    """A report of a batch."""
    return ReportRecord.model_construct(name=name, status=status)


def test_without_a_browser_it_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    with pytest.raises(InputError, match="no browser that prints is installed; install Chromium"):
        find_browser()


@pytest.mark.skipif(os.name == "nt", reason="a browser made of a shell script")
def test_pages_are_printed_once_and_whole(tmp_path: Path) -> None:
    browser = tmp_path / "chromium"
    browser.write_text(PRINTS)
    browser.chmod(0o755)
    for name in ("good", "failed"):
        (tmp_path / f"{name}.html").write_text("<h1>A report</h1>")
    (tmp_path / "failed.pdf").write_text("of a run before")
    reports = [record("good"), record("failed", "failed")]
    assert print_reports(reports, tmp_path, str(browser)) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chromium", "failed.html", "good.html", "good.pdf"]
    assert print_reports(reports, tmp_path, "/no/such/browser") == [], "what is printed already is left as it is"
    (tmp_path / "good.pdf").unlink()
    assert print_reports(reports, tmp_path, "/no/such/browser") == ["good"]
