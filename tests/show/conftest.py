"""A review of the sample evidence, and one of evidence whose names are scripts."""

from __future__ import annotations

import pytest
from sample_evidence import sample_review

import slakit as sla
from slakit.analysis.review import Review
from slakit.policy.files import parse_policy

SCRIPT = "<script>alert(1)</script>"
IMAGE = "\"><img src=x onerror='alert(2)'>"
HOSTILE = f"""\
format: 1
id: small
provider: {SCRIPT}
service: '{IMAGE.replace("'", "''")}'
source: {{title: Terms, language: en, retrieved: 2026-01-01}}
guarantees:
  - id: uptime
    name: Uptime {SCRIPT}
    metric: availability
    target: 99.9
    window: 1mo
    exclude: {{maintenance: [scheduled]}}
    clause: '{SCRIPT}'
    credit: {{flat: 5%, clause: '{SCRIPT}'}}
maintenance: [{{kind: scheduled, clause: '{SCRIPT}'}}]
claims: {{within: 10d, evidence: ['{SCRIPT}'], clause: '{SCRIPT}'}}
assumed: [{{term: time_zone, value: UTC, because: '{SCRIPT}'}}]
"""


@pytest.fixture(scope="session")
def review() -> Review:
    return sample_review()


@pytest.fixture(scope="session")
def hostile() -> Review:
    subscription = {"policy": "hostile", "monthly_fee": "100", "currency": "EUR", "starts": "2025-01-01T00:00:00Z"}
    outages = [
        {"outage": SCRIPT, "started": "2026-06-10T00:00:00Z", "ended": "2026-06-12T00:00:00Z"},
        {"outage": IMAGE, "started": "2026-07-10T00:00:00Z", "ended": "2026-07-12T00:00:00Z"},
    ]
    works = {"maintenance": SCRIPT, "kind": "scheduled", "announced": "2026-07-01T00:00:00Z"}
    evidence = sla.Evidence.of(
        [{"subscription": IMAGE, **subscription}],
        outages=[{"subscription": IMAGE, **outage} for outage in outages],
        maintenance=[
            {"subscription": IMAGE, "started": "2026-07-10T00:00:00Z", "ended": "2026-07-10T01:00:00Z", **works}
        ],
    )
    policies = {"hostile": parse_policy(HOSTILE)}
    return sla.assess(evidence, "2026-06/2026-07", "2026-08-05T00:00:00Z", policies=policies)
