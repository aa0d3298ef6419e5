"""Network addresses: which of them are one subscriber's, and which one site's."""

from __future__ import annotations

import ipaddress

SUBSCRIBER_BITS = 64
"""An IPv6 subscriber gets a /64 at least, and may use any of its addresses (RFC 6177)."""
SITE_BITS = 48
"""A site may have as much as a /48: 65,536 networks of subscribers (RFC 6177)."""


def subscriber_network(address: str) -> str:
    """Return the network of one subscriber: an IPv4 address itself, or the /64 of an IPv6 one.

    What is no address stays as it is.
    """
    return _network(address, SUBSCRIBER_BITS)


def site_network(address: str) -> str:
    """Return the network of one site: an IPv4 address itself, or the /48 of an IPv6 one."""
    return _network(address, SITE_BITS)


def _network(address: str, bits: int) -> str:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return address
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, bits), strict=False))
