"""An overview as HTML: boxes, deadlines, one table to sort and filter, running windows and money by provider."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from slakit.policy.printing import print_amount, print_count
from slakit.show.labels import days_left_text, money_text
from slakit.show.overview.facts import Facts

HERE = Path(__file__).parent
WIDTH, HEIGHT = 72, 18
"""Of the picture of a trend. [px]"""
MOST_CHANGES = 20
Links = Mapping[str, Sequence[tuple[str, str]]]
HEADINGS = (
    ("Subscription", "text"), ("Provider", "text"), ("Claimable now", "money"), ("Next deadline", "number"),
    ("Credit owed, range", "money"), ("Worst window", "number"), ("Trend", "count"), ("Warnings", "count"),
)  # fmt: skip
"""Headings of the table of subscriptions, and how each is sorted."""


@cache
def script() -> str:
    """Give the script that sorts and filters."""
    return (HERE / "overview.js").read_text(encoding="utf-8")


@cache
def script_hash() -> str:
    """Give the hash by which a page allows that script, and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()


def overview_html(
    facts: Facts, links: Links | None = None, changes: Sequence[str] | None = None, *, since: str = "Since the last run"
) -> str:
    """Draw an overview.

    Parameters
    ----------
    facts
        From `overview_of`.
    links
        Subscription → address and name of each of its reports.
    changes
        What differs from the overview before; not shown where it is not known.
    since
        Heading of the changes.

    Returns
    -------
    str
        HTML that needs no network. Without scripts it is a plain page with all of its rows.
    """
    css = (HERE / "overview.css").read_text(encoding="utf-8")
    parts = [f"<style>{css}</style>", '<section class="ov">', *_boxes(facts), *_deadlines(facts, links or {})]
    if changes is not None:
        parts += [f"<h2>{escape(since)}</h2>", *_changes(changes)]
    parts += [*_subscriptions(facts, links or {}), *_running(facts), *_register(facts)]
    return "\n".join([*parts, "</section>", f"<script>{script()}</script>"])


def changes_between(before: Mapping[str, Sequence[Any]], after: Mapping[str, Sequence[Any]]) -> list[str]:
    """Say in sentences what an overview has that the one before had not.

    Parameters
    ----------
    before, after
        `changing` of the facts: subscription → currency, owed, claimable, deadline.

    >>> changes_between({"shop": ["EUR", "10", "10", "end of 2026-10-10"]}, {"shop": ["EUR", "15", "0", None]})
    ['shop: owed 15.00 EUR (10.00 EUR before); claimable nothing (10.00 EUR before).']
    """
    sums: dict[str, list[Decimal]] = {}
    said = []
    for name in dict.fromkeys([*after, *before]):
        if name not in before:
            said.append(f"{name} is new: owed {_money(after[name][1], after[name][0])}.")
            continue
        if name not in after:
            said.append(f"{name} is no longer in the evidence.")
            continue
        currency, own = after[name][0], []
        for place, what in ((1, "owed"), (2, "claimable")):
            old, new = Decimal(before[name][place]), Decimal(after[name][place])
            if (old, before[name][0]) != (new, currency):
                total = sums.setdefault(currency, [Decimal(0), Decimal(0)])
                total[place - 1] += new - old
                own.append(f"{what} {_money(new, currency)} ({_money(old, before[name][0])} before)")
        if own:
            said.append(f"{name}: {'; '.join(own)}.")
        elif before[name][3] != after[name][3] and after[name][3]:
            said.append(f"{name}: next deadline {after[name][3]} ({before[name][3] or 'none'} before).")
    return said


def _money(amount: str | Decimal, currency: str) -> str:
    return money_text(Decimal(amount), currency) if Decimal(amount) else "nothing"


def _boxes(facts: Facts) -> Iterator[str]:
    """Draw what is claimable now, the next deadline, and what else has become of the money."""
    money = facts["money"]
    disputed = f"of it {money['disputed']} may be time-barred: claim today" if "disputed" in money else ""
    boxes = [("Claimable now", money["claimable"], disputed, "ov-good" if facts["open_claims"] else "")]
    ahead = next((one for one in facts["deadlines"] if not one["disputed"]), None)
    if ahead:
        left = days_left_text(ahead["days"])
        boxes.append(("Next deadline", left, f"{ahead['amount']}, {ahead['subscription']}: {ahead['until']}", ""))
    elif facts["open_claims"]:
        boxes.append(("Next deadline", "today" if disputed else "none known", "", ""))
    if "not_required" in money:
        boxes.append(("Due without a claim", money["not_required"], "", ""))
    for status, label in (("waiting", "Not claimable yet"), ("not_read", "Claim terms not read")):
        if status in money:
            boxes.append((label, money[status], "", ""))
    if "expired" in money:
        boxes.append(("Claims expired", money["expired"], "", "ov-quiet"))
    boxes.append(("Owed in all", facts["owed"], f"{facts['period']}, as of {facts['as_of']} UTC", "ov-quiet"))
    yield '<div class="ov-boxes">'
    for label, value, note, mood in boxes:
        said = f"<i>{escape(note)}</i>" if note else ""
        lines = "<br>".join(escape(one) for one in value.split(" · "))
        yield f'<div class="ov-box {mood}"><span>{escape(label)}</span><b>{lines}</b>{said}</div>'
    yield "</div>"


def _deadlines(facts: Facts, links: Links) -> Iterator[str]:
    if not facts["deadlines"]:
        return
    yield '<h2>Next deadlines</h2>\n<ol class="ov-next">'
    for one in facts["deadlines"]:
        left = "claim today" if one["disputed"] else days_left_text(one["days"])
        until = f"{'deadline disputed: ' if one['disputed'] else ''}{one['until']}"
        yield (
            f'<li class="{"ov-bad" if one["disputed"] or one["days"] <= 3 else ""}"><b>{escape(left)}</b> '
            f"<strong>{escape(one['amount'])}</strong> <span>{_named(one['subscription'], links)} "
            f"<i>{escape(one['plan'])}</i></span> <i>{escape(until)}</i></li>"
        )
    yield "</ol>"
    more = facts["open_claims"] - len(facts["deadlines"])
    if more > 0:
        count = print_count(facts["open_claims"])
        said = f"The {len(facts['deadlines'])} most urgent of {count} claims; the others are in the reports on claims."
        yield f'<p class="ov-soft">{said}</p>'


def _changes(changes: Sequence[str]) -> Iterator[str]:
    if not changes:
        yield '<p class="ov-soft">Nothing changed.</p>'
        return
    items = [f"<li>{escape(change)}</li>" for change in changes]
    yield f"<ul>{''.join(items[:MOST_CHANGES])}</ul>"
    if len(items) > MOST_CHANGES:
        rest = "".join(items[MOST_CHANGES:])
        yield f"<details><summary>{print_count(len(items) - MOST_CHANGES)} more</summary><ul>{rest}</ul></details>"


def _named(subscription: str, links: Links) -> str:
    own = links.get(subscription, ())
    name = escape(subscription)
    return f'<a href="{escape(own[0][0])}">{name}</a>' if own else name


def _subscriptions(facts: Facts, links: Links) -> Iterator[str]:
    """Draw the table of subscriptions, with what finds and sorts them."""
    rows = facts["subscriptions"]
    yield f"<h2>{print_count(len(rows))} subscription{'s' * (len(rows) != 1)}</h2>"
    providers = sorted({row["provider"] for row in rows}, key=str.casefold)
    options = "".join(f"<option>{escape(one)}</option>" for one in providers)
    sorts = "".join(f'<option value="{at}">{name}</option>' for at, (name, _) in enumerate(HEADINGS))
    yield (
        '<div class="ov-find" role="search"><label>Find <input type="search" placeholder="name, plan, window"></label>'
        f'<label>Provider <select class="ov-provider"><option value="">all</option>{options}</select></label>'
        '<label class="ov-sort">Sort by <select class="ov-by"><option value="">urgency</option>'
        f"{sorts}</select></label>"
        '<label><input type="checkbox"> only claimable</label><output aria-live="polite"></output></div>'
    )
    heads = "".join(
        f'<th scope="col" data-s="{kind}" class="{"" if kind == "text" else "n"}">'
        f'<button type="button">{name}</button></th>'
        for name, kind in HEADINGS
    )
    reports = '<th scope="col">Reports</th>' if links else ""
    yield '<div class="ov-scroll" tabindex="0" role="region" aria-label="Subscriptions">'
    yield f'<table class="ov-subs"><thead><tr>{heads}{reports}</tr></thead><tbody>'
    for row in rows:
        yield _row(row, links)
    yield "</tbody></table></div>"
    yield '<button type="button" class="ov-more" hidden></button>'


def _row(row: Facts, links: Links) -> str:
    currency, own = row["currency"], links.get(row["subscription"], ())
    low, high = (Decimal(one) for one in row["range"])
    spread = "" if low == high else f"<i>{print_amount(low, currency)} – {money_text(high, currency)}</i>"
    owed, claimable = Decimal(row["owed"]), Decimal(row["claimable"])
    disputed = Decimal(row["disputed"])
    left = "claim today" if disputed else "" if row["days"] is None else days_left_text(row["days"])
    urgent = disputed or (row["days"] is not None and row["days"] <= 3)
    until = row["deadline"] or ("deadline disputed" if disputed else "")
    days = -1 if disputed else row["days"]
    worst, trend = row["worst"], row["trend"]
    cells = [
        ("Subscription", f"{_named(row['subscription'], links)}<i>{escape(row['plan'])}</i>", None, ""),
        ("Provider", escape(row["provider"]), None, ""),
        ("Claimable now", money_text(claimable, currency) if claimable else "", f"{currency}|{claimable}", "n strong"),
        ("Next deadline", f"{left}<i>{escape(until)}</i>" if left else "", days, "n ov-bad" if urgent else "n"),
        (
            "Credit owed, range",
            (money_text(owed, currency) if owed or spread else "") + spread,
            f"{currency}|{owed}",
            "n",
        ),
        (
            "Worst window",
            f"{worst['level']}<i>{escape(worst['window'])}, {worst['target']} {escape(worst['guarantee'])}</i>"
            if worst
            else "",
            worst and worst["margin"],
            "n ov-bad" if worst and worst["met"] is False else "n",
        ),
        ("Trend", _trend(trend) if trend else "", trend and trend["missed"], "n"),
        ("Warnings", print_count(row["warnings"]) if row["warnings"] else "", row["warnings"], "n"),
    ]
    written = "".join(
        f'<td data-h="{name}"'
        + (f' class="{kind}"' if kind else "")
        + (f' data-k="{escape(str(key))}"' if key is not None else "")
        + f">{html}</td>"
        for name, html, key, kind in cells
    )
    if links:
        listed = " · ".join(f'<a href="{escape(address)}">{escape(name)}</a>' for address, name in own)
        written += f'<td data-h="Reports" class="small">{listed}</td>'
    return f"<tr>{written}</tr>"


def _trend(trend: Facts) -> str:
    """Draw the last windows of a guarantee as bars, those under the target in the colour of a breach."""
    levels, target = trend["levels"], trend["target"]
    floor = min([*levels, target]) - 0.25 * (100 - min([*levels, target]) or 1)
    step = WIDTH / max(len(levels), 6)
    paths = {False: "", True: ""}
    for at, (level, met) in enumerate(zip(levels, trend["met"], strict=True)):
        height = max(1, round((HEIGHT - 1) * (level - floor) / (100 - floor)))
        paths[met is False] += f"M{at * step + step / 2:.0f} {HEIGHT}v-{height}"
    line = HEIGHT - round((HEIGHT - 1) * (target - floor) / (100 - floor))
    said = f"{trend['missed']} of {trend['windows']} windows missed"
    drawn = "".join(
        f'<path class="{name}" d="{path}"/>' for name, path in (("m", paths[False]), ("b", paths[True])) if path
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{said}">'
        f'<title>{said}</title><path class="t" d="M0 {line}H{WIDTH}"/>{drawn}</svg>'
    )


def _running(facts: Facts) -> Iterator[str]:
    """Draw the windows that still run."""
    if not facts["running"]:
        return
    yield "<h2>Windows that still run</h2>"
    heads = (
        "Subscription",
        "Guarantee",
        "Window",
        "Days left",
        "Downtime so far",
        "Budget left",
        "Credit if it ended now",
        "Next band",
    )
    yield '<div class="ov-scroll" tabindex="0" role="region" aria-label="Windows that still run"><table><thead><tr>'
    yield "".join(f'<th scope="col">{head}</th>' for head in heads) + "</tr></thead><tbody>"
    for row in facts["running"]:
        left = row["left"] if row["left"] is not None else f"used up: {row['over']} too long"
        ahead = row["next"]
        band = ""
        if ahead:
            grows = "; from then on it grows" if ahead["grows"] else ""
            band = f"{ahead['amount']} after {ahead['after']} more{grows}"
        used = f'<progress max="1" value="{row["used"]:.3f}"></progress>' if row["used"] else ""
        cells = [
            escape(row["subscription"]), escape(row["guarantee"]), escape(row["window"]),
            escape(days_left_text(row["days"])), escape(row["downtime"]), escape(left) + used,
            escape(row["now"] or ""), escape(band),
        ]  # fmt: skip
        yield (
            f'<tr class="{"ov-bad" if row["left"] is None else ""}">'
            + "".join(f'<td data-h="{head}">{cell}</td>' for head, cell in zip(heads, cells, strict=True))
            + "</tr>"
        )
    yield "</tbody></table></div>"
    more = facts["running_count"] - len(facts["running"])
    said = f"The {len(facts['running'])} with the least budget left of {print_count(more + len(facts['running']))}. "
    yield f'<p class="ov-soft">{said * (more > 0)}Credits as for one outage, by the monthly fee.</p>'


def _register(facts: Facts) -> Iterator[str]:
    """Draw money by provider."""
    register = facts["register"]
    if not register["rows"]:
        return
    yield "<h2>Money by provider</h2>"
    yield '<div class="ov-scroll" tabindex="0" role="region" aria-label="Money by provider"><table><thead><tr>'
    heads = register["headings"]
    yield "".join(f'<th scope="col" class="{"n" if at else ""}">{escape(one)}</th>' for at, one in enumerate(heads))
    yield "</tr></thead><tbody>"
    for row in register["rows"]:
        cells = zip(heads, row, strict=True)
        yield (
            "<tr>"
            + "".join(
                f'<td data-h="{escape(head)}" class="{"n" if at else ""}">{escape(cell)}</td>'
                for at, (head, cell) in enumerate(cells)
            )
            + "</tr>"
        )
    yield "</tbody></table></div>"
