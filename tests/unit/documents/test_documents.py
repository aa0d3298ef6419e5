"""Documents: what a PDF shows, in every language, whatever is written into it."""

from __future__ import annotations

import io
import tomllib
from datetime import UTC, date, datetime
from typing import Any

import pypdfium2
import pytest

from bot.documents.maker import FOLDER, Maker
from domain.model.visits import Medication
from domain.ports import PrescriptionPage

AMLODIPINE = Medication(
    name="Amlodipine", strength="5mg", frequency="Once daily", duration="30 days"
)


def a_page(**changes: Any) -> PrescriptionPage:
    usual: dict[str, Any] = {
        "clinic": "City Medical Center",
        "address": "12 MG Road, Kolkata",
        "phone": "+919876543001",
        "doctor": "Dr. Meera",
        "specialization": "General Medicine",
        "patient": "Asha",
        "age": 41,
        "gender": "FEMALE",
        "day": date(2030, 11, 25),
        "diagnosis": "Hypertension",
        "medications": (AMLODIPINE,),
        "words": None,
        "notes": "Monitor BP weekly",
        "written_at": datetime(2030, 11, 25, 10, 0, tzinfo=UTC),
        "zone": "Asia/Kolkata",
        "language": "en",
        "branded": False,
    }
    return PrescriptionPage(**(usual | changes))


def pages_of(page: PrescriptionPage) -> list[str]:
    """Return the text that a reader can select, page by page, on one line each."""
    document = pypdfium2.PdfDocument(io.BytesIO(Maker().prescription(page)))
    return [" ".join(p.get_textpage().get_text_range().split()) for p in document]


def test_a_prescription_shows_whose_what_and_how():
    (text,) = pages_of(a_page())
    for words in (
        "City Medical Center",
        "12 MG Road, Kolkata · Phone +919876543001",
        "Dr. Meera",
        "Asha, 41 years, female",
        "25 November 2030",
        "Hypertension",
        "Amlodipine 5mg Once daily 30 days",
        "Monitor BP weekly",
        "Issued 25 November 2030, 3:30",
        "Made with PulseOps",
    ):
        assert words in text


def test_hindi_is_selected_letter_for_letter():
    name = "राजेश कुमार क्षत्रिय"
    words = "श्रीमती निष्ठा, हिन्दी, कृष्णमूर्ति, संस्कृति, दुर्गा, ज्ञानेश्वर शर्मा, विद्यार्थी"
    (text,) = pages_of(a_page(patient=name, notes=words, language="hi"))
    assert f"मरीज़ {name}, 41 वर्ष, महिला" in text
    assert words in text
    assert "25 नवंबर 2030" in text


def test_a_prescription_in_words_is_shown_as_it_was_written():
    (text,) = pages_of(a_page(medications=(), words="Rest, fluids;\nparacetamol if fever"))
    assert "Rest, fluids; paracetamol if fever" in text
    assert "How often" not in text


def test_unknown_facts_leave_no_gap_and_a_branded_page_names_the_clinic_alone():
    page = a_page(age=None, gender=None, diagnosis=None, notes=None, address="", branded=True)
    (text,) = pages_of(page)
    assert "Patient Asha Date" in text
    assert "PulseOps" not in text
    assert "Advice" not in text


def test_thirty_medicines_go_on_on_the_next_page_under_the_same_heads():
    long = "Take in the morning with water, and never on an empty stomach " * 2
    medicines = tuple(
        Medication(name=f"Medicine {n}", strength="5mg", instructions=long) for n in range(30)
    )
    pages = pages_of(a_page(medications=medicines))
    assert len(pages) > 1
    assert all("Medicine How often How long Instructions" in page for page in pages[:-1])
    assert all(f"Medicine {n} 5mg" in " ".join(pages) for n in range(30))


@pytest.mark.parametrize("odd", ["😀 smile", "\u202eevil", "தமிழ்", "a" * 400, "**bold** <b>"])
def test_whatever_is_written_makes_a_page(odd: str):
    assert pages_of(a_page(patient=odd, notes=odd))


def test_a_language_without_words_is_shown_in_english():
    (text,) = pages_of(a_page(language="ta"))
    assert "Prescription" in text


def test_every_language_has_the_same_words():
    english = tomllib.loads((FOLDER / "en.toml").read_text())
    shape = {name: set(words) for name, words in english.items()}
    for file in FOLDER.iterdir():
        words = tomllib.loads(file.read_text())
        assert {name: set(part) for name, part in words.items()} == shape, file.name
        assert not any("'" in said for part in words.values() for said in part.values()), file.name
