"""The renderer: libraries once, a chart in a few kB, text that stays text, a cache that is written whole."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from slakit import find_terms, window_budgets
from slakit.analysis.review import Review
from slakit.show import chart_budgets, chart_outages
from slakit.show import chart_libraries as libraries
from slakit.show.charts import renderer


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a kernel that has shown nothing, with small libraries."""
    monkeypatch.setattr(renderer, "carrier", renderer.Carrier())
    monkeypatch.setattr(libraries, "vega_bundle", lambda: "LIBRARIES")


def in_cell(monkeypatch: pytest.MonkeyPatch, cell: str | None, run: str) -> str:
    monkeypatch.setattr(renderer, "running_cell", lambda: (cell, run))
    return html_of(chart_budgets(window_budgets(find_terms(["klikk"]), "2026-10")))


def html_of(chart: Any) -> str:
    return str(chart._repr_mimebundle_()["text/html"])


@pytest.mark.usefixtures("fresh")
def test_the_libraries_come_with_the_first_chart_only(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = [in_cell(monkeypatch, cell, run) for cell, run in [("a", "1"), ("a", "1"), ("b", "2"), (None, "3")]]
    assert ["LIBRARIES" in html for html in shown] == [True, False, False, False]
    assert len(shown[1]) < 8_000


@pytest.mark.usefixtures("fresh")
def test_a_cell_that_is_run_again_gets_them_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = [in_cell(monkeypatch, cell, run) for cell, run in [("a", "1"), ("b", "2"), ("a", "3"), ("b", "4")]]
    assert ["LIBRARIES" in html for html in shown] == [True, False, True, False]


@pytest.mark.usefixtures("fresh")
def test_without_names_of_cells_they_are_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = [in_cell(monkeypatch, None, run) for run in ("", "1", "2")]
    assert ["LIBRARIES" in html for html in shown] == [True, False, False]


@pytest.mark.usefixtures("fresh")
def test_names_that_are_scripts_stay_text(hostile: Review) -> None:
    subscription = hostile.evidence.subscriptions["subscription"][0]
    html = html_of(chart_outages(hostile, subscription))
    assert re.findall(r"<(/?[a-z]+)", html) == ["script", "/script", "div", "p", "/p", "/div", "script", "/script"]
    assert "\\u003cscript>alert(1)" in html


def test_a_chart_is_never_a_mime_type_that_jupyter_refuses() -> None:
    bundle = chart_budgets(window_budgets(find_terms(["klikk"]), "2026-10"))._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}  # type: ignore[arg-type]
    assert bundle["text/plain"].startswith("Downtime allowed: 22m21s at Klikk (all tiers)")  # type: ignore[index, union-attr]


def test_the_libraries_are_built_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = []

    def build(**_: object) -> str:
        built.append(1)
        return "bundle</script>"

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("vl_convert.javascript_bundle", build)
    first, second = (libraries.vega_bundle.__wrapped__() for _ in range(2))
    assert first == second == "bundle<\\/script>"
    assert len(built) == 1
    assert [path.suffix for path in (tmp_path / "slakit").iterdir()] == [".js"]


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("vl_convert.javascript_bundle", lambda **_: "bundle")
    assert libraries.vega_bundle.__wrapped__() == "bundle"


def test_importing_builds_nothing() -> None:
    code = "import sys, slakit.show.charts, slakit.show.tables; print('vl_convert' in sys.modules, len(sys.argv))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == "False"


def test_tables_do_not_wait_for_charts() -> None:
    code = "import sys; from slakit.show import show_tiers, show_headline; sys.exit('altair' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
