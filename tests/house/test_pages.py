"""Pages of documentation: their Python runs, commands print what is shown, references are those of the models."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from cli_support import Run, run

__all__ = ["run"]  # a fixture

HOUSE = Path(__file__).parents[2]
ROOMS = ("slakit", "notebooks", "tests", "data_samples", ".github")
PAGES = [HOUSE / "README.md", *sorted(page for room in ROOMS for page in (HOUSE / room).rglob("*.md"))]
REFERENCES = {
    "policy": "slakit/policy/REFERENCE.md",
    "evidence": "slakit/evidence/REFERENCE.md",
    "examples": "slakit/examples/REFERENCE.md",
    "findings": "slakit/finding/REFERENCE.md",
    "results": "slakit/analysis/RESULTS.md",
    "sources": "slakit/evidence/sources/README.md",
}
SHELL = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def named(page: Path) -> str:
    return page.relative_to(HOUSE).as_posix()


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [page for page in PAGES if ">>> " in text_of(page)], ids=named)
def test_python_of_a_page_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HOUSE)
    example = doctest.DocTestParser().get_doctest(text_of(page), {}, named(page), named(page), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    runner.run(example)
    assert runner.summarize(verbose=False).failed == 0


def shown() -> list[tuple[str, str, str]]:
    """Return the commands that show their output, each with its page."""
    found = []
    for page in PAGES:
        for block in SHELL.findall(text_of(page)):
            for part in block.split("$ ")[1:]:
                command, _, output = part.partition("\n")
                if command.startswith("slakit ") and output.strip():
                    found.append((named(page), command, output.rstrip()))
    return found


@pytest.mark.parametrize(("page", "command", "output"), shown(), ids=[f"{page}: {one}" for page, one, _ in shown()])
def test_commands_print_what_is_shown(
    page: str, command: str, output: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(HOUSE)
    monkeypatch.setenv("NO_COLOR", "1")
    words = shlex.split(command.replace("/tmp/answer", str(tmp_path)))[1:]
    done = run(*words)
    lines = (done.out + done.err).replace(str(tmp_path), "/tmp/answer").splitlines()
    printed = [" ".join(line.split()) for line in lines]  # how wide a column is differs between versions of rich
    position = 0
    for line in (" ".join(line.split()) for line in output.splitlines()):
        if line == "...":
            continue
        assert line in printed[position:], f"{page}: {line!r} is not printed any more by {command}"
        position = printed.index(line, position) + 1


@pytest.mark.parametrize(("of", "page"), REFERENCES.items())
def test_a_reference_is_that_of_the_models(run: Run, of: str, page: str) -> None:
    printed = run("schema", "--markdown", "--of", of).out
    assert printed == text_of(HOUSE / page), f"write it again: slakit schema --markdown --of {of} > {page}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    links = [link.partition("#")[0] for link in LINK.findall(text_of(page)) if "://" not in link]
    assert [link for link in links if link and not (page.parent / link).exists()] == []


def test_the_readme_is_a_few_screens() -> None:
    readme = text_of(HOUSE / "README.md")
    assert len(readme.splitlines()) < 250
    assert len([line for line in readme.splitlines() if "-m pytest" in line]) == 1, ".ci/run runs this line"


# --- how to add things


def added() -> list[tuple[str, set[str]]]:
    """Return the examples of the README's last table, each with the files that it touches."""
    table = text_of(HOUSE / "README.md").partition("## How to add things")[2]
    rows = [line.split("|")[2:4] for line in table.splitlines() if line.startswith("| a ")]
    return [(example.strip(" `"), set(re.findall(r"`([^`]+)`", files))) for example, files in rows]


@pytest.mark.parametrize(("example", "files"), added(), ids=[example for example, _ in added()])
def test_what_is_added_touches_the_files_that_the_readme_names(example: str, files: set[str]) -> None:
    command = ["git", "grep", "-lwF", example, "--", "slakit", "notebooks", "data_samples"]
    prose = [":!*.md", ":(exclude)slakit/policy/library"]
    found = subprocess.run([*command, *prose], cwd=HOUSE, capture_output=True, text=True, check=False)
    if found.returncode not in (0, 1):
        pytest.skip("not a git checkout")
    holding = set(found.stdout.split())
    assert holding == {name for name in files if name.rpartition("/")[2] not in ("README.md", example)}
    assert all((HOUSE / name).exists() for name in files)


def test_the_readme_tells_of_each_kind() -> None:
    assert len(added()) == 5
