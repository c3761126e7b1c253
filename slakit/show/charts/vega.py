"""Charts as Vega-Lite: the few parts of its grammar that charts here are made of, as plain dictionaries.

They are named as in the grammar (https://vega.github.io/vega-lite/docs/) and not checked when a chart is made: a view
that follows a slider has no time for that. Tests hold every chart against the schema of Vega-Lite.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from slakit.show.chart_libraries import VEGA_LITE
from slakit.show.charts.renderer import chart_bundle
from slakit.show.charts.theme import slakit_theme

Part = dict[str, Any]
SCHEMA = f"https://vega.github.io/schema/vega-lite/v{VEGA_LITE}.json"
TYPES = {"Q": "quantitative", "N": "nominal", "T": "temporal"}


@dataclass(frozen=True)
class Layer:
    """A mark for each of some rows.

    Attributes
    ----------
    rows
        Plain numbers and text by field.
    mark
        What is drawn for a row.
    encoding
        Channel (`x`, `color`, …) → what it shows of a row.
    """

    rows: list[Part]
    mark: Part
    encoding: Part


@dataclass(frozen=True)
class Drawing:
    """A chart that is finished.

    Attributes
    ----------
    spec
        The chart without the look that all share.
    """

    spec: Part

    def to_dict(self) -> Part:
        """Return the chart as JSON of Vega-Lite, in the chosen locale."""
        return {"$schema": SCHEMA, **slakit_theme(), **self.spec}

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return chart_bundle(self.to_dict())


@dataclass(frozen=True)
class Mark:
    """Rows and the mark for each, not yet placed."""

    rows: list[Part]
    mark: Part

    def encode(self, **channels: Part | list[Part] | str) -> Layer:
        """Say which fields are shown where; text is the shorthand of a field."""
        encoding = {name: channel(part) if isinstance(part, str) else part for name, part in channels.items()}
        return Layer(self.rows, self.mark, encoding)


@dataclass(frozen=True)
class Canvas:
    """Rows to draw."""

    rows: list[Part]

    def mark(self, kind: str, **look: Any) -> Mark:
        """Draw a mark for each row: a `bar`, a `text`."""
        return Mark(self.rows, {"type": kind, **look})


def channel(shorthand: str, **properties: Any) -> Part:
    """Show a field of the rows: `hours:Q` is the field `hours`, a quantity.

    >>> channel("hours:Q", title="length")
    {'field': 'hours', 'title': 'length', 'type': 'quantitative'}
    >>> channel("until")
    {'field': 'until'}
    """
    name, _, kind = shorthand.partition(":")
    return {"field": name, **properties, **({"type": TYPES[kind]} if kind else {})}


def constant(value: object) -> Part:
    """Show the same for all rows."""
    return {"value": value}


def part(**properties: Any) -> Part:
    """Write a scale, an axis or a legend."""
    return properties


def composed(layers: Iterable[Layer]) -> Part:
    """Lay layers on top of each other; rows that several draw are written once."""
    datasets: dict[str, list[Part]] = {}
    drawn = []
    for layer in layers:
        name = next((name for name, rows in datasets.items() if rows == layer.rows), f"rows-{len(datasets)}")
        datasets[name] = layer.rows
        drawn.append({"data": {"name": name}, "mark": layer.mark, "encoding": layer.encoding})
    return {"datasets": datasets, "layer": drawn}


def canvas(rows: Iterable[Mapping[str, Any]]) -> Canvas:
    """Take rows of plain numbers and text. The caller turns decimals and instants into them."""
    return Canvas([dict(row) for row in rows])
