"""A gateway without money: every capture is made on our own page, every refund succeeds at once."""

from __future__ import annotations

from domain.gateway import GatewayRefused, RefundAnswer
from domain.model.money import RefundStatus


class SandboxGateway:
    """Implements `domain.gateway.Gateway`. One capture has one refund, by its name."""

    def refund(self, capture_id: str, amount_paise: int) -> RefundAnswer:
        """Return the refund of a sandbox capture; a repeat answers the same."""
        if not capture_id.startswith("sbx_") or amount_paise <= 0:
            raise GatewayRefused("the sandbox refunds only what it captured")
        return RefundAnswer(f"rfnd_{capture_id.removeprefix('sbx_')}", RefundStatus.PROCESSED)
