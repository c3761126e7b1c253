"""The overview in a notebook, and for the list of a batch."""

from __future__ import annotations

from slakit.analysis.review import Review
from slakit.show.overview.facts import overview_of
from slakit.show.overview.page import overview_html

OVERVIEW = "application/vnd.slakit.overview+json"
"""What a notebook records beside the drawing, so that the list of a batch begins with it."""


def show_overview(review: Review) -> None:
    """Show what is claimable now, the next deadlines, and every subscription in a table to sort and filter.

    Windows that still run have the downtime that is left, and the next credit. In a batch `index.html` begins with it.

    Parameters
    ----------
    review
        From `assess`.
    """
    from IPython.display import display

    facts = overview_of(review)
    said = f"Claimable now: {facts['money']['claimable']}; {len(facts['subscriptions'])} subscriptions"
    shown = {"text/html": overview_html(facts), "text/plain": said, OVERVIEW: facts}
    display(shown, raw=True)  # type: ignore[no-untyped-call]
