"""Which addresses may be called: http(s) ones outside, and inside only the networks that a setting names.

Judged is the IP address that is connected to, after the name was looked up, never the name: names can
change their mind between two look-ups, and numbers have many spellings.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from webapp.outgoing.troubles import Refused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_URL = 2000
# Networks that some releases of `ipaddress` take for public (IANA special-purpose registries).
_SPECIAL_V4 = (IPv4Network("192.88.99.0/24"),)
_SPECIAL_V6 = (IPv6Network("2001::/23"), IPv6Network("2001:db8::/32"), IPv6Network("3fff::/20"))
# The only part of IPv6 that is handed out for public hosts.
_GLOBAL_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


def networks(given: Iterable[str]) -> tuple[Network, ...]:
    """Networks as a setting writes them."""
    return tuple(ip_network(each) for each in given)


def check_url(url: str) -> None:
    """Refuse what cannot be called whatever the name stands for. Raises `Refused`."""
    if len(url) > MAX_URL or any(ord(c) <= 32 or ord(c) == 127 for c in url) or "\\" in url:
        raise Refused("This is not a web address.")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise Refused("This is not a web address.") from None
    if parts.scheme not in ("http", "https"):
        raise Refused("The address must start with http:// or https://.")
    if "@" in parts.netloc:
        raise Refused("The address must not hold a name or password.")
    if not host:
        raise Refused("This is not a web address.")


def check_address(text: str, allowed: tuple[Network, ...]) -> None:
    """Refuse an IP address that is neither public nor in a network that may be called. Raises `Refused`."""
    try:
        address = ip_address(text)
    except ValueError:
        raise Refused("The name leads to no address that can be called.") from None
    inner = _inner(address)
    if any(_within(each, network) for each in (address, inner) for network in allowed):
        return
    if not _public(inner):
        raise Refused("This address leads into a private network, where Mayday does not call.")


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for (mapped, 6to4, NAT64); else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _public(address: Address) -> bool:
    ordinary = address.is_global and not (address.is_multicast or address.is_reserved)
    if isinstance(address, IPv4Address):
        return ordinary and not any(address in network for network in _SPECIAL_V4)
    return ordinary and address in _GLOBAL_V6 and not any(address in network for network in _SPECIAL_V6)


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network
