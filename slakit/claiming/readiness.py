"""What a claim needs before it can be sent, and whether it is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from slakit.analysis.review import Review
from slakit.claiming.facts import Attachment, Check, ClaimedWindow
from slakit.policy.remedies import ClaimForm, Claims
from slakit.show.labels import deadline_text, window_name

KNOWN = {"customer": "customer", "reference": "order or account number", "letter": "letter", "files": "file"}


def checks(
    review: Review,
    subscription: str,
    claims: Claims | None,
    windows: Sequence[ClaimedWindow],
    *,
    language: str,
    given: Mapping[str, str],
    details: Mapping[str, str],
    attachments: Sequence[Attachment],
) -> Iterator[Check]:
    """Yield all that a claim needs, in the order in which a person would look for it.

    Parameters
    ----------
    review, subscription, windows
        What is claimed.
    claims
        The terms of claims; none where they were not read.
    language
        Of the letter.
    given
        `customer`, `reference`, `channel`: as evidence, contract or claimant give them; empty where nobody does.
    details
        Item of `claims.evidence` → what the claimant says of it.
    attachments
        Files that go with the claim.
    """
    form = claims.form if claims is not None and claims.form is not None else ClaimForm()
    clause = (claims.clause or "") if claims is not None else ""
    sent_to = given["channel"] or "the contract as read names no channel: say where it goes: --to"
    yield Check("Where it is sent", bool(given["channel"]), sent_to, clause if given["channel"] else "")
    if not form.customer:
        yield Check(
            "Customer", bool(given["customer"]), given["customer"] or "name customer and contact: --from (sender)"
        )
    if not form.reference:
        yield Check("Reference", bool(given["reference"]), given["reference"] or "give the account: --account")
    if form.language is not None:
        said = f"the provider takes claims in this language only: {form.language}"
        yield Check("Language of the letter", language == form.language, said, clause)
    for item in claims.evidence if claims is not None else []:
        yield _evidence(item, form, given, details, attachments, clause)
    for attachment in attachments:
        if form.redact and attachment.starred is None:
            remedy = "name what to star with --redact, or say --nothing-to-redact"
            yield Check(f"Confidential parts of {attachment.name} starred", False, remedy, clause)
        elif attachment.starred is not None:
            places = f"{attachment.starred} place{'s' * (attachment.starred != 1)} starred"
            yield Check(f"Confidential parts of {attachment.name} starred", True, places, clause)
    for requirement in claims.requires if claims is not None else []:
        yield from _requirement(review, subscription, requirement.id, windows, clause)
    yield from _deadlines(review, subscription, claims, windows, clause)


def _evidence(
    item: str,
    form: ClaimForm,
    given: Mapping[str, str],
    details: Mapping[str, str],
    attachments: Sequence[Attachment],
    clause: str,
) -> Check:
    """Check one item of `claims.evidence`."""
    files = [attachment.name for attachment in attachments if attachment.answers == item]
    if files:
        return Check(item, True, f"file {', '.join(files)}", clause)
    if item in details:
        return Check(item, True, details[item], clause)
    if item in form.letter:
        return Check(item, True, "in the letter", clause)
    if item in form.customer:
        return Check(
            item, bool(given["customer"]), given["customer"] or "name customer and contact: --from (sender)", clause
        )
    if item in form.reference:
        return Check(item, bool(given["reference"]), given["reference"] or "give it: --account", clause)
    if item in form.files:
        return Check(item, False, f'attach a file: --attach "{item}=FILE"', clause)
    return Check(item, False, f'say it: --answer "{item}=…", or --attach "{item}=FILE"', clause)


def _requirement(
    review: Review, subscription: str, requirement: str, windows: Sequence[ClaimedWindow], clause: str
) -> Iterator[Check]:
    """Check that the evidence answers a requirement in every window that is claimed."""
    asked = pl.DataFrame(
        [(window.remedy, window.start, window.end) for window in windows],
        schema=review.requirements.select("remedy", "window_start", "window_end").schema,
        orient="row",
    )
    mine = review.requirements.filter((pl.col("requirement") == requirement) & (pl.col("subscription") == subscription))
    mine = mine.join(asked, on=asked.columns, maintain_order="left")
    for says, where in mine.select("says", "clause").unique(maintain_order=True).iter_rows():
        met = mine["met"].drop_nulls().all() and not mine["met"].null_count()
        remedy = f"say in the table conditions of the evidence whether this holds ({requirement})"
        yield Check(says.rstrip("."), met, "by the table conditions" if met else remedy, where or clause)


def _deadlines(
    review: Review, subscription: str, claims: Claims | None, windows: Sequence[ClaimedWindow], clause: str
) -> Iterator[Check]:
    zone = review.zone_of(subscription)
    if claims is None:
        remedy = "how and until when to claim was not read: ask the provider"
        yield Check("Terms of claims", False, remedy)
    for window in windows:
        name = f"In time: {window.name}, {window_name(window.start, window.end, zone)}"
        if window.status == "disputed":
            until = deadline_text(window.deadline_earliest, zone)
            yield Check(name, False, f"disputed: by the strictest reading it was to be claimed by {until}", clause)
        elif window.deadline is not None:
            yield Check(name, True, f"until {deadline_text(window.deadline, zone)} ({zone.key})", clause)
