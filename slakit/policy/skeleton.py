"""A commented policy file to fill in, for a provider that is not in the library."""

from __future__ import annotations

import re
from datetime import date

PLACEHOLDER = "CHANGE-ME"
"""What stands for a value that only the document can give."""
SKELETON = """\
# The service level agreement of {provider}. Write what the document says in place of each {change}, with the clause
# it says it in; delete what it does not say. While one is left the file is refused. `slakit validate {id}.yaml` names
# everything that is wrong, `slakit findings {id}.yaml` what is odd.
format: 1
id: {id}
provider: {name}
service: {change}
source:
  title: {change}
  language: en
  # url: https://…
  # updated: 2026-01-31              # the date the document gives itself
  retrieved: {today}
  read: whole                        # or excerpt, transcription
# time_zone: Europe/Oslo             # of the contract's months; UTC is assumed if it names none
# currency: EUR
# tiers: [basic, plus]               # plans, the cheapest first; a value that differs is a mapping from tier to value

maintenance:
  - {{kind: scheduled, notice: {change}, clause: {change}}}    # notice like 48h
  # - {{kind: emergency, clause: "2"}}

guarantees:
  - id: service
    metric: availability             # or downtime, incidents, figure, replacement, response, resolution
    target: {change}                # like 99.9
    window: {change}                # 1mo, 1d, 1w, 1q, 1y, billing_month, term, incident, {{rolling: 30d}}
    exclude: {{maintenance: [scheduled], causes: [{change}]}}    # like customer, force_majeure
    clause: {change}                # where the document says it
    # missing: excluded              # what unobserved time is: up, down or excluded
    # clauses: {{formula: "1.2"}}      # where single terms stand elsewhere
    credit:
      of: monthly_fee
      bands:                         # or shortfall, accrual, flat, multiple
        - {{below: {change}, credit: {change}}}    # like {{below: 99.9, credit: 10%}}
      # caps: [{{per: window, at_most: 100%}}]
      clause: {change}
  # - {{id: response, metric: response, within: {{P1: 1h, P2: 4h, P3: 1bd}}, window: 1mo, clause: "5"}}

claims: {{within: {change}, after: window_end, evidence: [{change}], clause: {change}}}    # within like 30d

# support: {{hours: 24/7, clause: "5"}}
# monitor: {{by: provider, clause: "1"}}                       # whose figures decide
# contract: {{changes: {{says: Changes hold after a month, notice: 30d, clause: "9"}}}}

# What the document does not state, and why the file states it nevertheless:
# assumed:
#   - {{term: time_zone, value: Europe/Oslo, because: The document names no time zone}}

# Where the text contradicts itself, or is silent:
# readings:
#   - id: window
#     question: By the month, or by the quarter?
#     kind: contradiction            # or silence, unclear
#     clauses: ["1", "7"]
#     answers:
#       month: {{because: The formula is monthly}}
#       quarter: {{because: The table is quarterly, set: {{guarantees.service.window: 1q}}}}
#     default: month
"""


def policy_skeleton(provider: str, today: date) -> str:
    """Text of a policy file to fill in; it is refused until no placeholder is left.

    Parameters
    ----------
    provider
        Name of the provider; the policy's id is made of it.
    today
        The day on which the document is read.

    Raises
    ------
    ValueError
        The name has no letter or digit to make an id of.

    Examples
    --------
    >>> policy_skeleton("Northwind GmbH", date(2026, 11, 22)).splitlines()[4]
    'id: northwind-gmbh'
    """
    name = re.sub(r"[^a-z0-9]+", "-", provider.lower()).strip("-")[:60].strip("-")
    if not name:
        raise ValueError(f"{provider!r} has no letter or digit; write the name of the provider")
    quoted = '"' + provider.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return SKELETON.format(
        provider=" ".join(provider.split()), name=quoted, id=name, today=today.isoformat(), change=PLACEHOLDER
    )
