"""What people's words for supplies mean as resource types: one table, read from the top.

The words are those of the places that asked for help after Hurricane Harvey (2017). The original words
stay in the name of the need.
"""

import re
from typing import NamedTuple


class Kind(NamedTuple):
    """Words, and the code of the resource type that they mean."""

    words: str
    code: str


KINDS = (
    Kind(r"adult (diapers?|underwears?)|incontinence|bed liners?", "supplies.hygiene"),
    Kind(r"pets?|dogs?|cats?|kitty|litter|leash(es)?|crates?|martingale|animals?", "supplies.animal"),
    Kind(r"bab(y|ies)|infants?|diapers?|pull-?ups|formula|onesies", "supplies.baby"),
    Kind(
        r"medical|medicines?|insulin|first[ -]aid|neosporin|tylenol|catheters?|wheel ?chairs?|walkers?|canes?"
        r"|bandages?",
        "supplies.medical",
    ),
    Kind(r"generators?", "equipment.generator"),
    Kind(r"pumps", "equipment.pump"),
    Kind(r"flash ?lights?|lanterns?|headlamps?", "equipment.lighting"),
    Kind(
        r"shovels?|chain ?saws?|saws?|knives|razor blades?|cutters?|box fans?|fans?|shop vacs?"
        r"|(de)?humidifiers?|pry bars|drills?|scrapers?|sledge\w+"
        r"|wheel barrels|dust pans?|crow ?bars?|hammers?|wheel ?barrows?|hardware|tools?",
        "equipment.tool",
    ),
    Kind(
        r"hygiene|hygenic|toiletr\w+|toilet paper|paper (towels?|goods|products)|personal care|personal items"
        r"|soaps?|shampoos?|conditioner|deodorants?|tooth ?\w+|toothr?\w*brush\w*"
        r"|sanitary|fem\w+ (care|products|items)|sanitizers?|clean\w*|bleach"
        r"|mops?|brooms?|buckets?|sponges?|(trash|garbage|contractor|poop) bags?"
        r"|gloves?|masks?|wipes?|lysol|clorox|pinesol|disinfect\w+|deterge\w+|laundry"
        r"|repell[ae]nts?|bug spray|hair ?(brush\w*|ties)|razors?|wash ?cloths?",
        "supplies.hygiene",
    ),
    Kind(
        r"blankets?|pillows?|bedding|sheets?|mattress(es)?|cots?|sleeping bags?|towels?|linens?",
        "supplies.bedding",
    ),
    Kind(
        r"cloth(es|ing)|under ?wear|undergarments?|socks?|shoes?|uniforms?|bras?|shirts?|jackets?|pants|tees",
        "supplies.clothing",
    ),
    Kind(r"trucks?|trailers?|vans?", "vehicle.truck"),
    Kind(r"boats?", "vehicle.boat"),
    Kind(r"gasoline|fuel|propane", "supplies.fuel"),
    Kind(
        r"foods?|snacks?|granola|cann?ed|fruits?|vegetables?|peanut butter|jelly|bread|meats?|soups?"
        r"|chil(i|ies)|cereals?|milk|pasta|meals?|produce|lettuce|tomatoes|relish|protein|tuna|stews?"
        r"|breakfast bars|ready.to.eat|pantry|apple ?sauce|groceries",
        "supplies.food",
    ),
    Kind(r"waters?|gatorade|ice", "supplies.water"),
)
OTHER = "supplies"

PEOPLE = (
    Kind(r"nurses?|doctors?|medical|medics?|emts?|health workers?", "personnel.medical"),
    Kind(r"drivers?|driving|trucks?", "personnel.driver"),
    Kind(r"carpenters?|electricians?|plumbers?|roofers?", "personnel.trade"),
    Kind(r"interpreters?|translators?|bilingual|spanish", "personnel.interpreter"),
)
VOLUNTEERS = "personnel.general"
ANY_PEOPLE = r"volunteers?|people|persons?|helpers?|workers?|nurses?|doctors?|drivers?"


def of_supply(text: str) -> str | None:
    """The code of the type that the words mean, if the table knows any of them."""
    return _first(KINDS, text)


def of_people(text: str) -> str:
    """The code of the type of people that the words ask for."""
    return _first(PEOPLE, text) or VOLUNTEERS


def _first(table: tuple[Kind, ...], text: str) -> str | None:
    found = (kind.code for kind in table if re.search(rf"\b({kind.words})\b", text, re.IGNORECASE))
    return next(found, None)
