"""The page that a new member of staff opens first.

views  GET /welcome/{clinicId}
"""
