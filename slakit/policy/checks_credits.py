"""What credits, caps and claims must agree on with each other, and with what their guarantees measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from slakit.policy.conditions import SIDES
from slakit.policy.guarantees import ON_TICKETS, Guarantee
from slakit.policy.model import PolicyModel
from slakit.policy.part import Part, written_fields
from slakit.policy.quantities import Money, Points, Share, Window
from slakit.policy.remedies import Band, Cap, Claims, Credit, FeeBasis, FeeSum, Limits, Remedy
from slakit.policy.yaml import Place
from slakit.problems import one_of

Finding = tuple[Place, object, str, str]
"""Place, value seen, what is wrong, what would be right."""


def credits_agree(policy: PolicyModel) -> Iterator[Finding]:
    """Yield what does not fit together in schedules, caps and claims alone."""
    for place, credit, _ in _schedules(policy):
        for table, bands in _tables(credit, place):
            for index, (above, here) in enumerate(pairwise(bands), 1):
                sides = {_only_side(above), _only_side(here)}
                if sides == {"below"} and here.below >= above.below:  # type: ignore[operator]
                    before = f"the band above starts at {above.below}"
                    yield (*table, index, "below"), here.below, "bands must fall", before
                if sides == {"above"} and here.above <= above.above:  # type: ignore[operator]
                    before = f"the band before starts at {above.above}"
                    yield (*table, index, "above"), here.above, "bands must rise", before
            # the largest of several bands is known beforehand only where all are worth the same kind of thing
            comparable = len({type(band.credit) for band in bands}) == 1 and not any(band.plus for band in bands)
            if credit.select == "largest" and not comparable:
                wrong = "the largest of bands that do not compare"
                yield table, None, wrong, "let all be shares, or all amounts, without plus"
    stated: list[tuple[Place, Claims | None]] = [(("claims",), policy.claims)]
    stated += [(("remedies", i, "claims"), remedy.claims) for i, remedy in enumerate(policy.remedies)]
    for place, claims in stated:
        if claims is not None and claims.within is not None:
            within = (*place, "within")
            if not claims.needed:
                yield within, claims.within, "a limit for a claim that is not needed", "drop one of the two"
            if claims.after == "end_of_second_month":
                yield within, claims.within, "the end of a month is a deadline by itself", "drop one of the two"
    for index, remedy in enumerate(policy.remedies):
        for position, credit in enumerate(remedy.credit):
            for name in Limits.model_fields if len(remedy.credit) > 1 else ():
                if getattr(credit, name):
                    called = {"caps": "a cap", "minimum": "a minimum"}.get(name, name)
                    wrong = f"{called} on one of several schedules"
                    remedy_words = f"write {'the cap' if name == 'caps' else 'it'} on the remedy"
                    yield ("remedies", index, "credit", position, name), None, wrong, remedy_words
        for name in ("points", "minimum", "earn_back") if len(remedy.credit) == 1 else ():
            if getattr(remedy.credit[0], name) is not None and getattr(remedy, name) is not None:
                place = ("remedies", index, "credit", 0, name)
                yield place, None, f"{name} stands on the remedy as well", "write it once"
    yield from _points_are_worth_something(policy)
    yield from _times_are_of_months(policy)


def credits_fit_guarantees(policy: PolicyModel) -> Iterator[Finding]:
    """Yield what does not fit the guarantees that earn it; these are well formed."""
    guarantees = {guarantee.id: guarantee for guarantee in policy.guarantees}
    yield from _schedules_fit(policy, guarantees)
    for index, right in enumerate(policy.rights):
        if right.id in [earlier.id for earlier in policy.rights[:index]]:
            yield ("rights", index, "id"), right.id, "named twice", "give each its own id"
        for position, name in enumerate(right.guarantees):
            if name not in guarantees:
                yield ("rights", index, "for", position), name, "no such guarantee", one_of(list(guarantees), name)
        for position, condition in enumerate(right.when):
            if not condition.ranges:
                yield ("rights", index, "when", position), None, "no condition", "write one, like streak: 3"
        named = {measure for condition in right.when for measure in condition.ranges}
        for guarantee in (guarantees[name] for name in right.guarantees if name in guarantees):
            for wrong, remedy in _unmeasured(named, guarantee):
                yield ("rights", index, "when"), None, f"{wrong} ({guarantee.id})", remedy
    yield from _limits_fit(policy, guarantees)
    yield from _choices_fit(policy, guarantees)

    # a sliding window has no last incident of its own to count a deadline from
    for place, limits, _, names in _earned(policy):
        claims = (limits.claims if isinstance(limits, Remedy) else None) or policy.claims
        if claims is None or (claims.report is None and claims.after not in ("incident_end", "incident_start")):
            continue
        if any(guarantees[name].window.slides for name in names if name in guarantees):
            here = (*place, "claims", "after") if isinstance(limits, Remedy) else ("claims", "after")
            yield here, claims.after, "a sliding window has no last incident of its own", "use window_end"
            return


def _choices_fit(policy: PolicyModel, guarantees: Mapping[str, Guarantee]) -> Iterator[Finding]:
    """Yield remedies of which one is to be paid, and that do not compare."""
    earned = {}
    for _, limits, credits, names in _earned(policy):
        limiting = [limits, *(credit for credit in credits if credit is not limits)]
        earned[limits.id if isinstance(limits, Remedy) else names[0]] = (limiting, names)
    chosen: list[str] = []
    for index, choice in enumerate(policy.one_of):
        if choice.id in [earlier.id for earlier in policy.one_of[:index]]:
            yield ("one_of", index, "id"), choice.id, "named twice", "give each its own id"
        windows: dict[str, str] = {}
        for position, name in enumerate(choice.remedies):
            place: Place = ("one_of", index, "remedies", position)
            if name not in earned:
                yield place, name, "no such remedy", one_of(list(earned), name)
                continue
            if name in chosen:
                yield place, name, "stands in one_of already", "name each remedy once"
            chosen.append(name)
            limiting, names = earned[name]
            for part in limiting:
                if part.minimum is not None and part.minimum.otherwise == "carried":
                    wrong = "what is carried on would be paid later, beside what is paid in its place"
                    yield place, name, wrong, "write otherwise: nothing, or raised"
            for own in (guarantees[one].window for one in names if one in guarantees):
                windows.setdefault(str(own), name)
        if len(windows) > 1:
            said = " and ".join(f"{window} ({name})" for window, name in windows.items())
            yield ("one_of", index), None, f"windows that do not compare: {said}", "judge them over the same windows"


def _earned(policy: PolicyModel) -> Iterator[tuple[Place, Limits, list[Credit], list[str]]]:
    """Yield what is earned together, by a guarantee or by a remedy: its limits, schedules and guarantees."""
    for index, guarantee in enumerate(policy.guarantees):
        if guarantee.credit is not None:
            yield ("guarantees", index, "credit"), guarantee.credit, [guarantee.credit], [guarantee.id]
    for index, remedy in enumerate(policy.remedies):
        yield ("remedies", index), remedy, remedy.credit, remedy.guarantees


def _schedules(policy: PolicyModel) -> Iterator[tuple[Place, Credit, list[str]]]:
    """Yield every schedule with the guarantees that earn it."""
    for place, limits, credits, names in _earned(policy):
        for number, credit in enumerate(credits):
            yield place if limits is credit else (*place, "credit", number), credit, names


def _worths(part: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    """Every worth in a part, with its place."""
    if isinstance(part, Share | Money | Points):
        yield place, part
    elif isinstance(part, list):
        for index, entry in enumerate(part):
            yield from _worths(entry, (*place, index))
    elif isinstance(part, dict):
        for key, entry in part.items():
            yield from _worths(entry, (*place, key))
    elif isinstance(part, Part):
        for name, field, value in written_fields(part):
            yield from _worths(value, (*place, field.alias or name))


LIMITS = tuple(Limits.model_fields)
EARNING = tuple(sorted(Credit.model_fields.keys() - set(LIMITS)))


def _points_are_worth_something(policy: PolicyModel) -> Iterator[Finding]:
    """Points are what all schedules of a remedy earn, or none of them; nothing else is measured in them."""
    for place, limits, credits, _ in _earned(policy):
        valued = limits.points or (credits[0].points if len(credits) == 1 else None)
        for credit in credits:
            earned = [pair for name in EARNING for pair in _worths(getattr(credit, name), (*place, name))]
            for where, worth in earned:
                if isinstance(worth, Points) != (valued is not None):
                    wrong = "points that are worth nothing" if valued is None else "a credit among points"
                    yield where, worth, wrong, "write points: {each: 1%} and let all its schedules earn points"
            if valued is not None and any(
                rate.multiple is not None or (rate.shortfall is not None and rate.shortfall.step is None)
                for rate in credit.rates
            ):
                yield place, None, "a share of the fee among points", "let all its schedules earn points"
    for index, remedy in enumerate(policy.remedies):
        if remedy.points is not None and any(credit.of != remedy.credit[0].of for credit in remedy.credit):
            yield ("remedies", index, "points"), None, "points of different fees", "let its schedules have one `of`"
    for place, limits in _limits(policy):
        for name in LIMITS:
            for where, worth in _worths(getattr(limits, name), (*place, name)):
                if isinstance(worth, Points):
                    yield where, worth, "points are no limit", "write a share or an amount"


def _limits(policy: PolicyModel) -> Iterator[tuple[Place, Limits]]:
    """Yield every schedule and every remedy."""
    yield from ((place, credit) for place, credit, _ in _schedules(policy))
    yield from ((("remedies", index), remedy) for index, remedy in enumerate(policy.remedies))


MONTHLY = ("monthly_fee", "component_fee", "previous_month_fee", "next_month_fee")


def _times_are_of_months(policy: PolicyModel) -> Iterator[Finding]:
    """A day is a thirtieth of a month's fee; it is no known share of another fee."""
    for place, part in _limits(policy):
        limits: list[tuple[Place, Any]] = [((*place, "caps", n), cap) for n, cap in enumerate(part.caps)]
        if part.minimum is not None:
            limits.append(((*place, "minimum"), part.minimum))
        for here, limit in limits:
            yield from _of_a_month(limit, here, limit.of)
        if isinstance(part, Credit):
            earning = [name for name in Credit.model_fields if name not in ("caps", "minimum")]
            for name in earning:
                yield from _of_a_month(getattr(part, name), (*place, name), part.of)
        elif isinstance(part, Remedy) and part.points is not None and part.credit:
            yield from _of_a_month(part.points, (*place, "points"), part.credit[0].of)  # the fee of all its schedules


def _of_a_month(part: Any, place: Place, of: FeeBasis) -> Iterator[Finding]:
    """Times in a part, if the fee that they are a share of is not that of a month."""
    monthly = (of.last is None or of.mean) if isinstance(of, FeeSum) else of in MONTHLY
    for where, worth in _worths(part, place) if not monthly else ():
        if isinstance(worth, Share) and worth.is_time:
            yield where, worth, "time of a fee that is not a month's", "write a fraction, like 1/90"


def _schedules_fit(policy: PolicyModel, guarantees: dict[str, Guarantee]) -> Iterator[Finding]:
    """Yield what is wrong with schedules by what their guarantees measure, and over which windows."""
    for place, credit, names in _schedules(policy):
        judged = [guarantees[name] for name in credit.guarantees or names if name in guarantees]
        for guarantee in judged:
            for wrong, remedy in _unfit(credit, guarantee):
                yield place, None, f"{wrong} ({guarantee.id})", remedy
            if guarantee.metric in ("figure", "incidents"):
                continue
            levels = [
                ((*table, index, side), getattr(band, "from_" if side == "from" else side))
                for table, bands in _tables(credit, place)
                for index, band in enumerate(bands)
                for side in SIDES
            ]
            for where, level in levels:
                if level is not None and level > 100:
                    yield where, level, "not a percentage", "write a number from 0 to 100"
        for window in [guarantees[name].window for name in names if name in guarantees]:
            if credit.by_incident and window.slides:
                yield place, None, f"incidents do not belong to one window of {window}", "judge a calendar window"
            if credit.of == "window_fee" and window.text in ("term", "incident"):
                yield (*place, "of"), credit.of, f"a window of {window} has no fee", "use monthly_fee or annual_fee"
        # late tickets earn one by one, and windows do not: a schedule for both must say which it means
        if len({guarantee.on_single_tickets for guarantee in judged}) > 1 and credit.per is None:
            yield place, None, "single tickets beside windows", "write per: incident, or a schedule for each"


def _unfit(credit: Credit, guarantee: Guarantee) -> Iterator[tuple[str, str]]:
    """Yield what a schedule asks of a guarantee that does not measure it, and what to write instead."""
    bands = [band for table in credit.tables for band in table]
    rates = credit.rates
    single = guarantee.on_single_tickets and credit.per in (None, "incident")
    if guarantee.on_single_tickets and not single:
        yield "each late ticket is a breach by itself", "write per: incident"
    if guarantee.on_single_tickets and any(rate.shortfall is not None for rate in rates):
        yield "single tickets have no level", "write flat, accrual or bands of outage"
    if single and any(not band.by_outage for band in bands):
        yield "a band goes by how late a ticket is", "write outage: 1h"
    yield from _unmeasured({measure for condition in credit.conditions for measure in condition.ranges}, guarantee)
    for rate in rates:
        accrual, shortfall = rate.accrual, rate.shortfall
        if guarantee.on_measurements and (accrual is not None or rate.multiple is not None):
            yield "measurements are no downtime", "write bands, flat or shortfall"
        if guarantee.metric in ON_TICKETS and accrual is not None and not (credit.by_incident or single):
            yield "tickets have no downtime", "accrue per: incident"
        if guarantee.metric in ON_TICKETS and (rate.multiple is not None or (shortfall and credit.by_incident)):
            yield "late tickets have no share of the time lost", "write flat, accrual or bands of outage"
        if (
            accrual is not None
            and accrual.after_target
            and (guarantee.metric != "availability" or guarantee.window.text == "incident")
        ):
            yield "only a percentage of a window's time allows downtime", "write the time, like after: 4h"
        if guarantee.window.text == "incident" and (shortfall is not None or rate.multiple is not None):
            yield "a single incident earns by accrual, flat or bands over a length", "write one of these"
        elif shortfall is not None and guarantee.metric == "downtime":
            yield "points are counted from a percentage or figure", "write accrual, flat or bands"
        if shortfall is not None and shortfall.from_ == "full" and not guarantee.falls:
            yield "100 % is not the best", "write from: target"
        averaged = guarantee.measured is not None and guarantee.measured.slice is not None and guarantee.on_measurements
        if shortfall is not None and shortfall.step is None and averaged:
            yield "a mean of slices is exact only against steps and bands", "write a step, or bands"
    if guarantee.combine == "mean" and credit.earned_per in ("incident", "day"):
        yield "a mean over components is of a window, not of one incident or day", "write per: window"
    if credit.by_incident and guarantee.on_measurements:
        yield "measurements have no incidents", "write per: window"
    if credit.earned_per != "day":
        return
    if not guarantee.on_outages:
        yield "only downtime lies in days", "write per: window"
    if guarantee.window.slides or guarantee.window.text in ("incident", "1d", "1h"):
        yield f"a window of {guarantee.window} does not consist of days", "write a longer one, like 1mo"
    if guarantee.weigh is not None or guarantee.rounded.outage is not None or guarantee.rounded.downtime is not None:
        yield "weighed or rounded downtime is of the window, not of one day", "write per: window"


def _unmeasured(measures: set[str], guarantee: Guarantee) -> Iterator[tuple[str, str]]:
    """Measures of a condition that a guarantee does not have, and what to write instead."""
    counted = {"outage", "downtime", "incidents"} & measures
    if counted and guarantee.on_measurements:
        yield "measurements have no outages", "write a level, like below: 99"
    if {"outage", "incidents"} & measures and guarantee.combine == "mean":
        yield "a mean over components has no single outages", "write downtime, or a level"
    if "downtime" in measures and guarantee.metric in ON_TICKETS:
        yield "tickets have no downtime", "write a level, outage or incidents"
    if counted - {"downtime"} and guarantee.window.slides:
        wrong = f"incidents do not belong to one window of {guarantee.window}"
        yield wrong, "write downtime, or count them: metric: incidents"
    if {"level", "deviation"} & measures and guarantee.metric == "downtime":
        yield "downtime has no level", "write outage or downtime"
    elif {"level", "deviation"} & measures and guarantee.window.text == "incident":
        yield "a single incident has a length and no level", "write outage"
    if {"streak", "misses"} & measures and guarantee.window.text == "incident":
        yield "incidents do not follow each other as windows do", "judge a window, like 1mo"


def _tables(credit: Credit, place: Place) -> Iterator[tuple[Place, list[Band]]]:
    """Tables of bands: one, or one for each tier."""
    if isinstance(credit.bands, dict):
        for tier, bands in credit.bands.items():
            yield (*place, "bands", tier), bands
    elif credit.bands is not None:
        yield (*place, "bands"), credit.bands


def _only_side(band: Band) -> str | None:
    """Return the side of the level of which a band speaks, where it says nothing else."""
    sides = [side for side, _ in band.bounds]
    return sides[0] if set(band.ranges) == {"level"} and len(sides) == 1 else None


def _limits_fit(policy: PolicyModel, guarantees: dict[str, Guarantee]) -> Iterator[Finding]:
    """A cap limits what is earned in its span: that must consist of whole windows, or of incidents, or of days."""
    earned = list(_earned(policy))
    single = [
        ((*place, "credit", number), credit, [credit], names)
        for place, limits, credits, names in earned
        for number, credit in enumerate(credits)
        if credit is not limits
    ]
    for place, limits, credits, names in [*earned, *single]:
        judged = [guarantees[name] for name in names if name in guarantees]
        for index, cap in enumerate(limits.caps):
            wrong = _wrong_cap(cap, limits, credits, judged)
            if wrong is not None:
                yield (*place, "caps", index, "per"), cap.per, *wrong
    for place, limits, _, names in earned:
        if limits.earn_back is not None and any(guarantees[name].window.slides for name in names if name in guarantees):
            wrong = ("windows that overlap do not follow each other", "judge a calendar window")
            yield (*place, "earn_back"), None, *wrong


def _wrong_cap(
    cap: Cap, limits: Limits, credits: Sequence[Credit], judged: Sequence[Guarantee]
) -> tuple[str, str] | None:
    """Return why a cap cannot be applied, and what would be right."""
    windows = [guarantee.window for guarantee in judged]
    if cap.per == "incident":
        single = any(guarantee.window.text == "incident" or guarantee.on_single_tickets for guarantee in judged)
        if not single and not any(credit.by_incident for credit in credits):
            return "a cap per incident on what no incident earns by itself", "cap the window, or earn per: incident"
        if limits.points is not None:
            return "points are worth money by the window, not by the incident", "cap the window"
        longer = next((window for window in windows if window.text != "incident"), None)
        if isinstance(cap.of, FeeSum) and cap.of.last is not None and cap.of.last.days and longer is not None:
            wrong = f"the last {cap.of.last} would be those before the {longer.words_for_people}, not the incident"
            return wrong, "judge each by itself, window: incident, or write months, like of: {last: 1mo}"
    if not isinstance(cap.per, Window):
        return None
    slid = [Window("1d" if window.rolling_days else "1mo") if window.slides else window for window in windows]
    longer = next((window for window in slid if _days_of(cap.per) < _days_of(window)), None)
    if longer is None:
        return None
    if cap.per.text == "1d" and all(credit.earned_per == "day" for credit in credits):
        several = ("a cap per day on several schedules", "write one schedule, or cap the window")
        return several if len(credits) > 1 else None
    wrong = f"shorter than the window that is judged ({longer.words_for_people})"
    return wrong, "cap the window, or, by day, earn per: day" if cap.per.text == "1d" else "cap the window"


def _days_of(window: Window) -> float:
    """About how long a window is."""
    if window.slides:
        return window.rolling_days or 30 * (window.rolling_months or 0)
    fixed = {"1h": 0.04, "1d": 1, "1w": 7, "incident": 0, "term": float("inf")}
    return fixed[window.text] if window.text in fixed else 30 * (window.months or 1)
