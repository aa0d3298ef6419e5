"""Every table and index, as data. CreateTable, SQLite's DDL and docs/tables.md are derived here.

The first ten are the specification's, with its names and indexes. Where it asks for a local index
on a table without sort key, which DynamoDB does not have, there is a global index for the same
purpose. The others are the product's own, one for each record's TABLE. Names are without the
installation's prefix, attributes are as stored (camelCase), and every attribute of a key or an
index is a string. A new index on an existing table is made by `create_tables` in SQLite, and by
hand (UpdateTable) in DynamoDB.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

TTL = "ttl"
"""The attribute with the instant (seconds since 1970) from which an item is absent."""
VERSION = "version"
"""The attribute that counts an item's writes."""


@dataclass(frozen=True)
class Index:
    """Another order of a table's items; has only the items with both attributes."""

    partition: str
    sort: str
    local: bool = False

    @property
    def name(self) -> str:
        """The name, as the specification forms it."""
        return f"{self.sort}-idx" if self.local else f"{self.partition}-{self.sort}-idx"


@dataclass(frozen=True)
class Table:
    """A table: its key, its indexes and what it is for."""

    name: str
    partition: str
    sort: str | None
    purpose: str
    indexes: tuple[Index, ...] = ()
    mixed: bool = False
    """Whether it holds several kinds of record, marked by an attribute."""

    @cached_property
    def key(self) -> tuple[str, ...]:
        """The attributes of the primary key."""
        return (self.partition,) if self.sort is None else (self.partition, self.sort)

    @cached_property
    def indexed(self) -> tuple[str, ...]:
        """The attributes of the key and of the indexes, each once, the key's first."""
        names = [*self.key]
        for index in self.indexes:
            names += (index.partition, index.sort)
        return tuple(dict.fromkeys(names))

    def index(self, name: str) -> Index:
        """Return the index called *name*.

        Raises:
            ValueError: If the table has no such index.
        """
        for index in self.indexes:
            if index.name == name:
                return index
        raise ValueError(f"table {self.name} has no index {name}")

    def order(self, index: str | None) -> tuple[str, tuple[str, ...]]:
        """Return a query's partition attribute, and the attributes that order its result.

        The first is the sort key; the others, of the primary key, order items with an equal sort
        key, so that a cursor names one item.
        """
        if index is None:
            return self.partition, self.key[1:]
        found = self.index(index)
        rest = (name for name in (found.sort, *self.key) if name != found.partition)
        return found.partition, tuple(dict.fromkeys(rest))


SPECIFIED = (
    Table(
        "clinics", "clinicId", None, "Clinics and their plans.",
        (
            Index("whatsappNumber", "clinicId"),
            Index("status", "clinicId"),
            Index("plan", "clinicId"),
            Index("billingCycle", "clinicId"),
        ),
    ),
    Table(
        "users", "clinicId", "userId", "Staff accounts.",
        (
            Index("whatsappNumber", "clinicId"),
            Index("role", "clinicId"),
            Index("clinicId", "status", local=True),
        ),
    ),
    Table(
        "doctors", "clinicId", "doctorId", "Doctors and their ordinary day.",
        (
            Index("whatsappNumber", "clinicId"),
            Index("status", "clinicId"),
            Index("clinicId", "specialization", local=True),
        ),
    ),
    Table(
        "patients", "patientId", None, "People who are treated, whatever the clinic.",
        (
            Index("patientPhone", "patientId"),
            Index("name", "patientId"),
            Index("gender", "patientId"),
        ),
    ),
    Table(
        "associations", "doctorId", "patientId", "Which patients are a doctor's.",
        (
            Index("patientId", "doctorId"),
            Index("clinicId", "associationDate"),
            Index("doctorId", "associationDate", local=True),
        ),
    ),
    Table(
        "queues", "doctorId", "date", "The head of a doctor's line on one day.",
        (
            Index("clinicId", "date"),
            Index("status", "doctorId"),
            Index("doctorId", "status", local=True),
        ),
    ),
    Table(
        "tokens", "queueId", "tokenId", "Bookings.",
        (
            Index("patientId", "date"),
            Index("doctorId", "date"),
            Index("status", "queueId"),
            Index("queueId", "status", local=True),
        ),
    ),
    Table(
        "visits", "doctorId", "visitId", "Records of consultations.",
        (
            Index("patientId", "visitDate"),
            Index("clinicId", "visitDate"),
            Index("doctorId", "visitDate", local=True),
        ),
    ),
    Table(
        "subscriptions", "clinicId", "subscriptionId", "What clinics pay for the product.",
        (
            Index("status", "clinicId"),
            Index("plan", "clinicId"),
            Index("clinicId", "billingCycle", local=True),
        ),
    ),
    Table(
        "otp-requests", "requestId", None, "Requests for one-time codes, without the codes.",
        (
            Index("whatsappNumber", "requestType"),
            Index("requestType", "createdAt"),
            Index("status", "requestId"),
        ),
    ),
)  # fmt: skip
"""The specification's tables."""

OWN = (
    Table("addresses", "address", None, "The one contact a phone or WhatsApp id belongs to."),
    Table("approvals", "account", "template", "What WhatsApp says of each message template."),
    Table(
        "audit", "clinicId", "entry", "Who looked at or changed a patient's data: append-only.",
        (Index("patientId", "entry"), Index("userId", "entry")),
    ),
    Table("bookings", "contactId", "booking", "One live booking a patient, doctor and day."),
    Table("broadcast-pages", "broadcastId", "page", "The numbers given for a broadcast."),
    Table(
        "broadcast-recipients", "broadcastId", "recipient", "Each recipient and the outcome.",
        (Index("broadcastId", "place", local=True),),
    ),
    Table("broadcasts", "clinicId", "broadcastId", "One message to many people of a clinic."),
    Table("bundles", "clinicId", "contactId", "What a person writes faster than the desk is told."),
    Table("caught-up", "provider", None, "Until when everything a provider keeps was answered."),
    Table("claims", "claim", None, "What only one clinic can have: numbers, senders, join codes."),
    Table(
        "clinic-patients", "clinicId", "patientId", "What one clinic knows about a patient.",
        (Index("clinicId", "nameKey"), Index("clinicId", "patientPhone")),
    ),
    Table("consents", "contactId", "change", "When and how each consent changed: append-only."),
    Table("contacts", "contactId", None, "WhatsApp accounts, with the choices made in them."),
    Table("conversations", "conversation", None, "Where each person is in the conversation."),
    Table("day-costs", "clinicId", "part", "What WhatsApp charged for, by clinic and day."),
    Table("directory", "owner", "entry", "How a clinic or a doctor finds a patient."),
    Table("directory-counts", "owner", "shard", "How many patients a clinic or a doctor has."),
    Table("due", "shard", "due", "What must happen later, by instant."),
    Table(
        "figures", "doctorId", "date", "What a doctor's day came to.",
        (Index("clinicId", "date"),),
    ),
    Table("files", "owner", "fileId", "Pictures and documents of chats; the content is elsewhere."),
    Table("history", "queueId", "entry", "What happened in a line: append-only."),
    Table("holds", "contactId", "hold", "A contact's unpaid holds, three at most."),
    Table(
        "idempotency", "idempotencyKey", None, "What repeated calls of the API answered.",
        (Index("patientId", "idempotencyKey"),),
    ),
    Table("ids", "id", None, "Where the thing with a given id is stored."),
    Table("invoices", "clinicId", "invoiceId", "What clinics owe for the product, month by month."),
    Table(
        "ledger", "captureId", "row", "Money captured, moved, returned and taken at the desk.",
        (Index("clinicId", "at"),),
        mixed=True,
    ),
    Table("line", "queueId", "place", "Who waits, in the order of being called."),
    Table(
        "messages", "messageId", None, "Messages to people, and how far each has come.",
        (Index("contactId", "createdAt"), Index("failedOn", "messageId")),
    ),
    Table("optouts", "clinicId", "contactId", "Who wants no more messages of a clinic."),
    Table("otp-limits", "subject", None, "Codes asked for a number or from a network address."),
    Table("orders", "paymentId", "reference", "Requests for payment shown inside WhatsApp."),
    Table("outbox", "shard", "place", "Messages waiting to be sent, the urgent first."),
    Table("free-messages", "clinicId", "day", "Own words of clinics that are not trusted yet."),
    Table("open-reports", "clinicId", "place", "Reports in the making: a few for each clinic."),
    Table(
        "parked", "parked", None, "Messages that we could not handle by our own fault.",
        (Index("day", "parked"),),
    ),
    Table("payments", "paymentId", None, "Requests for the advance of a token."),
    Table("prescription-links", "link", None, "A patient's right to read a prescription."),
    Table("prescriptions", "visitId", "prescriptionId", "What was prescribed, superseded or not."),
    Table("private-notes", "visitId", "notesId", "What only doctor and admins read of a visit."),
    Table("progress", "queueId", "tokenId", "What a waiting patient was told and promised."),
    Table("pushes", "conversation", None, "Questions that events have put to people."),
    Table("ratings", "queueId", "tokenId", "What patients thought of their visits."),
    Table("sandbox", "subject", "row", "What the sandbox, playing a gateway, took and returned."),
    Table("reports", "clinicId", "reportId", "Reports that were asked for."),
    Table("seats", "queueId", "seat", "Sold slots and used online sales of a day."),
    Table("seen", "seen", None, "Inbound messages whose effect is committed."),
    Table("sender-health", "sender", None, "Whether a sending number can send, and how it fares."),
    Table("senders", "sender", None, "WhatsApp senders of clinics' own, with their tokens."),
    Table(
        "sessions", "sessionId", None, "Sign-ins of staff, ended by logout everywhere at once.",
        (Index("userId", "createdAt"),),
    ),
    Table("silences", "contactId", None, "Who wants no more messages, whichever clinic's."),
    Table("staff-numbers", "whatsappNumber", "clinicId", "Which user of a clinic has a number."),
    Table("stream-tickets", "ticket", None, "What opens one live page once, within a minute."),
    Table(
        "talks", "clinicId", "contactId", "Whom the clinic's people answer, and who of them does.",
        (Index("userId", "contactId"),),
    ),
    Table("visit-versions", "visitId", "entry", "Who wrote what of a visit: append-only."),
)  # fmt: skip
"""The product's own tables."""

TABLES: dict[str, Table] = {table.name: table for table in (*SPECIFIED, *OWN)}
"""All tables by name."""


def create_table(table: Table, prefix: str) -> dict[str, Any]:
    """Return the arguments of DynamoDB's CreateTable: on-demand, indexes with whole items."""
    arguments: dict[str, Any] = {
        "TableName": prefix + table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"} for name in table.indexed
        ],
        "KeySchema": _key_schema(table.key),
    }
    for local, argument in ((False, "GlobalSecondaryIndexes"), (True, "LocalSecondaryIndexes")):
        indexes = [
            {
                "IndexName": index.name,
                "KeySchema": _key_schema((index.partition, index.sort)),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in table.indexes
            if index.local is local
        ]
        if indexes:
            arguments[argument] = indexes
    return arguments


def _key_schema(key: tuple[str, ...]) -> list[dict[str, str]]:
    return [
        {"AttributeName": name, "KeyType": kind}
        for name, kind in zip(key, ("HASH", "RANGE"), strict=False)
    ]


def ddl(table: Table, prefix: str) -> list[str]:
    """Return SQLite's statements for *table*; each may be repeated.

    An item is one row: its key, version and expiry, and the whole of it as JSON. A table without
    sort key has an empty `sk`, which no item can have as a value.
    """
    name = prefix + table.name
    statements = [
        f"""CREATE TABLE IF NOT EXISTS "{name}" (
            pk TEXT NOT NULL, sk TEXT NOT NULL, version INTEGER NOT NULL, ttl INTEGER,
            body TEXT NOT NULL, PRIMARY KEY (pk, sk)) WITHOUT ROWID""",
        f'CREATE INDEX IF NOT EXISTS "{name}/ttl" ON "{name}" (ttl) WHERE ttl IS NOT NULL',
    ]
    for index in table.indexes:
        columns = ", ".join(
            expression(table, attribute)
            for attribute in (index.partition, *table.order(index.name)[1])
        )
        statements.append(
            f'CREATE INDEX IF NOT EXISTS "{index_name(table, index.name, prefix)}" '
            f'ON "{name}" ({columns}) WHERE {presence(table, index)}'
        )
    return statements


def index_name(table: Table, index: str, prefix: str) -> str:
    """Return the name of *index* of *table* in SQLite, where names of indexes are global."""
    return f"{prefix}{table.name}/{index}"


def expression(table: Table, attribute: str) -> str:
    """Return the SQL expression for *attribute* of an item: a column, or a value of its JSON."""
    if attribute == table.partition:
        return "pk"
    if attribute == table.sort:
        return "sk"
    return f"json_extract(body, '$.{attribute}')"


def presence(table: Table, index: Index) -> str:
    """Return the SQL condition for an item to be in *index*: it has both attributes."""
    wanted = [expression(table, attribute) for attribute in (index.partition, index.sort)]
    return " AND ".join(f"{e} IS NOT NULL" for e in wanted)


REMAKE = (
    """.venv/bin/python -c 'from store import schema; print(schema.document(), end="")'"""
    " > docs/tables.md"
)
"""The command that writes the page about tables."""


def document(prefix: str = "pulseops-") -> str:
    """Return docs/tables.md: every table with its key and indexes."""
    lines = [
        "# Tables",
        "",
        "Made from `store/schema.py`, and the tests compare the two. To make it anew:",
        "",
        f"    {REMAKE}",
        "",
        "Names begin with the installation's prefix. In every table `version` counts an item's",
        "writes, and an item with `ttl` (seconds since 1970) is absent from that instant on.",
        "Indexes hold whole items, may lag behind their table, and never decide anything.",
    ]
    for title, tables in (("Of the specification", SPECIFIED), ("The product's own", OWN)):
        lines += [
            "",
            f"## {title}",
            "",
            "| table | key | indexes | what for |",
            "|---|---|---|---|",
        ]
        for table in tables:
            key = ", ".join(f"`{name}`" for name in table.key)
            indexes = "<br>".join(
                f"`{index.name}`" + (" (local)" if index.local else "") for index in table.indexes
            )
            lines.append(f"| `{prefix}{table.name}` | {key} | {indexes or '-'} | {table.purpose} |")
    return "\n".join(lines) + "\n"
