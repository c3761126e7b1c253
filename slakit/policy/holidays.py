"""Public holidays that a policy names by country or region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slakit._import_guard import without_package_contents

if TYPE_CHECKING:
    from holidays import HolidayBase


def country_holidays(country: str) -> type[HolidayBase]:
    """Return the calendar of a country, without the calendars of all others."""
    import holidays

    with without_package_contents("holidays.countries"):
        return getattr(holidays, country).get_entity()  # type: ignore[no-any-return]


def known_holidays(holidays: str | None) -> str | None:
    """Refuse a country or region of which no public holidays are known."""
    if holidays is not None:
        from holidays.registry import EntityLoader

        country, _, region = holidays.partition("-")
        known = country in EntityLoader.get_country_codes()
        if not known or (region and region not in country_holidays(country).subdivisions):
            raise ValueError("no public holidays are known for it; write a country like SE, or a region like DE-BE")
    return holidays
