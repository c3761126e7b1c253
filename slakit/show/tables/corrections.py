"""Table of decisions on outages, beside what is owed with and without them."""

from __future__ import annotations

from great_tables import GT

from slakit.analysis.review import Review
from slakit.show.columns import RESULTS
from slakit.show.labels import money_text
from slakit.show.readable import in_words
from slakit.show.tables.memo import Memo, memo_table

SHOWN = ("subscription", "outage", "action", "corrected_started", "corrected_ended", "state", "applied", "reason", "by",
         "decided")  # fmt: skip


def show_corrections(review: Review) -> GT:
    """Show what was decided on outages, and what is owed with and without it.

    Parameters
    ----------
    review
        From `assess`, or a side of what `reconcile` returns.
    """
    table = RESULTS["corrections"]
    known = in_words(review, "corrections")
    rows = list(table.texts(known, SHOWN, review.zone_of))
    (subscription,) = table.headings("subscription")
    notes = []
    for name, recorded, agreed, disputed, currency in (
        review.corrections.select("subscription", "owed_recorded", "owed_agreed", "owed_disputed", "currency")
        .unique("subscription", keep="first", maintain_order=True)
        .iter_rows()
    ):
        said = f"{money_text(agreed, currency)} as agreed, {money_text(recorded, currency)} without any decision"
        notes.append(f"Owed for {name}: {said}, {money_text(disputed, currency)} if disputed ones held.")
    strong = [number for number, state in enumerate(review.corrections["state"]) if state == "disputed"]
    memo = Memo("Decisions on outages", "Of an outage the last agreed decision applies.", notes, groups=subscription,
                strong=strong)  # fmt: skip
    return memo_table(rows, memo, "Nothing was decided on an outage.")
