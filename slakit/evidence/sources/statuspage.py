"""Statuspage: incidents and scheduled maintenance of a provider's status page, with the states of its components."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any, Literal, Self

import polars as pl
from pydantic import BaseModel, model_validator

from slakit.evidence.instants import INSTANT
from slakit.evidence.sources.parsing import as_written, instants_of, read_shape, refuse, shape_of, with_instants
from slakit.evidence.sources.reader import PLACEHOLDER, Draft, Found, Reader, SourceMapping
from slakit.evidence.sources.states import (
    MAINTENANCE,
    OUTAGES,
    WEIGHED,
    WHOLE_PAGE,
    Downtime,
    Weight,
    covered_by,
    downtimes,
    in_sequence,
    left_out,
    list_record,
    named,
)
from slakit.problems import InputError, Problem, one_of

NAME = "statuspage"
STATES = ("operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance")
IMPACTS = ("none", "minor", "major", "critical", "maintenance")
PAGE = pl.Series(["page"])
OVER = ("resolved", "postmortem", "completed")
FETCH = """\
curl --fail -o incidents.json https://PAGE/api/v2/incidents.json
curl --fail -o maintenances.json https://PAGE/api/v2/scheduled-maintenances.json"""

RECORDS: dict[str, Any] = {
    "source_id": pl.String,
    "version": INSTANT,
    "kind": pl.String,  # incident · maintenance · list: a file, from its oldest incident to its last change
    "impact": pl.String,
    "created": INSTANT,
    "started": INSTANT,
    "over": pl.Boolean,
    "ended": INSTANT,
    "begun": INSTANT,  # of scheduled maintenance: when the work began
    "scheduled_for": INSTANT,
    "scheduled_until": INSTANT,
    "states": pl.List(pl.Struct({"at": INSTANT, "code": pl.String, "name": pl.String, "state": pl.String})),
    "components": pl.List(pl.Struct({"code": pl.String, "name": pl.String})),
}


class StatuspageMapping(SourceMapping):
    """What incidents of a Statuspage mean. An item is a component.

    A page lists its 50 newest incidents, and no file tells of those before: what is covered begins with the oldest in
    the list. Fetch the list from time to time and import each file; a gap between two files is not covered. Of a page
    that has fewer than 50 you may write the time since it began under `covered`. The times are those at which the
    provider posted a change, and a state that outlasts its incident ends with it.
    """

    by: Literal["component_states", "incident_span"]
    """Whether downtime is the time in which a component was in a state that counts (`component_states`), or the whole
    time from the start of an incident to its resolution (`incident_span`), which is often several times as long."""
    counts: dict[
        Literal[
            "degraded_performance", "partial_outage", "major_outage", "under_maintenance",
            "none", "minor", "major", "critical", "maintenance",
        ],
        Weight,
    ]  # fmt: skip
    """What is downtime, with the share of it that is. States of components: `{partial_outage: 1, major_outage: 1}`
    counts both whole, `{partial_outage: 0.3, major_outage: 1}` is how Statuspage computes the uptime that it shows.
    Impacts, where the span of incidents counts: `{major: 1, critical: 1}`. What is not named is no downtime. A share
    below 1 counts as such where the guarantee has `weigh: affected`; elsewhere the whole time counts."""
    without_components: Literal["list", "incident_span"] = "list"
    """With `by: component_states`: whether an incident whose updates name no component is excluded and listed, or its
    span counts by its impact."""
    maintenance: Literal["announced", "performed", "ignore"] | None = None
    """Whether maintenance lasts as it was announced, as it was performed, or is ignored. Needed where there is any.
    Of maintenance that was posted as an incident only the time in which it was performed is known."""

    @model_validator(mode="after")
    def _counts_what_it_asks_for(self) -> Self:
        if self.by == "component_states" and not self.counts.keys() & set(STATES):
            raise ValueError("counts no state of a component; write counts: {major_outage: 1}, or by: incident_span")
        spans = self.by == "incident_span" or self.without_components == "incident_span"
        if spans and not self.counts.keys() & set(IMPACTS):
            raise ValueError("counts no impact of an incident; add one to counts, such as critical: 1")
        return self


class _Component(BaseModel):
    id: str | None = None
    name: str


class _State(BaseModel):
    code: str | None = None
    name: str
    new_status: str


class _Update(BaseModel):
    status: str
    created_at: str
    display_at: str | None = None
    affected_components: list[_State] | None = None


class _Incident(BaseModel):
    id: str
    status: str
    impact: str
    created_at: str
    started_at: str | None = None
    resolved_at: str | None = None
    updated_at: str | None = None
    scheduled_for: str | None = None
    scheduled_until: str | None = None
    incident_updates: list[_Update]
    components: list[_Component] | None = None


class _Page(BaseModel):
    updated_at: str | None = None


class _File(BaseModel):
    page: _Page = _Page()
    status: Any = None
    incidents: list[_Incident] | None = None
    scheduled_maintenances: list[_Incident] | None = None


def recognises(source: bytes) -> str | None:
    """Recognise the list of incidents, and that of scheduled maintenance."""
    if b'"incidents"' not in source and b'"scheduled_maintenances"' not in source:
        return None
    file = shape_of(source, _File)
    if file is None or (file.incidents is None and file.scheduled_maintenances is None):
        return None
    return "it has incidents or scheduled_maintenances with incident_updates"


def records(source: bytes, mapping: StatuspageMapping | None) -> pl.DataFrame:  # noqa: ARG001
    """Return a record for each incident and maintenance, and one for a list of incidents as a whole."""
    file = read_shape(source, _File, NAME)
    if file.incidents is None and file.scheduled_maintenances is None:
        refuse(NAME, "file", None, "neither `incidents` nor `scheduled_maintenances`", "fetch it as the manual says")
    if file.status is not None:
        refuse(NAME, "file", None, "a summary, which holds only what is not resolved", "fetch /api/v2/incidents.json")
    incidents = file.incidents or []
    entries = [*incidents, *(file.scheduled_maintenances or [])]
    times = Counter(entry.id for entry in entries)
    if twice := [name for name in times if times[name] > 1]:
        raise InputError(NAME, [Problem(f"{NAME} {name}", None, "two of this id", "fetch it again") for name in twice])

    table = pl.DataFrame(
        [
            {
                "source_id": entry.id,
                "version": entry.updated_at or entry.created_at,
                "kind": "incident" if index < len(incidents) else "maintenance",
                "impact": entry.impact,
                "created": entry.created_at,
                "started": entry.started_at or entry.created_at,
                "over": entry.status in OVER,
                "ended": entry.resolved_at,
                "scheduled_for": entry.scheduled_for,
                "scheduled_until": entry.scheduled_until,
                "components": [{"code": each.id or each.name, "name": each.name} for each in entry.components or []],
            }
            for index, entry in enumerate(entries)
        ],
        schema={name: dtype for name, dtype in as_written(RECORDS).items() if name not in ("begun", "states")},
    )
    table = with_instants(table, RECORDS, NAME)
    table = table.join(told_by_updates(entries), on="source_id", how="left").with_columns(
        ended=pl.when("over").then(pl.coalesce("ended", "resolution"))
    )

    # The list is that of the newest incidents. One of open incidents alone says nothing of those that are over.
    listed = table.filter(kind="incident")
    if listed["over"].any():
        changed = instants_of(pl.Series("updated_at", [file.page.updated_at], dtype=pl.String), None, NAME, PAGE)
        whole = list_record(listed, "created", pl.max_horizontal("version", pl.lit(changed)))
        table = pl.concat([table, whole], how="diagonal")
    return pl.concat([pl.DataFrame(schema=RECORDS), table], how="diagonal").select(RECORDS.keys())


def told_by_updates(entries: list[_Incident]) -> pl.DataFrame:
    """Return what updates tell of each incident: states of components by time, begin of the work, and resolution."""
    posts = [(entry.id, update) for entry in entries for update in entry.incident_updates]
    affected = pl.List(pl.Struct({"code": pl.String, "name": pl.String, "state": pl.String}))
    updates = pl.DataFrame(
        [
            {
                "source_id": name,
                "at": update.display_at or update.created_at,
                "posted": update.created_at,
                "status": update.status,
                "affected": [
                    {"code": each.code or each.name, "name": each.name, "state": each.new_status}
                    for each in update.affected_components or []
                ],
            }
            for name, update in posts
        ],
        schema={**dict.fromkeys(("source_id", "at", "posted", "status"), pl.String), "affected": affected},
    )
    updates = updates.with_columns(
        instants_of(updates[name], None, NAME, updates["source_id"]) for name in ("at", "posted")
    ).sort("at", "posted")
    states = updates.filter(pl.col("affected").list.len() > 0).explode("affected").unnest("affected")
    return (
        updates.group_by("source_id")
        .agg(
            begun=pl.col("at").filter(status="in_progress").min(),
            resolution=pl.col("at").filter(pl.col("status").is_in(["resolved", "completed"])).max(),
        )
        .join(
            states.group_by("source_id", maintain_order=True).agg(states=pl.struct("at", "code", "name", "state")),
            on="source_id",
            how="left",
        )
    )


def draft(records: pl.DataFrame) -> Draft:
    """Return the components, and what must be decided of them."""
    entries = records.filter(pl.col("kind") != "list").to_dicts()
    names = item_names(entries)
    items = Counter(name for entry in entries for name in {names[code] for code in components_of(entry)})
    keys: dict[str, tuple[Any, str]] = {
        "by": (
            PLACEHOLDER,
            "how long downtime lasts: component_states (while a component was in a state that counts) or "
            "incident_span (from start to resolution, often several times as long)",
        ),
        "counts": (
            PLACEHOLDER,
            "what is downtime, with its share; states, such as {partial_outage: 1, major_outage: 1} or, as Statuspage "
            "computes, {partial_outage: 0.3, major_outage: 1}; impacts for spans, such as {major: 1, critical: 1}; "
            + WEIGHED,
        ),
    }
    if bare := sum(entry["kind"] == "incident" and not entry["states"] for entry in entries):
        remark = f"{bare} incidents name no component in their updates: list excludes them, incident_span counts them"
        keys["without_components"] = (PLACEHOLDER, remark)
    if any(is_maintenance(entry) for entry in entries):
        keys["maintenance"] = (
            PLACEHOLDER,
            "how long maintenance lasts: announced (the window as it was announced) or performed; or ignore",
        )
    return Draft(items=[name for name, _ in items.most_common()], keys=keys)


def find(records: pl.DataFrame, mapping: StatuspageMapping) -> Found:
    """Return outages by the states of components or the span of incidents, maintenance, and what the lists cover."""
    entries = records.filter(pl.col("kind") != "list").sort("source_id").to_dicts()
    lists = records.filter(kind="list").sort("source_id")
    names = item_names(entries)
    unknown = {entry["source_id"]: values for entry in entries if (values := unknown_values(entry))}
    if unknown and mapping.unmapped == "refuse":
        raise InputError(NAME, [problem for values in unknown.values() for problem in values])
    if mapping.maintenance is None and any(is_maintenance(entry) for entry in entries):
        refuse(NAME, "maintenance", None, "is missing", "write announced, performed or ignore")

    outages, maintenance = [], []
    reasons: dict[str, str] = {}
    for entry in entries:
        name = entry["source_id"]
        if name in unknown:
            reasons[name] = f"not known to Statuspage: {unknown[name][0].value}"
            continue
        spans, reason = downtime_of(entry, mapping)
        for code, found in spans.items():
            stem = f"{name}/{code}" if code else name
            for number, span in enumerate(found):
                row = {"outage": in_sequence(stem, number), "item": names[code], "source_id": name}
                outages.append(row | span._asdict())
        window = None
        if is_maintenance(entry):
            window, reason = window_of(entry, mapping)
        if window is not None:
            kind = "scheduled" if entry["kind"] == "maintenance" else "emergency"
            row = {"started": window[0], "ended": window[1], "announced": entry["created"], "kind": kind}
            for code in components_of(entry):
                stem = f"{name}/{code}" if code else name
                maintenance.append(row | {"maintenance": stem, "item": names[code], "source_id": name})
        if not spans and window is None:
            reasons[name] = reason

    tables = {
        "outages": pl.DataFrame(outages, schema=OUTAGES),
        "maintenance": pl.DataFrame(maintenance, schema=MAINTENANCE),
    }
    return Found(tables, left_out(reasons.items()), covered_by(lists, mapping))


def downtime_of(entry: dict[str, Any], mapping: StatuspageMapping) -> tuple[dict[str, list[Downtime]], str]:
    """Return the times of downtime by component; where there are none, why."""
    if entry["over"] and entry["ended"] is None:
        return {}, "it is over, but no update tells since when"
    changes: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for state in entry["states"] or []:
        changes[state["code"]].append((state["at"], state["state"]))
    if mapping.by == "component_states" and changes:
        found = {code: downtimes(states, entry["ended"], mapping.counts) for code, states in changes.items()}
        seen = ", ".join(sorted({state for states in changes.values() for _, state in states}))
        reason = f"no component was for any time in a state that counts, only in {seen}"
        return {code: spans for code, spans in found.items() if spans}, reason
    if mapping.by == "component_states" and mapping.without_components == "list":
        return {}, "its updates name no component"
    started = entry["begun"] if entry["kind"] == "maintenance" else entry["started"]
    if entry["impact"] not in mapping.counts:
        return {}, f"its impact is {entry['impact']}, which does not count"
    if started is None:
        return {}, "the work has not begun"
    if entry["ended"] is not None and entry["ended"] <= started:
        return {}, "it ended when it began: it has no length"
    span = Downtime(started, entry["ended"], mapping.counts[entry["impact"]])
    return {code: [span] for code in components_of(entry)}, ""


def window_of(entry: dict[str, Any], mapping: StatuspageMapping) -> tuple[tuple[datetime, datetime] | None, str]:
    """Return the time of maintenance; where it has none, why."""
    if mapping.maintenance == "ignore":
        return None, "maintenance, which the mapping ignores"
    if mapping.maintenance == "announced" and entry["scheduled_for"] is not None:
        started, ended = entry["scheduled_for"], entry["scheduled_until"]
    else:
        started, ended = entry["begun"] if entry["kind"] == "maintenance" else entry["started"], entry["ended"]
    if started is None:
        return None, "maintenance that has not begun"
    if ended is None:
        return None, "maintenance whose end is not told"
    if ended <= started:
        return None, "maintenance that ended when it began: it has no length"
    return (started, ended), ""


def is_maintenance(entry: dict[str, Any]) -> bool:
    """Tell whether an entry is maintenance, which may be posted as an incident."""
    return "maintenance" in (entry["kind"], entry["impact"])


def components_of(entry: dict[str, Any]) -> list[str]:
    """Return the components that an entry names, in its updates or at all; one without a code is the whole page."""
    return sorted({each["code"] for each in [*(entry["states"] or []), *(entry["components"] or [])]}) or [""]


def item_names(entries: list[dict[str, Any]]) -> dict[str, str]:
    """Name the components, and the whole page."""
    known = [
        (each["code"], each["name"])
        for entry in sorted(entries, key=lambda entry: (entry["version"], entry["source_id"]))
        for each in [*(entry["states"] or []), *(entry["components"] or [])]
    ]
    return named(known) | {"": WHOLE_PAGE}


def unknown_values(entry: dict[str, Any]) -> list[Problem]:
    """Return the impact and the states of components that Statuspage does not have."""
    seen = [("impact", entry["impact"], IMPACTS)]
    seen += [
        ("state of a component", state, STATES) for state in sorted({each["state"] for each in entry["states"] or []})
    ]
    where = f"{NAME} {entry['source_id']}"
    return [
        Problem(where, value, f"not {'an' if what == 'impact' else 'a'} {what} of Statuspage", one_of(known, value))
        for what, value, known in seen
        if value not in known
    ]


READER = Reader(
    name=NAME,
    reads="Incidents and scheduled maintenance of a page of Atlassian Statuspage, with the states of its components",
    fetch=FETCH,
    mapping=StatuspageMapping,
    recognises=recognises,
    records=records,
    draft=draft,
    find=find,
)
