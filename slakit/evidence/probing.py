"""What is wrong with rules by which samples become outages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import polars as pl

from slakit.evidence.cells import Fault
from slakit.policy.quantities import PlainDuration


def find_wrong_rules(rules: pl.DataFrame) -> list[Fault]:
    """Find rules that say twice what becomes of samples, or what nobody can compute."""
    faults = []
    whose = rules.select("subscription", "component")
    again = whose.is_duplicated() & whose["subscription"].is_not_null()
    faults.append(Fault("component", again, "another row is for the same", "keep one of them"))
    for name in ("every", "hold"):
        said = {text: _length_wrong(text) for text in rules[name].drop_nulls().unique()}
        wrong = rules[name].is_in([text for text, what in said.items() if what])
        say = partial(_say_length, rules[name], said)
        faults.append(Fault(name, wrong.fill_null(value=False), "not a length", "write it like 1m", say))
    holds = (rules["missing"] == "hold").fill_null(value=False)
    alone = "hold and missing: hold belong together"
    faults.append(Fault("hold", holds != rules["hold"].is_not_null(), alone, "write both or neither"))
    agrees = rules["agree"].str.contains(r"^(any|all|[1-9][0-9]{0,5})$").fill_null(value=True)
    faults.append(Fault("agree", ~agrees, "neither any, all nor a number of places", "write any, all, or 2"))
    return faults


def _say_length(texts: pl.Series, said: Mapping[str, tuple[str, str] | None], row: int) -> tuple[str, str]:
    return said[texts[row]] or ("", "")


def _length_wrong(text: str) -> tuple[str, str] | None:
    try:
        length = PlainDuration.parse(text).microseconds
    except ValueError as error:
        wrong, _, remedy = str(error).partition("; ")
        return wrong, remedy
    return None if length else ("no time at all", "write a length, like 1m")
