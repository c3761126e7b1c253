"""The assessment of whole evidence: every table, one subscription after the other."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from reference.calendars import Span, common, covers, first_of, later_month, local_day, midnight, period_of, without
from reference.claims import Deadlines, is_claimed, rights_in
from reference.credits import Award, Owed, settle
from reference.downtime import Contract, Row, account
from reference.fees import Fees
from reference.levels import ON_TICKETS, Fact, Judge, is_measured, on_outages, slices_down
from reference.terms import Terms, Tree, every_reading, readings_of, terms_of
from reference.tickets import desk_of
from reference.values import NEVER, SECOND, floored, in_span, instant, length_of, moment, word

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
    subscriptions: dict[str, list[Row]] = {}
    for row in evidence["subscriptions"]:
        subscriptions.setdefault(row["subscription"], []).append(row)
    for rows in subscriptions.values():
        rows.sort(key=lambda row: instant(row["starts"]))
        check_rows(rows)
        own = {name: _own(others, rows[0], evidence) for name, others in evidence.items()}
        own = as_agreed(own, instant(as_of))
        written = [policies[row["policy"]] for row in rows]
        answers = {policy["id"]: readings_of(policy, reading) for policy in written}
        case = case_of(written, rows, own, period, as_of, answers)
        case.write(tables)
        write_ranges(tables, case, written, rows, own, (period, as_of), reading)
    return tables


def _own(rows: list[Row], subscription: Row, evidence: Mapping[str, list[Row]]) -> list[Row]:
    name = subscription["subscription"]
    known = {
        (key, row[key])
        for table, key in (("tickets", "ticket"), ("outages", "outage"))
        for row in evidence.get(table, [])
        if row["subscription"] == name
    }
    return [
        row
        for row in rows
        if row.get("subscription") == name
        or ("subscription" not in row and any((key, row.get(key)) in known for key in ("ticket", "outage")))
    ]


def as_agreed(evidence: Tables, as_of: int) -> Tables:
    """The evidence with what was agreed on outages by now: one that counts nowhere is marked `excluded`."""
    if "outages" not in evidence:
        return evidence
    outages = []
    for row in evidence["outages"]:
        about = [one for one in evidence.get("corrections", []) if one["outage"] == row["outage"]]
        agreed = [one for one in about if one["state"] == "agreed" and instant(one["decided"]) <= as_of]
        last = max(agreed, key=lambda one: instant(one["decided"]), default=None)
        now = dict(row)
        if last is not None and last["action"] == "changed":
            now |= {edge: last[edge] for edge in ("started", "ended") if last.get(edge) is not None}
        outages.append(now | {"excluded": last is not None and last["action"] == "excluded"})
    return evidence | {"outages": outages}


def check_rows(rows: list[Row]) -> None:
    """Refuse rows of one subscription that do not follow one another."""
    name = rows[0]["subscription"]
    for row, following in itertools.pairwise(rows):
        if row.get("ends") is None or instant(row["ends"]) > instant(following["starts"]):
            raise ValueError(f"two rows of {name} overlap: the earlier one ends before the later one starts")
        for what in ("currency", "billing_day"):
            if row.get(what) != following.get(what):
                raise ValueError(f"{name} changes its {what}")


@dataclass
class Part:
    """One row of a subscription under one reading."""

    contract: Contract
    terms: Terms
    own: Span
    """From its start to its end."""
    reach: Span
    """The time that is its: until the next one starts. The first one has what is before it, the last what is after."""
    period: Span


@dataclass
class Case:
    """One subscription under one reading, judged."""

    parts: list[Part]
    evidence: Tables
    judges: dict[str, list[Judge]] = field(default_factory=dict)
    """Guarantee to its judges, one for each of the terms that it has one after the other."""
    judged: dict[int, list[Fact]] = field(default_factory=dict)
    running: dict[int, list[Fact]] = field(default_factory=dict)
    owed: dict[str, list[Owed]] = field(default_factory=dict)
    seen: dict[str, Judge] = field(default_factory=dict)
    """What was judged under another reading by the same terms."""

    @property
    def name(self) -> str:
        return self.parts[0].contract.name

    @property
    def as_of(self) -> int:
        return self.parts[0].contract.as_of

    def claims_made(self) -> list[Row]:
        """Those that stand, as they are known by now: what is answered later is open, with nothing credited."""
        known = []
        for row in self.evidence.get("claims_made", []):
            later = row.get("answered") is not None and instant(row["answered"]) > self.as_of
            if instant(row["claimed"]) <= self.as_of and (later or row.get("outcome") != "withdrawn"):
                known.append(row | {"amount": None} if later else row)
        return known

    def part_at(self, at: int) -> Part:
        return next(part for part in self.parts if part.reach[0] <= at < part.reach[1])

    # Judging

    def judge_all(self) -> None:
        names = dict.fromkeys(one["id"] for part in self.parts for one in part.terms.guarantees)
        for name in names:
            self.judges[name] = self.judges_of(name)
            for judge in self.judges[name]:
                self.judged[id(judge)], self.running[id(judge)] = self.facts_of(judge)
        claims = self.claims_made()
        for part in self.parts:
            judges = {name: own[0] for name in names if (own := self.judges_in(name, part))}
            facts = {name: self.facts_in(judge, part) for name, judge in judges.items()}
            fees = Fees(part.contract, self.evidence.get("charges", []))
            for remedy in part.terms.remedies:
                own_claims = [row for row in claims if row["remedy"] == remedy["id"]]
                award = Award(remedy, judges, fees, own_claims, part.contract)
                self.owed.setdefault(remedy["id"], []).extend(award.owed(facts))
        for rows in self.owed.values():
            rows.sort(key=lambda row: (row.window[1], row.window[0]))
        spells: list[tuple[object, Span, list[Tree]]] = []
        for part in self.parts:
            plan = part.contract.row["policy"], part.contract.row.get("tier")
            if spells and spells[-1][0] == plan:  # only the fee changes
                spells[-1] = (plan, (spells[-1][1][0], part.reach[1]), spells[-1][2])
            else:
                spells.append((plan, part.reach, part.terms.policy.get("one_of") or []))
        settle(self.owed, [(reach, choices) for _, reach, choices in spells])

    def judges_of(self, name: str) -> list[Judge]:
        """The judges of a guarantee: rows that follow one another with the same measuring terms have one."""
        spells: list[tuple[str, list[Part]]] = []
        before = None
        for part in self.parts:
            guarantee = part.terms.guarantee(name)
            terms = None if guarantee is None else measuring_terms(guarantee, part)
            if terms is not None and terms == before:
                spells[-1][1].append(part)
            elif terms is not None:
                spells.append((terms, [part]))
            before = terms
        found: list[Judge] = []
        key = ""
        for terms, parts in spells:
            reach = parts[0].reach[0], parts[-1].reach[1]
            key = repr((key, terms, reach))
            if key not in self.seen:
                own = parts[0].own[0], parts[-1].own[1]
                judge = self.judge_of(parts[0].terms.guarantee(name) or {}, parts[0], own)
                judge.reach, judge.earlier = reach, found[-1] if found else None
                self.seen[key] = judge
            found.append(self.seen[key])
        return found

    def judge_of(self, guarantee: Tree, part: Part, own: Span) -> Judge:
        policy, contract = part.terms.policy, part.contract
        term = common(measured_term(guarantee.get("begins") or policy.get("begins"), contract), own)
        measurements = [row for row in self.evidence.get("measurements", []) if row["guarantee"] == guarantee["id"]]
        accounts = desk = None
        if guarantee["metric"] in ON_TICKETS:
            desk = desk_of(guarantee, policy, contract, term, self.evidence)
        elif not is_measured(guarantee):
            outages = self.evidence.get("outages", [])
            if guarantee.get("measured"):
                outages = slices_down(measurements, guarantee["measured"])
            works, coverage = self.evidence.get("maintenance", []), self.evidence.get("coverage") or None
            accounts = account(guarantee, policy, contract, term, outages, works, coverage)
        told = not on_outages(guarantee) or "outages" in self.evidence
        return Judge(guarantee, contract, term, accounts, measurements, desk, told)

    def judges_in(self, name: str, part: Part) -> list[Judge]:
        """The judge that a guarantee has under a row, if it is in it."""
        inside = [one for one in self.judges[name] if common(one.reach, part.reach) == part.reach]
        return inside if part.terms.guarantee(name) is not None else []

    def facts_in(self, judge: Judge, part: Part) -> list[Fact]:
        """What a row owes for: windows that end, and single incidents that begin, while it is in force."""
        at = [(one.window[0] if judge.by_incident else one.window[1] - 1, one) for one in self.judged[id(judge)]]
        return [fact for when, fact in at if part.reach[0] <= when < part.reach[1]]

    def period_of(self, judge: Judge) -> Span:
        return next(part.period for part in self.parts if common(judge.reach, part.reach) == part.reach)

    def facts_of(self, judge: Judge) -> tuple[list[Fact], list[Fact]]:
        """Windows that end in the period, and those that have begun in it and not ended by its end or by now."""
        (start, end), as_of = self.period_of(judge), self.as_of
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
        start, end = self.period_of(judge)
        found = [judge.cut(one) for one in incidents_of(judge)]
        facts = [judge.of_incident(one) for one in found if one.run[1] > one.run[0]]
        judged = [one for one in facts if not one.going_on and start < one.window[1] <= end]
        begun = [one for one in facts if start <= one.window[0] < end]
        return judged, [one for one in begun if one.going_on or one.window[1] > end]

    # Tables

    def write(self, tables: Tables) -> None:
        for judge in (judge for own in self.judges.values() for judge in own):
            if judge.accounts is not None:
                self.write_ledger(tables, judge)
            if judge.desk is not None:
                self.write_tickets(tables, judge)
            self.write_facts(tables, judge)
        self.write_unjudged(tables)
        self.write_credits(tables)
        self.write_rights(tables)
        write_recovery(tables, self)

    def write_ledger(self, tables: Tables, judge: Judge) -> None:
        name = judge.guarantee["id"]
        windows = [fact.window for fact in self.judged[id(judge)] + self.running[id(judge)]]
        rows: list[Row] = []
        for piece in sorted(judge.accounts.pieces, key=lambda one: (one.outage.id, one.span)):  # type: ignore[union-attr]
            for span in self.cut(common(piece.span, judge.reach), windows, judge):
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
                verdict = without_time(row, self.as_of)
                if verdict and covers([judge.reach], instant(row["started"])):
                    tables["ledger"].append(empty_piece(self.name, name, row, verdict))

    def cut(self, span: Span, windows: list[Span], judge: Judge) -> list[Span]:
        """A piece, cut at the edges of windows; an incident is not cut."""
        if span[1] <= span[0]:
            return []
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
                run = common(run, judge.reach)
                return run if self.belongs(run, judge) else None
        whole = common(piece.outage.span, judge.reach)
        return whole if self.belongs(whole, judge) else None

    def belongs(self, span: Span, judge: Judge) -> bool:
        start, end = self.period_of(judge)
        going_on = judge.accounts.is_going_on(span)  # type: ignore[union-attr]
        ended = not going_on and start < span[1] <= end
        return ended or (start <= span[0] < end and (going_on or span[1] > end))

    def write_unjudged(self, tables: Tables) -> None:
        """Outages, or what of them falls under a row of which no guarantee judges them."""
        for part in self.parts:
            if any(on_outages(guarantee) for guarantee in part.terms.guarantees):
                continue
            for row in self.evidence.get("outages", []):
                verdict = without_time(row, self.as_of) or "not_judged"
                piece = empty_piece(self.name, None, row, verdict)
                start = instant(row["started"])
                ended = NEVER if row.get("ended") is None else instant(row["ended"])
                start, end = common((start, min(self.as_of, ended)), part.reach)
                if verdict == "not_judged" and end > start:
                    piece |= {"started": moment(start), "ended": moment(end)}
                    tables["ledger"].append(piece | {"seconds": Fraction(end - start, SECOND)})
                elif verdict != "not_judged" and covers([part.reach], instant(row["started"])):
                    tables["ledger"].append(piece)

    def write_tickets(self, tables: Tables, judge: Judge) -> None:
        name = judge.guarantee["id"]
        facts = self.judged[id(judge)] + self.running[id(judge)]
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
        for running, facts in ((False, self.judged[id(judge)]), (True, self.running[id(judge)])):
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
        row["observed"] = None if fact.observed is None else floored(fact.observed)
        return "availability", row | {"availability": level, "exact": fact.level, "target": fact.limit, "met": fact.met}

    def write_credits(self, tables: Tables) -> None:
        claims = self.claims_made()
        for name, rows in self.owed.items():
            own = [row for row in claims if row["remedy"] == name]
            for row in rows:
                part = self.part_at(row.window[0] if row.by_incident else row.window[1] - 1)
                own_claims = row.award.remedy.get("claims")
                claims_terms = part.terms.policy.get("claims") if own_claims is None else own_claims
                deadlines = Deadlines(claims_terms, part.contract, self.evidence.get("conditions", []))
                head = {"subscription": self.name, "remedy": name, "window_start": moment(row.window[0])}
                percent = row.uncapped * 100 / row.basis if row.basis else Fraction(0)
                money = {"amount": row.amount, "currency": part.contract.row["currency"]}
                tables["credits"].append(
                    head
                    | {"window_end": moment(row.window[1]), "credit_percent": percent, "basis_amount": row.basis}
                    | money
                    | {"cap": row.cap, "instead": row.instead}
                )
                if not row.amount:
                    continue
                steps = deadlines.steps(row)
                requirements = deadlines.requirements(row)
                tables["requirements"] += [head | {"requirement": one, "met": met} for one, met in requirements.items()]
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

    def write_rights(self, tables: Tables) -> None:
        for part in self.parts:
            judges = {name: own[0] for name in self.judges if (own := self.judges_in(name, part))}
            facts = {name: self.facts_in(judge, part) for name, judge in judges.items()}
            for right in part.terms.rights:
                for row in rights_in(right, judges, facts, part.contract):
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
    if begins and begins["wait"] == "next_month":
        month = first_of(local_day(start, contract.zone))
        start = midnight(later_month(month, 1), contract.zone)
    elif begins:
        start += length_of(begins["wait"])
    return start, max(start, contract.ends)


def measuring_terms(guarantee: Tree, part: Part) -> str:
    """All that a measurement goes by, as a word: what has the same is judged as one through a change."""
    policy = part.terms.policy
    own = {key: value for key, value in guarantee.items() if key not in ("credit", "name", "printed", "clauses")}
    common_terms = [policy.get(name) for name in ("id", "begins", "maintenance", "support", "time_zone")]
    fees = part.contract.row.get("component_fees") if guarantee.get("combine") == "mean" else None
    return repr((own, common_terms, sorted(fees or {})))


def case_of(
    policies: list[Tree],
    rows: list[Row],
    evidence: Tables,
    period: str,
    as_of: datetime,
    answers: Mapping[str, Mapping[str, str]],
    seen: dict[str, Judge] | None = None,
) -> Case:
    """Judge a subscription: its rows, each with its policy, in the order of time."""
    spans = [(instant(row["starts"]), NEVER if row.get("ends") is None else instant(row["ends"])) for row in rows]
    starts, ends = spans[0][0], spans[-1][1]
    suspended = tuple(without([(starts, ends)], spans)) if len(rows) > 1 else ()
    parts = []
    for number, (policy, row, own) in enumerate(zip(policies, rows, spans, strict=True)):
        # Rules, section 2: where the document names no time zone, UTC.
        zone = ZoneInfo(policy.get("time_zone") or "UTC")
        contract = Contract(row, zone, starts, ends, instant(as_of), tuple(zip(spans, rows, strict=True)), suspended)
        reach = (
            own[0] if number else -NEVER,
            spans[number + 1][0] if number + 1 < len(rows) else 2 * NEVER,
        )
        terms = terms_of(policy, row.get("tier"), answers[policy["id"]])
        parts.append(Part(contract, terms, own, reach, period_of(period, zone)))
    check_conditions([*policies, *(part.terms.policy for part in parts)], evidence)
    case = Case(parts, evidence, seen={} if seen is None else seen)
    case.judge_all()
    return case


def check_conditions(policies: list[Tree], evidence: Tables) -> None:
    """Refuse what is told of a requirement that no claim has, under the readings or as it is written."""
    places = [place for policy in policies for place in (policy, *(policy.get("remedies") or []))]
    known = {word(one["id"]) for place in places for one in (place.get("claims") or {}).get("requires") or []}
    unknown = sorted({str(row["condition"]) for row in evidence.get("conditions", [])})
    unknown = [name for name in unknown if word(name) not in known]
    if unknown:
        raise ValueError(f"no claim requires {', '.join(unknown)}")


MOST_READINGS = 600


def write_ranges(
    tables: Tables,
    case: Case,
    policies: list[Tree],
    rows: list[Row],
    evidence: Tables,
    when: tuple[str, datetime],
    reading: Mapping[str, str] | None,
) -> None:
    """The lowest and the highest amount over every combination of answers, and the earliest deadlines."""
    each = {policy["id"]: policy for policy in policies}
    default = in_one({name: readings_of(policy, reading) for name, policy in each.items()})
    found: list[tuple[dict[str, str], Tables]] = []
    for combined in itertools.product(*(every_reading(policy, reading) for policy in each.values())):
        given = dict(zip(each, combined, strict=True))
        answers = in_one(given)
        own: Tables = {name: [] for name in TABLES}
        one = case if answers == default else case_of(policies, rows, evidence, *when, given, case.seen)
        one.write_credits(own)
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
            "currency": rows[0]["currency"],
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
        claim["deadline_earliest"] = earliest = min(same, default=None)
        if claim["status"] == "claimable" and earliest is not None and earliest < moment(case.as_of):
            claim["status"] = "disputed"  # too late by a reading that is not the one chosen


def in_one(answers: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Question to answer; of several policies, `policy:question`."""
    if len(answers) == 1:
        return dict(next(iter(answers.values())))
    return {f"{policy}:{name}": answer for policy, own in answers.items() for name, answer in own.items()}


def differs_by(answers: Mapping[str, str], default: Mapping[str, str]) -> list[str]:
    return [question for question, answer in answers.items() if answer != default[question]]


def in_time(length: int, longest: Any) -> bool:
    """Whether a length keeps a longest time: `4h` stands for `{to: 4h}`."""
    return in_span(longest if isinstance(longest, dict) else {"to": longest}, Fraction(length), length_of)


def write_recovery(tables: Tables, case: Case) -> None:
    """Data lost and time until the service was back, against what is promised after such a loss."""
    for row in case.evidence.get("recoveries", []):
        promises = case.part_at(instant(row["failed"])).terms.policy.get("recovery") or []
        promise = next((one for one in promises if word(one["id"]) == word(row["kind"])), None)
        if promise is None:
            continue
        failed = instant(row["failed"])
        if failed >= case.as_of:
            continue
        lost = None if row.get("last_good_copy") is None else failed - instant(row["last_good_copy"])
        restored = None if row.get("restored") is None else instant(row["restored"])
        known = restored is not None and restored <= case.as_of
        back = restored - failed if known else None
        waited = back if known else case.as_of - failed
        rpo, rto = promise.get("rpo"), promise.get("rto")
        tables["recoveries"].append(
            {
                "subscription": case.name,
                "recovery": row["recovery"],
                "lost_seconds": seconds(lost),
                "rpo_met": None if lost is None or rpo is None else in_time(lost, rpo),
                "back_seconds": seconds(back),
                # what is not restored is late once its time is up, and until then not judged
                "rto_met": None if rto is None or (not known and in_time(waited, rto)) else in_time(waited, rto),
            }
        )
