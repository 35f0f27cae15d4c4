"""Made-up companies: everything about one follows from its domain, so that it is the same on every machine."""

from hashlib import sha256
from typing import Any

_PLACES = (
    ("Aarhus", "Denmark"),
    ("Austin", "United States"),
    ("Bergen", "Norway"),
    ("Bristol", "United Kingdom"),
    ("Cork", "Ireland"),
    ("Ghent", "Belgium"),
    ("Graz", "Austria"),
    ("Kyoto", "Japan"),
    ("Leipzig", "Germany"),
    ("Lyon", "France"),
    ("Medellín", "Colombia"),
    ("Nairobi", "Kenya"),
    ("Porto", "Portugal"),
    ("Pune", "India"),
    ("Tampere", "Finland"),
    ("Turin", "Italy"),
    ("Utrecht", "Netherlands"),
    ("Valencia", "Spain"),
    ("Vancouver", "Canada"),
    ("Wellington", "New Zealand"),
)
_INDUSTRIES = (
    "Agriculture",
    "Construction",
    "Consulting",
    "Education",
    "Energy",
    "Fashion",
    "Finance",
    "Food",
    "Health",
    "Insurance",
    "Logistics",
    "Machinery",
    "Media",
    "Retail",
    "Software",
    "Travel",
)
_STAGES = ("Lead", "Qualified", "Proposal", "Customer", "Lost")
_OWNERS = ("Ada", "Grace", "Hedy", "Katherine", "Radia")
_ONE_UNKNOWN_IN = 12
LONGEST = 253  # characters of a domain

NAMES = (
    "Northwind",
    "Contoso",
    "Fabrikam",
    "Tailspin Toys",
    "Wingtip",
    "Litware",
    "Proseware",
    "Adatum",
    "Bluebell Foods",
    "Cedar & Sons",
    "Driftwood Travel",
    "Evergreen Energy",
    "Foxglove Media",
    "Granite Works",
    "Harbour Lights",
    "Ironbark Tools",
    "Juniper Labs",
    "Kestrel Air",
    "Lantern Books",
    "Meadow Dairy",
    "Nimbus Cloud",
    "Oakline",
    "Pebble Pay",
    "Quarry Street",
    "Riverbend",
)


def domain_of(name: str) -> str:
    """ "Cedar & Sons" as "cedarsons.example"."""
    return "".join(letter for letter in name.lower() if letter.isalnum()) + ".example"


def profile(domain: str) -> dict[str, Any] | None:
    """Returns what is known about a company; None for the few that nobody knows, and for anything but a domain."""
    known, seed = _known(domain)
    if not known:
        return None
    city, country = _PLACES[seed[1] % len(_PLACES)]
    return {
        "domain": known,
        "name": _name_of(known),
        "city": city,
        "country": country,
        "founded": 1950 + seed[2] % 72,
        "employees": employees(known),
        "industry": _INDUSTRIES[seed[5] % len(_INDUSTRIES)],
    }


def account(domain: str) -> dict[str, Any] | None:
    """Returns what the sample CRM knows about a company, None where it knows nothing."""
    known, seed = _known(domain)
    if not known:
        return None
    return {
        "account": {"domain": known, "stage": _STAGES[seed[6] % len(_STAGES)], "open_deals": seed[7] % 5},
        "owner": {"name": (name := _OWNERS[seed[8] % len(_OWNERS)]), "email": f"{name.lower()}@crm.example"},
    }


def employees(domain: str) -> int:
    seed = _seed(domain)
    largest = 1 << (6 + 2 * (seed[9] % 4))  # small companies are as frequent as large ones
    return 5 + (seed[3] * 256 + seed[4]) % largest


def delay_ms(domain: str) -> int:
    """Returns 50 to 300 ms, as long as real servers take."""
    seed = _seed(domain)
    return 50 + (seed[10] * 256 + seed[11]) % 251


def _known(domain: str) -> tuple[str, bytes]:
    known = domain.strip().lower()
    seed = _seed(known)
    is_domain = "." in known.strip(".") and len(known) <= LONGEST and all(part.isprintable() for part in known)
    return (known if is_domain and seed[0] % _ONE_UNKNOWN_IN else ""), seed


def _seed(domain: str) -> bytes:
    return sha256(domain.strip().lower().encode("utf-8", "replace")).digest()


def _name_of(domain: str) -> str:
    """Returns the name as the sample table writes it, else one made from the domain."""
    return _WRITTEN.get(domain) or domain.partition(".")[0].replace("-", " ").title()


_WRITTEN = {domain_of(name): name for name in NAMES}
