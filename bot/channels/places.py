"""Places on the map, as providers write them."""

from __future__ import annotations

from domain.model.messages import Place

FARTHEST_NORTH, FARTHEST_EAST = 90.0, 180.0


def place(latitude: object, longitude: object, name: str, address: str) -> Place | None:
    """Return the place at two numbers, or at numbers as text; None if there is none there."""
    try:
        north, east = float(str(latitude)), float(str(longitude))
    except ValueError:
        return None
    # Not a number is not less than anything.
    if not (abs(north) <= FARTHEST_NORTH and abs(east) <= FARTHEST_EAST):
        return None
    return Place(latitude=f"{north:.6f}", longitude=f"{east:.6f}", name=name, address=address)
