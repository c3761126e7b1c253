"""A small version of the calibration check; `python tests/outlook/calibration.py 200 400` is the whole one."""

from __future__ import annotations

import pytest
from calibration import PLANS, held


@pytest.mark.long
@pytest.mark.parametrize("outages", [3, 12])
def test_the_range_holds_the_year_that_comes(outages: int) -> None:
    shares = held(outages, histories=60, years=150)
    for plan in PLANS:
        assert 0.65 <= shares["lognormal", plan] <= 0.95  # 0.8 within three standard errors of 60 histories
