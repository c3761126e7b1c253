"""Pages show text as text, open without a network and say what ran."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from slakit.batch.index import index_page
from slakit.batch.manifest import Headline, Manifest, ReportRecord
from slakit.batch.page import ReportPage, part_of, report_page
from slakit.batch.plan import PlannedReport

ATTACK = "<img src=x onerror=alert(1)><script>alert(2)</script>\x1b[31m&amp;"


def page(*outputs: dict[str, Any], source: str = "1", title: str = "T", **around: Any) -> str:
    parameters = {
        "cell_type": "code",
        "metadata": {"tags": ["parameters"]},
        "outputs": [],
        "source": "tier: str = 'gold'",
    }
    cell = {"cell_type": "code", "metadata": {}, "outputs": list(outputs), "source": source}
    heading = {"cell_type": "markdown", "metadata": {}, "source": f"# {title}\n\nAn opening."}
    return report_page(ReportPage(PlannedReport("r", Path("/n/a.ipynb")), title, **around), [heading, parameters, cell])


def shows(kind: str, content: str) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {kind: content}, "metadata": {}}


AS_TEXT = {
    "printed": {"output_type": "stream", "name": "stdout", "text": ATTACK},
    "printed as an error": {"output_type": "stream", "name": "stderr", "text": ATTACK},
    "raised": {"output_type": "error", "ename": ATTACK, "evalue": ATTACK, "traceback": [ATTACK, ATTACK]},
    "a plain value": shows("text/plain", ATTACK),
    "markdown from data": shows("text/markdown", f"{ATTACK}\n\n[x](javascript:alert(3))"),
}


@pytest.mark.parametrize("output", AS_TEXT.values(), ids=AS_TEXT)
def test_text_of_any_kind_shows_as_text(output: dict[str, Any]) -> None:
    drawn = page(output)
    assert "<script" not in drawn
    assert "<img" not in drawn
    assert 'href="javascript' not in drawn
    assert "\x1b" not in drawn
    assert "&lt;script&gt;alert(2)&lt;/script&gt;" in drawn


def test_titles_parameters_headlines_and_errors_show_as_text() -> None:
    report = PlannedReport("r", Path("/n/a.ipynb"), {"tier": ATTACK})
    headline = Headline(label=ATTACK, value=ATTACK, note=ATTACK)
    drawn = report_page(ReportPage(report, ATTACK, error=ATTACK, batch=ATTACK), [])
    entry = ReportRecord(
        name="r", notebook=f"/n/{ATTACK}.ipynb", title=ATTACK, parameters={"x": ATTACK}, headlines=[headline]
    )
    failed = entry.model_copy(update={"name": "s", "status": "failed", "error": ATTACK, "parameters": {"x": 1}})
    listed = index_page(Manifest(title=ATTACK, plan=f"/p/{ATTACK}", reports=[entry, failed], versions={"x": ATTACK}))
    for text in (drawn, listed):
        assert "<script" not in text
        assert "<img" not in text


def test_html_of_a_notebook_is_kept_to_the_letter() -> None:
    script = "<script>if (1 < 2 && '</div>') { draw({a: \"b\"}) }</script>"
    assert script in page(shows("text/html", script))
    assert f'<div class="output html"><b>bold</b> {script}</div>' in page(shows("text/html", f"<b>bold</b> {script}"))


def test_an_output_of_scripts_alone_takes_no_room() -> None:
    assert [part.kind for part in part_of(shows("text/html", " <style>a{}</style>\n<script>x</script>"))] == ["script"]


def test_a_drawing_becomes_an_image_and_cannot_run_scripts() -> None:
    drawn = page(shows("image/svg+xml", "<svg><script>alert(1)</script></svg>"))
    assert "data:image/svg+xml;base64," in drawn
    assert "<script" not in drawn


def test_a_headline_is_shown_at_the_top_and_not_again() -> None:
    output = shows("application/vnd.slakit.headline+json", "")
    output["data"]["text/plain"] = "raw form"
    assert "raw form" not in page(output)


def test_pages_ask_for_nothing_from_a_network() -> None:
    listed = index_page(Manifest(title="T", started=datetime(2026, 10, 5, tzinfo=UTC), reports=[]))
    for text in (page(shows("text/html", "<p>x</p>")), listed):
        assert not re.search(r"""(src|href)=["']?(https?:|//)|@import|url\(""", text)


def test_code_is_there_but_hidden_behind_a_switch_without_scripts() -> None:
    drawn = page(source="answer = 42")
    assert '<pre class="source">' in drawn
    assert ".source { display: none;" in drawn
    assert "body:has(#code:checked) .source" in drawn


def test_the_title_is_not_said_twice() -> None:
    assert page(title="Uptime & budget").count("<h1>") == 1
    assert "An opening." in page()


def test_parameters_are_shown_with_defaults_and_links_lead_back() -> None:
    drawn = page(made=datetime(2026, 10, 5, 7, 3, tzinfo=UTC), batch="The batch")
    assert re.search(r"<th[^>]*>tier</th><td>gold</td>", drawn)
    assert '<a href="index.html">The batch</a>' in drawn
    assert "5 October 2026, 07:03 UTC" in drawn


def entry(name: str, status: str = "ok", **more: Any) -> ReportRecord:
    outputs = {f"{name}.html": "0", f"{name}.ipynb": "0"} if status != "interrupted" else {}
    return ReportRecord(name=name, notebook="/n/claims.ipynb", title="Claims", status=status, outputs=outputs, **more)


def test_the_list_says_what_tells_reports_apart() -> None:
    same = {"period": "2026-01", "evidence": "/p/data"}
    first = entry("a", parameters={**same, "tier": "gold"})
    second = entry("b", parameters={**same, "tier": "silver"})
    listed = index_page(Manifest(plan="/p/plan.yaml", reports=[first, second]))
    assert "<i>tier</i> gold" in listed
    assert "<i>period</i>" not in listed
    alone = index_page(Manifest(plan="/p/plan.yaml", reports=[first]))
    assert "<i>period</i> 2026-01" in alone
    assert "<i>evidence</i>" not in alone


def test_the_list_puts_failures_first_and_links_only_what_is_there() -> None:
    listed = index_page(
        Manifest(
            title="All",
            reports=[
                entry("a", seconds=1.234),
                entry("b", "failed", error="E: x"),
                entry("c", "interrupted"),
            ],
        )
    )
    assert listed.index("One report failed") < listed.index("<table>")
    assert '<a href="a.html">a</a>' in listed
    assert '<a href="a.ipynb">notebook</a>' in listed
    assert 'href="c.html"' not in listed
    assert "1.2" in listed
    assert 'href="manifest.json"' in listed
