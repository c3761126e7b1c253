"""Public holidays that a policy names by country or region."""

from __future__ import annotations


def known_holidays(holidays: str | None) -> str | None:
    """Refuse a country or region of which no public holidays are known."""
    if holidays is not None:
        import holidays as library
        from holidays.registry import EntityLoader  # its lists of countries would load the days of each of them

        country, _, region = holidays.partition("-")
        known = country in EntityLoader.get_country_codes()
        if not known or (region and region not in getattr(library, country).subdivisions):
            raise ValueError("no public holidays are known for it; write a country like SE, or a region like DE-BE")
    return holidays
