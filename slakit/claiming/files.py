"""Claims as files: letters, what is missing, how credits follow, and what is attached."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from slakit._atomic import write_all
from slakit.arguments import checked
from slakit.claiming.facts import Claim, ClaimPack
from slakit.claiming.formats import FORMATS, claim_letter
from slakit.policy.printing import print_money
from slakit.problems import InputError, Problem, printable

READY = "Ready to be sent"
NOT_READY = "Not ready"


def readiness_text(claim: Claim) -> str:
    """Write what a claim needs, and what of it is missing, as Markdown."""
    head = READY if claim.ready else f"{NOT_READY}: {len(claim.missing)} missing"
    amount = print_money(claim.amount, claim.currency)
    lines = [f"# {head}", "", f"{claim.subscription}, {claim.plan}: {amount}", "", "| needed | is there | | clause |"]
    lines.append("|---|---|---|---|")
    for check in sorted(claim.checks, key=lambda check: check.there):
        cells = (check.what, "yes" if check.there else "**no**", check.says, check.clause)
        lines.append("| " + " | ".join(printable(cell).replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def explanation_text(claim: Claim) -> str:
    """Write how the credits of a claim follow, outage by outage and clause by clause, in English."""
    told = dict.fromkeys(window.explanation for window in claim.windows)
    return "\n\n".join("\n".join("  " * depth + text for depth, text in lines) for lines in told) + "\n"


def claim_files(claim: Claim, formats: Iterable[str] = ("html",)) -> dict[str, bytes]:
    """Return the files of a claim: name → content.

    A letter in each format, `readiness.md`, `explanation.txt`, and the files that are attached, in `attachments`.
    """
    files = {f"letter.{one}": claim_letter(claim, one) for one in dict.fromkeys(formats)}
    files["readiness.md"] = readiness_text(claim).encode()
    files["explanation.txt"] = printable(explanation_text(claim)).encode()
    return files | {f"attachments/{file.name}": file.content for file in claim.attachments}


@checked
def write_claims(pack: ClaimPack, folder: str | Path, formats: Iterable[str] = ("html",)) -> list[Path]:
    """Write claims into a folder, each into one of its own: all files or none.

    Parameters
    ----------
    pack
        From `claim_pack`.
    folder
        Is made if it is not there. Files of the same claims are replaced, and letters in other formats and attachments
        that were written before are taken away, so that no old figure stays.
    formats
        Of the letters: `md`, `html`, `docx`.

    Returns
    -------
    list
        The folders of the claims.

    Raises
    ------
    InputError
        There is no such format, a package is missing, or a file cannot be written.
    """
    folder, chosen = Path(folder), list(formats)
    contents: dict[Path, bytes | None] = {}
    for claim in pack.claims:
        own = folder / claim.name
        contents |= {own / f"letter.{one}": None for one in FORMATS if (own / f"letter.{one}").exists()}
        contents |= dict.fromkeys(own.glob("attachments/*"))
        contents |= {own / name: content for name, content in claim_files(claim, chosen).items()}
    try:
        write_all(contents)
    except (OSError, ValueError) as error:
        wrong = f"cannot be written ({getattr(error, 'strerror', None) or error})"
        remedy = "name a folder that can be written"
        raise InputError(str(folder), [Problem(str(folder), None, wrong, remedy)]) from None
    return [folder / claim.name for claim in pack.claims]
