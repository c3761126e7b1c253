"""Claims on the page: the headline, what is missing, and the letter as it would be sent."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from slakit.claiming.facts import ClaimPack
from slakit.claiming.formats import STYLE, letter_html
from slakit.claiming.letter import compose
from slakit.policy.printing import listed
from slakit.show.headline import show_headline
from slakit.show.labels import counted, deadline_text, sums_text
from slakit.show.tables.memo import Memo, memo_table

if TYPE_CHECKING:
    from great_tables import GT
    from IPython.display import HTML

MOST_NAMED = 4
"""Things missing that a headline names."""


def headline_claim_pack(pack: ClaimPack) -> None:
    """Show what is claimed, and that it can be sent, or what is missing."""
    if not pack.claims:
        show_headline("Claims to send", "none", "No credit can be claimed now.")
        return
    sums: dict[str, Decimal] = {}
    for claim in pack.claims:
        sums[claim.currency] = sums.get(claim.currency, Decimal(0)) + claim.amount
    amount = sums_text(sums.items())
    limits = [(claim.deadline, claim.zone) for claim in pack.claims if claim.deadline is not None]
    until = [f"Claim by {deadline_text(*min(limits, key=lambda one: one[0]))}."] if limits else []
    missing = list(dict.fromkeys(check.what for claim in pack.claims for check in claim.missing))
    if not missing:
        said = f"{counted(len(pack.claims), 'letter')}, nothing missing."
        show_headline("Ready to be sent", amount, " ".join([said, *until]))
        return
    others = len(missing) - MOST_NAMED
    named = listed([*(f"“{one}”" for one in missing[:MOST_NAMED]), *([f"{others} more"] if others > 0 else [])])
    show_headline("Claim, not ready to be sent", amount, " ".join([f"Missing: {named}.", *until]))


def show_readiness(pack: ClaimPack) -> GT:
    """Show what each claim needs before it can be sent, what is missing first."""
    rows = [
        {"Claim": claim.name, "Needed": check.what,
         "There": "yes" if check.there else "no", "What it is, or what to do": check.says, "Clause": check.clause}
        for claim in pack.claims
        for check in sorted(claim.checks, key=lambda check: check.there)
    ]  # fmt: skip
    memo = Memo("Before it is sent", "What the contract asks for, and what a letter needs.", [], groups="Claim")
    return memo_table(rows, memo, "Nothing can be claimed now.")


def show_not_claimed(pack: ClaimPack) -> GT:
    """Show the credits that are owed and cannot be claimed, with the reason."""
    rows = [
        {"Subscription": one.subscription, "Credit": one.name, "Window": one.window,
         "Amount": sums_text([(one.currency, one.amount)]), "Why": one.why}
        for one in pack.not_claimed
    ]  # fmt: skip
    memo = Memo("Not in these claims", "Credits that are owed.", [], groups="Subscription", numbers=["Amount"])
    return memo_table(rows, memo, "There are no others.")


def show_letters(pack: ClaimPack) -> HTML:
    """Show the letters as they would be sent."""
    from IPython.display import HTML

    framed = '<div style="border:1px solid #ccc;padding:0 10mm;margin:0 0 6mm;background:#fff">{}</div>'
    letters = "".join(framed.format(letter_html(compose(claim))) for claim in pack.claims)
    style = STYLE.replace("@page{size:A4;margin:20mm 18mm}\n", "")  # the report has a page of its own
    shown = f"<style>{style}</style>{letters}" if letters else "<p>There is no letter to show.</p>"
    return HTML(shown)  # type: ignore[no-untyped-call]
