"""The page of instructions that is handed over with a template: HTML without anything from elsewhere, one page printed.

The pictures are drawn here as SVG, in the customer's colour.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from html import escape

from workbook_templates.definition import Definition
from workbook_templates.look import BLUE, GREEN, Look
from workbook_templates.phrases import Phrases

_STYLE = """
@page { size: A4; margin: 16mm }
body { font: 15px/1.45 Calibri, Carlito, "Segoe UI", sans-serif; color: #222b32; max-width: 46rem; margin: 2rem auto }
header { background: %(accent)s; color: %(ink)s; padding: 1.1rem 1.4rem; border-radius: 6px }
header h1 { margin: 0; font-size: 1.7rem } header p { margin: .2rem 0 0 }
ol { list-style: none; padding: 0; display: grid; grid-template-columns: repeat(3, 1fr); gap: 1.2rem }
li svg { width: 100%%; height: auto } li h2, section h2 { font-size: 1.1rem; margin: .5rem 0 .2rem }
li p, section p { margin: 0 0 .4rem }
code { display: block; background: #f3f4f5; padding: .5rem .7rem; border-radius: 4px; overflow-wrap: anywhere }
footer { margin-top: 1.5rem; color: #6b7780; white-space: pre-line }
"""


@dataclass(frozen=True, slots=True)
class Handed:
    """What is handed over: the names of workbook and connection file, the address for uploads, the code's last day."""

    workbook: str
    connection: str
    address: str
    until: dt.date


def instructions(definition: Definition, handed: Handed) -> str:
    """The page, in the definition's language."""
    phrases, look = Phrases(definition.words), Look(definition.accent)
    accent = f"#{look.accent}"
    style = _STYLE % {"accent": accent, "ink": f"#{look.on_accent}"}
    steps = "".join(
        f"<li>{picture}<h2>{number}. {_text(phrases(key))}</h2>"
        f"<p>{_text(phrases(f'{key}_more', file=handed.workbook))}</p></li>"
        for number, (key, picture) in enumerate(
            (("handover_fill", _table(accent)), ("handover_send", _sent(accent)), ("handover_back", _returned(accent))),
            1,
        )
    )
    made_for = phrases("made_for", customer=definition.customer) if definition.customer else ""
    excel = phrases("handover_excel_more", day=phrases.day(handed.until))
    return (
        f'<!doctype html>\n<html lang="{escape(definition.language)}"><head><meta charset="utf-8">'
        f"<title>{_text(definition.title)}</title><style>{style}</style></head><body>"
        f"<header><h1>{_text(phrases('handover'))}</h1><p>{_text(definition.title)} {_text(made_for)}</p></header>"
        f"<ol>{steps}</ol>"
        f"<section><h2>{_text(phrases('handover_address'))}</h2><code>{_text(handed.address)}</code></section>"
        f"<section><h2>{_text(phrases('handover_excel'))}</h2><p>{_text(excel)}</p>"
        f"<code>sheetscore addin connect {_text(handed.connection)}</code></section>"
        f"<footer>{_text(phrases('contact'))}: {_text(definition.contact)}</footer></body></html>\n"
    )


def _text(text: str) -> str:
    return escape(text)


def _sheet(x: int, y: int, accent: str, fills: tuple[str, ...]) -> str:
    """A small sheet: a head and rows, a column for each fill."""
    width = 84 // len(fills)
    parts = [f'<rect x="{x}" y="{y}" width="84" height="12" fill="{accent}"/>']
    for row in range(5):
        for column, fill in enumerate(fills):
            at = f'x="{x + column * width}" y="{y + 12 + row * 11}" width="{width}" height="11"'
            parts.append(f'<rect {at} fill="{fill}" stroke="#c3ced6"/>')
    return "".join(parts)


def _picture(inner: str) -> str:
    return f'<svg viewBox="0 0 160 100" role="img" aria-hidden="true">{inner}</svg>'


def _table(accent: str) -> str:
    pen = '<path d="M118 66 l22 -22 l8 8 l-22 22 l-11 3 z" fill="#ffd98a" stroke="#222b32"/>'
    return _picture(_sheet(20, 16, accent, ("#f3f4f5", f"#{BLUE}", f"#{BLUE}")) + pen)


def _sent(accent: str) -> str:
    arrow = f'<path d="M104 52 h26 m-9 -9 l10 9 l-10 9" fill="none" stroke="{accent}" stroke-width="5"/>'
    return _picture(_sheet(12, 16, accent, (f"#{BLUE}", f"#{BLUE}", f"#{BLUE}")) + arrow)


def _returned(accent: str) -> str:
    bars = "".join(
        f'<rect x="{112 + number * 14}" y="{84 - height}" width="10" height="{height}" fill="{accent}"/>'
        for number, height in enumerate((44, 30, 16))
    )
    return _picture(_sheet(12, 16, accent, (f"#{BLUE}", f"#{BLUE}", f"#{GREEN}")) + bars)
