"""What the demo's events need, and what people of Sønderhavn offer. Places are those of `situation`."""

from typing import NamedTuple


class Asked(NamedTuple):
    """A need of an event; ``within`` is how many minutes from now it is needed by, if that is known."""

    key: str
    ago: int
    by: str
    event: str
    code: str
    name: str
    quantity: str
    unit: str
    priority: int = 3
    within: int | None = None


class Given(NamedTuple):
    """An offer of somebody."""

    key: str
    ago: int
    by: str
    code: str
    name: str
    quantity: str
    unit: str
    place: str
    condition: str = ""


NEEDS = (
    Asked(
        "dyke-bags", 640, "birk", "dyke", "supplies.sandbag", "Filled sandbags", "4000", "sandbags", 1, 150
    ),
    Asked(
        "dyke-people", 638, "birk", "dyke", "personnel.general", "People to fill and carry", "40", "people", 1
    ),
    Asked("dyke-truck", 636, "birk", "dyke", "vehicle.truck", "Tipper or flatbed trucks", "4", "vehicles", 1),
    Asked("dyke-light", 300, "birk", "dyke", "equipment.lighting", "Floodlights", "6", "pieces", 2, 120),
    Asked("dyke-food", 120, "birk", "dyke", "supplies.food", "Warm meals on the dyke", "60", "meals", 3, 60),
    Asked("school-beds", 630, "solveig", "school", "facility.shelter", "Camp beds", "120", "beds", 2),
    Asked("school-blankets", 628, "solveig", "school", "supplies.bedding", "Blankets", "200", "pieces", 2),
    Asked("school-food", 600, "solveig", "school", "supplies.food", "Dinner", "180", "meals", 2, 200),
    Asked(
        "school-baby", 480, "solveig", "school", "supplies.baby", "Nappies, sizes 3 and 4", "20", "packs", 3
    ),
    Asked(
        "school-talk",
        470,
        "solveig",
        "school",
        "personnel.interpreter",
        "Ukrainian, Arabic",
        "3",
        "people",
        2,
    ),
    Asked("school-dogs", 340, "solveig", "school", "supplies.animal", "Dog food", "25", "kg", 4),
    Asked(
        "school-hands",
        460,
        "solveig",
        "school",
        "personnel.general",
        "Reception and kitchen",
        "10",
        "people",
        3,
    ),
    Asked("cellar-pumps", 590, "birk", "cellars", "equipment.pump", "Sludge pumps", "8", "pumps", 2),
    Asked(
        "cellar-power",
        588,
        "birk",
        "cellars",
        "equipment.generator",
        "Generators for pumps",
        "4",
        "pieces",
        2,
    ),
    Asked("cellar-fuel", 420, "birk", "cellars", "supplies.fuel", "Diesel", "300", "litres", 3),
    Asked("cellar-hands", 585, "birk", "cellars", "personnel.general", "People to carry", "16", "people", 3),
    Asked(
        "care-power", 555, "solveig", "care", "equipment.generator", "Generator 60 kW", "1", "pieces", 1, 90
    ),
    Asked(
        "care-fuel",
        550,
        "solveig",
        "care",
        "supplies.fuel",
        "Diesel for the generator",
        "400",
        "litres",
        1,
        80,
    ),
    Asked(
        "care-nurses", 548, "solveig", "care", "personnel.medical", "Nurses or care workers", "4", "people", 1
    ),
    Asked(
        "care-oxygen", 200, "solveig", "care", "supplies.medical", "Oxygen bottles", "18", "pieces", 1, 180
    ),
    Asked(
        "trees-saw",
        440,
        "yusuf",
        "trees",
        "personnel.trade",
        "People with a chainsaw licence",
        "3",
        "people",
        3,
    ),
    Asked(
        "trees-truck",
        438,
        "yusuf",
        "trees",
        "vehicle.truck",
        "Tractor or truck with winch",
        "1",
        "vehicles",
        3,
    ),
    Asked("roof-fence", 395, "yusuf", "roof", "equipment", "Barriers", "30", "pieces", 2),
    Asked("boats-boat", 520, "yusuf", "boats", "vehicle.boat", "Boat with a strong engine", "1", "boats", 3),
    Asked("sheep-boat", 270, "yusuf", "sheep", "vehicle.boat", "Flat boat for animals", "2", "boats", 4, 240),
    Asked("huts-hands", 190, "solveig", "huts", "personnel.general", "People to clear up", "8", "people", 5),
)

OFFERS = (
    Given("o-bags", 630, "henrik", "supplies.sandbag", "Filled sandbags", "2600", "sandbags", "Depot North"),
    Given(
        "o-bags2",
        410,
        "karl",
        "supplies.sandbag",
        "Sandbags, filled by hand",
        "350",
        "sandbags",
        "Nordsluse 8",
    ),
    Given("o-truck", 600, "omar", "vehicle.truck", "Van with tail lift", "1", "vehicles", "Fiskerbyen"),
    Given(
        "o-tipper",
        580,
        "viktor",
        "vehicle.truck",
        "Tractor with tipper",
        "2",
        "vehicles",
        "Ribevej 31",
        "winch on one",
    ),
    Given(
        "o-light", 280, "line", "equipment.lighting", "Site lamps on stands", "4", "pieces", "Havnegade 21"
    ),
    Given(
        "o-beds", 620, "ane", "facility.shelter", "Camp beds of the municipality", "90", "beds", "Depot North"
    ),
    Given(
        "o-blankets",
        600,
        "tove",
        "supplies.bedding",
        "Wool blankets, clean",
        "140",
        "pieces",
        "Strandvejen 12",
    ),
    Given(
        "o-meals",
        480,
        "tove",
        "supplies.food",
        "Stew and bread",
        "150",
        "meals",
        "Strandvejen 12",
        "still warm",
    ),
    Given("o-meals2", 110, "wanda", "supplies.food", "Soup from the café", "80", "meals", "Torvet"),
    Given("o-baby", 430, "lotte", "supplies.baby", "Nappies, size 4", "9", "packs", "Havnegade 14"),
    Given("o-dogs", 300, "grete", "supplies.animal", "Dog food, dry", "15", "kg", "Strandvejen 33"),
    Given("o-pumps", 585, "henrik", "equipment.pump", "Fire service pumps", "5", "pumps", "Brandstationen"),
    Given("o-pump2", 460, "bo", "equipment.pump", "Garden pump", "1", "pumps", "Vesterby 3", "12 m hose"),
    Given("o-gen", 575, "peder", "equipment.generator", "Generator 5 kW", "2", "pieces", "Mosevej 4"),
    Given(
        "o-gen60",
        190,
        "henrik",
        "equipment.generator",
        "Generator 60 kW on a trailer",
        "1",
        "pieces",
        "Brandstationen",
    ),
    Given(
        "o-diesel", 400, "karl", "supplies.fuel", "Diesel from the farm tank", "700", "litres", "Nordsluse 8"
    ),
    Given("o-boat", 510, "rasmus", "vehicle.boat", "Rescue boat 60 hp", "1", "boats", "Marinaen"),
    Given("o-barge", 260, "jens", "vehicle.boat", "Flat barge", "1", "boats", "Tangen pier"),
    Given("o-fence", 380, "ane", "equipment", "Crowd barriers", "30", "pieces", "Depot North"),
    Given("o-radio", 350, "solveig", "equipment.communication", "Hand radios", "12", "pieces", "Skolen"),
    Given(
        "o-chain",
        340,
        "mikkel",
        "equipment.tool",
        "Chainsaws",
        "2",
        "pieces",
        "Ribevej 9",
        "one needs a chain",
    ),
    Given("o-car", 140, "sara", "vehicle.car", "Estate car with driver", "1", "vehicles", "Vesterby"),
)
