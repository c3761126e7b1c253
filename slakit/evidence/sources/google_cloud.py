"""Google Cloud: incidents of its status page, in the form of today and in that of 2017 to 2020."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, RootModel

from slakit.evidence.instants import INSTANT
from slakit.evidence.sources.parsing import as_written, read_shape, refuse, refuse_twice, shape_of, with_instants
from slakit.evidence.sources.reader import PLACEHOLDER, Draft, Found, Reader, SourceMapping
from slakit.evidence.sources.states import (
    OUTAGES,
    WEIGHED,
    Weight,
    covered_by,
    left_out,
    list_record,
    named,
)
from slakit.problems import InputError, Problem, one_of

NAME = "google-cloud"
IMPACTS = ("SERVICE_INFORMATION", "SERVICE_DISRUPTION", "SERVICE_OUTAGE")
SEVERITIES = ("low", "medium", "high")

RECORDS: dict[str, Any] = {
    "source_id": pl.String,
    "version": INSTANT,
    "kind": pl.String,  # incident · list: a file, from its oldest incident to its last change
    "impact": pl.String,
    "severity": pl.String,
    "created": INSTANT,
    "started": INSTANT,
    "ended": INSTANT,
    "products": pl.List(pl.Struct({"code": pl.String, "name": pl.String})),
    "locations": pl.List(pl.String),
}


class GoogleCloudMapping(SourceMapping):
    """What incidents of Google Cloud mean. An item is a product.

    An incident is an outage of each of its products, by its fields; its text, which may tell another time, is not read.
    One without an end is still open.
    """

    counts: dict[
        Literal["SERVICE_INFORMATION", "SERVICE_DISRUPTION", "SERVICE_OUTAGE", "low", "medium", "high"], Weight
    ]
    """Impacts of incidents that are downtime, with the share of it that is: `{SERVICE_OUTAGE: 1}`, or
    `{SERVICE_OUTAGE: 1, SERVICE_DISRUPTION: 1}`. Incidents of 2017 to 2020 have no impact, and count by their severity:
    `{high: 1}`. What is not named is no downtime. A share below 1 counts as such where the guarantee has
    `weigh: affected`; elsewhere the whole time counts."""
    locations: list[str] | None = None
    """Locations that count, such as `[europe-west4]`; all, if it is not written. An incident that names other locations
    alone is excluded; one that names none, or `global`, counts."""


class _Product(BaseModel):
    id: str
    title: str
    current_title: str | None = None


class _Location(BaseModel):
    id: str


class _Update(BaseModel):
    affected_locations: list[_Location] | None = None


class _Incident(BaseModel):
    id: str | None = None
    number: int | str
    begin: str
    created: str
    end: str | None = None
    modified: str
    status_impact: str | None = None
    severity: str | None = None
    service_key: str | None = None
    service_name: str
    affected_products: list[_Product] | None = None
    updates: list[_Update] | None = None
    currently_affected_locations: list[_Location] | None = None
    previously_affected_locations: list[_Location] | None = None


class _File(RootModel[list[_Incident]]):
    pass


def recognises(source: bytes) -> str | None:
    """Recognise the list of incidents."""
    file = shape_of(source, _File) if b'"service_name"' in source else None
    return "it lists incidents with begin, service_name and modified" if file and file.root else None


def records(source: bytes, mapping: GoogleCloudMapping | None) -> pl.DataFrame:  # noqa: ARG001
    """Return a record for each incident, and one for the list as a whole."""
    incidents = read_shape(source, _File, NAME).root
    if not incidents:
        refuse(NAME, "file", None, "no incident is in it", "fetch it again")
    rows = []
    for incident in incidents:
        # incidents of 2017 to 2020 have a number within their service, and no products but the service itself
        name = incident.id or f"{incident.service_key or incident.service_name}/{incident.number}"
        products = [
            {"code": each.id, "name": each.current_title or each.title} for each in incident.affected_products or []
        ]
        places = [*(incident.currently_affected_locations or []), *(incident.previously_affected_locations or [])]
        places += [place for update in incident.updates or [] for place in update.affected_locations or []]
        service = {"code": incident.service_key or incident.service_name, "name": incident.service_name}
        rows.append(
            {
                "source_id": name,
                "version": incident.modified,
                "kind": "incident",
                "impact": incident.status_impact,
                "severity": incident.severity,
                "created": incident.created,
                "started": incident.begin,
                "ended": incident.end,
                "products": products or [service],
                "locations": sorted({place.id for place in places}),
            }
        )
    table = with_instants(pl.DataFrame(rows, schema=as_written(RECORDS)), RECORDS, NAME)
    # an archive may hold an incident as it was on several days
    table = table.filter(pl.col("version") == pl.col("version").max().over("source_id")).unique(maintain_order=True)
    refuse_twice(table, NAME, "two incidents of this id, which differ", "fetch it again")
    return pl.concat([table, list_record(table, "created", pl.col("version"))], how="diagonal")


def draft(records: pl.DataFrame) -> Draft:
    """Return the products, and what must be decided of them."""
    entries = records.filter(kind="incident")
    keys: dict[str, tuple[Any, str]] = {
        "counts": (
            PLACEHOLDER,
            "what is downtime, with its share: {SERVICE_OUTAGE: 1}, or {SERVICE_OUTAGE: 1, SERVICE_DISRUPTION: 1}; "
            f"incidents of 2017 to 2020 have no impact, and count by severity, such as {{high: 1}}; {WEIGHED}",
        )
    }
    if places := sorted(set(entries["locations"].explode().drop_nulls())):
        some = ", ".join(places[:3])
        remark = f"locations that count, such as [{some}]; take the line away if all of the {len(places)} count"
        keys["locations"] = (PLACEHOLDER, remark)
    products = [(each["code"], each["name"]) for products in entries["products"] for each in products]
    names = named(products)
    times = Counter(code for code, _ in products)
    return Draft(items=[names[code] for code, _ in times.most_common()], keys=keys)


def find(records: pl.DataFrame, mapping: GoogleCloudMapping) -> Found:
    """Return an outage for each product of each incident that counts, and what the lists cover."""
    entries = records.filter(kind="incident").sort("version", "source_id")
    lists = records.filter(kind="list")
    names = named((each["code"], each["name"]) for products in entries["products"] for each in products)
    outages = []
    reasons: dict[str, str] = {}
    problems = []
    for entry in entries.to_dicts():
        name, impact, severity = entry["source_id"], entry["impact"], entry["severity"]
        what, value, known = ("status_impact", impact, IMPACTS) if impact else ("severity", severity or "", SEVERITIES)
        elsewhere = set(entry["locations"]).isdisjoint([*(mapping.locations or entry["locations"]), "global"])
        if value not in known:
            problems.append(Problem(f"{NAME} {name} {what}", value, "not known to Google Cloud", one_of(known, value)))
            reasons[name] = f"its {what} is not known to Google Cloud: {value}"
        elif value not in mapping.counts:
            reasons[name] = f"its {what} is {value}, which does not count"
        elif entry["locations"] and elsewhere:
            reasons[name] = f"it was elsewhere: {', '.join(entry['locations'])}"
        elif entry["ended"] is not None and entry["ended"] <= entry["started"]:
            reasons[name] = "it ended when it began, or before: it has no length"
        else:
            for product in entry["products"]:
                row = {"item": names[product["code"]], "started": entry["started"], "ended": entry["ended"]}
                row |= {"affected": mapping.counts[value], "source_id": name, "outage": f"{name}/{product['code']}"}
                outages.append(row)
    if problems and mapping.unmapped == "refuse":
        raise InputError(NAME, problems)
    return Found(
        {"outages": pl.DataFrame(outages, schema=OUTAGES)}, left_out(reasons.items()), covered_by(lists, mapping)
    )


READER = Reader(
    name=NAME,
    reads="Incidents of the status page of Google Cloud, of today and of 2017 to 2020",
    fetch="curl --fail -o incidents.json https://status.cloud.google.com/incidents.json",
    mapping=GoogleCloudMapping,
    recognises=recognises,
    records=records,
    draft=draft,
    find=find,
)
