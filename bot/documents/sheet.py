"""A PDF page whose text is shaped as its script needs, and can be selected and searched.

Only the fonts that a document needs are loaded, and put into it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel.numbers import format_decimal
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, TextMode, VAlign, XPos, YPos
from fpdf.fonts import FontFace, TTFFont

from bot.documents.fonts import FONTS, JOINERS, LATIN, font_of, has_letter, showable

BODY_SIZE = 10.5
"""Points."""
BOLD_LINE = 0.2
"""Millimetres of outline that make letters bold: making a bold cut of the font takes seconds."""
UNSEEN = "\u2060"
"""Is not seen and changes nothing around it: a word joiner."""
GREY, BLACK, PALE = 110, 25, 240

logging.getLogger("fontTools").setLevel(logging.WARNING)  # It logs every table that it drops.


CHART_HEIGHT = 42
"""Millimetres."""
MOST_LABELS = 16
"""With more bars than this, only some have a label, and none has its value."""
FEW_COLUMNS = 6
"""A table with more columns is set in smaller type."""
WIDEST_BAR = 18
BAR = (31, 122, 92)
NUMBERS = "en_IN"
"""How numbers are grouped: 2,10,000."""


class _Paper(FPDF):
    """A PDF with a footer."""

    footer_text = ""
    _latest = LATIN
    """The font of the latest letter that the Latin font does not have."""

    def normalize_text(self, text: str) -> str:
        """Return *text* as it can be shown; the library calls this for all that it writes."""
        return showable(super().normalize_text(text))

    def get_fallback_font(self, char: str, style: str = "") -> str | None:
        """Return the font of a letter that the Latin one does not have; the library calls this.

        It is the one of the letter before, if that has it too, so that a word stays in one piece.
        """
        del style  # All are upright.
        if self._latest == LATIN or not has_letter(self._latest, char):
            self._latest = font_of(char) or LATIN
        self.add_shaped_font(self._latest)
        return self._latest

    def add_shaped_font(self, name: str) -> None:
        """Load the font *name*, unless this document has it."""
        if name in self.fonts:
            return
        self.add_font(name, "", FONTS[name])
        font = self.fonts[name]
        font.__class__ = _Selectable
        if name == LATIN and isinstance(font, _Selectable):
            for joiner in JOINERS:
                del font.cmap[ord(joiner)]

    def footer(self) -> None:
        """Write the footer of a page; the library calls this."""
        if not self.footer_text:
            return
        self.set_y(-14)
        self.set_font(LATIN, size=8)
        self.set_text_color(GREY)
        self.cell(0, 4, self.footer_text)
        self.set_y(-14)
        self.cell(0, 4, f"{self.page_no()}", align="R")


@dataclass(frozen=True)
class _Glyph:
    """A shaped glyph, and the index of the letter that it is copied as."""

    codepoint: int
    cluster: int


class _Selectable(TTFFont):
    """A font whose shaped glyphs are copied as the letters they were made from.

    The library assigns all letters of a reordered group (such as the Hindi vowel i) to the group's
    first glyph and none to the others, for which PDF readers then make some up. Here the letters of
    a group are shared among its glyphs, in the order of writing.
    """

    __slots__ = ()

    def perform_harfbuzz_shaping(
        self, text: str, font_size_pt: float, text_shaping_params: dict[str, Any] | None
    ) -> tuple[Sequence[Any], Sequence[Any]]:
        glyphs, positions = super().perform_harfbuzz_shaping(
            text, font_size_pt, text_shaping_params
        )
        starts = sorted({glyph.cluster for glyph in glyphs})
        ends = dict(zip(starts, [*starts, len(text)][1:], strict=True))
        met: dict[int, int] = {}
        shaped = []
        for glyph in glyphs:
            position = met.get(glyph.cluster, 0)
            met[glyph.cluster] = position + 1
            letter = min(glyph.cluster + position, ends[glyph.cluster] - 1)
            shaped.append(_Glyph(glyph.codepoint, letter))
        return shaped, positions

    def give_unseen_text(self) -> None:
        """Let each glyph without a letter of its own be copied as `UNSEEN`.

        Such a glyph adds to the one before it, as the dots of Arabic letters do. A reader would
        make a letter up for it.
        """
        for glyph, _ in self.subset.items():  # noqa: PERF102 - it is no dict
            if glyph is not None and glyph.unicode == ():
                glyph.unicode = (ord(UNSEEN),)


class Sheet:
    """An A4 document, written from top to bottom; long text continues on the next page."""

    def __init__(self, title: str, language: str, made_at: datetime) -> None:
        self._pdf = _Paper(format="A4")
        self._pdf.set_title(title)
        # Not the present: the same content must make the same file, to the byte.
        self._pdf.set_creation_date(made_at)
        self._pdf.set_lang(language)
        self._pdf.set_margins(18, 16, 18)
        self._pdf.set_auto_page_break(auto=True, margin=22)
        self._pdf.add_shaped_font(LATIN)
        self._pdf.set_text_shaping(use_shaping_engine=True)
        self._pdf.add_page()
        self._pdf.set_font(LATIN, size=BODY_SIZE)

    def write_line(self, text: str, *, size: float = BODY_SIZE, grey: bool = False) -> None:
        """Write *text* on lines of its own."""
        self._pdf.set_font(LATIN, size=size)
        self._pdf.set_text_color(GREY if grey else BLACK)
        self._pdf.multi_cell(0, size * 0.55, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def heading(self, text: str, *, size: float = BODY_SIZE) -> None:
        """Write *text* in bold."""
        with self._emphasis():
            self.write_line(text, size=size)

    def pairs(self, pairs: Sequence[tuple[str, str]], *, name_width: float = 32) -> None:
        """Write names and their values side by side; a name has *name_width* millimetres."""
        for name, value in pairs:
            self._pdf.set_font(LATIN, size=BODY_SIZE)
            self._pdf.set_text_color(GREY)
            self._pdf.cell(name_width, BODY_SIZE * 0.55, name)
            self._pdf.set_text_color(BLACK)
            self._pdf.multi_cell(
                0, BODY_SIZE * 0.55, value, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
            )

    def table(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[int],
        *,
        numbers: frozenset[int] = frozenset(),
    ) -> None:
        """Write *rows* under *heads*, which are repeated on every page.

        *widths* are relative; the columns in *numbers* are aligned to the right.
        """
        size = BODY_SIZE - (0.5 if len(heads) <= FEW_COLUMNS else 2)
        self._pdf.set_font(LATIN, size=size)
        self._pdf.set_text_color(BLACK)
        self._pdf.set_draw_color(200)
        with self._pdf.table(
            col_widths=tuple(widths),
            text_align="LEFT",
            v_align=VAlign.T,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis="", fill_color=PALE),
            line_height=size * 0.55,
            padding=1.4,
        ) as table:
            for cells in (heads, *rows):
                row = table.row()
                for column, cell in enumerate(cells):
                    row.cell(cell, align="RIGHT" if column in numbers else "LEFT")

    def bars(self, title: str, labels: Sequence[str], values: Sequence[float], unit: str) -> None:
        """Draw a bar for each value above its label; the highest takes the whole height."""
        pdf = self._pdf
        if not values or not any(values):
            return
        self.keep_together(CHART_HEIGHT + 14)
        self.write_line(title, grey=True)
        top, left, width = pdf.get_y() + 5, pdf.l_margin, pdf.epw
        step, most = width / len(values), max(values)
        every = -(-len(values) // MOST_LABELS)
        pdf.set_draw_color(170)
        pdf.line(left, top + CHART_HEIGHT, left + width, top + CHART_HEIGHT)
        pdf.set_fill_color(*BAR)
        pdf.set_font(LATIN, size=7)
        for number, (label, value) in enumerate(zip(labels, values, strict=True)):
            height = CHART_HEIGHT * max(0.0, value) / most
            x = left + number * step
            wide = min(step * 0.7, WIDEST_BAR)
            pdf.rect(x + (step - wide) / 2, top + CHART_HEIGHT - height, wide, height, style="F")
            if number % every == 0:
                room = step * every
                pdf.set_text_color(GREY)
                pdf.set_xy(x - (room - step) / 2, top + CHART_HEIGHT + 1)
                pdf.cell(room, 3.5, _fit(pdf, label, room), align="C")
            if len(values) <= MOST_LABELS:
                pdf.set_text_color(BLACK)
                pdf.set_xy(x, top + CHART_HEIGHT - height - 4)
                pdf.cell(step, 3.5, f"{unit}{number_text(value)}", align="C")
        if len(values) > MOST_LABELS:
            pdf.set_text_color(GREY)
            pdf.set_xy(left, top - 4)
            pdf.cell(width, 3.5, f"{unit}{number_text(most)}")
        pdf.set_fill_color(255)
        pdf.set_xy(left, top + CHART_HEIGHT + 8)

    def keep_together(self, millimetres: float) -> None:
        """Start the next page unless this one has *millimetres* left."""
        if self._pdf.will_page_break(millimetres):
            self._pdf.add_page()

    def set_footer(self, text: str) -> None:
        """Put *text* and the page's number at the foot of every page."""
        self._pdf.footer_text = text

    def rule(self) -> None:
        """Draw a line across the page."""
        self.space(2)
        self._pdf.set_draw_color(170)
        y = self._pdf.get_y()
        self._pdf.line(self._pdf.l_margin, y, self._pdf.w - self._pdf.r_margin, y)
        self.space(3)

    def space(self, millimetres: float) -> None:
        """Leave *millimetres* empty."""
        self._pdf.ln(millimetres)

    def to_bytes(self) -> bytes:
        """Return the document as a PDF file."""
        for font in self._pdf.fonts.values():
            if isinstance(font, _Selectable):
                font.give_unseen_text()
        return bytes(self._pdf.output())

    @contextmanager
    def _emphasis(self) -> Iterator[None]:
        self._pdf.set_draw_color(BLACK)
        with self._pdf.local_context(text_mode=TextMode.FILL_STROKE, line_width=BOLD_LINE):
            yield


def number_text(value: float) -> str:
    """Return *value* grouped as in India, with at most one decimal."""
    return str(format_decimal(round(value, 1), format="#,##,##0.#", locale=NUMBERS))


def _fit(pdf: FPDF, text: str, room: float) -> str:
    """Return *text* cut to *room* millimetres."""
    while text and pdf.get_string_width(text) > room:
        text = text[:-1].rstrip()
    return text
