"""What goes over the wire: bodies, queries and answers, with their types, ranges and units.

`base` has what all schemas share. Every other module is named as the resource it belongs to:
`analytics`, `associations`, `audit`, `auth`, `clinics`, `desk`, `doctors`, `files`, `patients`,
`payments`, `queues`, `reports`, `subscriptions`, `tokens`, `users`, `visits`, `whatsapp`.
Prescriptions have theirs in `visits`.
"""
