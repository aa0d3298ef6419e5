"""The admin REST API: one module a resource, its schemas beside it (README.md)."""
