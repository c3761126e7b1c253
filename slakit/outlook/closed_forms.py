"""What is known about outages without simulation: exact formulas, and what few outages leave open."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from slakit.arguments import checked
from slakit.problems import InputError, Problem

Fitting = Callable[[int, float], float]
"""Chance that n repairs take no longer than a time together."""


class OutageRate(NamedTuple):
    """How often outages are, as far as it is known.

    Attributes
    ----------
    mean
        Outages a year.
    low, high
        Between these it is, with the chance that was asked for.
    none_next_year
        Chance that there is no outage in a year.
    """

    mean: float
    low: float
    high: float
    none_next_year: float


@checked
def outage_rate(outages: int, years: float, *, share: float = 0.95) -> OutageRate:
    """Say how often outages are, from how many there were: by Jeffreys' prior, gamma with outages + 1/2.

    Parameters
    ----------
    outages, years
        How many began in how many years in which somebody looked.
    share
        The chance with which the rate is between `low` and `high`.

    Raises
    ------
    InputError
        A number is not one of these.

    Examples
    --------
    >>> few = outage_rate(3, 1)
    >>> few.mean, round(few.low, 3), round(few.high, 3), round(few.none_next_year, 4)
    (3.5, 0.845, 8.006, 0.0884)
    """
    problems = []
    if not 0 <= outages <= 10**6:
        problems.append(Problem("outages", outages, "not a number of outages", "write one like 6"))
    if not 0 < years <= 1000:
        problems.append(Problem("years", years, "not a number of years", "write one like 1.5"))
    if not 0 < share < 1:
        problems.append(Problem("share", share, "not a chance", "write one between 0 and 1, like 0.95"))
    if problems:
        raise InputError("outage_rate", problems)
    shape = outages + 0.5
    low, high = (_gamma_quantile(shape, chance) / years for chance in ((1 - share) / 2, (1 + share) / 2))
    return OutageRate(shape / years, low, high, (years / (years + 1)) ** shape)


@checked
def chance_kept(
    target: float, *, up_hours: float, down_hours: float, days: float = 30, lengths: str = "exponential"
) -> float:
    """Compute the chance that a window meets its target, exactly (Takács 1957).

    The service is up when the window begins; the time until it fails is exponential.

    Parameters
    ----------
    target
        Of availability. [percent]
    up_hours, down_hours
        Mean time from a repair to the next failure, and of a repair. [h]
    days
        Length of the window.
    lengths
        Of repairs: `exponential`, or `constant`. Outages are neither; simulate them with `outlook`.

    Raises
    ------
    InputError
        A number is not one of these.

    Examples
    --------
    >>> round(chance_kept(99.9, up_hours=999, down_hours=1), 9)     # truly 99.9 % available, and yet
    0.688308109
    """
    problems = [
        Problem(name, value, "not above 0", "write a number above 0")
        for name, value in (("up_hours", up_hours), ("down_hours", down_hours), ("days", days))
        if not 0 < value < math.inf
    ]
    if not 0 <= target <= 100:
        problems.append(Problem("target", target, "not a percentage", "write one from 0 to 100, like 99.9"))
    if lengths not in ("exponential", "constant"):
        problems.append(Problem("lengths", lengths, "not a distribution here", "write exponential or constant"))
    if problems:
        raise InputError("chance_kept", problems)
    window = 24 * days
    allowed = window * (100 - target) / 100

    def fitting(n: int, time: float) -> float:
        if lengths == "constant":
            return float(n * down_hours <= time * (1 + 1e-12))
        return 1 - _poisson_below(n, time / down_hours)

    return _kept((window - allowed) / up_hours, allowed, fitting)


def _kept(failures: float, allowed: float, fitting: Fitting) -> float:
    """Sum over the number of failures, with that many to be expected: all their repairs fit into what is allowed."""
    terms, chance, n = [math.exp(-failures)], math.exp(-failures), 0
    while n <= failures or chance > 1e-18:
        n += 1
        chance *= failures / n
        terms.append(chance * fitting(n, allowed))
    return min(1.0, math.fsum(terms))


def _poisson_below(n: int, mean: float) -> float:
    """Chance of fewer than n."""
    terms, chance = [], math.exp(-mean)
    for k in range(n):
        terms.append(chance)
        chance *= mean / (k + 1)
    return min(1.0, math.fsum(terms))


def _gamma_below(shape: float, at: float) -> float:
    """Chance that a gamma variable of scale 1 is below a value: the series of the incomplete gamma function."""
    if at <= 0:
        return 0.0
    term = math.exp(shape * math.log(at) - at - math.lgamma(shape + 1))
    terms, k = [term], 0
    while term > 1e-17 * terms[0] or k < at:
        k += 1
        term *= at / (shape + k)
        terms.append(term)
        if term == 0.0:
            break
    return min(1.0, math.fsum(terms))


def _gamma_quantile(shape: float, chance: float) -> float:
    """Find the value below which a gamma variable is with a chance, by halving."""
    low, high = 0.0, shape + 10
    while _gamma_below(shape, high) < chance:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if _gamma_below(shape, middle) < chance else (low, middle)
    return (low + high) / 2
