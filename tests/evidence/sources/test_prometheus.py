"""Ranges of Prometheus; the file is invented, its first series is the example of Prometheus's manual."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from reader_laws import assert_laws, rows

from slakit.evidence.sources.prometheus import READER, PrometheusMapping
from slakit.problems import InputError

FILE = (Path(__file__).parent / "files/prometheus.json").read_bytes()


def mapping(**keys: Any) -> PrometheusMapping:
    conventions = {"labels": ["instance"], "every": "15s", "failures": 1, "start": "first_failure", **keys}
    return PrometheusMapping(format=1, reader="prometheus", **conventions)


def file_of(*series: tuple[dict[str, str], str]) -> bytes:
    """Write series: labels, and values a minute apart, `.` none."""
    result = [
        {"metric": labels, "values": [[1788220800 + 60 * n, value] for n, value in enumerate(said) if value != "."]}
        for labels, said in series
    ]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}).encode()


def test_two_failures_at_15_seconds_are_30_seconds_down() -> None:
    found = assert_laws(READER, [FILE], mapping(), joins=True)
    assert rows(found, "outages", "item", "started", "ended") == [
        ("a:9100", "2015-07-01 20:10:30.781", "2015-07-01 20:11:00.781"),
        ("b:9100", "2015-07-01 20:12:15.781", None),
    ]
    outage = found.tables["outages"].row(0, named=True)
    assert (outage["ended"] - outage["started"]).total_seconds() == 30
    assert outage["outage"] == 'up{instance="a:9100", job="node"}@2015-07-01T20:10:30.781Z'
    assert rows(found, "covered") == [
        ("a:9100", "2015-07-01 20:10:30.781", "2015-07-01 20:11:30.781"),
        ("b:9100", "2015-07-01 20:10:30.781", "2015-07-01 20:11:00.781"),
        ("b:9100", "2015-07-01 20:12:00.781", "2015-07-01 20:12:30.781"),
    ]


def test_conventions_are_those_of_samples() -> None:
    source = file_of(({"instance": "a"}, "1100011"))
    found = assert_laws(READER, [source], mapping(every="1m", failures=3, start="confirmed"), joins=True)
    assert rows(found, "outages", "started", "ended", "detected") == [
        ("2026-09-01 00:04:00", "2026-09-01 00:05:00", "2026-09-01 00:04:00")
    ]
    assert rows(found, "outages", "lower_started", "lower_ended", "upper_started", "upper_ended") == [
        ("2026-09-01 00:02:00", "2026-09-01 00:04:00", "2026-09-01 00:01:00", "2026-09-01 00:05:00")
    ]
    found = assert_laws(READER, [source], mapping(every="1m", bound="upper"), joins=True)
    assert "lower_started" not in found.tables["outages"].columns
    assert rows(found, "outages", "started", "ended") == [("2026-09-01 00:01:00", "2026-09-01 00:05:00")]


def test_missing_samples_may_be_downtime_of_an_outage_without_a_failed_sample() -> None:
    source = file_of(({"instance": "a"}, "11...110...1"))
    found = assert_laws(READER, [source], mapping(every="1m", missing="down"), joins=True)
    assert rows(found, "outages", "outage", "started", "ended") == [
        ('{instance="a"}@2026-09-01T00:01:00Z', "2026-09-01 00:02:00", "2026-09-01 00:05:00"),
        ('{instance="a"}@2026-09-01T00:07:00Z', "2026-09-01 00:07:00", "2026-09-01 00:11:00"),
    ]


def test_places_agree() -> None:
    source = file_of(
        ({"target": "shop", "probe": "oslo", "job": "x"}, "100011"),
        ({"target": "shop", "probe": "rome", "job": "x"}, "110011"),
        ({"target": "api", "probe": "rome", "job": "x"}, "101111"),
    )
    keys = {"every": "1m", "labels": ["target", "job"], "place": "probe"}
    found = assert_laws(READER, [source], mapping(agree=2, **keys), joins=True)
    assert rows(found, "outages", "item", "started", "ended") == [
        ("shop/x", "2026-09-01 00:02:00", "2026-09-01 00:04:00")
    ]
    found = assert_laws(READER, [source], mapping(agree="any", **keys), joins=True)
    assert rows(found, "outages", "item", "started") == [
        ("api/x", "2026-09-01 00:01:00"),
        ("shop/x", "2026-09-01 00:01:00"),
    ]
    with pytest.raises(InputError) as caught:
        READER.find(READER.records(source, None), mapping(every="1m", labels=["targt"], place="probe"))
    assert "mapping labels = targt: no series has this label; did you mean target?" in str(caught.value)
    assert "mapping agree: there are several places" in str(caught.value)
    with pytest.raises(InputError, match="two series of one item"):
        READER.find(READER.records(source, None), mapping(every="1m", labels=["target"]))


def test_one_thing_alone_has_no_item() -> None:
    found = assert_laws(READER, [file_of(({}, "1001"))], mapping(every="1m", labels=[]), joins=True)
    assert rows(found, "outages", "outage", "item") == [("{}@2026-09-01T00:01:00Z", None)]
    assert found.covered.schema["item"] == pl.String


def test_the_draft_finds_the_interval_and_the_labels_that_tell() -> None:
    assert READER.recognises(FILE) == "its data are a matrix of series"
    draft = READER.draft(READER.records(FILE, None))
    assert list(draft.items) == ["a:9100", "b:9100"]
    assert {key: value for key, (value, _) in draft.keys.items()} == {
        "labels": ["instance"], "every": "15s", "failures": "CHANGE-ME", "start": "CHANGE-ME", "missing": "unknown",
    }  # fmt: skip


def test_values_that_are_neither_up_nor_down_are_refused() -> None:
    source = json.loads(file_of(({"instance": "a"}, "101")))
    source["data"]["result"][0]["values"] = [[1, "0.5"], [2, "NaN"], [3, "0.5"]]
    with pytest.raises(InputError) as caught:
        READER.records(json.dumps(source).encode(), None)
    assert str(caught.value).count("neither 0 (down) nor 1 (up)") == 2
