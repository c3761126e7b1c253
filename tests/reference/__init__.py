"""A second calculation of everything slakit assesses: slow, exact, and written from the rules alone.

This package shares nothing with the one it checks. It reads a policy as the plain tree that YAML gives, and judges
evidence by the calculation rules and the reference of the policy format, sentence by sentence: every outage is cut at
every instant at which anything changes, and each of the small pieces is asked the questions in the order of the rules.
Instants are integer microseconds, everything else is a fraction; only money is rounded, at the end.

Not covered, and refused with `NotCovered`:

- an allowance of maintenance per incident, or per rolling window;
- a streak, or misses, of a promise about single incidents;
- steps of a shortfall per incident; a schedule per day that is neither flat, an accrual, a multiple nor bands on
  downtime;
- a cap over a span that is shorter than the window; caps over spans, a minimum or an earn-back on one of several
  schedules of a remedy;
- a time for tickets in months; a ratio of values; a deductible of a multiple from what measures no time;
- a mean over components of anything but an availability from outages; single incidents, outages or days of one.
"""

from reference.assessment import assess
from reference.terms import readings_of
from reference.values import NotCovered

__all__ = ["NotCovered", "assess", "readings_of"]
