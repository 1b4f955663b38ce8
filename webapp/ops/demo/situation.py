"""What happens in the demo: a storm surge in Sønderhavn, a town that is on no map.

Times are minutes before the demo is made; amounts and places are invented and fit together.
"""

from typing import NamedTuple

from webapp.events.models import Category, Certainty, Severity, Urgency


class Incident(NamedTuple):
    """An event: who told of it, when, and what became of it."""

    key: str
    ago: int
    by: str
    title: str
    category: Category
    kind: str
    priority: int
    place: str
    description: str
    severity: Severity = Severity.MODERATE
    urgency: Urgency = Urgency.EXPECTED
    certainty: Certainty = Certainty.OBSERVED
    approval: bool = False


_M, _I, _H, _T = Category.MET, Category.INFRA, Category.HEALTH, Category.TRANSPORT
_NOW, _BAD = Urgency.IMMEDIATE, Severity.SEVERE

# Where places are (latitude, longitude, WGS 84), by the name that people use for them.
PLACES = {
    "Brandstationen": (55.4019, 8.5869),
    "Depot North": (55.4071, 8.5903),
    "Fiskerbyen": (55.3963, 8.5802),
    "Fiskerbyen 7–19": (55.3963, 8.5802),
    "Færgelejet": (55.3978, 8.5609),
    "Havnegade": (55.3987, 8.5716),
    "Havnegade 14": (55.3988, 8.5718),
    "Havnegade 21": (55.3989, 8.5720),
    "Kystgade 12": (55.3999, 8.5760),
    "Marinaen": (55.3969, 8.5631),
    "Mosevej": (55.4034, 8.6121),
    "Mosevej 4": (55.4030, 8.6101),
    "Nordsluse": (55.4127, 8.5604),
    "Nordsluse 8": (55.4180, 8.5750),
    "Promenaden": (55.3925, 8.5622),
    "Ribevej": (55.4051, 8.6258),
    "Ribevej 31": (55.4088, 8.6260),
    "Ribevej 9": (55.4062, 8.6240),
    "Ribevej, stream": (55.4102, 8.6333),
    "Skolen": (55.4009, 8.5838),
    "Strandvejen 12": (55.3941, 8.5690),
    "Strandvejen 33": (55.3935, 8.5664),
    "Strandvejen 40": (55.3941, 8.5677),
    "Sønderhavn School": (55.4009, 8.5838),
    "Tangen": (55.4210, 8.5480),
    "Tangen pier": (55.4150, 8.5550),
    "Torvet": (55.3996, 8.5742),
    "Vesterby": (55.3921, 8.5791),
    "Vesterby 3": (55.3921, 8.5791),
}

INCIDENTS = (
    Incident(
        "lines",
        665,
        "henrik",
        "Power line down on Mosevej",
        _I,
        "live wires",
        1,
        "Mosevej",
        "A mast lies across the road by the peat works. Keep 50 m away until the grid company is there.",
        _BAD,
        _NOW,
    ),
    Incident(
        "dyke",
        650,
        "ane",
        "Dyke leaks at Nordsluse",
        _M,
        "flood",
        1,
        "Nordsluse",
        "Water comes through in two places north of the sluice. High water again at dusk: the crown must be "
        "30 cm higher by then. Park at the church, walk from there.",
        Severity.EXTREME,
        _NOW,
    ),
    Incident(
        "school",
        640,
        "ane",
        "Reception centre at Sønderhavn School",
        Category.SAFETY,
        "evacuation",
        2,
        "Sønderhavn School",
        "For people from Havnegade and Fiskerbyen. Entrance from the sports ground. Dogs may come along.",
    ),
    Incident(
        "cellars",
        600,
        "henrik",
        "Cellars flooded in Havnegade",
        _M,
        "flood",
        2,
        "Havnegade",
        "About forty cellars, numbers 2 to 58. Power is off in the street. Pump to the harbour, not into "
        "the sewer.",
        _BAD,
    ),
    Incident(
        "care",
        560,
        "ane",
        "Care home without power",
        _H,
        "power outage",
        1,
        "Strandvejen 40",
        "62 residents, nine of them on oxygen. The emergency generator runs until about 18:00.",
        _BAD,
        _NOW,
        Certainty.OBSERVED,
        True,
    ),
    Incident(
        "boats",
        545,
        "rasmus",
        "Boats adrift in the marina",
        Category.SAFETY,
        "drifting boats",
        3,
        "Marinaen",
        "Two sailing boats have torn loose and knock against the pier.",
    ),
    Incident(
        "trees",
        500,
        "mikkel",
        "Trees across Ribevej",
        _T,
        "road blocked",
        3,
        "Ribevej",
        "Three beeches between garage and roundabout. Ambulances go round by Mosevej: 12 minutes more.",
    ),
    Incident(
        "roof",
        420,
        "birk",
        "Loose roof on the ferry terminal",
        Category.SAFETY,
        "loose parts",
        2,
        "Færgelejet",
        "Sheets of the roof lift in the gusts. The hall is closed.",
        _BAD,
    ),
    Incident(
        "twice",
        400,
        "lotte",
        "Water in our cellar, Havnegade 14",
        _M,
        "flood",
        3,
        "Havnegade 14",
        "Half a metre and rising slowly.",
    ),
    Incident(
        "sheep",
        330,
        "jens",
        "Sheep cut off on Tangen",
        Category.OTHER,
        "animals",
        4,
        "Tangen",
        "About 40 ewes on the high part. They have grass, but the next tide may reach them.",
    ),
    Incident(
        "bridge",
        250,
        "viktor",
        "Bridge over the stream washed away",
        _T,
        "bridge",
        2,
        "Ribevej, stream",
        "Somebody in the shop said it is gone.",
        Severity.UNKNOWN,
        Urgency.UNKNOWN,
        Certainty.POSSIBLE,
    ),
    Incident(
        "huts",
        200,
        "solveig",
        "Bathing huts blown onto the promenade",
        Category.OTHER,
        "clearing up",
        5,
        "Promenaden",
        "Nobody is in danger. Can wait until the wind has gone.",
        Severity.MINOR,
        Urgency.FUTURE,
    ),
    Incident(
        "water",
        38,
        "nadia",
        "Brown water from the tap",
        _H,
        "drinking water",
        3,
        "Fiskerbyen 7–19",
        "Since noon, in all flats of our stairway. It smells of earth.",
        Severity.UNKNOWN,
        Urgency.EXPECTED,
        Certainty.LIKELY,
    ),
    Incident(
        "gas",
        9,
        "emil",
        "Smell of gas at Kystgade 12",
        Category.FIRE,
        "gas",
        1,
        "Kystgade 12",
        "Strong at the cellar door. We have knocked at every flat; nobody is inside.",
        _BAD,
        _NOW,
        Certainty.LIKELY,
    ),
)
