"""A document of headings, paragraphs, lists and tables, as Markdown or as one page of HTML.

Whatever a policy or a plugin wrote is text, never markup, in both.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

import attrs

from wenzheng_cli.writing import line


@attrs.frozen
class Heading:
    """A heading; ``level`` 1 is the title of the document."""

    level: int
    text: str


@attrs.frozen
class Paragraph:
    """A paragraph; one that is ``strong`` must not be overlooked."""

    text: str
    strong: bool = False


@attrs.frozen
class Items:
    """A list, numbered from 1."""

    lines: Sequence[str]


@attrs.frozen
class Grid:
    """A table; a row whose first cell stands in ``marked`` is set off."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    marked: frozenset[str] = frozenset()


Block = Heading | Paragraph | Items | Grid

_MARKS = re.compile(r"([\\`*_\[\]<>|#~&])")


def markdown(blocks: Iterable[Block]) -> str:
    """The document as Markdown."""
    return "\n\n".join(_in_markdown(block) for block in blocks) + "\n"


def _in_markdown(block: Block) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {_plain(block.text)}"
        case Paragraph():
            return f"**{_plain(block.text)}**" if block.strong else _plain(block.text)
        case Items():
            return "\n".join(f"{n}. {_plain(text)}" for n, text in enumerate(block.lines, 1))
        case Grid():
            rows = (block.head, ["---"] * len(block.head), *block.rows)
            return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in rows)


def _cell(text: str) -> str:
    return text if text == "---" else _plain(text)


def _plain(text: str) -> str:
    return _MARKS.sub(r"\\\1", line(text))


# Fonts by name alone: the page asks no network, and prints on a machine that has any of them.
_STYLE = """
:root { color-scheme: light; }
body { font-family: "Noto Serif CJK SC", "Source Han Serif SC", "Songti SC", SimSun, serif;
  line-height: 1.7; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }
h1, h2, h3, th { font-family: "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC",
  "Microsoft YaHei", SimHei, sans-serif; }
h1 { font-size: 1.7rem; border-bottom: 3px solid #8c1c13; padding-bottom: .4rem; }
h2 { font-size: 1.3rem; margin-top: 2.2rem; } h3 { font-size: 1.05rem; margin-top: 1.6rem; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
th, td { border: 1px solid #bbb; padding: .3rem .5rem; vertical-align: top; text-align: left;
  overflow-wrap: break-word; }
th { background: #f1eeea; } th, td:is(:first-child, :nth-child(3), :nth-child(4), :nth-child(6)) {
  white-space: nowrap; }
td:nth-child(2):nth-last-child(5) { width: 40%; } td:nth-child(6) { text-align: right; }
tr.marked td { background: #fbe9e7; } p.strong { font-weight: bold; }
@page { size: A4; margin: 18mm 16mm; }
@media print {
  body { margin: 0; max-width: none; padding: 0; font-size: 10pt; } table { font-size: 8.5pt; }
  thead { display: table-header-group; } tr, p, li { break-inside: avoid; }
  h1, h2, h3 { break-after: avoid; } th, tr.marked td { print-color-adjust: exact; }
}
"""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(title: str, blocks: Iterable[Block]) -> str:
    """The document as one page of HTML that loads nothing."""
    body = "\n".join(_in_html(block) for block in blocks)
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _in_html(block: Block) -> str:
    match block:
        case Heading():
            return f"<h{block.level}>{_text(block.text)}</h{block.level}>"
        case Paragraph():
            opening = '<p class="strong">' if block.strong else "<p>"
            return f"{opening}{_text(block.text)}</p>"
        case Items():
            return f"<ol>{''.join(f'<li>{_text(text)}</li>' for text in block.lines)}</ol>"
        case Grid():
            head = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in block.head)
            rows = "\n".join(_row(row, row[0] in block.marked) for row in block.rows)
            return f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"


def _row(row: Sequence[str], marked: bool) -> str:
    cells = "".join(f"<td>{_text(cell)}</td>" for cell in row)
    return f'<tr class="marked">{cells}</tr>' if marked else f"<tr>{cells}</tr>"


def _text(text: str) -> str:
    return html.escape(line(text))
