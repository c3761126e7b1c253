"""A letter as Markdown, as a page that prints on A4, and as a document of Word."""

from __future__ import annotations

import html
import importlib.util
import io
import re
from collections.abc import Callable, Mapping
from typing import Any

from slakit.claiming.facts import Claim
from slakit.claiming.letter import Block, Facts, Heading, Letter, Listed, Paragraph, Table, compose
from slakit.problems import InputError, Problem, one_of, printable, shorten

LONGEST_PROPERTY = 250
"""Characters that Word takes as the title of a document."""
MARKS = re.compile(r"([\\`*_\[\]<>|#~])")
STYLE = """@page{size:A4;margin:20mm 18mm}
*{box-sizing:border-box}
.letter{font:10.5pt/1.45 "Liberation Sans",Arial,Helvetica,sans-serif;color:#111;background:#fff;max-width:174mm;
margin:0 auto;padding:12mm 0;overflow-wrap:break-word}
.letter h1{font-size:13pt;line-height:1.3;margin:7mm 0 4mm}
.letter h2{font-size:11.5pt;margin:6mm 0 2mm;break-after:avoid}
.letter h3{font-size:10.5pt;margin:4mm 0 1.5mm;break-after:avoid}
.letter p{margin:0 0 2.5mm;white-space:pre-line;orphans:3;widows:3}
.letter table{border-collapse:collapse;width:100%;margin:0 0 4mm;font-size:9pt;line-height:1.35}
.letter thead{display:table-header-group}
.letter tr{break-inside:avoid}
.letter th,.letter td{text-align:left;vertical-align:top;padding:1mm 1.5mm;border-bottom:.25mm solid #bbb}
.letter th{border-bottom:.4mm solid #333;font-weight:600}
.letter .right{text-align:right}
.letter td.hash{font:7.5pt "Liberation Mono",monospace;overflow-wrap:anywhere}
.letter .sum td{font-weight:600;border-top:.4mm solid #333}
.letter .facts{font-size:10pt}
.letter .facts th{width:46mm;border:0;font-weight:400;color:#444}
.letter .facts td{border:0;white-space:pre-line}
@media print{.letter{max-width:none;padding:0}}
@media (max-width:720px){.letter{padding:5mm 4mm}.letter .wide{overflow-x:auto}}
"""


def letter_text(claim: Claim) -> str:
    """Write the letter of a claim as Markdown."""
    return "\n\n".join(_markdown(block) for block in compose(claim).blocks) + "\n"


def _markdown(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {_escaped(text)}"
        case Paragraph(text):
            return _escaped(text).replace("\n", "  \n")
        case Listed(items):
            return "\n".join(f"- {_escaped(item)}" for item in items)
        case Facts(rows):
            return "\n".join(
                ["| | |", "|---|---|", *(_row((f"**{_cell(name)}**", _cell(said))) for name, said in rows)]
            )
        case Table(headers, rows, right, _):
            lines = ["---:" if column in right else "---" for column in range(len(headers))]
            return "\n".join([_row(map(_cell, headers)), _row(lines), *(_row(map(_cell, row)) for row in rows)])


def _row(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return _escaped(text).replace("\n", "<br>")


def _escaped(text: str) -> str:
    return MARKS.sub(r"\\\1", printable(text))


def letter_page(claim: Claim) -> str:
    """Write the letter of a claim as an HTML page that prints on A4."""
    letter = compose(claim)
    return (
        f'<!DOCTYPE html>\n<html lang="{letter.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{_text(letter.subject)}</title><style>{STYLE}</style></head>\n"
        f'<body style="margin:0;background:#fff">{letter_html(letter)}</body></html>\n'
    )


def letter_html(letter: Letter) -> str:
    """Write a letter as a part of a page, to which `STYLE` belongs."""
    return f'<div class="letter" lang="{letter.language}">' + "\n".join(map(_html, letter.blocks)) + "</div>"


def _html(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{_text(text)}</h{level}>"
        case Paragraph(text):
            return f"<p>{_text(text)}</p>"
        case Listed(items):
            return f"<ul>{''.join(f'<li>{_text(item)}</li>' for item in items)}</ul>"
        case Facts(rows):
            told = "".join(f'<tr><th scope="row">{_text(name)}</th><td>{_text(said)}</td></tr>' for name, said in rows)
            return f'<table class="facts"><tbody>{told}</tbody></table>'
        case Table(headers, rows, right, summed):
            head = "".join(
                f'<th scope="col"{_class(column in right)}>{_text(text)}</th>' for column, text in enumerate(headers)
            )
            body = ""
            for number, row in enumerate(rows):
                kind = ' class="sum"' if summed and number == len(rows) - 1 else ""
                cells = "".join(
                    f"<td{_class(column in right, text)}>{_text(text)}</td>" for column, text in enumerate(row)
                )
                body += f"<tr{kind}>{cells}</tr>"
            return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _class(right: bool, text: str = "") -> str:
    hashed = re.fullmatch(r"[0-9a-f]{64}", text)
    return ' class="right"' if right else ' class="hash"' if hashed else ""


def _text(text: str) -> str:
    return html.escape(printable(text))


def letter_document(claim: Claim) -> bytes:
    """Write the letter of a claim as a document of Word (.docx).

    Raises
    ------
    InputError
        slakit was installed without python-docx.
    """
    if importlib.util.find_spec("docx") is None:
        remedy = "install it: pip install 'slakit[claims]'"
        raise InputError("claim", [Problem("format docx", None, "python-docx is not installed", remedy)])
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt

    letter = compose(claim)
    document = Document()
    document.core_properties.title = shorten(printable(letter.subject), LONGEST_PROPERTY)
    document.core_properties.author = shorten(
        printable(", ".join(claim.sender)) or claim.subscription, LONGEST_PROPERTY
    )
    document.core_properties.comments = ""
    document.core_properties.language = letter.language
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin = section.bottom_margin = Mm(20)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Arial", Pt(10.5)
    normal.paragraph_format.space_after = Pt(6)
    tongue = OxmlElement("w:lang")
    tongue.set(qn("w:val"), letter.language)
    normal.element.get_or_add_rPr().append(tongue)

    def fill(cell: Any, text: str, *, bold: bool = False, right: bool = False, size: float = 9) -> None:
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(1)
        if right:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        run = paragraph.add_run(printable(text))
        run.bold, run.font.size = bold, Pt(7 if re.fullmatch(r"[0-9a-f]{64}", text) else size)

    for block in letter.blocks:
        match block:
            case Heading(text, level):
                paragraph = document.add_paragraph(style="Normal")
                paragraph.paragraph_format.keep_with_next = True
                paragraph.paragraph_format.space_before = Pt(12 if level < 3 else 6)
                run = paragraph.add_run(printable(text))
                run.bold, run.font.size = True, Pt({1: 13, 2: 11.5, 3: 10.5}[level])
                properties = paragraph._p.get_or_add_pPr()
                outline = OxmlElement("w:outlineLvl")
                outline.set(qn("w:val"), str(level - 1))
                properties.append(outline)
            case Paragraph(text):
                document.add_paragraph(printable(text))
            case Listed(items):
                for item in items:
                    document.add_paragraph(printable(item), style="List Bullet")
            case Facts(rows):
                table = document.add_table(rows=0, cols=2)
                for name, said in rows:
                    cells = table.add_row().cells
                    cells[0].width, cells[1].width = Mm(46), Mm(128)
                    fill(cells[0], name, size=10)
                    fill(cells[1], said, size=10)
                document.add_paragraph().paragraph_format.space_after = Pt(0)
            case Table(headers, rows, right, summed):
                table = document.add_table(rows=1, cols=len(headers), style="Table Grid")
                for column, text in enumerate(headers):
                    fill(table.rows[0].cells[column], text, bold=True, right=column in right)
                repeated = OxmlElement("w:tblHeader")
                table.rows[0]._tr.get_or_add_trPr().append(repeated)
                for number, row in enumerate(rows):
                    last, added = summed and number == len(rows) - 1, table.add_row()
                    added._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
                    for column, text in enumerate(row):
                        fill(added.cells[column], text, bold=last, right=column in right)
                document.add_paragraph().paragraph_format.space_after = Pt(0)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _encoded(write: Callable[[Claim], str]) -> Callable[[Claim], bytes]:
    return lambda claim: write(claim).encode()


FORMATS: Mapping[str, Callable[[Claim], bytes]] = {
    "md": _encoded(letter_text),
    "html": _encoded(letter_page),
    "docx": letter_document,
}
"""Format of a letter, which is how its file ends → what writes it."""


def claim_letter(claim: Claim, format: str = "html") -> bytes:
    """Write the letter of a claim.

    Parameters
    ----------
    claim
        One of `claim_pack(…).claims`.
    format
        `md`, `html` (prints on A4) or `docx`.

    Returns
    -------
    bytes
        The content of the file. What is not known stands in brackets, to be completed.

    Raises
    ------
    InputError
        There is no such format, or slakit was installed without python-docx.
    """
    if format not in FORMATS:
        raise InputError("claim", [Problem("format", format, "not one of letters", one_of(FORMATS, format))])
    return FORMATS[format](claim)
