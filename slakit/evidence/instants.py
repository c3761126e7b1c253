"""Times as people and machines write them, to UTC microseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

import polars as pl

FIRST_DATE, LAST_DATE, DAY_SECONDS = -719_162, 2_932_896, 86_400
"""First and last day that a date can be, counted from 1970. Seconds of a day."""
INSTANT = pl.Datetime("us", "UTC")
USUAL_INSTANT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]Z$"
ISO_8601 = (
    r"^(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<clock>[0-9]{2}:[0-9]{2})(?::(?P<seconds>[0-5][0-9]))?"
    r"(?:\.(?P<fraction>[0-9]+))?(?P<offset>Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)?$"
)
WRITE_TIME = "write it like 2026-03-01T10:00:00Z or 2026-03-01T10:00:00+01:00"
WRITE_DATE = "write its first instant, like 2026-03-01T00:00:00+01:00, or read with a time zone for dates"
NAME_ZONE = "add Z or an offset such as +01:00, or read with a time zone for times without one"


class Broken(NamedTuple):
    """Times that break one rule: which rows, what is wrong, what would be right, how to say it of one."""

    rows: pl.Series
    wrong: str
    remedy: str
    say: Callable[[int], tuple[str, str]] | None = None

    def told(self) -> Iterator[tuple[int, str, str]]:
        """Yield each row that breaks the rule, with what is wrong and what would be right."""
        for row in self.rows.arg_true():
            yield row, *(self.say(row) if self.say else (self.wrong, self.remedy))


def read_instants(times: pl.Series, time_zone: str | None, *, dates: bool = False) -> tuple[pl.Series, list[Broken]]:
    """Read times: ISO 8601 text, or polars datetimes.

    Parameters
    ----------
    times
        Text (null where empty) or datetimes, with a zone or without.
    time_zone
        The zone of times without an offset, None to refuse them.
    dates
        Whether a date without a time of day is its first instant in that zone; refused otherwise.

    Returns
    -------
    values
        `Datetime("us", "UTC")`, null where a time is empty or refused.
    found
        The rules that are broken, and by which rows.
    """
    if times.dtype != pl.String:
        return read_datetimes(times, time_zone)
    # Nearly all times are written the usual way, which polars reads ten times faster than the rest.
    usual = times.str.contains(USUAL_INSTANT).fill_null(True)
    values = times.set(~usual, None) if not usual.all() else times
    values = values.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", strict=False, time_unit="us").dt.replace_time_zone("UTC")
    rest = (values.is_null() & times.is_not_null()).arg_true()
    if rest.is_empty():
        return values, []
    others, found = read_other_texts(times.gather(rest), time_zone, dates=dates)
    found = [spread(each, rest, len(times)) for each in found if each.rows.any()]
    return values.scatter(rest, others), found


def spread(found: Broken, rest: pl.Series, height: int) -> Broken:
    """Let what was found in the gathered rows `rest` speak of the rows of the whole column."""
    rows = pl.repeat(False, height, eager=True).scatter(rest.filter(found.rows), True)
    if (say := found.say) is None:
        return found._replace(rows=rows)
    return found._replace(rows=rows, say=lambda i: say(int(rest.search_sorted(i))))


def read_other_texts(times: pl.Series, time_zone: str | None, *, dates: bool) -> tuple[pl.Series, list[Broken]]:
    """Read ISO 8601 text in all its forms, field by field."""
    text = times.str.strip_chars()
    if dates and time_zone is not None:
        text = pl.select(pl.when(is_date(text)).then(text + "T00:00").otherwise(text)).to_series()
    parts = text.str.extract_groups(ISO_8601).struct.unnest()
    is_time = parts["date"].is_not_null()
    written = pl.concat_str("date", pl.lit("T"), "clock", pl.lit(":"), pl.col("seconds").fill_null("00"))
    wall = parts.select(written.str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False, time_unit="us")).to_series()
    fraction = parts["fraction"].fill_null("").str.strip_chars_end("0")
    too_fine = fraction.str.len_bytes() > 6
    micros = fraction.set(too_fine, "").str.pad_end(6, "0").cast(pl.Int64)
    wall = wall.set(too_fine, None) + pl.Series(micros, dtype=pl.Duration("us"))
    no_offset = is_time & parts["offset"].is_null()
    found = [
        Broken(~is_time & ~is_date(text), "not a time", WRITE_TIME),
        Broken(~is_time & is_date(text), "a date without a time of day", WRITE_DATE if dates else WRITE_TIME),
        Broken(too_fine, "more than 6 decimals of a second", "round it to microseconds"),
        Broken(is_time & wall.is_null() & ~too_fine, "this time does not exist", "correct the day or the hour"),
    ]
    values = (wall - offsets(parts["offset"])).dt.replace_time_zone("UTC")
    local, found_local = read_wall_times(wall.set(~no_offset, None), time_zone)
    return values.set(no_offset, None).fill_null(local), [*found, *found_local]


def is_date(text: pl.Series) -> pl.Series:
    """Mark texts that are a date and no more."""
    return text.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")


def offsets(written: pl.Series) -> pl.Series:
    """Return offsets from UTC as durations: `Z`, `+01`, `+01:00`, `-0530`."""
    digits = written.str.replace_all(":", "").str.replace("Z", "+0000").str.pad_end(5, "0")
    minutes = digits.str.slice(1, 2).cast(pl.Int64) * 60 + digits.str.slice(3, 2).cast(pl.Int64)
    sign = digits.str.starts_with("-").cast(pl.Int64) * -2 + 1
    return (minutes * sign * 60_000_000).cast(pl.Duration("us"))


def in_calendar(times: pl.Series) -> pl.Series:
    """Mark the dates and times from the year 1 to 9999; nobody can write others, and polars fails at some of them."""
    second = {"ms": 10**3, "us": 10**6, "ns": 10**9}.get(getattr(times.dtype, "time_unit", ""))
    number = times.to_physical().cast(pl.Int128)
    if second is None:
        return ((number >= FIRST_DATE) & (number <= LAST_DATE)).fill_null(True)
    return (
        (number >= FIRST_DATE * DAY_SECONDS * second) & (number < (LAST_DATE + 1) * DAY_SECONDS * second)
    ).fill_null(True)


def read_datetimes(times: pl.Series, time_zone: str | None) -> tuple[pl.Series, list[Broken]]:
    """Read polars datetimes of any unit and zone; nothing finer than a microsecond is dropped in silence."""
    strange = ~in_calendar(times)
    times = times.set(strange, None)
    micros = times.dt.cast_time_unit("us")
    found = [Broken(strange, "before the year 1, or after 9999", "look at the year")]
    if times.dtype == pl.Datetime("ns") or getattr(times.dtype, "time_unit", "") == "ns":
        too_fine = (times.dt.nanosecond() % 1000 != 0).fill_null(False)
        found.append(Broken(too_fine, "more than 6 decimals of a second", "round it to microseconds"))
        micros = micros.set(too_fine, None)
    if getattr(times.dtype, "time_zone", None):
        return micros.dt.convert_time_zone("UTC"), found
    values, found_local = read_wall_times(micros, time_zone)
    return values, [*found, *found_local]


def read_wall_times(wall: pl.Series, time_zone: str | None) -> tuple[pl.Series, list[Broken]]:
    """Place times without an offset in a zone; those that the clock change skips or repeats are refused."""
    if time_zone is None:
        nothing = wall.set(wall.is_not_null(), None).dt.replace_time_zone("UTC")
        return nothing, [Broken(wall.is_not_null(), "no offset from UTC", NAME_ZONE)]
    first = wall.dt.replace_time_zone(time_zone, non_existent="null", ambiguous="earliest")
    last = wall.dt.replace_time_zone(time_zone, non_existent="null", ambiguous="latest")
    skipped = wall.is_not_null() & first.is_null()
    repeated = (first != last).fill_null(False)

    def say(i: int, what: str) -> tuple[str, str]:
        return f"{wall[i]:%H:%M} {what} on {wall[i]:%Y-%m-%d} in {time_zone}", "write it with its offset"

    remedy = "write it with its offset"
    found = [
        Broken(skipped, f"does not exist in {time_zone}", remedy, lambda i: say(i, "does not exist")),
        Broken(repeated, f"comes twice in {time_zone}", remedy, lambda i: say(i, "comes twice")),
    ]
    return first.set(repeated, None).dt.convert_time_zone("UTC"), found


def utc_text(instant: datetime) -> str:
    """Print an instant in UTC, to the minute."""
    return f"{instant:%Y-%m-%d %H:%M} UTC"
