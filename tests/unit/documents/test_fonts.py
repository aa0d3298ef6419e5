"""Names in the scripts of India, in documents: each letter is there, or what stands for it."""

from __future__ import annotations

import io
from collections import Counter
from datetime import UTC, datetime

import pypdfium2
import pytest

from bot.documents import fonts
from bot.documents.fonts import STAND_IN, font_of, showable
from bot.documents.sheet import UNSEEN, Sheet

NAMES = {
    "notosans": "Zoë Müller, Łukasz Ñuñez Дмитрий",
    "notosansdevanagari": "डॉ. राजेश क्षत्रिय र्‍याचा",
    "notosansbengali": "ডাঃ কবিতা মুখোপাধ্যায়",
    "notosansgurmukhi": "ਡਾ. ਕਵਿਤਾ ਸਿੰਘ",
    "notosansgujarati": "ડૉ. કવિતા પટેલ શ્રી",
    "notosansoriya": "ଡାଃ କବିତା ଶ୍ରୀମତୀ",
    "notosanstamil": "டாக்டர் கவிதா ஸ்ரீ",
    "notosanstelugu": "డాక్టర్ కవిత శ్రీనివాస్",
    "notosanskannada": "ಡಾ. ಕವಿತಾ ಶ್ರೀನಿವಾಸ",
    "notosansmalayalam": "ഡോ. കവിത ശ്രീധരൻ അവന്‍",
    "notosansarabic": "ڈاکٹر فاطمہ خان",
    "notoemoji": "🌸",
}


def a_sheet() -> Sheet:
    return Sheet("Names", "en", datetime(2030, 11, 25, tzinfo=UTC))


def letters_of(text: str) -> Counter[str]:
    """Return the letters of *text*, each as often as it is there, in whatever order."""
    return Counter("".join(text.split()).replace(UNSEEN, ""))


def text_of(sheet: Sheet) -> str:
    """Return what a reader can select on the first page."""
    document = pypdfium2.PdfDocument(io.BytesIO(sheet.to_bytes()))
    return str(document[0].get_textpage().get_text_range())


def ink_of(sheet: Sheet) -> int:
    """Return how many points of the first page are not white."""
    page = pypdfium2.PdfDocument(io.BytesIO(sheet.to_bytes()))[0]
    return sum(page.render(scale=2, grayscale=True).to_pil().histogram()[:128])


@pytest.mark.parametrize(("font", "name"), NAMES.items())
def test_each_script_has_a_font_with_its_letters(font: str, name: str) -> None:
    assert set(NAMES) == set(fonts.FONTS)
    own = {letter for letter in name if letter not in " .," and letter not in fonts.JOINERS}
    assert {font_of(letter) for letter in own} == {font}
    assert showable(name) == name


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES.values())
def test_a_name_is_shown_and_can_be_selected_in_every_script(name: str) -> None:
    sheet, empty = a_sheet(), a_sheet()
    sheet.table(("Doctor", "Visits"), [(name, "7")], (3, 1))
    empty.table(("Doctor", "Visits"), [("", "7")], (3, 1))
    assert letters_of(text_of(sheet)) == letters_of(f"Doctor Visits {name} 7")
    assert ink_of(sheet) > ink_of(empty) + 20


def test_names_of_several_scripts_stand_in_one_line() -> None:
    sheet = a_sheet()
    line = f"{NAMES['notosanstamil']} / {NAMES['notosansarabic']} / Khan"
    sheet.write_line(line)
    assert letters_of(text_of(sheet)) == letters_of(line)


def test_joiners_stay_with_the_letters_that_they_join() -> None:
    joined, apart = a_sheet(), a_sheet()
    joined.write_line("അവന്‍")  # a final n, as it was written before it had a letter of its own
    apart.write_line("അവന്")
    assert ink_of(joined) != ink_of(apart)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("李 Wei", f"{STAND_IN} Wei"),
        ("ᱥᱟᱱ", STAND_IN * 3),
        ("Asha\x07 Rao\ue0001", f"Asha Rao{STAND_IN}1"),
        ("a\tb\u2003c\nd", "a b\u2003c\nd"),
        ("A\ufe01", "A"),
        ("a\u200db", "a\u200db"),
    ],
    ids=["Chinese", "Santali", "control and private", "space", "variation", "joiner"],
)
def test_a_letter_that_no_font_has_is_shown_as_a_stand_in(written: str, shown: str) -> None:
    assert showable(written) == shown
    assert showable(shown) == shown
    sheet = a_sheet()
    sheet.write_line(written)
    assert letters_of(text_of(sheet)) == letters_of(shown)


def test_a_document_holds_only_the_fonts_that_it_needs() -> None:
    plain, tamil = a_sheet(), a_sheet()
    plain.write_line("Asha")
    tamil.write_line(NAMES["notosanstamil"])
    assert b"NotoSansTamil" in tamil.to_bytes()
    assert plain.to_bytes().count(b"/FontDescriptor") < tamil.to_bytes().count(b"/FontDescriptor")


@pytest.mark.slow
def test_the_same_text_makes_the_same_file() -> None:
    files = []
    for _ in range(2):
        sheet = a_sheet()
        for name in NAMES.values():
            sheet.write_line(name)
        files.append(sheet.to_bytes())
    assert files[0] == files[1]
