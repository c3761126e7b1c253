"""Names of the files of a claim."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from slakit.claiming.facts import ClaimedWindow


def file_name(subscription: str, windows: Sequence[ClaimedWindow], zone: ZoneInfo, names: set[str]) -> str:
    """Name the files of a claim by its subscription and months, unlike those in `names`, and add it to them."""
    first = min(window.start for window in windows).astimezone(zone)
    last = (max(window.end for window in windows) - timedelta(microseconds=1)).astimezone(zone)
    months = "-to-".join(dict.fromkeys((f"{first:%Y-%m}", f"{last:%Y-%m}")))
    safe = re.sub(r"[^\w.-]+", "-", subscription).strip(".-") or "subscription"
    name, number = f"claim-{safe}-{months}", 2
    while name.casefold() in names:
        name, number = f"claim-{safe}-{months}-{number}", number + 1
    names.add(name.casefold())
    return name
