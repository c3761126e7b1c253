"""Charts as files: of the size that was asked for, on paper, whole or not at all."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest

import slakit as sla
from slakit import find_terms, window_budgets
from slakit.analysis.review import Review
from slakit.show import chart_allowance, chart_budgets, chart_claims, chart_outages, picture, save_chart
from slakit.show.charts import pictures
from slakit.show.charts.canvas import Drawing

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def budgets() -> Drawing:
    return chart_budgets(window_budgets(find_terms(["klikk"]), "2026-10"))


@pytest.mark.parametrize(("width", "scale"), [(760, 2), (500, 1), (900, 3)])
def test_a_png_is_as_wide_as_was_asked_for(budgets: Drawing, width: int, scale: float) -> None:
    drawn = picture(budgets, "png", width=width, scale=scale)
    assert drawn.startswith(PNG)
    assert struct.unpack(">I", drawn[16:20]) == (width * scale,)


@pytest.mark.parametrize("draw", [chart_outages, chart_allowance, chart_claims])
def test_an_svg_has_ink_of_its_own_and_says_what_it_shows(review: Review, draw: object) -> None:
    chart = draw(review, "fjord-iaas")  # type: ignore[operator]
    drawn = picture(chart, "svg").decode()
    root = ElementTree.fromstring(drawn)
    assert root.get("width") == "760"
    assert root[0].tag.endswith("title")
    assert root[0].text == chart.to_dict()["description"]
    assert all(line in re.sub(r"<[^>]*>", "", drawn) for line in chart.to_dict()["title"]["text"])
    assert "currentColor" not in drawn
    assert pictures.WHITE in drawn


def test_what_a_chart_says_stays_text(hostile: Review) -> None:
    subscription = hostile.evidence.subscriptions["subscription"][0]
    elements = list(ElementTree.fromstring(picture(chart_outages(hostile, subscription), "svg")).iter())
    drawn = {"svg", "title", "rect", "g", "path", "line", "text", "tspan"}
    assert {element.tag.rpartition("}")[2] for element in elements} <= drawn
    assert not [name for element in elements for name in element.attrib if name.startswith("on")]


def test_the_chart_itself_stays_as_it_was(budgets: Drawing) -> None:
    before = budgets.to_dict()
    picture(budgets, "svg")
    assert budgets.to_dict() == before
    assert before["width"] == "container"


@pytest.mark.parametrize("name", ["budgets.png", "budgets.SVG"])
def test_the_name_says_what_kind_of_picture_it_is(budgets: Drawing, tmp_path: Path, name: str) -> None:
    save_chart(budgets, tmp_path / name)
    written = (tmp_path / name).read_bytes()
    assert written.startswith(PNG if name.endswith("png") else b"<svg")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_another_kind_of_picture_is_refused(budgets: Drawing, tmp_path: Path) -> None:
    with pytest.raises(sla.InputError) as refused:
        save_chart(budgets, tmp_path / "budgets.jpg")
    assert str(refused.value) == (
        "picture: 1 problem\n  path = budgets.jpg: not a picture that can be drawn; let the name end in .png or .svg"
    )
    assert not list(tmp_path.iterdir())


def test_a_picture_that_fails_leaves_the_old_one(
    budgets: Drawing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "budgets.png").write_bytes(b"old")

    def fails(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_bytes", fails)
    with pytest.raises(sla.InputError, match="disk full"):
        save_chart(budgets, tmp_path / "budgets.png")
    monkeypatch.undo()
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("budgets.png", b"old")]
