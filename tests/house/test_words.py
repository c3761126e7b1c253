"""What people read is in the words of the trade: no replaced word and no internal key reaches a reader."""

from __future__ import annotations

import ast
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cli_support import Run, run
from sample_evidence import AS_OF, PERIOD, sample_evidence
from sample_evidence import sample_review as review

import slakit as sla
from slakit import show
from slakit.show.excel.comparison import comparison_sheets
from slakit.show.excel.review import review_sheets

__all__ = ["run"]  # a fixture

HOUSE = Path(__file__).parents[2]
PLANS = ["klikk:gold", "wp-heaven", "klink-cloud:enterprise", "cloudworkz"]

INSTEAD = {
    r"promis(e|es|ed|ing)": "guarantee, guaranteed, committed",
    r"earn(s|ed|ing)?(?! back)": "a credit is due, credit for",
    r"(a|the|each|every|any|one|no|shortest|longest) miss|(the|all|no|of) misses": "breach, target missed",
    r"(leaves?|left|leaving) out": "excludes, excluded",
    r"bites?": "applies",
    r"over all readings": "range if ambiguous clauses are read otherwise",
    r"by how it is read": "depending on the interpretation",
    r"moves it by": "largest single effect",
    r"as known on": "as of",
    r"by what matters": "highest weighted score",
    r"(can|could) still be had": "claimable now",
    r"asked for, not offered": "the terms you want to negotiate",
    r"only aimed at": "best-effort",
    r"the rules part": "outages the contracts treat differently",
    r"everybody's": "under each contract",
    r"(some|no|any)body( else)?('s)?|whoever|nobody": "a third party, the user",
    r"dearer|gravest": "higher-priced, by severity",
    r"costs? the provider nothing|free of cost": "no credit below",
    r"half within": "median, P90",
    r"came too late": "late",
    r"work lost|back after": "data loss (RPO), downtime (RTO)",
    r"(?<!help )(?<!service )desks?": "tickets",
    r"taken: ": "assumed",
    r"too late to claim": "claim expired",
    r"happenings?|imagined|alike": "scenario, the same",
}
REPLACED = re.compile(rf"\b(?:{'|'.join(INSTEAD)})\b", re.IGNORECASE)
INTERNAL = re.compile(r"(?<![\w./:-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w./(=])")
CODE = re.compile(r"^## [a-z_]+$|^```.*?^```|`[^`\n]+`|\]\([^)]*\)", re.MULTILINE | re.DOTALL)
TAGS = re.compile(r"<style.*?</style>|<[^>]+>", re.DOTALL)

Texts = Iterator[tuple[str, str]]


def of_pages() -> Texts:
    for room in ("slakit", "notebooks", "tests", "data_samples", ".github"):
        for page in sorted((HOUSE / room).rglob("*.md")):
            if page.name != "CHANGELOG.md":  # which names what it replaces
                yield page.relative_to(HOUSE).as_posix(), page.read_text(encoding="utf-8")
    yield "README.md", (HOUSE / "README.md").read_text(encoding="utf-8")


def of_notebooks() -> Texts:
    for path in sorted((HOUSE / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            text = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                yield path.name, text
            elif "parameters" in cell["metadata"].get("tags", []):
                yield path.name, "\n".join(line.partition("# ")[2] for line in text.splitlines())


def of_findings() -> Texts:
    for name in sla.library():
        for row in sla.findings(sla.find_policy(name)).iter_rows(named=True):
            yield f"{name} {row['code']}", f"{row['sentence']}. {row['figure']}"


def displayed(headline: Callable[..., None], *given: object) -> str:
    """Return what a headline displays; outside a notebook that is printed."""
    with redirect_stdout(StringIO()) as shown:
        headline(*given)
    return shown.getvalue()


@cache
def comparison() -> sla.Comparison:
    mine = sample_evidence().only("fjord-iaas")
    return sla.compare(PLANS, evidence=mine, period=PERIOD, as_of=AS_OF, fee=1000)


def of_reviews() -> Texts:
    tables = (
        show.show_credits, show.show_claims, show.show_ledger, show.show_assumptions, show.show_warnings,
        show.show_attainment, show.show_answer_times, show.show_late_tickets, show.show_pending_tickets,
        show.show_readings, show.show_recoveries, show.show_backups,
    )  # fmt: skip
    headlines = (
        show.headline_review, show.headline_claims, show.headline_readings, show.headline_tickets,
        show.headline_recovery,
    )  # fmt: skip
    for name in ("fjord-iaas", "harbor-enterprise", "skog-vm", "nordlys-web"):
        mine = review().of(name)
        for table in tables:
            yield f"{table.__name__} {name}", table(mine, name).as_raw_html()
        for headline in headlines:
            yield f"{headline.__name__} {name}", displayed(headline, mine, name)
    yield "warnings", "\n".join(review().warnings["says"])


def of_plans() -> Texts:
    terms = sla.find_terms(PLANS)
    curves, budgets = sla.credit_curve(terms, at=[1.0, 24.0]), sla.window_budgets(terms, "2026-10")
    worth, found = sla.guarantee_value(terms), sla.findings(PLANS)
    yield "tiers", show.show_tiers(terms).as_raw_html() + displayed(show.headline_tiers, terms)
    yield "support", show.show_support(terms).as_raw_html()
    yield "budgets", show.show_budgets(budgets).as_raw_html() + displayed(show.headline_budgets, budgets)
    yield "payouts", show.show_payouts(curves, 1000).as_raw_html() + displayed(show.headline_credit_curves, curves)
    yield "values", show.show_guarantee_values(worth).as_raw_html()
    yield "findings", show.show_findings(found).as_raw_html() + displayed(show.headline_findings, found)
    for name in ("klikk", "klink-cloud"):
        policy = sla.find_policy(name)
        yield f"card of {name}", show.show_card(policy).as_raw_html() + show.show_questions(policy).as_raw_html()


def of_comparisons() -> Texts:
    from slakit.comparison.summary import summarize_comparison

    yield "summary", "\n".join(summarize_comparison(comparison()))
    for table in (show.show_terms, show.show_dominance, show.show_parted, show.show_same_outages):
        yield table.__name__, table(comparison()).as_raw_html()
    yield "headline", displayed(show.headline_comparison, comparison())


def of_explanations() -> Texts:
    for name in ("fjord-iaas", "harbor-enterprise", "nordlys-web", "skog-vm"):
        for month in ("2026-02", "2026-08", "2026-09"):
            yield f"{name} {month}", str(sla.explain(review(), name, month))


def of_messages() -> Texts:
    """Yield the words of refusals as they stand in the source."""
    for path in sorted((HOUSE / "slakit").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
                for given in node.args[2:]:
                    words = [part.value for part in ast.walk(given) if isinstance(part, ast.Constant)]
                    yield f"{path.relative_to(HOUSE)}:{node.lineno}", " ".join(map(str, words))


def drawn(spec: Any) -> Iterator[str]:
    """Yield the texts of a chart: its titles, and the values of fields that an axis, a legend or a tooltip shows."""
    fields, rows, texts = set(), [], []

    def walk(part: Any, channel: str) -> None:
        if isinstance(part, list | tuple):
            for one in part:
                walk(one, channel)
        if not isinstance(part, dict):
            return
        silent = any(part.get(name, "") is None for name in ("axis", "legend", "header"))
        if "field" in part and channel in ("x", "y", "color", "text", "tooltip", "row", "facet") and not silent:
            fields.add(part["field"])
        for name, own in part.items():
            if name in ("title", "subtitle", "description", "text") and isinstance(own, str | list):
                texts.extend([own] if isinstance(own, str) else [line for line in own if isinstance(line, str)])
            if name in ("datasets", "values"):
                held = own.values() if isinstance(own, dict) else [own]
                rows.extend(row for table in held for row in table if isinstance(row, dict))
            else:
                walk(own, name)

    walk(spec, "")
    yield from texts
    yield from (value for row in rows for name, value in row.items() if name in fields and isinstance(value, str))


def of_charts() -> Texts:
    terms = sla.find_terms(PLANS)
    charts = {
        "curves": show.chart_credit_curves(sla.credit_curve(terms)),
        "budgets": show.chart_budgets(sla.window_budgets(terms, "2026-10")),
        "values": show.chart_guarantee_values(sla.guarantee_value(terms)),
        "same outages": show.chart_same_outages(comparison()),
    }
    of_one = (
        show.chart_allowance, show.chart_outages, show.chart_claims, show.chart_readings, show.chart_answers,
        show.chart_recoveries, show.chart_backups,
    )  # fmt: skip
    for name in ("fjord-iaas", "harbor-enterprise", "skog-vm", "nordlys-web"):
        charts |= {f"{chart.__name__} {name}": chart(review().of(name), name) for chart in of_one}
    for name, chart in charts.items():
        yield name, "\n".join(drawn(chart.to_dict()))


def of_sources() -> Texts:
    folder = HOUSE / "data_samples" / "imported" / "evidence"
    receipts, evidence = sla.read_receipts(folder), sla.read_evidence(folder)
    found = sla.reconcile(evidence, "2026-07/2026-09", AS_OF, provider="statuspage", own="uptimerobot")
    # reasons for which a record is in no row have the words of its format
    yield "show_imports", show.show_imports(receipts).as_raw_html()
    for result in (show.show_pairs, show.show_source_windows, show.show_source_credits):
        yield result.__name__, result(found).as_raw_html()
    yield "headline of imports", displayed(show.headline_imports, receipts)
    yield "headline of a reconciliation", displayed(show.headline_reconciliation, found)
    for chart in (show.chart_coverage(evidence), show.chart_reconciliation(found)):
        yield "chart of sources", "\n".join(drawn(chart.to_dict()))


@cache
def explorers() -> dict[str, sla.Explorer]:
    evidence = HOUSE / "data_samples" / "evidence"
    return {
        "contract": sla.explore_policy("klikk", month="2026-10"),
        "credits": sla.explore_credits(PLANS, outage="12h", month="2026-10"),
        "incident": sla.explore_incident("klikk:gold", reported="2026-08-11T10:00", component="network"),
        "vendors": sla.explore_vendors(PLANS, evidence, subscription="fjord-iaas"),
    }


def of_explorers() -> Texts:
    """Yield what their widgets show: labels, options, tooltips, charts and tables."""
    for name, explorer in explorers().items():
        panel = explorer.panel
        yield f"{name} figure", f"{explorer.view.label}: {explorer.view.value}. {explorer.view.note}"
        yield f"{name} chart", "\n".join(drawn(json.loads(panel.chart_view.source.spec)))
        for tab, table in explorer.view.tables.items():
            told = table()
            yield f"{name} {tab}", told.as_raw_html() if hasattr(told, "as_raw_html") else str(told)
        widgets = [panel.widget]
        for widget in widgets:
            widgets.extend(getattr(widget, "children", ()))
            if widget is panel.plan or type(widget).__name__ == "ChartView":  # a file for a program; a drawing
                continue
            traits = ("value", "description", "tooltip", "placeholder", "_options_labels", "options")
            for trait in traits[: 5 if hasattr(widget, "_options_labels") else 6]:
                own = getattr(widget, trait, None)
                told = [own] if isinstance(own, str) else own if isinstance(own, list | tuple) else []
                chosen = trait == "value" and hasattr(widget, "_options_labels")  # a key: its label is shown
                if not chosen:
                    # a search finds plans by their ids too, which stand in parentheses
                    yield (
                        f"{name} {type(widget).__name__}",
                        "\n".join(re.sub(r" \([^()]*\)$", "", str(one)) for one in told),
                    )


def of_workbooks() -> Texts:
    sheets = {"review": review_sheets(review()), "comparison": comparison_sheets(comparison())}
    sheets |= {name: list(explorer.view.sheets()) for name, explorer in explorers().items()}
    for book, pages in sheets.items():
        for page in pages:
            said = [page.name, page.title, *page.notes, *(fact.heading for fact in page.facts)]
            said += [str(fact.cell.value) for fact in page.facts if fact.cell and fact.kind == "text"]
            for column in page.columns:
                said.append(column.heading)
                own = column.name in ("subscription", "kind")  # words of the evidence itself
                if not own and not column.heading.endswith("(id)"):
                    values = page.table[column.name]
                    words = column.words or {}
                    said += [str(words.get(one, one)) for one in values.unique() if isinstance(one, str)]
            yield f"{book} {page.name}", "\n".join(said)


SOURCES: list[Callable[[], Texts]] = [
    of_pages, of_notebooks, of_findings, of_reviews, of_plans, of_comparisons, of_explanations, of_messages, of_charts,
    of_sources, of_explorers, of_workbooks,
]  # fmt: skip


@cache
def texts_of(source: Callable[[], Texts]) -> list[tuple[str, str]]:
    """Return places and words of a source, which several tests read."""
    return [(place, plain(text)) for place, text in source()]


IDS = re.compile(
    r"(?<![\w-])(?<!@ )(?:hardware-replacement|klikk:gold|klink-cloud(?::enterprise)?|wp-heaven|iaas)(?![\w-]|\.yaml)"
)
"""Ids of plans, guarantees and remedies that the reports here are about, and that are no words."""


def plain(text: str) -> str:
    return html.unescape(TAGS.sub(" · ", CODE.sub(" ", text)))


def faults(texts: Iterable[tuple[str, str]], *patterns: re.Pattern[str]) -> list[str]:
    """Return each word that stands where it should not, with its place and its surroundings."""
    found = []
    for place, words in texts:
        for match in (one for pattern in patterns for one in pattern.finditer(words)):
            around = " ".join(words[max(0, match.start() - 40) : match.end() + 30].split())
            found.append(f"{place}: {match.group()!r} in …{around}…")
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
def test_no_replaced_word_reaches_a_reader(source: Callable[[], Texts]) -> None:
    assert faults(texts_of(source), REPLACED) == []


@pytest.mark.parametrize(
    "source", [one for one in SOURCES if one is not of_messages], ids=lambda source: source.__name__
)
def test_no_internal_key_reaches_a_reader(source: Callable[[], Texts]) -> None:
    assert faults(texts_of(source), INTERNAL) == []


@pytest.mark.parametrize(
    "source",
    [one for one in SOURCES if one not in (of_pages, of_notebooks, of_messages)],
    ids=lambda source: source.__name__,
)
def test_no_id_of_a_contract_reaches_a_reader(source: Callable[[], Texts]) -> None:
    # the subscription of an incident that is only imagined has the id of its plan for a name
    texts = ((place, text) for place, text in texts_of(source) if not place.startswith(("show_card", "incident")))
    assert faults(texts, IDS) == []


def test_help_is_in_the_words_of_the_trade(run: Run) -> None:
    from slakit.cli.options import COMMANDS

    names = [name for commands in COMMANDS.values() for name in commands]
    helps = [("slakit", run("--help").out), *((name, run(name, "--help").out) for name in names)]
    assert faults(((name, plain(text)) for name, text in helps), REPLACED) == []
