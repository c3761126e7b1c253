"""incident.io: the times in which components of a public status page were impaired, as the page itself reads them."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel

from slakit.evidence.instants import INSTANT
from slakit.evidence.sources.parsing import as_written, read_shape, refuse, refuse_twice, shape_of, with_instants
from slakit.evidence.sources.reader import PLACEHOLDER, Draft, Found, Reader, SourceMapping
from slakit.evidence.sources.states import MAINTENANCE, OUTAGES, WEIGHED, Weight, left_out, named
from slakit.problems import InputError, Problem, one_of

NAME = "incident-io"
STATES = ("operational", "degraded_performance", "partial_outage", "full_outage", "under_maintenance")
FETCH = """\
curl --fail -o incidents.json \\
    'https://PAGE/proxy/PAGE/incidents?start_at=2026-01-01T00:00:00Z&end_at=2026-03-31T00:00:00Z'
curl --fail -o names.json https://PAGE/proxy/PAGE"""

RECORDS: dict[str, Any] = {
    "source_id": pl.String,
    "version": INSTANT,
    "kind": pl.String,  # impact · incident (that names no component) · component (its name)
    "code": pl.String,
    "name": pl.String,
    "state": pl.String,
    "started": INSTANT,
    "ended": INSTANT,
    "published": INSTANT,
}


class IncidentIoMapping(SourceMapping):
    """What impacts of an incident.io page mean. An item is a component, by its name or its id. The file does not tell
    what time was asked for: write it under `covered`."""

    counts: dict[Literal["degraded_performance", "partial_outage", "full_outage", "under_maintenance"], Weight]
    """States of components that are downtime, with the share of it that is. `{partial_outage: 1, full_outage: 1}` is
    how incident.io computes the uptime that it shows. What is not named is no downtime. Times under maintenance are
    rows of maintenance besides. A share below 1 counts as such where the guarantee has `weigh: affected`; elsewhere the
    whole time counts."""


class _Impact(BaseModel):
    id: str
    component_id: str
    status_page_incident_id: str
    status: str
    start_at: str
    end_at: str | None = None


class _Incident(BaseModel):
    id: str
    published_at: str
    component_impacts: list[_Impact]


class _Link(BaseModel):
    id: str
    published_at: str | None = None


class _Component(BaseModel):
    id: str
    name: str


class _Summary(BaseModel):
    components: list[_Component]


class _File(BaseModel):
    incidents: list[_Incident] | None = None
    component_impacts: list[_Impact] | None = None
    incident_links: list[_Link] | None = None
    summary: _Summary | None = None


def recognises(source: bytes) -> str | None:
    """Recognise incidents, impacts and the summary of a page."""
    file = shape_of(source, _File) if b'"component_impacts"' in source or b'"ongoing_incidents"' in source else None
    if file is None or (file.incidents is None and file.component_impacts is None and file.summary is None):
        return None
    return "it has component_impacts, or the summary of a page of incident.io"


def records(source: bytes, mapping: IncidentIoMapping | None) -> pl.DataFrame:  # noqa: ARG001
    """Return a record for each impact, for each incident that has none, and for the name of each component."""
    file = read_shape(source, _File, NAME)
    if file.incidents is None and file.component_impacts is None and file.summary is None:
        refuse(NAME, "file", None, "neither incidents nor component_impacts", "fetch it as the manual says")
    incidents = file.incidents or []
    impacts = [*(file.component_impacts or []), *(impact for one in incidents for impact in one.component_impacts)]
    published = {link.id: link.published_at for link in file.incident_links or []}
    published |= {one.id: one.published_at for one in incidents}
    rows = [
        {
            "source_id": impact.id,
            "kind": "impact",
            "code": impact.component_id,
            "state": impact.status,
            "started": impact.start_at,
            "ended": impact.end_at,
            "published": published.get(impact.status_page_incident_id),
        }
        for impact in impacts
    ]
    rows += [
        {"source_id": f"incident {one.id}", "kind": "incident", "published": one.published_at}
        for one in incidents
        if not one.component_impacts
    ]
    rows += [
        {"source_id": f"component {one.id}", "kind": "component", "code": one.id, "name": one.name}
        for one in (file.summary.components if file.summary else [])
    ]
    table = pl.DataFrame(rows, schema=as_written(RECORDS)).unique(maintain_order=True)
    refuse_twice(table, NAME, "two of this id", "fetch it again")
    table = with_instants(table, RECORDS, NAME)
    # an impact does not say when it was changed: of two files, that which knows of later times is the newer
    latest = pl.max_horizontal(pl.col("started", "ended", "published").max())
    return table.with_columns(latest.alias("version")).select(RECORDS.keys())


def draft(records: pl.DataFrame) -> Draft:
    """Return the components, and what must be decided of them."""
    names = component_names(records)
    times = Counter(names[code] for code in records.filter(kind="impact")["code"])
    remark = (
        "states that are downtime, with their share: {partial_outage: 1, full_outage: 1} is how incident.io computes; "
        f"{WEIGHED}. Write the time that you asked for under covered, below"
    )
    return Draft(items=[name for name, _ in times.most_common()], keys={"counts": (PLACEHOLDER, remark)})


def component_names(records: pl.DataFrame) -> dict[str, str]:
    """Return the name of each component by its id: the id itself, where no summary tells it."""
    told = records.filter(kind="component").sort("source_id").select("code", "name").rows()
    return {code: code for code in records["code"].drop_nulls()} | named(told)


def find(records: pl.DataFrame, mapping: IncidentIoMapping) -> Found:
    """Return outages from the impacts that count, and maintenance."""
    names = component_names(records)
    entries = records.sort("source_id").to_dicts()
    problems = [
        Problem(f"{NAME} {entry['source_id']} status", entry["state"], "not known", one_of(STATES, entry["state"]))
        for entry in entries
        if entry["kind"] == "impact" and entry["state"] not in STATES
    ]
    if problems and mapping.unmapped == "refuse":
        raise InputError(NAME, problems)
    outages, maintenance = [], []
    reasons = {}
    for entry in entries:
        name, state, started, ended = (entry[key] for key in ("source_id", "state", "started", "ended"))
        if entry["kind"] == "component":
            continue  # a name is no event
        planned = state == "under_maintenance"
        if entry["kind"] == "incident":
            reasons[name] = "it names no component"
        elif ended is not None and ended <= started:
            reasons[name] = "it ended when it began, or before: it has no length"
        elif state not in mapping.counts and not planned:
            reasons[name] = f"{state}, which does not count" if state in STATES else f"{state} is not known"
        elif planned and state not in mapping.counts and ended is None:
            reasons[name] = "maintenance whose end is not told"
        else:
            item = entry["code"] if entry["code"] in mapping.items else names[entry["code"]]
            row = {"item": item, "started": started, "ended": ended, "source_id": name}
            if state in mapping.counts:
                outages.append(row | {"outage": name, "affected": mapping.counts[state]})
            if planned and ended is not None:
                row |= {"announced": entry["published"], "kind": "scheduled"}
                maintenance.append(row | {"maintenance": name})
    tables = {
        "outages": pl.DataFrame(outages, schema=OUTAGES),
        "maintenance": pl.DataFrame(maintenance, schema=MAINTENANCE),
    }
    return Found(tables, left_out(reasons.items()))


READER = Reader(
    name=NAME,
    reads="Incidents of a public status page of incident.io, or its component_impacts, and the names of its components",
    fetch=FETCH,
    mapping=IncidentIoMapping,
    recognises=recognises,
    records=records,
    draft=draft,
    find=find,
)
