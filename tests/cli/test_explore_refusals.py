"""What `slakit explore` refuses, before anything starts."""

from __future__ import annotations

import importlib.util
import socket
from pathlib import Path

import pytest
from cli_support import Run

from slakit.explore import choice

COMPARISON = str(Path(__file__).parents[2] / "notebooks" / "vendor_comparison.ipynb")


def test_a_misspelled_parameter_is_refused_with_the_closest_name(run: Run) -> None:
    done = run("explore", COMPARISON, "-p", "subscripton=fjord-iaas", "-p", "fee=much", "-p", "plans")
    assert done.code == 1
    assert "-p = plans: not a parameter and its value; write name=value" in done.err
    assert "-p fee = much: not of the parameter's type; the notebook asks for fee: float" in done.err
    done = run("explore", COMPARISON, "-p", "subscripton=fjord-iaas")
    assert "none of the notebooks has such a parameter; did you mean subscription?" in done.err


def test_paths_are_those_of_the_current_folder(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("explore", COMPARISON, "-p", "evidence=mine")
    assert f"-p evidence = mine: no such file or folder; name one that exists, relative to {tmp_path}" in done.err
    (tmp_path / "mine").mkdir()
    (chosen,) = choice.choose([Path(COMPARISON)], ["evidence=mine", "plans=[klikk:gold, wp-heaven]", "fee=12.5"])
    assert chosen.parameters == {
        "evidence": str(tmp_path / "mine"),
        "plans": ["klikk:gold", "wp-heaven"],
        "fee": 12.5,
    }


def test_the_usual_notebooks_are_found_here_or_with_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Run
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Path(COMPARISON) in choice.usual()
    monkeypatch.setattr(choice, "FOLDERS", (Path("notebooks"),))
    done = run("explore")
    assert done.code == 1
    usual = "quick_question.ipynb, what_if.ipynb, vendor_comparison.ipynb, policy_card.ipynb"
    assert f"none of {usual} is here; name the notebooks to serve" in done.err


def test_a_notebook_that_is_none_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text("{}")
    done = run("explore", str(tmp_path / "a.ipynb"), str(tmp_path / "b.ipynb"))
    assert done.code == 1
    assert "a.ipynb: not a notebook of format 4" in done.err
    assert "b.ipynb: no such file; name a notebook that exists" in done.err


def test_a_port_that_is_taken_is_refused(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("explore", COMPARISON, "--port", str(port))
    assert done.code == 1
    assert f"--port = {port}: cannot be used (Address already in use); choose another" in done.err


def test_without_voila_it_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    done = run("explore", COMPARISON)
    assert done.code == 1
    assert "Voila is not installed; install it: pip install 'slakit[dashboard]'" in done.err
