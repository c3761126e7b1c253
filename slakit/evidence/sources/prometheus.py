"""Prometheus: the answer of a range query whose values are 0 (down) and 1 (up)."""

from __future__ import annotations

import json
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel

from slakit.evidence.samples import BOUND_EDGES, Bound, End, Missing, Start
from slakit.evidence.sources.parsing import from_unix, read_shape, shape_of
from slakit.evidence.sources.reader import PLACEHOLDER, Draft, Found, Reader, SourceMapping
from slakit.evidence.sources.watch import outages_of_samples
from slakit.problems import InputError, Problem, one_of

NAME = "prometheus"


class PrometheusMapping(SourceMapping):
    """Keys of a mapping for Prometheus: which series is which item, and what makes an outage of samples."""

    labels: list[str]
    """Labels that tell items apart; an item is called by their values, joined by `/`. None where all is one item."""
    place: str | None = None
    """The label that tells from where it was probed, where there are several places."""
    every: str
    """Time between two samples, like `15s`: the step of the query, but not less than the scrape interval."""
    failures: int
    """Failed samples in a row that make it down."""
    successes: int = 1
    """Good samples in a row that make it up again."""
    start: Start
    """An outage begins with the `first_failure`, with the failure that decides (`confirmed`), or with the good sample
    before it (`last_good`)."""
    end: End = "first_success"
    """It ends with the `first_success`, with the one that decides (`confirmed`), or with the `last_failure`."""
    missing: Missing = "unknown"
    """What a missing sample means: nothing is known (`unknown`), the last one holds for a while (`hold`), or `down`."""
    hold: str = "5m"
    """For how long a sample holds, with `missing: hold`."""
    agree: int | Literal["any", "all"] | None = None
    """How many places must see it down at a time; needed with `place`."""
    bound: Bound = "usual"
    """Times of outages as the conventions say (`usual`), or the least (`lower`) or the most (`upper`) possible."""


class _Series(BaseModel):
    metric: dict[str, str]
    values: list[tuple[float, str]]


class _Data(BaseModel):
    resultType: Literal["matrix"]  # noqa: N815
    result: list[_Series]


class _File(BaseModel):
    status: Literal["success"]
    data: _Data


def recognises(source: bytes) -> str | None:
    """Recognise the answer of `query_range`."""
    return "its data are a matrix of series" if shape_of(source, _File) else None


def records(source: bytes, mapping: PrometheusMapping | None) -> pl.DataFrame:  # noqa: ARG001
    """Read the samples. A series is called as Prometheus writes it, `up{instance="a"}`."""
    frames = [pl.DataFrame(schema={"series": pl.String, "labels": pl.String, "at": pl.Float64, "value": pl.String})]
    for series in read_shape(source, _File, NAME).data.result:
        labels = dict(sorted(series.metric.items()))
        own = ", ".join(f"{name}={json.dumps(value)}" for name, value in labels.items() if name != "__name__")
        seen = pl.DataFrame(series.values, schema={"at": pl.Float64, "value": pl.String}, orient="row")
        called = pl.lit(f"{labels.get('__name__', '')}{{{own}}}").alias("series")
        frames.append(seen.select(called, pl.lit(json.dumps(labels)).alias("labels"), "at", "value"))
    table = pl.concat(frames)
    number = pl.col("value").cast(pl.Float64, strict=False)
    strange = table.filter(number.is_in([0.0, 1.0]).fill_null(value=False).not_()).unique(["series", "value"])
    if not strange.is_empty():
        remedy = "ask for an expression that is 0 or 1, such as avg by (instance) (probe_success) >= bool 0.5"
        wrong = "neither 0 (down) nor 1 (up)"
        rows = strange.sort("series", "at").select("series", "value").rows()
        raise InputError(NAME, [Problem(f"{NAME} {series}", value, wrong, remedy) for series, value in rows])
    at = from_unix(pl.col("at"))
    return table.select(
        pl.format("{}@{}", "series", at.dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ")).alias("source_id"),
        "series",
        "labels",
        at.alias("measured"),
        (number == 1).alias("up"),
    ).unique("source_id", keep="first", maintain_order=True)


def draft(records: pl.DataFrame) -> Draft:
    """Say what must be decided: what an item is, what the interval is, what makes an outage."""
    series = records.select("series", "labels").unique().sort("series")
    labels = [json.loads(text) for text in series["labels"]]
    values: dict[str, set[str | None]] = {}
    for name in sorted({name for each in labels for name in each if name != "__name__"}):
        values[name] = {each.get(name) for each in labels}
    telling = [name for name, seen in values.items() if len(seen) > 1] or [
        name for name in ("instance",) if name in values
    ]
    items = [_item(each, telling) for each in labels]
    steps = records.sort("series", "measured").select(pl.col("measured").diff().over("series").dt.total_microseconds())
    usual = steps.to_series().drop_nulls().mode().sort()
    every = f"{usual[0] / 1_000_000:.6f}".rstrip("0").rstrip(".") + "s" if len(usual) else PLACEHOLDER
    told = ", ".join(values) or "none"
    keys: dict[str, tuple[Any, str]] = {
        "labels": (
            telling,
            f"labels whose values name an item, of {told}; say `place` for one that only tells from where",
        ),
        "every": (
            every,
            "time between two samples, as seen in most of the file; a step above the scrape interval hides outages",
        ),
        "failures": (PLACEHOLDER, "failed samples in a row that make it down, as the contract says; else 1"),
        "start": (PLACEHOLDER, "begins with the first_failure, when confirmed, or with the last_good sample before"),
        "missing": ("unknown", "no sample: unknown (no coverage), hold (the last one holds for `hold`) or down"),
    }
    return Draft(items=[item for item in dict.fromkeys(items) if item is not None], keys=keys)


def _item(labels: dict[str, str], names: list[str]) -> str | None:
    return "/".join(labels.get(name, "") for name in names) if names else None


def find(records: pl.DataFrame, mapping: PrometheusMapping) -> Found:
    """Find outages in the samples; what they do not cover is no coverage."""
    series = records.select("series", "labels").unique().sort("series").to_dicts()
    rows = []
    for each in series:
        labels = json.loads(each["labels"])
        rows.append((each["series"], _item(labels, mapping.labels), labels.get(mapping.place or "")))
    of_series = pl.DataFrame(
        rows, schema={"series": pl.String, "component": pl.String, "place": pl.String}, orient="row"
    )
    _refuse_unclear(of_series, {name for each in series for name in json.loads(each["labels"])}, mapping)
    samples = records.join(of_series, on="series", how="left").rename({"component": "item"})
    found, covered = outages_of_samples(
        samples.select("source_id", "item", "place", "measured", "up"),
        every=mapping.every,
        failures=mapping.failures,
        successes=mapping.successes,
        start=mapping.start,
        end=mapping.end,
        missing=mapping.missing,
        hold=mapping.hold,
        agree=mapping.agree or "any",
    )
    prefix = "" if mapping.bound == "usual" else f"{mapping.bound}_"
    outages = found.select(
        pl.col("source_id").alias("outage"),
        "source_id",
        "item",
        pl.col(f"{prefix}started").alias("started"),
        pl.col(f"{prefix}ended").alias("ended"),
        "detected",
        *(BOUND_EDGES if mapping.bound == "usual" else []),
    )
    return Found({"outages": outages}, covered=covered)


def _refuse_unclear(of_series: pl.DataFrame, labels: set[str], mapping: PrometheusMapping) -> None:
    """Refuse labels that there are not, and series that the labels do not tell apart."""
    problems = [
        Problem(f"{NAME} mapping {key}", name, "no series has this label", one_of(sorted(labels), name))
        for key, names in (("labels", mapping.labels), ("place", [mapping.place] if mapping.place else []))
        for name in names
        if name not in labels
    ]
    if mapping.place and mapping.agree is None:
        remedy = "write any, all or how many places must see it down"
        problems.append(Problem(f"{NAME} mapping agree", None, "there are several places", remedy))
    alike = of_series.filter(pl.struct("component", "place").is_duplicated()).sort("component", "place", "series")
    if not alike.is_empty() and not problems:
        first, second, *_ = alike["series"]
        remedy = "name the labels that tell items apart, or the label of the place"
        problems.append(Problem(f"{NAME} mapping labels", f"{first}, {second}", "two series of one item", remedy))
    if problems:
        raise InputError(NAME, problems)


READER = Reader(
    name=NAME,
    reads="A range of Prometheus (query_range, JSON) of up, probe_success or any expression that is 0 or 1; a query "
    "repeats a sample for up to 5 minutes after the last scrape, and a step above the scrape interval hides outages",
    fetch="curl -G http://localhost:9090/api/v1/query_range -d query=probe_success -d start=2026-09-01T00:00:00Z "
    "-d end=2026-09-08T00:00:00Z -d step=60s -o probes.json",
    mapping=PrometheusMapping,
    recognises=recognises,
    records=records,
    draft=draft,
    find=find,
)
