"""The assessment of whole evidence: every table, one subscription after the other."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from operator import le, lt
from typing import Any
from zoneinfo import ZoneInfo

from reference.calendars import Span, first_of, later_month, local_day, midnight, period_of
from reference.claims import Deadlines, is_claimed, rights_in
from reference.credits import Award, Owed
from reference.downtime import Contract, Row, account
from reference.fees import Fees
from reference.levels import ON_TICKETS, Fact, Judge, is_measured, on_outages, slices_down
from reference.terms import Terms, Tree, every_reading, readings_of, terms_of
from reference.tickets import desk_of
from reference.values import NEVER, SECOND, floored, instant, length_of, moment, word

TABLES = (
    "ledger", "availability", "figures", "attainment", "tickets", "incidents", "credits", "claims", "claim_steps",
    "requirements", "rights", "ranges", "recoveries", "backups",
)  # fmt: skip
Tables = dict[str, list[Row]]


def assess(
    policies: Mapping[str, Tree],
    evidence: Mapping[str, list[Row]],
    period: str,
    as_of: datetime,
    reading: Mapping[str, str] | None = None,
) -> Tables:
    """Judge every subscription of the evidence for a period, as known at `as_of`.

    Parameters
    ----------
    policies
        Name, as the subscriptions have it, to the policy as a plain tree, as YAML gives it.
    evidence
        Table to rows, as dicts. Times are aware datetimes, amounts decimals.
    period
        `2026-07/2026-09`, or with dates.
    as_of
        Now.
    reading
        Question, or `policy:question`, to answer; the defaults elsewhere.
    """
    tables: Tables = {name: [] for name in TABLES}
    for row in evidence["subscriptions"]:
        own = {name: _own(rows, row, evidence) for name, rows in evidence.items()}
        policy = policies[row["policy"]]
        case = case_of(policy, row, own, period, as_of, readings_of(policy, reading))
        case.write(tables)
        write_ranges(tables, case, policy, row, own, (period, as_of), reading)
    return tables


def _own(rows: list[Row], subscription: Row, evidence: Mapping[str, list[Row]]) -> list[Row]:
    name = subscription["subscription"]
    tickets = {row["ticket"] for row in evidence.get("tickets", []) if row["subscription"] == name}
    return [
        row
        for row in rows
        if row.get("subscription", name) == name and ("subscription" in row or row["ticket"] in tickets)
    ]


@dataclass
class Case:
    """One subscription under one reading, judged."""

    contract: Contract
    terms: Terms
    evidence: Tables
    period: Span
    judges: dict[str, Judge] = field(default_factory=dict)
    judged: dict[str, list[Fact]] = field(default_factory=dict)
    running: dict[str, list[Fact]] = field(default_factory=dict)
    owed: dict[str, list[Owed]] = field(default_factory=dict)
    seen: dict[str, Judge] = field(default_factory=dict)
    """What was judged under another reading by the same terms."""

    @property
    def name(self) -> str:
        return self.contract.name

    @property
    def total(self) -> Decimal:
        return sum((row.amount for rows in self.owed.values() for row in rows), Decimal(0))

    # Judging

    def judge_all(self) -> None:
        for guarantee in self.terms.guarantees:
            judge = self.judge_once(guarantee)
            self.judges[guarantee["id"]] = judge
            self.judged[guarantee["id"]], self.running[guarantee["id"]] = self.facts_of(judge)
        claims = [row for row in self.evidence.get("claims_made", []) if instant(row["claimed"]) <= self.contract.as_of]
        fees = Fees(self.contract, self.evidence.get("charges", []))
        for remedy in self.terms.remedies:
            own = [row for row in claims if row["remedy"] == remedy["id"]]
            award = Award(remedy, self.judges, fees, own, self.contract)
            self.owed[remedy["id"]] = award.owed(self.judged)

    def judge_once(self, guarantee: Tree) -> Judge:
        policy = self.terms.policy
        measured_by = {key: value for key, value in guarantee.items() if key != "credit"}
        terms = repr((measured_by, [policy.get(name) for name in ("begins", "maintenance", "support", "time_zone")]))
        if terms not in self.seen:
            self.seen[terms] = self.judge_of(guarantee)
        return self.seen[terms]

    def judge_of(self, guarantee: Tree) -> Judge:
        policy, contract = self.terms.policy, self.contract
        term = measured_term(guarantee.get("begins") or policy.get("begins"), contract)
        measurements = [row for row in self.evidence.get("measurements", []) if row["guarantee"] == guarantee["id"]]
        accounts = desk = None
        if guarantee["metric"] in ON_TICKETS:
            desk = desk_of(guarantee, policy, contract, term, self.evidence)
        elif not is_measured(guarantee):
            outages = self.evidence.get("outages", [])
            if guarantee.get("measured"):
                outages = slices_down(measurements, guarantee["measured"])
            accounts = account(guarantee, policy, contract, term, outages, self.evidence.get("maintenance", []))
        told = not on_outages(guarantee) or "outages" in self.evidence
        return Judge(guarantee, contract, term, accounts, measurements, desk, told)

    def facts_of(self, judge: Judge) -> tuple[list[Fact], list[Fact]]:
        """Windows that end in the period, and those that have begun in it and not ended by its end or by now."""
        start, end = self.period
        as_of = self.contract.as_of
        if judge.by_incident:
            return self.incident_facts(judge)
        windows = judge.windows((start, end))
        windows += [one for one in judge.windows((start - 1, start)) if one[1] == start and one not in windows]
        judged = [one for one in windows if start < one[1] <= end and one[1] <= as_of]
        # The rules are silent on windows that slide and still run: there is one for each day, and none is shown.
        slides = judge.guarantee["window"].startswith("rolling ")
        # A term is in progress in every period of it, whenever it began.
        first = -NEVER if judge.guarantee["window"] == "term" else start
        begun = [one for one in windows if first <= one[0] < end and one[0] < as_of and not slides]
        running = [one for one in begun if one[1] > min(end, as_of)]
        return [judge.fact(one) for one in judged], [judge.fact(one) for one in running]

    def incident_facts(self, judge: Judge) -> tuple[list[Fact], list[Fact]]:
        """Incidents that ended in the period, and those that began in it and go on beyond it, or beyond now."""
        start, end = self.period
        facts = [judge.of_incident(one) for one in incidents_of(judge)]
        judged = [one for one in facts if not one.going_on and start < one.window[1] <= end]
        begun = [one for one in facts if start <= one.window[0] < end]
        return judged, [one for one in begun if one.going_on or one.window[1] > end]

    # Tables

    def write(self, tables: Tables) -> None:
        for judge in self.judges.values():
            if judge.accounts is not None:
                self.write_ledger(tables, judge)
            if judge.desk is not None:
                self.write_tickets(tables, judge)
            self.write_facts(tables, judge)
        self.write_unjudged(tables)
        self.write_credits(tables)
        for right in self.terms.rights:
            self.write_rights(tables, right)
        write_recovery(tables, self)

    def write_ledger(self, tables: Tables, judge: Judge) -> None:
        name = judge.guarantee["id"]
        windows = [fact.window for fact in self.judged[name] + self.running[name]]
        rows: list[Row] = []
        for piece in sorted(judge.accounts.pieces, key=lambda one: (one.outage.id, one.span)):  # type: ignore[union-attr]
            for span in self.cut(piece.span, windows, judge):
                window = self.window_at(span, windows, judge, piece)
                row = {
                    "subscription": self.name,
                    "guarantee": name,
                    "outage": piece.outage.id,
                    "component": piece.outage.component,
                    "window_start": moment(window[0]) if window else None,
                    "started": moment(span[0]),
                    "ended": moment(span[1]),
                    "seconds": Fraction(span[1] - span[0], SECOND),
                    "verdict": piece.verdict if window else "outside_period",
                }
                if not rows or not goes_on(rows[-1], row):
                    rows.append(row)
        tables["ledger"] += rows
        if on_outages(judge.guarantee):
            for row in self.evidence.get("outages", []):
                verdict = without_time(row, self.contract.as_of)
                if verdict:
                    tables["ledger"].append(empty_piece(self.name, name, row, verdict))

    def cut(self, span: Span, windows: list[Span], judge: Judge) -> list[Span]:
        """A piece, cut at the edges of windows; an incident is not cut."""
        if judge.by_incident:
            return [span]
        edges = sorted({*span, *(edge for window in windows for edge in window if span[0] < edge < span[1])})
        return list(itertools.pairwise(edges))

    def window_at(self, span: Span, windows: list[Span], judge: Judge, piece: Any) -> Span | None:
        if not judge.by_incident:
            return next((one for one in windows if one[0] <= span[0] < one[1]), None)
        for run in judge.accounts.runs:  # type: ignore[union-attr]
            # what an outage lost before its clock belongs to the incident that the clock then starts
            if piece.outage.whole is None and run[0] <= piece.outage.clock < run[1]:
                return run if self.belongs(run, judge) else None
        whole = piece.outage.span
        return whole if self.belongs(whole, judge) else None

    def belongs(self, span: Span, judge: Judge) -> bool:
        start, end = self.period
        going_on = judge.accounts.is_going_on(span)  # type: ignore[union-attr]
        ended = not going_on and start < span[1] <= end
        return ended or (start <= span[0] < end and (going_on or span[1] > end))

    def write_unjudged(self, tables: Tables) -> None:
        """Outages that no guarantee of the subscription judges."""
        if any(on_outages(judge.guarantee) for judge in self.judges.values()):
            return
        for row in self.evidence.get("outages", []):
            verdict = without_time(row, self.contract.as_of) or "not_judged"
            piece = empty_piece(self.name, None, row, verdict)
            if verdict == "not_judged":
                end = min(self.contract.as_of, NEVER if row.get("ended") is None else instant(row["ended"]))
                piece["seconds"] = Fraction(end - instant(row["started"]), SECOND)
                piece["ended"] = moment(end)
            tables["ledger"].append(piece)

    def write_tickets(self, tables: Tables, judge: Judge) -> None:
        name = judge.guarantee["id"]
        facts = self.judged[name] + self.running[name]
        for ticket in judge.desk.tickets:  # type: ignore[union-attr]
            fact = next((fact for fact in facts if fact.window[0] <= ticket.opened < fact.window[1]), None)
            if fact is None:
                continue
            tables["tickets"].append(
                {
                    "subscription": self.name,
                    "guarantee": name,
                    "ticket": ticket.id,
                    "priority": ticket.priority,
                    "priorities": ticket.priorities,
                    "kind": ticket.kind,
                    "window_start": moment(fact.window[0]),
                    "opened": moment(ticket.opened),
                    "answered": moment(ticket.answered),
                    "due": moment(ticket.due),
                    "within_seconds": seconds(ticket.within),
                    "elapsed_seconds": seconds(ticket.elapsed),
                    "late_seconds": seconds(ticket.late) if ticket.verdict == "missed" else None,
                    "verdict": ticket.verdict,
                }
            )

    def write_facts(self, tables: Tables, judge: Judge) -> None:
        guarantee = judge.guarantee
        name = guarantee["id"]
        for running, facts in ((False, self.judged[name]), (True, self.running[name])):
            for fact in facts:
                start, end = moment(fact.window[0]), moment(fact.window[1])
                head = {"subscription": self.name, "guarantee": name, "window_start": start, "window_end": end}
                table, row = self.fact_row(judge, fact)
                tables[table].append(head | row | {"running": running})

    def fact_row(self, judge: Judge, fact: Fact) -> tuple[str, Row]:
        guarantee = judge.guarantee
        level = None if fact.level is None else floored(fact.level)
        if judge.desk is not None:
            row = {"eligible": fact.eligible, "met_count": fact.met_count, "pending": fact.pending}
            return "attainment", row | {"attainment": level, "exact": fact.level, "target": fact.limit, "met": fact.met}
        if judge.by_incident:
            within = seconds(judge.within)
            row = {
                "started": moment(fact.window[0]),
                "ended": moment(fact.window[1]),
                "seconds": seconds(fact.downtime),
            }
            return "incidents", row | {"within_seconds": within, "met": fact.met}
        if is_measured(guarantee) or guarantee["metric"] == "incidents":
            row = {"measurements": fact.measurements, "level": level, "exact": fact.level, "limit": fact.limit}
            return "figures", row | {"unit": (guarantee.get("measured") or {}).get("unit"), "met": fact.met}
        row = {"agreed_seconds": seconds(fact.agreed), "downtime_seconds": seconds(fact.downtime)}
        return "availability", row | {"availability": level, "exact": fact.level, "target": fact.limit, "met": fact.met}

    def write_credits(self, tables: Tables) -> None:
        claims = [row for row in self.evidence.get("claims_made", []) if instant(row["claimed"]) <= self.contract.as_of]
        for remedy in self.terms.remedies:
            own_claims = remedy.get("claims")
            claims_terms = self.terms.policy.get("claims") if own_claims is None else own_claims
            deadlines = Deadlines(claims_terms, self.contract, self.evidence.get("conditions", []))
            own = [row for row in claims if row["remedy"] == remedy["id"]]
            for row in self.owed[remedy["id"]]:
                head = {"subscription": self.name, "remedy": remedy["id"], "window_start": moment(row.window[0])}
                percent = row.uncapped * 100 / row.basis if row.basis else Fraction(0)
                money = {"amount": row.amount, "currency": self.contract.row["currency"]}
                tables["credits"].append(
                    head
                    | {"window_end": moment(row.window[1]), "credit_percent": percent, "basis_amount": row.basis}
                    | money
                    | {"cap": row.cap}
                )
                if not row.amount:
                    continue
                steps = deadlines.steps(row)
                requirements = deadlines.requirements(row)
                tables["requirements"] += [
                    head | {"requirement": name, "met": met} for name, met in requirements.items()
                ]
                status = deadlines.status(steps, is_claimed(row, own), requirements)
                tables["claims"].append(head | money | {"deadline": moment(steps.deadline), "status": status})
                if steps.opens is not None or steps.reported is not None:
                    tables["claim_steps"].append(
                        head
                        | {
                            "opens": moment(steps.opens),
                            "report_by": moment(steps.report_by),
                            "reported": steps.reported,
                        }
                    )

    def write_rights(self, tables: Tables, right: Tree) -> None:
        for row in rights_in(right, self.judges, self.judged, self.contract):
            start, end = row.pop("window")
            row |= {"window_start": moment(start), "window_end": moment(end), "until": moment(row["until"])}
            tables["rights"].append({"subscription": self.name} | row)


def goes_on(before: Row, row: Row) -> bool:
    """Let a piece that says the same as the one before it be one with it."""
    same = ("outage", "verdict", "window_start")
    if before["ended"] != row["started"] or any(before[name] != row[name] for name in same):
        return False
    before["ended"] = row["ended"]
    before["seconds"] += row["seconds"]
    return True


def incidents_of(judge: Judge) -> list[Any]:
    return judge.accounts.incidents  # type: ignore[union-attr]


def seconds(length: Any) -> Fraction | None:
    return None if length is None else Fraction(length) / SECOND


def without_time(row: Row, as_of: int) -> str | None:
    """The verdict of an outage that has no time to judge."""
    start = instant(row["started"])
    # The rules are silent on an outage that begins at `as_of`: nothing of it is known yet.
    if start >= as_of:
        return "after_as_of"
    return "no_length" if row.get("ended") is not None and instant(row["ended"]) == start else None


def empty_piece(subscription: str, guarantee: str | None, row: Row, verdict: str) -> Row:
    known = {"subscription": subscription, "guarantee": guarantee, "outage": str(row["outage"])}
    span = {"started": row["started"], "ended": row["started"], "seconds": Fraction(0)}
    return known | {"component": row.get("component"), "window_start": None} | span | {"verdict": verdict}


def measured_term(begins: Tree | None, contract: Contract) -> Span:
    """From when to when a guarantee is measured."""
    start = contract.starts
    if begins and begins.get("next"):
        month = first_of(local_day(start, contract.zone))
        start = midnight(later_month(month, 1), contract.zone)
    elif begins:
        start += length_of(begins["wait"])
    return start, max(start, contract.ends)


def case_of(
    policy: Tree,
    row: Row,
    evidence: Tables,
    period: str,
    as_of: datetime,
    answers: Mapping[str, str],
    seen: dict[str, Judge] | None = None,
) -> Case:
    # Rules, section 2: where the document names no time zone, UTC.
    zone = ZoneInfo(policy.get("time_zone") or "UTC")
    ends = NEVER if row.get("ends") is None else instant(row["ends"])
    contract = Contract(row, zone, instant(row["starts"]), ends, instant(as_of))
    terms = terms_of(policy, row.get("tier"), answers)
    check_conditions(policy, terms, evidence)
    case = Case(contract, terms, evidence, period_of(period, zone), seen={} if seen is None else seen)
    case.judge_all()
    return case


def check_conditions(policy: Tree, terms: Terms, evidence: Tables) -> None:
    """Refuse what is told of a requirement that no claim has, under the readings or as it is written."""
    places = [policy, terms.policy, *(policy.get("remedies") or []), *terms.remedies]
    known = {word(one["id"]) for place in places for one in (place.get("claims") or {}).get("requires") or []}
    unknown = sorted({str(row["condition"]) for row in evidence.get("conditions", [])})
    unknown = [name for name in unknown if word(name) not in known]
    if unknown:
        raise ValueError(f"no claim requires {', '.join(unknown)}")


MOST_READINGS = 600


def write_ranges(
    tables: Tables,
    case: Case,
    policy: Tree,
    row: Row,
    evidence: Tables,
    when: tuple[str, datetime],
    reading: Mapping[str, str] | None,
) -> None:
    """The lowest and the highest amount over every combination of answers, and the earliest deadlines."""
    default = readings_of(policy, reading)
    found: list[tuple[dict[str, str], Tables]] = []
    for answers in every_reading(policy, reading):
        if answers == default:
            own: Tables = {name: [] for name in TABLES}
            case.write_credits(own)
        else:
            own = {name: [] for name in TABLES}
            case_of(policy, row, evidence, *when, answers, case.seen).write_credits(own)
        found.append((answers, own))
        if len(found) > MOST_READINGS:
            break
    sums = [(answers, sum((one["amount"] for one in own["credits"]), Decimal(0))) for answers, own in found]
    amount = next(total for answers, total in sums if answers == default)
    low, high = min(sums, key=lambda one: one[1]), max(sums, key=lambda one: one[1])
    alone = [
        question
        for question in default
        if any(total != amount and differs_by(answers, default) == [question] for answers, total in sums)
    ]
    tables["ranges"].append(
        {
            "subscription": case.name,
            "currency": row["currency"],
            "amount": amount,
            "amount_low": low[1],
            "amount_high": high[1],
            "reading_low": json.dumps(low[0]),
            "reading_high": json.dumps(high[0]),
            "widened_by": ", ".join(alone),
        }
    )
    for claim in tables["claims"]:
        if claim["subscription"] != case.name:
            continue
        same = [
            one["deadline"]
            for _, own in found
            for one in own["claims"]
            if (one["remedy"], one["window_start"]) == (claim["remedy"], claim["window_start"]) and one["deadline"]
        ]
        claim["deadline_earliest"] = min(same, default=None)


def differs_by(answers: Mapping[str, str], default: Mapping[str, str]) -> list[str]:
    return [question for question, answer in answers.items() if answer != default[question]]


def write_recovery(tables: Tables, case: Case) -> None:
    """Data lost and time until the service was back, against what is promised after such a loss."""
    for row in case.evidence.get("recoveries", []):
        promises = case.terms.policy.get("recovery") or []
        promise = next((one for one in promises if word(one["id"]) == word(row["kind"])), None)
        if promise is None:
            continue
        failed = instant(row["failed"])
        if failed >= case.contract.as_of:
            continue
        lost = None if row.get("last_good_copy") is None else failed - instant(row["last_good_copy"])
        restored = None if row.get("restored") is None else instant(row["restored"])
        known = restored is not None and restored <= case.contract.as_of
        back = restored - failed if known else None
        waited = back if known else case.contract.as_of - failed
        rpo = length_of(promise["rpo"]) if promise.get("rpo") else None
        rto = length_of(promise["rto"]) if promise.get("rto") else None
        kept: Callable[[int, int], bool] = lt if promise.get("strictly") else le
        tables["recoveries"].append(
            {
                "subscription": case.name,
                "recovery": row["recovery"],
                "lost_seconds": seconds(lost),
                "rpo_met": None if lost is None or rpo is None else kept(lost, rpo),
                "back_seconds": seconds(back),
                # what is not restored is late once its time is up, and until then not judged
                "rto_met": None if rto is None or (not known and kept(waited, rto)) else kept(waited, rto),
            }
        )
