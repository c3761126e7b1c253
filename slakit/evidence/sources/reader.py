"""What a reader of a foreign format is: bytes in; records, evidence, and what is in none of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import BeforeValidator, Field, field_validator

from slakit.evidence.instants import INSTANT
from slakit.locales import closest_time_zone, is_time_zone
from slakit.policy.part import Id, Part

IN_MAPPING = "mapping "
"""What the place of a problem with the mapping begins with: `mapping item.from` is told at that line of its file."""
PLACEHOLDER = "CHANGE-ME"
"""What stands in a drafted mapping for what only a person can decide; while one is left the mapping is refused."""
LEFT_OUT: dict[str, Any] = {"source_id": pl.String, "reason": pl.String}
OF_TICKETS = frozenset({"holds", "priorities", "updates"})
"""Tables that know their ticket only: their rows go where it goes, or name one of another source."""
COVERED: dict[str, Any] = {"item": pl.String, "started": INSTANT, "ended": INSTANT}


class MappingPart(Part):
    """A block of a mapping file."""

    of_policies = False


class MappedItem(MappingPart):
    """What an item of the source is in the evidence."""

    subscription: str
    """The subscription that depends on it."""
    component: str | None = None
    """The component as the contract names it; everything, if there is none."""


class CoveredTime(MappingPart):
    """A time that the source covers, where it does not say so itself."""

    started: str
    """First instant, ISO 8601."""
    ended: str
    """First instant after it."""


def _no_bare_name(item: Any) -> Any:
    if isinstance(item, str) and item != "ignore":
        raise ValueError(
            f"neither a subscription nor ignore; write {{subscription: {item}}}, with a component if it is one"
        )
    return item


class SourceMapping(MappingPart):
    """What all mapping files have in common; each reader adds keys of its own."""

    format: Literal[1]
    reader: str
    """The reader that reads the source."""
    source: Id | None = None
    """Name of the source in every row it gives; that of the reader, if it is empty. Two sources have two names."""
    time_zone: str | None = None
    """Zone of times without an offset; refused where the source gives offsets."""
    subscription: str | None = None
    """The subscription that every row belongs to, where the source is about one alone."""
    items: dict[str, Annotated[MappedItem | list[MappedItem] | Literal["ignore"], BeforeValidator(_no_bare_name)]] = (
        Field(default_factory=dict)
    )
    """What each item of the source (a component, monitor, host, product) is; `ignore` leaves its rows out."""
    unmapped: Literal["refuse", "list"] = "refuse"
    """Whether a value that no mapping names is refused, or its row is skipped and listed."""
    covered: list[CoveredTime] = Field(default_factory=list)
    """Times that the source covers, where the file does not tell."""
    subscriptions: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Rows of the table `subscriptions` by id, written where the evidence has none yet, or still has as the
    mapping wrote them: a row that was edited there stays."""

    @field_validator("time_zone")
    @classmethod
    def _is_time_zone(cls, name: str | None) -> str | None:
        if name is not None and not is_time_zone(name):
            raise ValueError(f"no such time zone; {closest_time_zone(name)}")
        return name


@dataclass(frozen=True)
class Draft:
    """What a mapping has to decide about a source.

    Attributes
    ----------
    items
        Names of the components, monitors, hosts or products in the source, the most frequent first; none where the
        source is about one thing alone.
    time_zone
        Whether the source has times without an offset.
    keys
        Keys of the reader's own with a value, or `PLACEHOLDER`, and a remark: what the choice decides.
    """

    items: Sequence[str] = ()
    time_zone: bool = False
    keys: Mapping[str, tuple[Any, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What a source says, as evidence.

    Attributes
    ----------
    tables
        Evidence table -> rows with its columns, as typed or as text, but `item` (what the source calls it, text, null
        where it is about one thing alone) in place of `subscription` and `component`, and `source_id`: the id of the
        record, or of the first record, that the row is made of. Ids of rows (`outage`, `ticket`, …) are unique and
        stay the same when more records come. Instants are UTC microseconds.
    left_out
        `source_id`, `reason`: every record that is in no row, and why, in a sentence without a full stop.
    covered
        `item`, `started`, `ended`: the times in which the source would have known of an outage. Empty where the source
        does not tell.
    """

    tables: Mapping[str, pl.DataFrame]
    left_out: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LEFT_OUT))
    covered: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=COVERED))


@dataclass(frozen=True)
class Reader:
    """A reader of one format: pure functions, without a network, a clock or a locale.

    Records are kept with the evidence, so that a file that comes in two halves gives what the whole gives, a file that
    comes twice adds nothing, and a record that was corrected replaces itself.

    Attributes
    ----------
    name
        The word by which `--reader` and mappings name it.
    reads
        What it reads, in a few words.
    fetch
        The command that fetches it, such as a line of curl.
    mapping
        The keys of its mapping.
    recognises
        Takes the whole file; returns how it is recognised, or None.
    records
        Takes the whole file and the mapping (None for a draft); returns its records: a frame with `source_id` (text,
        unique in one file), where the source tells it `version` (a later one replaces an earlier one, such as the time
        of the last change), and columns of the reader's own. Raises `InputError` with everything that is wrong.
    draft
        Takes the records; returns what must be decided.
    find
        Takes all records of the source, from all files, in any order, and the mapping; returns what they say.
    """

    name: str
    reads: str
    fetch: str
    mapping: type[SourceMapping]
    recognises: Callable[[bytes], str | None]
    records: Callable[[bytes, Any], pl.DataFrame]
    draft: Callable[[pl.DataFrame], Draft]
    find: Callable[[pl.DataFrame, Any], Found]
