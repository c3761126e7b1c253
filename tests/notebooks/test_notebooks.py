"""Notebooks: thin, stripped, documented, and they run, for all four documents."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from effort import some_quick
from papermill.translators import translate_parameters

from slakit._import_guard import without_slow_imports
from slakit.batch.parameters import parameters_of
from slakit.batch.plan import read_plan
from slakit.batch.run import run_plan

HOUSE = Path(__file__).parents[2]
NOTEBOOKS = sorted((HOUSE / "notebooks").glob("*.ipynb"))
HEADLINE = "application/vnd.slakit.headline+json"
ON_CONTRACTS = ["contract_findings", "credit_curves", "provider_tiers", "uptime_budget"]
ON_ONE_CONTRACT = ["policy_card", "what_if"]
ON_NOTHING = ["quick_question"]
ON_ALL_EVIDENCE = ["overview"]
ON_IMPORTS = ["import_evidence", "reconciliation"]
ON_EVIDENCE = [
    "claim_pack",
    "claims",
    "incident_review",
    "open_questions",
    "outlook",
    "recovery",
    "service_desk",
    "subject",
    "vendor_comparison",
]
LOGIC = ast.FunctionDef | ast.For | ast.Try | ast.If | ast.Lambda | ast.comprehension


def cells(path: Path, kind: str = "code") -> list[dict[str, Any]]:
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind]


def test_every_notebook_is_run_below() -> None:
    assert [path.stem for path in NOTEBOOKS] == sorted(
        [*ON_CONTRACTS, *ON_ONE_CONTRACT, *ON_IMPORTS, *ON_EVIDENCE, *ON_ALL_EVIDENCE, *ON_NOTHING]
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_thin(path: Path) -> None:
    codes = cells(path)
    assert len(codes) <= 12
    for cell in codes:
        source = "".join(cell["source"])
        nodes = list(ast.walk(ast.parse(source)))
        assert len(source.splitlines()) <= 5 or "parameters" in cell["metadata"].get("tags", [])
        assert not [node for node in nodes if isinstance(node, LOGIC)]
        assert sum(isinstance(node, ast.Call) for node in nodes) <= 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stripped_and_standard(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert json.loads(text)["metadata"]["kernelspec"]["name"] == "python3"
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells(path))
    assert str(HOUSE) not in text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_parameters_document_themselves(path: Path) -> None:
    tagged = [cell for cell in cells(path) if "parameters" in cell["metadata"].get("tags", [])]
    assert len(tagged) == 1
    for line in tagged[0]["source"]:
        if line.startswith("# ") or not line.strip():
            continue  # the head of a group, or the space before it
        head, _, help_text = line.partition("  # ")
        assert help_text.strip()
        assert isinstance(ast.parse(head).body[0], ast.AnnAssign)
    asked = parameters_of(cells(path)) or {}
    assert all(parameter.accepts(parameter.default) for parameter in asked.values())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_answer_comes_first(path: Path) -> None:
    shown = ["".join(cell["source"]).removeprefix("show.") for cell in cells(path)]
    first = next(source for source in shown if source.startswith(("headline_", "show_", "chart_", "sla.explore_")))
    assert first.startswith(("headline_", "sla.explore_")), "an explorer begins with its figure"
    assert "".join(cells(path, "markdown")[0]["source"]).startswith("# ")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_ends_with_what_to_do_next(path: Path) -> None:
    last = json.loads(path.read_text(encoding="utf-8"))["cells"][-1]
    assert last["cell_type"] == "markdown"
    assert last["source"][0] == "## What to do next\n"


ONE_OF_A_KIND = [path for path in NOTEBOOKS if path.stem in ("credit_curves", "what_if")]


@pytest.mark.parametrize("path", some_quick(NOTEBOOKS, ONE_OF_A_KIND), ids=lambda path: path.stem)
def test_a_notebook_runs_as_it_stands(path: Path) -> None:
    outputs = [output for cell in run(path).cells if cell.cell_type == "code" for output in cell.outputs]
    shown = [output.get("data", {}) for output in outputs]
    html = [bundle.get("text/html", "") for bundle in shown]
    assert not [output for output in outputs if output.output_type in ("error", "stream")]
    assert [bundle[HEADLINE]["value"] for bundle in shown if HEADLINE in bundle]
    assert sum("slakit.charts.push" in text for text in html) >= 1
    assert sum("slakit.embed=function" in text for text in html) == 1


def run(path: Path) -> Any:
    """Execute a notebook as it stands, in its own folder."""
    with without_slow_imports():
        import nbformat
        from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}}).execute()


def plan_of_all() -> str:
    """Every notebook for every one of the four documents, or for a subscription to it."""
    policies = ["klikk", "wp-heaven", "klink-cloud", "cloudworkz"]
    held = ["fjord-iaas", "tind-iaas", "nordlys-web", "harbor-enterprise", "harbor-starter", "skog-vm"]
    plans = ["klikk:silver", "wp-heaven", "klink-cloud:starter", "cloudworkz"]
    promises = [(name, f"policies: [{one}]", one) for name in ON_CONTRACTS for one in policies]
    promises += [(name, f"policy: {plan}", plan.partition(":")[0]) for name in ON_ONE_CONTRACT for plan in plans]
    events = [(name, f"subscription: {one}", one) for name in ON_EVIDENCE for one in held]
    lines = [
        f"  - {{name: {name}-{one}, notebook: {HOUSE}/notebooks/{name}.ipynb, parameters: {{{given}}}}}"
        for name, given, one in [*promises, *events]
    ]
    known = f'evidence: {HOUSE}/data_samples/evidence, period: 2026-01/2026-09, as_of: "2026-10-05T00:00:00Z"'
    return "\n".join(["format: 1", f"defaults: {{{known}}}", "reports:", *lines])


@pytest.mark.long
def test_every_notebook_runs_for_all_four_documents(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(plan_of_all(), encoding="utf-8")
    manifest = run_plan(read_plan(tmp_path / "plan.yaml"), tmp_path / "out")
    assert [(entry.name, entry.error) for entry in manifest.reports if not entry.is_good] == []
    assert len(manifest.reports) == plan_of_all().count("{name: ")
    assert all(entry.headlines for entry in manifest.reports)


@pytest.mark.long
def test_every_notebook_writes_as_somewhere(tmp_path: Path) -> None:
    reports = [f"  - {{name: {path.stem}, notebook: {path}}}" for path in NOTEBOOKS]
    plan = "\n".join(["format: 1", "defaults: {locale: da}", "reports:", *reports])
    (tmp_path / "plan.yaml").write_text(plan, encoding="utf-8")
    manifest = run_plan(read_plan(tmp_path / "plan.yaml"), tmp_path / "out")
    assert [(entry.name, entry.error) for entry in manifest.reports if not entry.is_good] == []
    values = {entry.name: entry.headlines[0].value + entry.headlines[0].note for entry in manifest.reports}
    said = {name: value.replace("\u00a0", " ") for name, value in values.items()}
    assert "31.928,57 NOK" in said["incident_review"]
    assert "99,95 %" in said["provider_tiers"]
    assert not [text for text in said.values() if re.search(r"\d\.\d+ %|\d\.\d\d [A-Z]{3}", text)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_quarto_finds_what_it_asks_for(path: Path) -> None:
    # `quarto render --execute -P name:value` reads the language of the kernel, writes the parameters below the tagged
    # cell by Papermill's translators, and takes `#|` at the head of a cell, and `{python}` in prose, for its own
    kernel = json.loads(path.read_text(encoding="utf-8"))["metadata"]["kernelspec"]
    assert kernel["language"] == "python"
    assert all(not "".join(cell["source"]).startswith(("#|", "# |")) for cell in cells(path))
    assert all("`{python}" not in "".join(cell["source"]) for cell in cells(path, "markdown"))
    asked = parameters_of(cells(path)) or {}
    given = {name: parameter.default for name, parameter in asked.items()}
    written = translate_parameters(kernel["name"], kernel["language"], given, "Injected Parameters")
    values: dict[str, Any] = {}
    exec(written, values)
    assert {name: values[name] for name in given} == given
