"""Years to come on workers: the same to the last digit."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import pytest

import slakit as sla

if importlib.util.find_spec("distributed") is None and os.environ.get("CI") != "true":
    pytest.skip("a fleet needs Dask: pip install 'slakit[fleet]'", allow_module_level=True)


def test_workers_give_the_same_years(monkeypatch: pytest.MonkeyPatch) -> None:
    import distributed

    monkeypatch.setattr(importlib.import_module("slakit.outlook.outlook"), "WINDOWS_OF_BLOCK", 24 * 20)
    how: dict[str, Any] = {"outages_per_year": 6, "length": "90m", "years": 60, "period": "2027-01/2027-12"}
    plans = ["wp-heaven", "klink-cloud:enterprise"]
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0", memory_limit="4GB"
    ) as cluster:
        spread = sla.outlook_fleet(plans, scheduler=cluster.scheduler_address, **how)
    alone = sla.outlook(plans, **how)
    assert spread.years.equals(alone.years)
    assert spread.summary.equals(alone.summary)
    assert spread.readings.equals(alone.readings)
