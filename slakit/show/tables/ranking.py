"""Table of plans ranked by weighted scores, and why."""

from __future__ import annotations

import polars as pl
from great_tables import GT

from slakit.comparison.ranking import CRITERIA, Ranking
from slakit.policy.printing import print_percent
from slakit.show.labels import tell_documents
from slakit.show.readable import tell_tips, tell_years_ahead
from slakit.show.tables.memo import Memo, memo_table


def show_ranking(ranking: Ranking) -> GT:
    """Show what each plan says on each criterion, and its points.

    Parameters
    ----------
    ranking
        From `rank_plans`.
    """
    names = ranking.table["criterion"].unique(maintain_order=True).to_list()
    weights = dict(ranking.table.select("criterion", "weight").iter_rows())
    rows = []
    for plan in ranking.order:
        own = ranking.table.filter(pl.col("plan") == plan)
        points = print_percent(own["points"][0], 1)
        if own["share"].null_count():  # of a plan that was not read whole, out of those that it can get
            points += f" of {print_percent(own['out_of'][0], 1)}"
        head = {"Rank": str(own["rank"][0] or "–"), "Plan": ranking.names[plan], "Points": points}
        said = {row["criterion"]: f"{row['value']}\n{print_percent(row['earned'], 1)} points" for row in own.to_dicts()}
        rows.append(head | {f"{CRITERIA[name].label} (weight {weights[name]:.0f})": said[name] for name in names})
    notes = [
        "The best plan on a criterion gets all of its weight, the others in proportion; times count inversely: twice "
        "as slow, half the points. A claim without a deadline counts as one of a year. Best-effort targets score 0.",
        *tell_years_ahead(ranking),
        *tell_unread(ranking),
        *tell_tips(ranking),
        *tell_documents({ranking.names[plan]: ranking.sources[plan] for plan in ranking.order}),
    ]
    memo = Memo("Why this order", "", notes, numbers=["Rank", "Points"])
    return memo_table(rows, memo, "Fewer than two plans.")


def tell_unread(ranking: Ranking) -> list[str]:
    """Tell which criteria were not read of a plan: they score 0, and are out of the points it can get."""
    unread = ranking.table.filter(pl.col("share").is_null())
    return [
        f"{ranking.names[plan]}: not read: {', '.join(CRITERIA[name].label.lower() for name in names)}. "
        f"Its points are out of {print_percent(out_of, 1)}."
        for plan, out_of, names in unread.group_by("plan", "out_of", maintain_order=True).agg("criterion").iter_rows()
    ]
