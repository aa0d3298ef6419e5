"""Meta's side of WhatsApp, and the phones of the people, on one machine.

The simulator answers the WhatsApp Cloud API as Meta does (sending, templates, signed webhooks with
retries, statuses) and draws the phones of patients, doctors and admins in a browser. Demonstrations
and end-to-end tests run the real product against it. It shares no code with the product: the two
meet only over HTTP, in the shapes that Meta documents.
"""
