"""Which numbers people are told to call."""

import pytest

from domain.emergencies import emergency_numbers


@pytest.mark.parametrize(
    ("phone", "zone", "numbers"),
    [
        ("+919876543021", None, ("112", "108")),
        ("+919876543021", "Europe/London", ("112", "108")),
        (None, "Asia/Kolkata", ("112", "108")),
        ("+442079460000", None, ("112",)),
        (None, "Europe/London", ("112",)),
        (None, None, ("112",)),
    ],
)
def test_the_country_tells_the_numbers(phone, zone, numbers):
    assert emergency_numbers(phone, zone) == numbers
