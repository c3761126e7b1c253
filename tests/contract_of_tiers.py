"""Contracts by which engine and second calculation judge subscriptions that change their tier."""

TIERS = """
tiers: [silver, gold]
guarantees:
  - id: g
    metric: availability
    target: {silver: 99, gold: 99.9}
    window: 1mo
    credit: {flat: 10%}
  - id: same
    metric: availability
    target: 99.5
    window: 1mo
    credit: {flat: {silver: 5%, gold: 20%}}
"""

CUT_AND_WHOLE = """
tiers: [silver, gold]
guarantees:
  - {id: g, metric: availability, target: {silver: 99, gold: 98}, window: 1mo}
  - {id: same, metric: availability, target: 99.5, window: 1mo}
remedies:
  - {id: r, for: [g, same], credit: {flat: 10%}}
"""
