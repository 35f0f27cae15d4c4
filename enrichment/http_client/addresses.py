"""Which addresses a request may go to. Checked on the address that the socket connects to, so that no name,
redirect or rebinding gets around it.

Python's `is_global` is wrong for several forms, so the blocks are written out (IANA special-purpose registries).
"""

import re
import socket
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import unquote

import httpx
from django.conf import settings

type Address = IPv4Address | IPv6Address
type Network = IPv4Network | IPv6Network

REFUSED_4 = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
UNICAST_6 = ip_network("2000::/3")
REFUSED_6 = tuple(
    ip_network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
SAMPLE_PATH = "/sample-api/"
NAT64 = ip_network("64:ff9b::/96")


class AddressRefused(httpx.ConnectError, OSError):
    """Private or reserved. An OSError too, so that aiohttp goes on with the next address of a name."""


def check(text: str) -> None:
    """Raises AddressRefused for anything but a public unicast address or a network that the settings allow."""
    address = ip_address(text.partition("%")[0])
    mapped = _embedded(address)
    if any(candidate in network for network in _allowed() for candidate in {address, mapped}):
        return
    if not _is_public(mapped):
        raise AddressRefused(
            f"{text} is a private or reserved address, so requests to it are refused. "
            "Whoever runs Marl can allow its network in MARL_ALLOWED_NETWORKS."
        )


def _embedded(address: Address) -> Address:
    """Returns the IPv4 address that an IPv6 form stands for, or the address itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in block for block in REFUSED_4)
    return address in UNICAST_6 and not any(address in block for block in REFUSED_6)


@cache
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(text, strict=False) for text in texts)


def _allowed() -> tuple[Network, ...]:
    return _networks(tuple(settings.ALLOWED_NETWORKS))


def is_sample(url: str) -> bool:
    """Returns whether this is Marl's own sample API, and nothing else of the server that it is on.

    The exact text counts: a path that a proxy may read as another one is not the sample's.
    """
    origin, start = settings.SAMPLE_API_URL, f"{settings.SAMPLE_API_URL}{SAMPLE_PATH}"
    if not origin or not url.startswith(start):
        return False
    path = "/" + unquote(re.split("[?#]", url.removeprefix(start), maxsplit=1)[0])
    return re.search(r"[%\\\x00-\x20\x7f]|/\.{0,2}(/|$)", path) is None


def open_socket(addr_info: tuple[Any, ...]) -> socket.socket:
    """Opens a socket to an allowed address: aiohttp's factory, for (family, type, protocol, name, address).

    Raises AddressRefused.
    """
    check(str(addr_info[4][0]))
    return open_sample_socket(addr_info)


def open_sample_socket(addr_info: tuple[Any, ...]) -> socket.socket:
    """Opens a socket to any address, for connections that carry requests to the sample API alone."""
    family, kind, protocol, _, _ = addr_info
    opened = socket.socket(family=family, type=kind, proto=protocol)
    opened.setblocking(False)
    return opened
