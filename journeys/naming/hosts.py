"""Where a host's name leads, and which addresses no prompt goes to.

An endpoint's address is a way to have this process ask something inside a network (server-side
request forgery). Only an owner or the environment sets one; this keeps it from leading elsewhere
than they meant. What counts is what a name resolves to, so spellings of an address (decimal, octal,
hexadecimal, IPv6 with an IPv4 address in it) are all the same.
"""

from __future__ import annotations

import socket
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from journeys.errors import PrivacyError

Address = IPv4Address | IPv6Address

#: Where clouds tell a machine its secrets, beside the link-local addresses.
_METADATA = frozenset(
    ip_address(address) for address in ("fd00:ec2::254", "100.100.100.200", "168.63.129.16")
)

#: IPv6 addresses that stand for the IPv4 address in their last 32 bits (RFC 6052).
_NAT64 = ip_network("64:ff9b::/96")


class Reach(IntEnum):
    """How far away a host is."""

    MACHINE = 0
    LAB = 1
    """In a private range (RFC 1918, RFC 4193, RFC 6598)."""
    PUBLIC = 2


def addresses_of(host: str) -> frozenset[Address]:
    """What a name resolves to, an IPv4 address inside an IPv6 one taken out; empty: to nothing."""
    try:
        found = socket.getaddrinfo(host, None)
        return frozenset(_plain(ip_address(str(info[4][0]).partition("%")[0])) for info in found)
    except (OSError, UnicodeError, ValueError):
        return frozenset()


def reach_of(host: str) -> Reach | None:
    """How near the nearest address of a name is; None where it does not resolve."""
    found = addresses_of(host)
    return min(map(_reach, found)) if found else None


def require_reachable(host: str, chosen: Reach | None = None) -> None:
    """Refuse addresses that are never an endpoint's, and names that came to lead further inside.

    Args:
        chosen: how far the host was when it was chosen; None where that is not known.

    Raises:
        PrivacyError: it leads to a link-local or metadata address, to none in particular or to
            many at once; or it was far when it was chosen, and now leads nearer (DNS rebinding).
    """
    found = addresses_of(host)
    if any(_never(address) for address in found):
        raise PrivacyError(
            f"Nothing was sent: {host} leads to an address that no language model has (link-local, "
            "a cloud's metadata, or none in particular). Check the endpoint's address."
        )
    if chosen is not None and any(_reach(address) < chosen for address in found):
        raise PrivacyError(
            f"Nothing was sent: {host} leads into this machine's own network, which it did not "
            "when it was chosen. If that is meant, save it again on the page Settings."
        )


def require_loopback(host: str) -> None:
    """Refuse a host that is not this machine.

    Every address that the name resolves to must be loopback (127.0.0.0/8 or ::1).

    Raises:
        PrivacyError: it is another machine, or the name cannot be resolved.
    """
    found = addresses_of(host)
    if not found or not all(address.is_loopback for address in found):
        raise PrivacyError(
            f"The setting 'local only' is on, and {host} is not this machine, so nothing was "
            "sent. Choose a model on this machine, or unset JOURNEYS_LOCAL_ONLY."
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine; see :func:`require_loopback`."""
    try:
        require_loopback(host)
    except PrivacyError:
        return False
    return True


def _plain(address: Address) -> Address:
    if isinstance(address, IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour
        if inside is None and address in _NAT64:
            inside = IPv4Address(int(address) & 0xFFFFFFFF)
        return inside or address
    return address


def _never(address: Address) -> bool:
    reserved = isinstance(address, IPv4Address) and address.is_reserved
    return (
        address.is_link_local
        or address.is_unspecified
        or address.is_multicast
        or reserved
        or (isinstance(address, IPv4Address) and int(address) >> 24 == 0)
        or address in _METADATA
    )


def _reach(address: Address) -> Reach:
    if address.is_loopback:
        return Reach.MACHINE
    return Reach.PUBLIC if address.is_global else Reach.LAB
