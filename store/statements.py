"""The SQL of the SQLite store."""

from __future__ import annotations

from store import schema
from store.schema import TABLES


class Statements:
    """The SQL of each table, built once, since Python keeps statements prepared by their text."""

    LIVE = "(ttl IS NULL OR ttl > ?)"

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._made: dict[tuple[object, ...], str] = {}

    def _make(self, kind: str, table: str, template: str) -> str:
        sql = self._made.get((kind, table))
        if sql is None:
            sql = self._made[kind, table] = template.format(t=f'"{self._prefix}{table}"')
        return sql

    def put(self, table: str, rows: int) -> str:
        """Return SQL that writes *rows* rows: key, version, ttl and body of each."""
        return self._make(
            f"put{rows}",
            table,
            "INSERT INTO {t} (pk, sk, version, ttl, body) VALUES "
            + ", ".join(["(?, ?, ?, ?, ?)"] * rows)
            + " ON CONFLICT (pk, sk) DO UPDATE SET version = excluded.version,"
            " ttl = excluded.ttl, body = excluded.body",
        )

    def delete(self, table: str) -> str:
        """Return SQL that deletes a row by its key."""
        return self._make("delete", table, "DELETE FROM {t} WHERE pk = ? AND sk = ?")

    def purge(self, table: str) -> str:
        """Return SQL that deletes rows that expired before an instant, up to a number."""
        return self._make(
            "purge",
            table,
            "DELETE FROM {t} WHERE (pk, sk) IN (SELECT pk, sk FROM {t} WHERE ttl <= ? LIMIT ?)",
        )

    def versions(self, tables: tuple[str, ...]) -> str:
        """Return SQL that reads the version of one row of each of *tables*, by key and instant."""
        sql = self._made.get(("versions", tables))
        if sql is None:
            sql = self._made["versions", tables] = "SELECT " + ", ".join(
                f'IFNULL((SELECT version FROM "{self._prefix}{table}"'
                f" WHERE pk = ? AND sk = ? AND {self.LIVE}), 0)"
                for table in tables
            )
        return sql

    def get(self, tables: tuple[str, ...]) -> str:
        """Return SQL that reads one row of each of *tables*, by its key and a number for it."""
        sql = self._made.get(tables)
        if sql is None:
            sql = self._made[tables] = " UNION ALL ".join(
                f'SELECT ?, ttl, body FROM "{self._prefix}{table}" WHERE pk = ? AND sk = ?'
                for table in tables
            )
        return sql

    def query(
        self, table: str, index: str | None, *, low: bool, high: bool, start: bool, descending: bool
    ) -> str:
        """Return SQL that reads a page, by partition, instant, bounds, cursor and limit."""
        shape = ("query", table, index, low, high, start, descending)
        sql = self._made.get(shape)
        if sql is None:
            sql = self._made[shape] = self._query(
                table, index, low=low, high=high, start=start, descending=descending
            )
        return sql

    def _query(
        self, table: str, index: str | None, *, low: bool, high: bool, start: bool, descending: bool
    ) -> str:
        described = TABLES[table]
        partition, order = described.order(index)
        columns = [schema.expression(described, name) for name in order]
        source = f'"{self._prefix}{table}"'
        where = [f"{schema.expression(described, partition)} = ?", self.LIVE]
        if index is not None:
            source += f' INDEXED BY "{schema.index_name(described, index, self._prefix)}"'
            where.append(schema.presence(described, described.index(index)))
        if low:
            where.append(f"{columns[0]} >= ?")
        if high:
            where.append(f"{columns[0]} <= ?")
        if start:
            marks = ", ".join("?" for _ in columns)
            where.append(f"({', '.join(columns)}) {'<' if descending else '>'} ({marks})")
        direction = "DESC" if descending else "ASC"
        ordering = ", ".join(f"{column} {direction}" for column in columns) or "pk"
        return f"SELECT body FROM {source} WHERE {' AND '.join(where)} ORDER BY {ordering} LIMIT ?"
