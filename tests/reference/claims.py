"""Until when a credit can be claimed, and which rights arise (section 7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from reference.calendars import Span, business_day_after, common, later_month, local_day, merged, midnight
from reference.credits import Conditions, Owed
from reference.downtime import Contract, Incident, Row
from reference.levels import Judge
from reference.terms import Tree
from reference.values import NEVER, instant, time_of, word


@dataclass(frozen=True)
class Steps:
    """The instants that matter to one claim."""

    deadline: int | None
    opens: int | None = None
    report_by: int | None = None
    reported: bool | None = None


@dataclass
class Deadlines:
    """The claim terms of one remedy."""

    claims: Tree | None
    contract: Contract
    conditions: list[Row] = field(default_factory=list)
    """What is told of the requirements of a claim."""

    def requirements(self, row: Owed) -> dict[str, bool | None]:
        """Requirement of a claim to whether it was met in the window; nothing if nobody says so of all of it."""
        names = [str(one["id"]) for one in (self.claims or {}).get("requires") or []]
        return {name: self.is_met(name, row.window) for name in names}

    def is_met(self, name: str, window: Span) -> bool | None:
        spans: dict[bool, list[Span]] = {True: [], False: []}
        for one in self.conditions:
            start = instant(one["started"])
            # The rules are silent on what begins after now: nothing of it is known yet.
            if word(one["condition"]) == word(name) and start < self.contract.as_of:
                end = NEVER if one.get("ended") is None else instant(one["ended"])
                spans[one["met"] in (True, "yes")].append(common((start, end), window))
        if any(end > start for start, end in spans[False]):
            return False
        return True if merged(spans[True]) == [window] else None

    def steps(self, row: Owed) -> Steps:
        if self.claims is None or self.claims.get("needed") is False:
            return Steps(None)
        anchor = self.claims.get("after") or "window_end"
        if anchor == "incident_end" and any(one.going_on for one in self.incidents(row)):
            return Steps(None, None, *self.report(row))  # what has not ended has no last instant yet
        at, from_end = self.anchor(anchor, row)
        whole = anchor not in ("incident_end", "incident_start")
        deadline = None
        if self.claims.get("within"):
            deadline = self.after(at, from_end, self.claims["within"], of_window=whole)
        elif anchor == "end_of_second_month":
            deadline = at - 1
        if deadline is not None and self.claims.get("to_end_of"):
            deadline = self.contract.windows(self.claims["to_end_of"], (deadline, deadline + 1))[0][1] - 1
        opens = None
        if self.claims.get("opens"):
            # The end of a month is a deadline; the time before a claim runs from the end of the window.
            of, end = (row.window[1], True) if anchor == "end_of_second_month" else (at, from_end)
            opens = self.after(of, end, self.claims["opens"], opens=True, of_window=whole)
        return Steps(deadline, opens, *self.report(row))

    def anchor(self, anchor: str, row: Owed) -> tuple[int, bool]:
        """An instant, and whether it is the end of something: the last instant before it gives the day."""
        incidents = self.incidents(row)
        if anchor == "incident_end" and incidents:
            return max(one.last for one in incidents), True
        if anchor == "incident_start" and incidents:
            return max(incidents, key=lambda one: (one.last, one.first)).first, False
        if anchor == "end_of_second_month":
            month = local_day(row.window[1] - 1, self.contract.zone).replace(day=1)
            return midnight(later_month(month, 3), self.contract.zone), True
        # The rules are silent on incidents where there are none, as in measured values: the window's end stands for it.
        return row.window[1], True

    @staticmethod
    def incidents(row: Owed) -> list[Incident]:
        """Those that counted in the window, of the guarantees that missed; of all, where a band needed no miss."""
        missed = [fact for fact in row.facts.values() if fact.met is False]
        return [one for fact in missed or row.facts.values() for one in fact.touching]

    def after(self, at: int, from_end: bool, text: str, opens: bool = False, of_window: bool = False) -> int:
        """In hours: to the second. In days, business days or months: the end of that day."""
        time = time_of(text)
        if not time.months and not time.business_days and time.days is None:
            return at + time.microseconds
        zone = self.contract.zone
        day = local_day(at - 1 if from_end else at, zone)
        if time.months and of_window:  # months after a window run from the day that follows it
            day = later_month(day + timedelta(days=1), time.months) - timedelta(days=1)
        elif time.months:
            day = later_month(day, time.months)
        elif time.business_days:
            day = business_day_after(day, time.business_days, (self.claims or {}).get("holidays"))
        else:
            day += timedelta(days=time.days or 0)
        end = midnight(day + timedelta(days=1), zone)
        return end if opens else end - 1

    def report(self, row: Owed) -> tuple[int | None, bool | None]:
        """Until when the outage must have been reported, and whether it was."""
        report = (self.claims or {}).get("report")
        incidents = self.incidents(row)
        if report is None or not incidents:
            return None, None
        if report.get("within") is None:  # at any time until now
            told = [at for one in incidents for at in one.reported if at is not None and at <= self.contract.as_of]
            return None, bool(told)
        start = (report.get("after") or "incident_start") == "incident_start"
        if not start and any(one.going_on for one in incidents):
            return None, None  # what has not ended has no last instant yet, from which to count
        each = []
        for one in incidents:
            by = self.after(one.first if start else one.last, not start, report["within"])
            each.append((by, any(at is not None and at <= min(by, self.contract.as_of) for at in one.reported)))
        # The rules are silent on several outages in a window: one that was reported in time keeps the claim.
        return max(by for by, _ in each), any(reported for _, reported in each)

    def status(self, steps: Steps, claimed: bool, requirements: dict[str, bool | None]) -> str:
        # A claim that was made is one; whether it was made in time, or could be made at all, is then for the parties.
        automatic = self.claims is not None and self.claims.get("needed") is False
        if claimed and not (automatic and False in requirements.values()):
            return "claimed"
        # What a credit depends on, it depends on where nobody needs to ask for it as well.
        if False in requirements.values():
            return "not_valid"
        if self.claims is None or automatic:
            return "not_required"
        over = steps.report_by is None or self.contract.as_of > steps.report_by
        lost = steps.reported is False and over
        if lost or (steps.deadline is not None and self.contract.as_of > steps.deadline):
            return "expired"
        return "waiting" if steps.opens is not None and self.contract.as_of < steps.opens else "claimable"


def is_claimed(row: Owed, claims: list[Row]) -> bool:
    return any(row.window[0] <= instant(claim["window_start"]) < row.window[1] for claim in claims)


def rights_in(right: Tree, judges: dict[str, Judge], facts: dict[str, list[Any]], contract: Contract) -> list[Row]:
    """Windows in which a right arises: any of its conditions will do."""
    conditions = right["when"] if isinstance(right["when"], list) else [right["when"]]
    rows = []
    for name in right["for"]:
        for fact in facts.get(name, []):
            if fact.met is None and fact.level is None:
                continue
            reached = Conditions(judges[name], fact)
            alone = fact.incidents[0] if judges[name].by_incident else None
            if not any(reached.hold(when, alone) for when in conditions):
                continue
            until = None
            if right.get("within"):
                until = Deadlines({}, contract).after(fact.window[1], True, right["within"], of_window=True)
            rows.append({"right": right["id"], "guarantee": name, "window": fact.window, "until": until})
    return rows
