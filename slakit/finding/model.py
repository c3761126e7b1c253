"""A finding: something a buyer should know about a policy."""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["defect", "gap", "risk", "note"]
SEVERITIES: dict[Severity, str] = {
    "defect": "the text contradicts itself, or its arithmetic fails",
    "gap": "something a contract of this kind says is missing",
    "risk": "clear, and to the customer's disadvantage",
    "note": "worth knowing",
}
CODES: dict[str, tuple[Severity, str]] = {
    "window-contradicts": ("defect", "the text names two spans over which a level is judged"),
    "claim-closes-early": ("defect", "a claim can be too late before it is known that something is owed"),
    "printed-differs": ("defect", "a printed figure does not follow from the target"),
    "backup-too-rare": ("defect", "less work may be lost than passes between two backups"),
    "paid-though-met": ("defect", "a credit is due although the target is met"),
    "missed-unpaid": ("defect", "the target is missed and nothing is due"),
    "better-pays-more": ("defect", "a better level earns the customer more than a worse one"),
    "band-gap": ("defect", "a level between two bands is in neither"),
    "band-overlap": ("defect", "a level is in two bands with different credits"),
    "band-order": ("defect", "bands are not printed in order"),
    "caps-disagree": ("defect", "two caps over the same span differ"),
    "limits-differ": ("defect", "two guarantees limit the same downtime to different lengths"),
    "points-unreachable": ("defect", "a credit needs more points than a window can have"),
    "contradiction": ("defect", "two places in the text do not go together"),
    "no-remedy": ("gap", "a guaranteed level without a credit for missing it"),
    "silence": ("gap", "the text does not say, and more than one answer is possible"),
    "unstated": ("gap", "a term that the text leaves out, and slakit assumes"),
    "window-unstated": ("gap", "over which span a level is judged is not said"),
    "formula-missing": ("gap", "how the level is computed is not said"),
    "measurement-unstated": ("gap", "whose figures decide is not said"),
    "business-day-undefined": ("gap", "times run in business days that are not defined"),
    "no-answer-times": ("gap", "no time is promised for answering a customer"),
    "backup-kept-at-most": ("gap", "how long backups are kept has a ceiling and no floor"),
    "unclear": ("risk", "a place that can be read in more than one way"),
    "best-effort": ("risk", "a figure that the provider only aims at"),
    "clock-at-report": ("risk", "downtime before a report, or an alarm, does not count"),
    "short-outages-free": ("risk", "outages, or what is left of them, do not count up to some length"),
    "part-down-free": ("risk", "outages of a part of the service do not count"),
    "hours-excluded": ("risk", "outages outside the service hours do not count"),
    "partial-full": ("risk", "a window that is cut allows as much downtime as a whole one"),
    "maintenance-unlimited": ("risk", "maintenance that does not count has no limit"),
    "maintenance-limited": ("risk", "maintenance that does not count, up to a limit"),
    "maintenance-unannounced": ("risk", "maintenance that does not count needs no notice"),
    "provider-measures": ("risk", "the provider's own figures decide"),
    "provider-ranks": ("risk", "the provider decides how urgent a ticket is"),
    "broad-exclusion": ("risk", "faults of others count for nothing"),
    "future-invoice": ("risk", "a credit is only taken off a future invoice"),
    "sole-remedy": ("risk", "credits are all that a customer can ask for"),
    "changes-at-once": ("risk", "the provider can change the terms without notice"),
    "claim-short": ("risk", "a claim must be made within less than a week"),
    "flat-credit": ("risk", "the shortest miss earns as much as the longest"),
    "largest-credit": ("risk", "longer outages earn no more than this"),
    "earned-back": ("risk", "a credit is taken back when the service is good again"),
    "cap-at-once": ("risk", "the smallest credit reaches the cap"),
    "rolling-window": ("risk", "windows overlap, and one outage lies in many of them"),
    "late-start": ("risk", "time is paid for and not yet measured"),
    "suspended": ("risk", "promises rest while something else is unpaid"),
    "tier-promises-less": ("risk", "a higher-priced tier promises less on some term"),
    "terms-old": ("risk", "the text is older than a year"),
    "worst-free": ("note", "the worst availability that costs the provider nothing"),
    "lost-time": ("note", "what lost time earns"),
    "fee-of-other-span": ("note", "credits are a share of the fee of another span than the window"),
    "beyond-the-fee": ("note", "one outage can earn more than the fee of its window"),
    "saturated": ("note", "the credit reaches the whole fee"),
    "cap-never-bites": ("note", "a cap that no credit can reach"),
    "cap-reach": ("note", "how often the largest credit is paid before a cap ends it"),
    "tier-adds-nothing": ("note", "a higher-priced tier promises nothing more"),
    "right": ("note", "a breach gives a right beside credits"),
    "auto-renewal": ("note", "the contract goes on by itself"),
    "undated": ("note", "the text carries no date"),
    "read-in-part": ("note", "only an excerpt, or somebody else's transcription, of the text was read"),
    "not-read": ("note", "the part of the text that was read does not say"),
}
"""Code → severity, and what it says of a contract."""


def findings_reference() -> str:
    """Return the page that lists every finding, as Markdown."""
    introduction = (
        "# Findings\n\nEvery finding that `slakit findings` knows. "
        "Printed by `slakit schema --markdown --of findings`.\n\n"
        "A *defect* is a contradiction or an arithmetic error of the contract, a *gap* is a missing term, a *risk* is\n"
        "clear and to the customer's disadvantage, a *note* is worth knowing.\n"
    )
    rows = [f"| `{code}` | {severity} | {says[:1].upper()}{says[1:]} |" for code, (severity, says) in CODES.items()]
    return "\n".join([introduction, "| code | severity | meaning |", "|---|---|---|", *rows]) + "\n"


class Finding(NamedTuple):
    """Something a buyer should know.

    Attributes
    ----------
    code
        One of `CODES`.
    about
        The guarantee, remedy or section.
    sentence
        In plain words.
    figure
        Computed figure or witness.
    clauses
        Where the text says it.
    """

    code: str
    about: str
    sentence: str
    figure: str = ""
    clauses: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        return CODES[self.code][0]
