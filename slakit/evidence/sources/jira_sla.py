"""SLA clocks of Jira Service Management: when each cycle started and stopped, and what Jira counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import polars as pl
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from slakit.evidence.sources.clocks import (
    CLOCK,
    REMARK_CLOCK,
    REMARK_METRICS,
    REMARK_REOPENED,
    REMARK_UNTOLD,
    ClockMapping,
    find_by_clocks,
)
from slakit.evidence.sources.desks import draft_words, keep_latest
from slakit.evidence.sources.parsing import by_frequency, in_shape, read_answers, refuse
from slakit.evidence.sources.reader import PLACEHOLDER, Draft, Found, Reader

NAME = "jira-sla"


class _Shape(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class _Instant(_Shape):
    epoch_millis: int = Field(ge=-(10**14), le=10**14)


class _Elapsed(_Shape):
    millis: int = Field(ge=-(10**14), le=10**14)


class _Cycle(_Shape):
    start_time: _Instant
    stop_time: _Instant | None = None
    elapsed_time: _Elapsed | None = None
    paused: bool = False


class _Links(_Shape):
    self_link: str = Field(alias="self")


class _Metric(_Shape):
    id: str
    name: str
    links: _Links = Field(alias="_links")
    completed_cycles: list[_Cycle] = []
    ongoing_cycle: _Cycle | None = None


class _Answer(_Shape):
    values: list[_Metric]
    is_last_page: bool = True


class _Named(_Shape):
    name: str


class _Fields(_Shape):
    priority: _Named | None = None
    issuetype: _Named | None = Field(None, alias="issuetype")
    status: _Named | None = None
    updated: AwareDatetime | None = None


class _Issue(_Shape):
    key: str
    fields: _Fields


class _Search(_Shape):
    issues: list[_Issue]


class JiraSlaMapping(ClockMapping):
    """Keys of the mapping of SLA answers of Jira. Items are the keys of projects.

    Priorities, kinds and statuses are those of the issues, if a search is imported with the answers.
    """

    count: Literal["instants", "elapsed"]
    """What counts: the `instants` at which cycles started and stopped, so that the hours and holds of the contract
    apply (pauses that Jira made are not known then); or the `elapsed` time that Jira counted in its calendar, without
    pauses, as `response_minutes` and `resolution_minutes`."""


def _recognises(source: bytes) -> str | None:
    if b'"completedCycles"' in source and b"/rest/servicedeskapi/request/" in source:
        return "completedCycles of requests in it"
    found = b'"issues"' in source and b'"issuetype"' in source and b'"key"' in source
    return "issues with an issuetype in it" if found else None


def _records(source: bytes, mapping: JiraSlaMapping | None) -> pl.DataFrame:
    del mapping  # instants have their offset
    rows: list[dict[str, Any]] = []
    unfinished: set[str] = set()
    for found in read_answers(source, NAME):
        if isinstance(found, dict) and "issues" in found:
            rows += map(_issue_row, in_shape(found, _Search, NAME).issues)
            continue
        answer = in_shape(found, _Answer, NAME)
        requests = set()
        for metric in answer.values:
            request = metric.links.self_link.partition("/request/")[2].partition("/sla")[0]
            if not request or "/" in request:
                refuse(NAME, "_links.self", metric.links.self_link, "no request in it", "fetch the answer again")
            requests.add(request)
            cycles: list[_Cycle | None] = [*metric.completed_cycles]
            cycles += [metric.ongoing_cycle] if metric.ongoing_cycle else []
            rows += [_row(request, metric, cycle) for cycle in cycles or [None]]
        unfinished = unfinished - requests if answer.is_last_page else unfinished | requests
    for request in sorted(unfinished):
        refuse(NAME, f"{request} isLastPage", False, "the answer has more pages", "fetch it with ?limit=100")
    return keep_latest(pl.DataFrame(rows, schema=CLOCK | {"version": pl.Int64}), NAME)


def _row(request: str, metric: _Metric, cycle: _Cycle | None) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(CLOCK)
    row |= {"ticket": request, "item": request.rpartition("-")[0] or None, "metric": metric.name, "version": 0}
    row["source_id"] = f"{request}/{metric.id}"
    if cycle is None:
        return row
    start = cycle.start_time.epoch_millis
    stop = cycle.stop_time.epoch_millis if cycle.stop_time else None
    elapsed = cycle.elapsed_time.millis if cycle.elapsed_time else None
    row["source_id"] += f"/{start}"
    row["started"], row["stopped"] = _instant(start), None if stop is None else _instant(stop)
    row["elapsed"] = None if elapsed is None else timedelta(milliseconds=elapsed)
    row["waits"] = cycle.paused
    row["version"] = (start + (elapsed or 0)) if stop is None else 10**15 + stop
    return row


def _issue_row(issue: _Issue) -> dict[str, Any]:
    """Return the record of an issue, which has no clock: its priority, kind and status."""
    row: dict[str, Any] = dict.fromkeys(CLOCK)
    row |= {"source_id": f"issue/{issue.key}", "ticket": issue.key, "item": issue.key.rpartition("-")[0] or None}
    named = {"priority": issue.fields.priority, "kind": issue.fields.issuetype, "status": issue.fields.status}
    row |= {key: value.name for key, value in named.items() if value is not None}
    updated = issue.fields.updated
    return row | {"version": 0 if updated is None else int(updated.timestamp() * 1000)}


def _instant(millis: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=millis)


def _draft(records: pl.DataFrame) -> Draft:
    keys: dict[str, tuple[Any, str]] = {
        "metrics": (dict.fromkeys(by_frequency(records["metric"]), PLACEHOLDER), REMARK_METRICS),
        "count": (PLACEHOLDER, REMARK_CLOCK + "`elapsed`"),
        "reopened": (PLACEHOLDER, REMARK_REOPENED),
        "untold": (PLACEHOLDER, REMARK_UNTOLD),
    }
    for column, key in (("priority", "priorities"), ("kind", "kinds"), ("status", "statuses")):
        keys |= draft_words(records[column], key)
    return Draft(items=by_frequency(records["item"]), keys=keys)


def _find(records: pl.DataFrame, mapping: JiraSlaMapping) -> Found:
    return find_by_clocks(records, mapping, NAME, "elapsed" if mapping.count == "elapsed" else None)


READER = Reader(
    NAME,
    "SLA answers of Jira Service Management (when the clocks of requests started and stopped, or what they counted), "
    "with a search of the issues for their priorities",
    "for key in KEY-1 KEY-2; do curl -u MAIL:TOKEN"
    ' "https://SITE.atlassian.net/rest/servicedeskapi/request/$key/sla?limit=100"; done > sla.json',
    JiraSlaMapping,
    _recognises,
    _records,
    _draft,
    _find,
)
