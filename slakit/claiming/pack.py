"""From a review to claims that can be sent: which credits, in how many letters, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from slakit.analysis.assess import assess
from slakit.analysis.assumptions import answer_words
from slakit.analysis.claims import STATUSES
from slakit.analysis.plans import Settled
from slakit.analysis.review import CLAIMABLE, Review
from slakit.arguments import checked
from slakit.claiming.attachments import read_attachments
from slakit.claiming.facts import (
    Attachment,
    Claim,
    ClaimedWindow,
    ClaimPack,
    NotClaimed,
    ReadingAsked,
    ReadingTaken,
)
from slakit.claiming.file_names import file_name
from slakit.claiming.readiness import checks
from slakit.claiming.windows import claimed_window
from slakit.claiming.wording import LANGUAGES, language_of
from slakit.measure.calendar import Period, to_instant
from slakit.measure.conventions import Conventions
from slakit.policy.plan_names import part_names, plan_name
from slakit.policy.remedies import ClaimForm, Claims
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem, one_of
from slakit.show.labels import deadline_text, window_name

CAN_BE_CLAIMED = (*CLAIMABLE, "not_read")
Row = dict[str, Any]


@checked
def claim_pack(
    review: Review,
    subscription: str = "",
    windows: str | Iterable[str] = (),
    *,
    language: str = "",
    sender: str = "",
    account: str = "",
    to: str = "",
    asked: Mapping[str, str] | Iterable[str] | None = None,
    answers: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    redact: Iterable[str] | None = None,
    conventions: Conventions | None = None,
) -> ClaimPack:
    """Gather all facts of the claims that can be made now, in the provider's form, and what is missing.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence; all of them, if not named.
    windows
        Periods (`2026-09`): credits for windows that touch one of them. Without any, all that can be claimed.
    language
        Of the letters: `en`, `da`, `sv`, `nb` or `de`. By default the only one that the provider takes, or else the
        one that the contract is written in, or English.
    sender
        Customer and contact, parted by `;` or lines.
    account
        Account at the provider, if the evidence has no `reference` or another.
    to
        Where claims are sent, if the contract does not say or the claimant knows better.
    asked
        Answers to open questions that the claimant asks for: question → answer. The letter says what they would pay.
    answers
        Item of `claims.evidence` → what the claimant says of it.
    files
        Path → the item of `claims.evidence` that the file answers; empty if none.
    redact
        Texts to star in all files. Empty: there is nothing to star. None: nobody has looked.
    conventions
        Those that the review was made with, for `asked`.

    Returns
    -------
    ClaimPack
        Nothing is written: see `write_claims` and `claim_letter`.

    Raises
    ------
    InputError
        A window that was named cannot be claimed; what is of one subscription is given for several; a subscription,
        item, file, text, language or answer is unknown; all problems of a kind at once.

    Examples
    --------
    >>> import slakit as sla
    >>> evidence = sla.read_evidence("data_samples/evidence", subscription="harbor-enterprise")
    >>> review = sla.assess(evidence, "2026-01/2026-09", "2026-10-05")
    >>> [claim] = claim_pack(review, "harbor-enterprise", "2026-09", sender="Harbor ApS; Ida Holm").claims
    >>> claim.amount, [check.what for check in claim.missing]
    (Decimal('120.00'), ['The service agreement is active'])
    """
    if language and language not in LANGUAGES:
        raise InputError("claim", [Problem("language", language, "not one of letters", one_of(LANGUAGES, language))])
    mine = review.of(subscription) if subscription else review
    spans = [Period.parse(window) for window in ([windows] if isinstance(windows, str) else windows) if window]
    owed = _owed(mine)
    if spans:
        owed = owed.filter(_touches(mine, owed, spans))
    able = owed.filter(pl.col("status").is_in(CAN_BE_CLAIMED))
    others = owed.filter(~pl.col("status").is_in(CAN_BE_CLAIMED))
    not_claimed = tuple(_not_claimed(mine, row) for row in others.iter_rows(named=True))
    if spans and able.is_empty():
        raise InputError("claim", _refusals(not_claimed, windows))
    Settled.of(asked).refuse_unknown(review.policies)
    groups: dict[tuple[str, str, str], tuple[Terms, Claims | None, list[Row]]] = {}
    for row in able.iter_rows(named=True):
        terms = review.terms_of(row["subscription"])
        remedy = next(one for one in terms.remedies if one.id == row["remedy"])
        claims = terms.claims_of(remedy)
        part = _part(claims, row, review.zone_of(row["subscription"]))
        groups.setdefault((row["subscription"], repr(claims), part), (terms, claims, []))[2].append(row)
    stated = [claims for _, claims, _ in groups.values()]
    holders = list(dict.fromkeys(name for name, _, _ in groups))
    if len(holders) > 1:
        own = {"account": account, "to": to, "files": files, "answers": answers}
        wrong, which = "of one subscription, and several are claimed for", f"name one: {', '.join(holders)}"
        shared = [Problem(name, None, wrong, which) for name, given in own.items() if given]
        if shared:
            raise InputError("claim", shared)
    attached = read_attachments(files or {}, None if redact is None else list(redact))
    _refuse_unknown_items(stated, [*(answers or {}), *(file.answers for file in attached if file.answers)])
    lines = tuple(line.strip() for line in sender.replace("\n", ";").split(";") if line.strip())
    by_claimant = _Given(language, lines, account.strip(), to.strip(), asked, answers or {}, attached, conventions)
    names: set[str] = set()
    claims_made = []
    for (name, _, _), (terms, claims, rows) in groups.items():
        claims_made.append(_claim(review.of(name), name, terms, claims, rows, by_claimant, names))
    return ClaimPack(tuple(claims_made), not_claimed)


@dataclass(frozen=True)
class _Given:
    """What the claimant gives for all claims alike."""

    language: str
    sender: tuple[str, ...]
    account: str
    to: str
    asked: Mapping[str, str] | Iterable[str] | None
    answers: Mapping[str, str]
    attached: tuple[Attachment, ...]
    conventions: Conventions | None


def _owed(review: Review) -> pl.DataFrame:
    """Join claims with the credits that they are for, the earliest deadline first."""
    keys = ["subscription", "remedy", "window_start", "amount"]
    credits = review.credits.select(*keys, "window_end", "credit_percent", "basis_amount", "cap")
    joined = review.claims.join(credits.unique(keys, keep="first", maintain_order=True), on=keys, maintain_order="left")
    return joined.filter(pl.col("amount") > 0)


def _touches(review: Review, owed: pl.DataFrame, spans: Sequence[Period]) -> pl.Expr:
    """Return whether the window of a credit touches one of the periods, each in the contract's time zone."""
    touching = pl.lit(value=False)
    for name in owed["subscription"].unique(maintain_order=True):
        for span in spans:
            first, last = map(to_instant, span.span(review.zone_of(name).key))
            own = (pl.col("subscription") == name) & (pl.col("window_start") < last) & (pl.col("window_end") > first)
            touching = touching | own
    return touching


def _not_claimed(review: Review, row: Row) -> NotClaimed:
    zone, terms = review.zone_of(row["subscription"]), review.terms_of(row["subscription"])
    why = STATUSES[row["status"]]
    if row["status"] == "expired" and row["deadline"] is not None:
        why += f", it was to be made by {deadline_text(row['deadline'], zone)} ({zone.key})"
    if row["status"] == "waiting":
        steps = review.claim_steps.filter(
            (pl.col("subscription") == row["subscription"])
            & (pl.col("remedy") == row["remedy"])
            & (pl.col("window_start") == row["window_start"])
        )
        opens = steps["opens"].max()
        why += f", from {deadline_text(opens, zone)} on" if isinstance(opens, datetime) else ""
    return NotClaimed(
        row["subscription"], part_names(terms)[row["remedy"]], row["window_start"], row["window_end"],
        window_name(row["window_start"], row["window_end"], zone), row["amount"], row["currency"], why,
    )  # fmt: skip


def _refusals(not_claimed: Sequence[NotClaimed], windows: object) -> list[Problem]:
    """Say why nothing of the windows named can be claimed."""
    asked = windows if isinstance(windows, str) else ", ".join(map(str, windows if isinstance(windows, list) else []))
    if not not_claimed:
        remedy = "take a window for which the review has a credit (slakit assess lists them)"
        return [Problem("window", asked, "no credit is owed for it", remedy)]
    return [
        Problem(
            f"{one.subscription}: {one.name}, {one.window}", f"{one.amount} {one.currency}", one.why,
            "leave it out, or look at it with slakit explain",
        )
        for one in not_claimed
    ]  # fmt: skip


def _part(claims: Claims | None, row: Row, zone: ZoneInfo) -> str:
    """Name the letter of a credit among those of its subscription: its month or window, where each has one."""
    per = claims.form.one_per if claims is not None and claims.form is not None else "subscription"
    if per == "subscription":
        return ""
    return (
        f"{row['window_start'].astimezone(zone):%Y-%m}" if per == "month" else f"{row['window_start']} {row['remedy']}"
    )


def _refuse_unknown_items(stated: Iterable[Claims | None], items: Iterable[str]) -> None:
    known = list(dict.fromkeys(item for claims in stated if claims is not None for item in claims.evidence))
    unknown = [
        Problem("answer", item, "no item that the contract asks for", one_of(known, item))
        for item in dict.fromkeys(items)
        if item not in known
    ]
    if unknown:
        raise InputError("claim", unknown)


def _claim(
    review: Review,
    subscription: str,
    terms: Terms,
    claims: Claims | None,
    rows: Sequence[Row],
    given: _Given,
    names: set[str],
) -> Claim:
    """Make one claim of the credits that go into one letter."""
    by_id = {remedy.id: remedy for remedy in terms.remedies}
    windows = tuple(claimed_window(review, terms, by_id[row["remedy"]], row) for row in rows)
    form = claims.form if claims is not None and claims.form is not None else ClaimForm()
    zone = review.zone_of(subscription)
    held = review.evidence.subscriptions.filter(pl.col("subscription") == subscription)
    reference = next((text for text in held["reference"].drop_nulls().reverse()), "")
    language = given.language or language_of(form.language or terms.source.language)
    wanted = claims.evidence if claims is not None else []
    details = {item: said for item, said in given.answers.items() if item in wanted}
    attachments = tuple(file for file in given.attached if not file.answers or file.answers in wanted)
    channel = given.to or form.channel or ""
    answered = {"customer": ", ".join(given.sender), "reference": given.account or reference, "channel": channel}
    needed = tuple(checks(
        review, subscription, claims, windows,
        language=language, given=answered, details=details, attachments=attachments,
    ))  # fmt: skip
    required = {one.says.rstrip("."): one.clause or (claims.clause or "") for one in claims.requires} if claims else {}
    limits = [window.deadline for window in windows if window.deadline is not None]
    amount = sum((window.amount for window in windows), Decimal(0))
    return Claim(
        name=file_name(subscription, windows, zone, names),
        subscription=subscription,
        policy=review.plan_of(subscription)[0],
        provider=terms.provider,
        plan=plan_name(terms.provider, terms.tier),
        service=terms.service,
        agreement=terms.source.title,
        zone=zone,
        language=language,
        date=review.as_of.astimezone(zone).date(),
        addressee=form.to or terms.provider,
        channel=channel,
        subject_words=form.subject or "",
        one_per=form.one_per,
        reference=reference,
        account=given.account,
        sender=given.sender,
        windows=windows,
        amount=amount,
        currency=rows[0]["currency"],
        taken=_taken(review, subscription, windows, amount, given),
        asked=_asked(review, subscription, windows, amount, given),
        details=tuple(details.items()),
        confirmed=tuple((check.what, check.clause) for check in needed if check.there and check.what in required),
        attachments=attachments,
        claims_clause=(claims.clause or "") if claims is not None else "",
        payout=(claims.payout or "") if claims is not None else "",
        deadline=min(limits, default=None),
        checks=needed,
    )


def _taken(
    review: Review, subscription: str, windows: Sequence[ClaimedWindow], amount: Decimal, given: _Given
) -> tuple[ReadingTaken, ...]:
    """List the answers taken to questions of which another answer would change what is claimed."""
    moving = review.readings.filter(pl.col("moves") > 0)
    others = moving.filter(~pl.col("chosen")).select("question", "answer").rows()
    moved = {
        question for question, answer in others
        if _paid(review, subscription, windows, {question: answer}, given.conventions) != amount
    }  # fmt: skip
    taken = moving.filter(pl.col("chosen") & pl.col("question").is_in(moved)).select("question", "answer")
    return tuple(_reading(review, subscription, *row) for row in taken.iter_rows())


def _reading(review: Review, subscription: str, question: str, answer: str) -> ReadingTaken:
    policy, _, name = question.rpartition(":")
    stated = review.policies[policy or review.plan_of(subscription)[0]].readings
    clauses = next((one.clauses for one in stated if one.id == name), [])
    return ReadingTaken(review.question(subscription, question), answer_words(answer), tuple(clauses))


def _asked(
    review: Review, subscription: str, windows: Sequence[ClaimedWindow], amount: Decimal, given: _Given
) -> ReadingAsked | None:
    """Say what would be paid under the answers asked for; nothing, if this contract has no such question."""
    asked = Settled.of(given.asked).answers
    changed: dict[str, str] = {}
    for policy, tier in review.evidence.plans_held[subscription]:
        wanted = {**asked.get("", {}), **asked.get(policy, {})}
        known = review.terms[policy, tier].reading
        changed |= {f"{policy}:{question}": answer for question, answer in wanted.items() if question in known}
    if not changed:
        return None
    paid = _paid(review, subscription, windows, changed, given.conventions)
    answers = dict.fromkeys(_reading(review, subscription, question, answer) for question, answer in changed.items())
    return ReadingAsked(tuple(answers), paid, paid - amount)


def _paid(
    review: Review,
    subscription: str,
    windows: Sequence[ClaimedWindow],
    answers: Mapping[str, str],
    conventions: Conventions | None,
) -> Decimal:
    """Sum the credits that touch the windows claimed, if some questions are answered so."""
    reading = {}
    for policy, tier in review.evidence.plans_held[subscription]:
        for question, answer in review.terms[policy, tier].reading.items():
            name = f"{policy}:{question}"
            reading[name] = answers.get(name, answers.get(question, answer))
    other = assess(
        review.evidence.only(subscription), review.period, review.as_of,
        reading=reading, policies=review.policies, ranges=False, conventions=conventions,
    ).credits  # fmt: skip
    touching = pl.lit(value=False)
    for window in windows:
        own = (pl.col("window_start") < window.end) & (pl.col("window_end") > window.start)
        touching = touching | ((pl.col("remedy") == window.remedy) & own)
    return sum(other.filter(touching)["amount"], Decimal(0))
