"""The sample evidence and its assessment, which many tests read and none changes: made once in each process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import slakit as sla

SAMPLES = Path(__file__).parents[1] / "data_samples" / "evidence"
PERIOD, AS_OF = "2026-01/2026-09", "2026-10-05T00:00:00Z"


@cache
def sample_evidence() -> sla.Evidence:
    return sla.read_evidence(SAMPLES)


@cache
def sample_review() -> sla.Review:
    return sla.assess(sample_evidence(), PERIOD, AS_OF)
