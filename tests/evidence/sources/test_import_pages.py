"""Status pages all the way: recognised, drafted, imported, corrected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from slakit.evidence.files import read_evidence
from slakit.evidence.sources.importing import draft_mapping, import_evidence
from slakit.evidence.sources.reader import PLACEHOLDER
from slakit.problems import InputError

FILES = Path(__file__).parent / "files"
SHOP = {"policy": "klikk", "tier": "gold", "monthly_fee": "90", "currency": "NOK", "starts": "2019-01-01T00:00:00Z"}
BASE = {"format": 1, "subscription": "shop", "subscriptions": {"shop": SHOP}}
STATUSPAGE = {"reader": "statuspage", "by": "component_states", "maintenance": "announced"}
PAGES: dict[str, tuple[dict[str, Any], dict[str, int]]] = {
    "statuspage_incidents.json": (
        {**STATUSPAGE, "counts": {"partial_outage": "0.3", "major_outage": 1}},
        {"outages": 5, "maintenance": 1, "coverage": 1},
    ),
    "google_cloud_incidents.json": (
        {"reader": "google-cloud", "counts": {"SERVICE_OUTAGE": 1}},
        {"outages": 3, "coverage": 1},
    ),
    "google_cloud_2019.json": ({"reader": "google-cloud", "counts": {"high": 1}}, {"outages": 1, "coverage": 1}),
    "incident_io_incidents.json": (
        {"reader": "incident-io", "counts": {"partial_outage": 1, "full_outage": 1}},
        {"outages": 3, "maintenance": 1},
    ),
    "upptime.log": ({"reader": "upptime", "never_up": "list"}, {"outages": 3, "coverage": 2}),
    "upptime_issues.json": ({"reader": "upptime"}, {"outages": 2, "maintenance": 2, "coverage": 1}),
}


@pytest.mark.parametrize("file", PAGES)
def test_one_reader_recognises_a_page_and_drafts_what_must_be_decided(file: str) -> None:
    draft = draft_mapping(FILES / file)
    assert draft.reader == PAGES[file][0]["reader"]
    with pytest.raises(InputError, match=PLACEHOLDER):
        import_evidence(FILES / file, "nowhere", {**BASE, "reader": draft.reader, "counts": PLACEHOLDER})


@pytest.mark.parametrize("file", PAGES)
def test_a_page_becomes_evidence_once(file: str, tmp_path: Path) -> None:
    keys, rows = PAGES[file]
    receipt = import_evidence(FILES / file, tmp_path, {**BASE, **keys})
    assert {table: count for table, count in receipt.rows.items() if count} == rows
    assert {name: getattr(read_evidence(tmp_path), name).height for name in rows} == rows
    assert import_evidence(FILES / file, tmp_path, {**BASE, **keys}).changes == {}


def test_halves_of_a_page_give_the_whole_and_a_corrected_incident_is_named(tmp_path: Path) -> None:
    keys = {**BASE, **PAGES["statuspage_incidents.json"][0]}
    page = json.loads((FILES / "statuspage_incidents.json").read_bytes())
    whole, newer, older = (tmp_path / name for name in ("whole.json", "newer.json", "older.json"))
    whole.write_text(json.dumps(page))
    newer.write_text(json.dumps({**page, "incidents": page["incidents"][:2]}))
    older.write_text(json.dumps({**page, "incidents": page["incidents"][2:]}))
    import_evidence(whole, tmp_path / "one", keys)
    import_evidence(newer, tmp_path / "two", keys)
    import_evidence(older, tmp_path / "two", keys)
    for table in ("outages", "maintenance", "coverage"):
        assert (tmp_path / "one" / f"{table}.csv").read_text() == (tmp_path / "two" / f"{table}.csv").read_text()

    page["incidents"][0] |= {"status": "resolved", "resolved_at": "2026-03-20T11:00:00Z"}
    page["incidents"][0]["updated_at"] = page["page"]["updated_at"] = "2026-03-20T11:00:00Z"
    whole.write_text(json.dumps(page))
    changes = import_evidence(whole, tmp_path / "one", keys).changes
    assert list(changes["outages"].changed) == ["statuspage/i5open/w1web"]
