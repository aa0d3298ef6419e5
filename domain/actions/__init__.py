"""What can be done: one module a subject, in packages that import in one direction.

From the ground up: `messages`, `people`, `staff`, `payments`, `booking`; `delivery`, `visits` and
`broadcasts` side by side; `line`, `clinics`, `settlement`. `reports` is beside `messages`.
`pyproject.toml` holds this order.
"""
