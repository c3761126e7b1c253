"""Random tables and mappings: what frames give is what a plain loop over the rows gives."""

import csv
import io
import random
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from reader_laws import assert_laws, rows

from slakit.evidence.sources.table import READER, TableMapping, find, records
from slakit.problems import InputError

FORMS = ("%Y-%m-%d %H:%M:%S", "%d/%m/%Y %I:%M %p", "%d.%m.%y %H:%M", "%d %b %Y %H:%M:%S")
WORDS = ("High", "Low", "Very high", "n/a", "", "power cut", "net*work")
PATTERNS = ("High", "*igh", "power*", "", "?ow", "net*", "*")
ZONES = ("UTC", "Europe/Oslo", "America/New_York", "Asia/Kolkata")


def random_case(dice: random.Random) -> tuple[bytes, dict[str, Any]]:
    """Make a table of outages and a mapping that reads it, or refuses some of its words."""
    form, is_length = dice.choice(FORMS), dice.random() < 0.5
    start = datetime(2026, dice.choice((1, 5, 12)), 3)  # no clock changes within a fortnight
    table: list[list[str]] = [["Host", "Start", "End", "Minutes", "Word", "Note, long"]]
    for number in range(dice.randint(0, 12)):
        begin = start + timedelta(minutes=dice.randint(0, 15_000), seconds=dice.randint(0, 59))
        minutes = dice.randint(0, 500)
        end = begin + timedelta(minutes=minutes)
        note = dice.choice(('say "hi"', "two\nlines", "a;b", ""))
        host = f"host-{dice.randint(1, 3)}"
        table.append(
            [host, begin.strftime(form), end.strftime(form), f"{minutes}", dice.choice(WORDS), f"{note}{number}"]
        )
    values = {pattern: dice.choice(("power", "network", None)) for pattern in dice.sample(PATTERNS, dice.randint(2, 7))}
    mapping: dict[str, Any] = {
        "format": 1,
        "reader": "table",
        "table": "outages",
        "time_zone": dice.choice(ZONES),
        "unmapped": dice.choice(("refuse", "list")),
        "item": {"from": "Host"},
        "columns": {
            "started": {"from": "Start", "as": form},
            "ended": {"after": "started", "from": "Minutes", "as": "minutes"}
            if is_length
            else {"from": "End", "as": form},
            "cause": {"from": "Word", "values": values},
        },
        "rows": {"where": {"Word": dice.sample(PATTERNS, 3)}, "empty": dice.choice(([], ["n/a"]))},
        "id": {"from": ["Host", "Note, long"], "join": "#"},
    }
    text = io.StringIO()
    csv.writer(text, delimiter=dice.choice(",;\t")).writerows(table)
    return text.getvalue().encode(), mapping


def by_loop(source: bytes, mapping: dict[str, Any]) -> tuple[list[Any], list[str]] | None:
    """Read row by row; None where a word is refused."""
    text = source.decode()
    separator = next(mark for mark in ",;\t" if f"Host{mark}" in text)
    zone = ZoneInfo(mapping["time_zone"])
    form = mapping["columns"]["started"]["as"]
    found, left_out = [], []
    for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=separator):
        word = "" if row["Word"] in mapping["rows"]["empty"] else row["Word"]
        name = f"{row['Host']}#{row['Note, long']}"
        if not any(fits(word, pattern) for pattern in mapping["rows"]["where"]["Word"]):
            left_out.append(name)
            continue
        values = mapping["columns"]["cause"]["values"]
        # a cell written out goes before patterns; of those the first that fits holds, and none is asked of an empty one
        asked = [word] if word in values else [pattern for pattern in values if fits(word, pattern)] if word else []
        if word and not asked:
            if mapping["unmapped"] == "refuse":
                return None
            left_out.append(name)
            continue
        begin = datetime.strptime(row["Start"], form).replace(tzinfo=zone)
        end = datetime.strptime(row["End"], form).replace(tzinfo=zone)
        if "after" in mapping["columns"]["ended"]:
            end = begin + timedelta(minutes=int(row["Minutes"]))
        cause = values[asked[0]] if asked else None
        found.append((name, row["Host"], utc(begin), utc(end), cause))
    return sorted(found, key=str), sorted(left_out)


def fits(word: str, pattern: str) -> bool:
    return fnmatchcase(word, pattern)


def utc(time: datetime) -> str:
    return f"{time.astimezone(ZoneInfo('UTC')):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize("seed", range(60))
def test_frames_give_what_a_loop_gives(seed: int) -> None:
    source, keys = random_case(random.Random(seed))
    mapping = TableMapping.model_validate(keys)
    expected = by_loop(source, keys)
    if expected is None:
        with pytest.raises(InputError, match="none of the values of cause"):
            records(source, mapping)
        return
    found = assert_laws(READER, [source], mapping) if seed % 6 == 0 else find(records(source, mapping), mapping)
    read = rows(found, "outages", "outage", "item", "started", "ended", "cause")
    assert (sorted(read, key=str), sorted(found.left_out["source_id"])) == expected


@pytest.mark.parametrize("seed", range(30))
def test_changes_of_state_give_what_a_loop_gives(seed: int) -> None:
    dice = random.Random(seed)
    start = datetime(2026, 5, 3)
    log: dict[str, list[tuple[datetime, str, int]]] = {}
    for item in ("a", "b", "c")[: dice.randint(1, 3)]:
        minutes = sorted(dice.sample(range(500), dice.randint(1, 12)))
        log[item] = [(start + timedelta(minutes=at), dice.choice("duu?"), dice.randint(0, 60)) for at in minutes]
    lines = [f"{item},{at:%Y-%m-%d %H:%M},{state},{known}" for item in log for at, state, known in log[item]]
    dice.shuffle(lines)
    keys = {
        "format": 1,
        "reader": "table",
        "table": "states",
        "time_zone": "UTC",
        "item": {"from": "item"},
        "columns": {
            "since": {"from": "at", "as": "%Y-%m-%d %H:%M"},
            "state": {"from": "state", "values": {"d": "down", "u": "up", "?": "unknown"}},
            "until": {"after": "since", "from": "known", "as": "minutes"},
        },
    }
    mapping = TableMapping.model_validate(keys)
    source = "\n".join(["item,at,state,known", *lines]).encode()
    found = assert_laws(READER, [source], mapping, joins=True)

    outages, covered = [], []
    for item, changes in log.items():
        for number, (at, state, known) in enumerate(changes):
            is_last = number == len(changes) - 1
            ended = at + timedelta(minutes=known) if is_last else changes[number + 1][0]
            if state == "d":
                if outages and outages[-1][0] == item and outages[-1][2] == at:
                    outages[-1][2] = None if is_last else ended
                else:
                    outages.append([item, at, None if is_last else ended])
            if state != "?" and ended > at:
                if covered and covered[-1][0] == item and covered[-1][2] == at:
                    covered[-1][2] = ended
                else:
                    covered.append([item, at, ended])
    assert [[item, begin, end] for item, begin, end in rows(found, "outages", "item", "started", "ended")] == [
        [item, f"{begin}", end and f"{end}"] for item, begin, end in sorted(outages, key=lambda row: row[:2])
    ]
    assert [list(row) for row in rows(found, "covered")] == [
        [item, f"{begin}", f"{end}"] for item, begin, end in covered
    ]
