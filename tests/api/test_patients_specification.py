"""The specification's examples of patients and associations, in a clinic as it describes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.model.people import Association, ClinicPatient
from tests.api.examples.shape import differs, request_of
from tests.api.office import Office
from tests.people import store, stored

PATIENTS = "/api/v1/patients"
OF_DOCTOR = "/api/v1/doctors/{doctorId}/patients"
RUNS = (
    f"POST {PATIENTS}",
    f"GET {PATIENTS}/search",
    f"GET {PATIENTS}/{{patientId}}",
    f"PUT {PATIENTS}/{{patientId}}",
    f"GET {OF_DOCTOR}",
    f"POST {OF_DOCTOR}",
    *(f"{method} {OF_DOCTOR}/{{patientId}}" for method in ("GET", "PUT", "DELETE")),
)


@pytest.fixture
def january(office: Office) -> Office:
    """Return the office in a clinic in UTC, in the middle of January 2025."""
    store(office.stage.records, office.cast.clinic.but(time_zone="UTC"))
    office.stage.clock.instant = datetime(2025, 1, 15, 10, 0, tzinfo=UTC)
    return office


@pytest.fixture
def rajesh(january: Office) -> str:
    """Return a patient of Dr. Meera with three visits, as the examples have him."""
    made = january.doctor.post("/doctors/doc_meera/patients", request_of(f"POST {OF_DOCTOR}"))
    patient_id: str = made.json["data"]["patientId"]
    own = january.stage.work().get(Association, "doc_meera", patient_id)
    assert own is not None
    visited = datetime(2025, 1, 15, 9, 30, tzinfo=UTC)
    store(january.stage.records, own.but(total_visits=3, last_visit_date=visited, treats=True))
    facts = request_of(f"PUT {PATIENTS}/{{patientId}}") | {"currentMedications": ["Metformin"]}
    assert january.doctor.put(f"/patients/{patient_id}", facts).status_code == 200
    return patient_id


def test_a_patient_is_recorded_and_found(january: Office) -> None:
    made = january.doctor.post("/patients", request_of(f"POST {PATIENTS}"))
    assert made.status_code == 201
    assert differs(f"POST {PATIENTS}", made.json) == []
    shown = {k: v for k, v in made.json["data"].items() if k != "patientId"}
    assert shown == {
        "phone": "+919988776655",
        "name": "Amit Kumar",
        "dateOfBirth": "1992-03-15",
        "age": 32,
        "gender": "MALE",
        "bloodGroup": "O+",
        "allergies": ["Penicillin", "Dust"],
        "chronicConditions": [],
        "createdAt": "2025-01-15T10:00:00Z",
    }
    own = january.stage.work().get(Association, "doc_meera", made.json["data"]["patientId"])
    assert own is not None
    visited = datetime(2025, 1, 15, 9, 30, tzinfo=UTC)
    store(january.stage.records, own.but(total_visits=3, last_visit_date=visited))
    # As the example writes it, with the plus sign that addresses read as a blank.
    found = january.doctor.get("/patients/search?phone=+919988776655&name=Amit&limit=10")
    assert differs(f"GET {PATIENTS}/search", found.json) == []
    data = found.json["data"]
    assert (data["totalFound"], data["searchTerm"]) == (1, "Amit")
    assert data["patients"][0] | {"patientId": ""} == {
        "patientId": "",
        "phone": "+919988776655",
        "name": "Amit Kumar",
        "age": 32,
        "gender": "MALE",
        "lastVisit": "2025-01-15",
        "totalVisits": 3,
        "isAssociatedWithDoctor": True,
    }


def test_a_patient_is_shown_and_changed(january: Office, rajesh: str) -> None:
    shown = january.doctor.get(f"/patients/{rajesh}")
    assert differs(f"GET {PATIENTS}/{{patientId}}", shown.json) == []
    patient = shown.json["data"]["patient"]
    assert (patient["age"], patient["dateOfBirth"]) == (44, "1980-05-15")
    body = request_of(f"PUT {PATIENTS}/{{patientId}}")
    changed = january.doctor.put(f"/patients/{rajesh}", body)
    assert differs(f"PUT {PATIENTS}/{{patientId}}", changed.json) == []
    again = january.admin.get(f"/patients/{rajesh}").json["data"]["patient"]
    assert {k: again[k] for k in body} == body


def test_a_doctors_patients_are_listed_shown_changed_and_removed(
    january: Office, rajesh: str
) -> None:
    listed = january.doctor.get("/doctors/doc_meera/patients")
    assert differs(f"GET {OF_DOCTOR}", listed.json) == []
    path = f"/doctors/doc_meera/patients/{rajesh}"
    one = f"{OF_DOCTOR}/{{patientId}}"
    assert differs(f"GET {one}", january.doctor.get(path).json) == []
    assert differs(f"PUT {one}", january.doctor.put(path, request_of(f"PUT {one}")).json) == []
    assert differs(f"DELETE {one}", january.doctor.delete(path).json) == []


def test_somebody_is_associated(january: Office) -> None:
    made = january.admin.post("/doctors/doc_meera/patients", request_of(f"POST {OF_DOCTOR}"))
    assert made.status_code == 201
    assert differs(f"POST {OF_DOCTOR}", made.json) == []
    patient_id = made.json["data"]["patientId"]
    kept = january.stage.work().get(ClinicPatient, "clinic_city", patient_id)
    assert kept is not None
    assert stored(january.stage.records, kept).name == "Rajesh Kumar"
