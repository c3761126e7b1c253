"""Years to come on several processes, or on a cluster: the same years, sooner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from slakit.analysis.offers import Offer
from slakit.arguments import checked
from slakit.fleet.cluster import Workers, connected
from slakit.outlook.outlook import Outlook, Work, outlook
from slakit.outlook.simulate import Block, simulate_block


@checked
def outlook_fleet(
    plans: str | Iterable[Offer],
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    memory: str | int | None = None,
    **how: Any,
) -> Outlook:
    """Draw and judge years on several processes of this machine, or on a cluster.

    The result is that of `outlook` to the last digit, however many workers there are.

    Parameters
    ----------
    plans
        As `outlook` takes them.
    workers, scheduler, memory
        As `assess_fleet` takes them.
    how
        The other arguments of `outlook`.

    Raises
    ------
    InputError
        As `outlook`; or the extra `fleet` is not installed, or the workers are gone.
    """
    with connected(workers, scheduler, memory, lambda: False) as team:

        def run(_: object, works: Sequence[Work]) -> list[Block]:
            return _in_order(team, works)

        return outlook(plans, run=run, **how)


def _in_order(team: Workers, works: Sequence[Work]) -> list[Block]:
    """Compute the blocks of years, and return them in the order of the works."""
    found: dict[int, Block] = {}
    for number, value in team.each(simulate_block, works):
        if isinstance(value, Exception):
            raise value
        found[number] = value
    return [found[number] for number in range(len(works))]
