"""Public holidays that a policy names by country or region."""

from __future__ import annotations


def known_holidays(holidays: str | None) -> str | None:
    """Refuse a country or region of which no public holidays are known."""
    if holidays is not None:
        from holidays import list_supported_countries

        country, _, region = holidays.partition("-")
        regions = list_supported_countries().get(country)
        if regions is None or (region and region not in regions):
            raise ValueError("no public holidays are known for it; write a country like SE, or a region like DE-BE")
    return holidays
