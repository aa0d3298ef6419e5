"""Who reaches a clinic's profile and WhatsApp settings: its admins, each their own clinic's."""

from __future__ import annotations

from tests.api.office import Office
from tests.api.walls.table import Row

NEW = "+919876543211"


def number(office: Office) -> dict[str, str]:
    """Give City a number that is still to be proven."""
    office.admin.put("/clinics/profile", {"whatsappNumber": NEW})
    return {}


CITY = ("clinic_city", "City Medical Center", "CITY42")
ROWS = (
    Row("GET /clinics/profile", 403, 403, 200, shows=CITY),
    Row("PUT /clinics/profile", 403, 403, 200, body={"bookingDays": 7}, shows=CITY),
    Row("GET /clinics/whatsapp", 403, 403, 200, shows=CITY),
    Row("GET /clinics/whatsapp/qr", 403, 403, 200),
    Row("PUT /clinics/whatsapp", 403, 403, 200, body={"whatsappPhoneNumberId": None}, shows=CITY),
    Row(
        "POST /clinics/whatsapp/verify",
        403,
        403,
        422,
        admin=422,
        body={"otp": "000000"},
        given=number,
        shows=(NEW,),
    ),
)
