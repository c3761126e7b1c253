"""Public holidays by the law of the places that tests are about, so that no test depends on what a library knows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from dateutil.easter import easter
from holidays.utils import country_holidays

# Days that are fixed, and days counted from Easter Sunday.
NORWAY = (("01-01", "05-01", "05-17", "12-25", "12-26"), (-3, -2, 0, 1, 39, 49, 50))
SWEDEN = (("01-01", "01-06", "05-01", "06-06", "12-25", "12-26"), (-2, 0, 1, 39, 49))
GERMANY = (("01-01", "05-01", "10-03", "12-25", "12-26"), (-2, 1, 39, 50))
BERLIN = (("03-08", *GERMANY[0]), GERMANY[1])
KNOWN = {("NO", None): NORWAY, ("SE", None): SWEDEN, ("DE", None): GERMANY, ("DE", "BE"): BERLIN}


def _saturday_from(day: date) -> date:
    return day + timedelta((5 - day.weekday()) % 7)


def holidays_by_law(country: str, subdiv: str | None = None, *, years: int) -> Iterable[date]:
    """List public holidays as `holidays.country_holidays` does; of other places, those that it knows."""
    if (country, subdiv) not in KNOWN:
        return country_holidays(country, subdiv=subdiv, years=years)
    fixed, movable = KNOWN[country, subdiv]
    found = {date.fromisoformat(f"{years}-{day}") for day in fixed}
    found |= {easter(years) + timedelta(after) for after in movable}
    if country == "SE":  # Midsummer Day and All Saints' Day
        found |= {_saturday_from(date(years, 6, 20)), _saturday_from(date(years, 10, 31))}
    return found
