"""Words of evidence and words of the contract: one that differs only in how it is written is taken as the other."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

import polars as pl

from slakit.analysis.plans import Plans, parts_of
from slakit.evidence.cells import read_component_fees
from slakit.evidence.evidence import Evidence
from slakit.measure.rules import Plan
from slakit.policy.guarantees import ON_TICKETS
from slakit.policy.remedies import FeeSum, Requirement
from slakit.policy.terms import Terms

MATCHED = {
    "outages": ("component", "cause"),
    "coverage": ("component",),
    "maintenance": ("component",),
    "tickets": ("kind", "priority", "impact", "urgency"),
    "priorities": ("priority",),
    "charges": ("component",),
    "recoveries": ("kind",),
    "conditions": ("condition",),
}
"""Columns of evidence that hold words which contracts name."""
SPELLED = ("outages", "coverage", "maintenance")
"""Tables whose components are compared with each other."""
LONG = 8
"""Letters from which on two of them may differ in a word that was mistyped; in a shorter one, one."""
SHORTEST = 4
SEARCHED = 2_000
"""Different words of a column of one subscription among which mistyped ones are looked for."""

Known = Mapping[str, Sequence[str]]
"""Column → the words that a contract names for it."""
Warned = tuple[str, str, int | None, str, str]
"""Subscription, table, row, code, sentence: a row of `review.warnings`."""


@lru_cache(maxsize=4096)
def plain_word(word: str) -> str:
    """Strip a word of what people write differently: case, blanks, hyphens, underscores.

    >>> plain_word("Third-Party API") == plain_word("third_party_api")
    True
    """
    return re.sub(r"[\s_\-‐‑–]+", "", unicodedata.normalize("NFKC", word)).casefold()


def closest(word: str, known: Iterable[str]) -> str | None:
    """Find the word that was probably meant: one or two letters away. Words that differ in a number are different.

    >>> closest("netwrok", ["network", "hardware"]), closest("server-2", ["server-1"])
    ('network', None)
    """
    seen = plain_word(word)
    letters = set(seen)
    for other in known:
        meant = plain_word(other)
        shorter, longer = sorted((len(seen), len(meant)))
        allowed = 2 if shorter >= LONG else 1
        # a change makes a word longer or shorter by one letter, and takes one away and brings one in at most
        if shorter < SHORTEST or longer - shorter > allowed or len(letters.symmetric_difference(meant)) > 2 * allowed:
            continue
        same_without_number = re.sub(r"\d", "", seen) == re.sub(r"\d", "", meant)
        if not same_without_number and distance(seen, meant) <= allowed:
            return other
    return None


def distance(one: str, other: str) -> int:
    """Count the letters to add, drop, change or swap with their neighbour to make one word of another.

    >>> distance("netwrok", "network"), distance("custmer", "customer")
    (1, 1)
    """
    before, last = [0] * (len(other) + 1), list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, meant in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != meant))
            if i > 1 and j > 1 and (letter, one[i - 2]) == (other[j - 2], meant):
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


def words_of(readings: Sequence[Terms]) -> dict[str, list[str]]:
    """List the words that a plan names under any reading, by table and column (`outages.cause`)."""
    found: dict[str, list[str]] = {f"{table}.{column}": [] for table, columns in MATCHED.items() for column in columns}
    components: list[str] = []
    seen: set[int] = set()  # parts that readings share, by their identity
    seen_in_remedies, seen_in_claims = set[int](), set[int]()
    for terms in readings:
        for guarantee in terms.guarantees:
            if id(guarantee) in seen:
                continue
            seen.add(id(guarantee))
            components += guarantee.components
            found["outages.cause"] += guarantee.exclude.causes
            about = guarantee.tickets
            found["tickets.kind"] += [*guarantee.exclude.tickets, *guarantee.exclude.own_deadline]
            found["tickets.kind"] += about.kinds if about else []
            found["tickets.priority"] += about.priorities if about else []
            on_tickets = guarantee.metric in ON_TICKETS
            found["tickets.priority"] += guarantee.within if on_tickets and isinstance(guarantee.within, dict) else []
        components += [
            name for basis in parts_of(terms.remedies, FeeSum, seen_in_remedies) for name in basis.components
        ]
        found["recoveries.kind"] += [target.id for target in terms.recovery]
        claims = [terms.claims, *(remedy.claims for remedy in terms.remedies)]
        found["conditions.condition"] += [one.id for one in parts_of(claims, Requirement, seen_in_claims)]
        if terms.support is not None and id(terms.support) not in seen:
            seen.add(id(terms.support))
            found["tickets.priority"] += [priority.id for priority in terms.support.priorities]
            impacts = terms.support.matrix.impact if terms.support.matrix else {}
            found["tickets.impact"] += impacts
            found["tickets.urgency"] += [urgency for row in impacts.values() for urgency in row]
    for table, columns in MATCHED.items():
        if "component" in columns:
            found[f"{table}.component"] = components
    found["priorities.priority"] = found["tickets.priority"]
    return {name: list(dict.fromkeys(words)) for name, words in found.items()}


def in_words_of_contracts(evidence: Evidence, plans: Plans) -> tuple[Evidence, list[Warned]]:
    """Write evidence in the words of the contracts, and tell of each word what was done.

    Parameters
    ----------
    evidence
        Checked tables.
    plans
        Terms of each plan under each reading.

    Returns
    -------
    tuple
        The evidence; and a warning for each word of a subscription that was taken as another (`taken_as`), or that is
        close to one and was not (`near_word`). The row is the first with that word.
    """
    known = {plan: words_of(readings) for plan, readings in plans.items()}
    held = evidence.phases.select("subscription", "policy", "tier")
    tables: dict[str, pl.DataFrame] = {}
    warned: list[Warned] = []
    filled = evidence.counts()
    for table, columns in MATCHED.items():
        if table not in filled:
            tables[table] = getattr(evidence, table)
            continue
        tables[table] = evidence.numbered(table)
        for column in columns:
            used = tables[table].select("subscription", column).drop_nulls(column)
            words = used[column].unique(maintain_order=True).to_list()
            searched, free_text = set(words), pl.Series(dtype=pl.String)  # subscriptions whose words are of no list
            if len(words) > SEARCHED:
                counts = used.unique().group_by("subscription").len()
                free_text = counts.filter(pl.col("len") > SEARCHED)["subscription"]
                searched = set(used.filter(~pl.col("subscription").is_in(free_text.implode()))[column])
            taken = [
                (*plan, word, *found)
                for plan, named in known.items()
                for word in words
                if (found := _meant(word, named[f"{table}.{column}"], near=word in searched)) is not None
            ]
            if taken:
                # who uses words that stand for others: the row where each comes first, and the count of its rows
                names = ["policy", "tier", column, "meant", "code"]
                meant = pl.DataFrame(taken, schema=dict.fromkeys(names, pl.String), orient="row")
                rows = evidence.numbered(table).filter(pl.col(column).is_in(meant[column].unique().implode()))
                counted = rows.group_by("subscription", column, maintain_order=True)
                first = counted.agg(pl.col("row").min(), pl.len().alias("count"))
                by_plan = first.join(held, on="subscription", maintain_order="left")
                key = ["policy", "tier", column]
                told = by_plan.join(meant, on=key, how="inner", nulls_equal=True, maintain_order="left")
                near = (pl.col("code") == "near_word") & pl.col("subscription").is_in(free_text.implode())
                told = told.filter(~near).unique(
                    ["subscription", column], keep="first", maintain_order=True
                )  # of several plans
                warned += _tell(told, table, column)
                tables[table] = _rewritten(tables[table], told.filter(pl.col("code") == "taken_as"), column)
        tables[table] = tables[table].select(getattr(evidence, table).columns)
    tables["subscriptions"], of_fees = _fees_in_words(evidence, known)
    means = {
        plan
        for plan, readings in plans.items()
        for terms in readings
        if any(guarantee.combine == "mean" and not guarantee.components for guarantee in terms.guarantees)
    }
    over_fees = {name for name, policy, tier in held.iter_rows() if (policy, tier) in means}
    warned += _spell_components_once(evidence, tables, over_fees)
    return replace(evidence, **tables), [*of_fees, *warned]  # type: ignore[arg-type]


def _spell_components_once(
    evidence: Evidence, tables: dict[str, pl.DataFrame], over_fees: Collection[str]
) -> list[Warned]:
    """Spell a component that no contract names as one of its spellings, in all tables of a subscription alike.

    Where a mean is over the components of the fees, a component is spelled as the fees have it, and they alike.
    """
    spelled = pl.concat([tables[name].select("subscription", "component") for name in SPELLED]).drop_nulls().unique()
    known: dict[tuple[str, str], list[str]] = {}
    for subscription, component in spelled.iter_rows():
        known.setdefault((subscription, plain_word(component)), []).append(component)
    rows = evidence.row_numbers("subscriptions").to_list()
    held = tables["subscriptions"].select("subscription", "component_fees").rows()
    fees = [read_component_fees(text) if name in over_fees else {} for name, text in held]
    priced: dict[tuple[str, str], set[str]] = {}
    for (subscription, _), own in zip(held, fees, strict=True):
        for component in own:
            priced.setdefault((subscription, plain_word(component)), set()).add(component)
    for key, words in priced.items():
        known[key] = list(dict.fromkeys([*known.get(key, []), *words]))
    taken = [
        (subscription, word, meant)
        for (subscription, plain), words in known.items()
        if len(words) > 1
        for meant in [max(priced.get((subscription, plain), words))]  # small letters come after capital ones
        for word in words
        if word != meant
    ]
    warned: list[Warned] = []
    if taken:
        meant = pl.DataFrame(
            taken, schema=dict.fromkeys(("subscription", "component", "meant"), pl.String), orient="row"
        )
        for table in SPELLED:
            told = tables[table].with_columns(evidence.row_numbers(table).alias("row"))
            first = told.join(meant, on=["subscription", "component"]).group_by("subscription", "component", "meant")
            for subscription, word, other, row in first.agg(pl.col("row").min()).sort("row").iter_rows():
                says = f"The component '{word}' is taken as '{other}', as other rows write it."
                warned.append((subscription, table, row, "taken_as", says))
            tables[table] = _rewritten(tables[table], meant, "component")
        others = {(subscription, word): other for subscription, word, other in taken}
        written = []
        for row, (subscription, text), own in zip(rows, held, fees, strict=True):
            found = {name: others[subscription, name] for name in own if (subscription, name) in others}
            found = {name: other for name, other in found.items() if other not in own}  # two fees are of two components
            for word, other in found.items():
                says = f"The component '{word}' is taken as '{other}', as other rows write it."
                warned.append((subscription, "subscriptions", row, "taken_as", says))
            written.append(_fees_text(own, found) if found else text)
        column = pl.Series("component_fees", written, dtype=pl.String)
        tables["subscriptions"] = tables["subscriptions"].with_columns(column)
    return warned


def _fees_text(fees: Mapping[str, Decimal], meant: Mapping[str, str]) -> str:
    """Write the fees of components, some of them under another name."""
    return "{" + ", ".join(f"{json.dumps(meant.get(name, name))}: {fee}" for name, fee in fees.items()) + "}"


def _meant(word: str, known: Sequence[str], *, near: bool = True) -> tuple[str, str] | None:
    """Tell which word of the contract a word stands for, and the code of the warning; nothing if it is its own."""
    if word in known:
        return None
    same = [other for other in known if plain_word(other) == plain_word(word)]
    if len(same) == 1:
        return same[0], "taken_as"
    meant = same[0] if same else closest(word, known) if near else None
    return None if meant is None else (meant, "near_word")


def _rewritten(frame: pl.DataFrame, taken: pl.DataFrame, column: str) -> pl.DataFrame:
    meant = taken.select("subscription", column, "meant")
    joined = frame.join(meant, on=["subscription", column], how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("meant", column).alias(column)).drop("meant")


def _tell(told: pl.DataFrame, table: str, column: str) -> Iterator[Warned]:
    for row in told.iter_rows(named=True):
        more = f" ({row['count']} rows)" if row["count"] > 1 else ""
        if row["code"] == "taken_as":
            says = f"The {column} '{row[column]}' is taken as '{row['meant']}', as the contract writes it{more}."
        else:
            says = f"The contract does not name the {column} '{row[column]}'. Is '{row['meant']}' meant?{more}"
        yield row["subscription"], table, row["row"], row["code"], says


def _fees_in_words(evidence: Evidence, known: Mapping[Plan, Known]) -> tuple[pl.DataFrame, list[Warned]]:
    """Name the components of fees as the contracts do."""
    table = evidence.subscriptions
    if table["component_fees"].null_count() == table.height:
        return table, []
    warned: list[Warned] = []
    written: list[str | None] = []
    columns = pl.struct("subscription", "policy", "tier", "component_fees")
    rows = evidence.row_numbers("subscriptions").to_list()
    for row, held in zip(rows, table.select(columns).to_series().to_list(), strict=True):
        fees = held["component_fees"]
        names = read_component_fees(fees)
        meant = {}
        for name in names:
            found = _meant(name, known[(held["policy"], held["tier"])]["outages.component"])
            if found is None:
                continue
            word, code = found if found[0] not in names else (found[0], "near_word")
            if code == "taken_as":
                meant[name] = word
            told = pl.DataFrame([{**held, "component": name, "meant": word, "code": code, "row": row, "count": 1}])
            warned += _tell(told, "subscriptions", "component")
        if meant:
            fees = _fees_text(names, meant)
        written.append(fees)
    return table.with_columns(pl.Series("component_fees", written, dtype=pl.String)), warned
