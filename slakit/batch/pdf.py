"""Reports as PDF: the browser that is installed prints their pages."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from slakit._atomic import UNFINISHED
from slakit.batch.manifest import ReportRecord
from slakit.batch.run import cores
from slakit.problems import InputError, Problem

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
PATIENCE = 120
"""Longest time to print one page. [s]"""
DRAWN_AFTER = 10_000
"""Time of the page, which passes at once where nothing happens, until its charts are drawn. [ms]"""


def find_browser() -> str:
    """Find a browser that prints: on the path, or the one that Playwright has downloaded.

    Raises
    ------
    InputError
        There is none.
    """
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    downloads = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    for pattern in ("chromium-*/chrome-linux*/chrome", "chromium_headless_shell-*/*/*headless*shell*"):
        for found_file in sorted(downloads.glob(pattern), reverse=True):
            return str(found_file)
    remedy = "install Chromium, or playwright install chromium; or leave --pdf out, and print the pages yourself"
    raise InputError("--pdf", [Problem("--pdf", None, "no browser that prints is installed", remedy)])


def print_reports(reports: Iterable[ReportRecord], folder: Path, browser: str) -> list[str]:
    """Print the pages of reports as `NAME.pdf` beside them, each whole or not at all.

    A page that was printed before is left as it is. The PDF of a report that failed is removed.

    Returns
    -------
    list[str]
        Names of the reports that the browser did not print.
    """
    waiting = []
    for report in reports:
        page, pdf = folder / f"{report.name}.html", folder / f"{report.name}.pdf"
        if not report.is_good or not page.is_file():
            pdf.unlink(missing_ok=True)
        elif not pdf.is_file() or pdf.stat().st_mtime_ns < page.stat().st_mtime_ns:
            waiting.append(page)
    with ThreadPoolExecutor(cores()) as pool:
        printed = list(pool.map(lambda page: _print_page(page, browser), waiting))
    return [page.stem for page, is_printed in zip(waiting, printed, strict=True) if not is_printed]


def _print_page(page: Path, browser: str) -> bool:
    unfinished = page.with_name(f".{page.stem}.pdf{UNFINISHED}")
    with tempfile.TemporaryDirectory(prefix="slakit-", ignore_cleanup_errors=True) as profile:
        command = [
            browser, "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}",
            f"--virtual-time-budget={DRAWN_AFTER}", "--no-pdf-header-footer", f"--print-to-pdf={unfinished}",
        ]  # fmt: skip
        if getattr(os, "geteuid", lambda: 1)() == 0:
            command.append("--no-sandbox")  # which it refuses to build for root
        try:
            subprocess.run([*command, page.as_uri()], capture_output=True, timeout=PATIENCE, check=True)
            unfinished.replace(page.with_suffix(".pdf"))
        except (OSError, subprocess.SubprocessError):
            unfinished.unlink(missing_ok=True)
            return False
    return True
