"""How the demo's response goes on: what is verified, promised, sent; who comes, stays, leaves, is silent.

Every line is something that somebody does, so many minutes before the demo is made.
"""

from typing import NamedTuple


class Decided(NamedTuple):
    """A decision about an event."""

    ago: int
    by: str
    verb: str
    event: str
    words: str = ""
    other: str = ""


class Promised(NamedTuple):
    """So much of an offer for a need, and the steps that followed: (minutes ago, who, verb)."""

    ago: int
    by: str
    need: str
    offer: str
    quantity: str
    steps: tuple[tuple[int, str, str], ...] = ()


class Helped(NamedTuple):
    """Somebody on an event, asked by a coordinator or of their own accord, and what followed."""

    ago: int
    by: str  # a coordinator who asks, or the person who joins
    who: str
    event: str
    steps: tuple[tuple[int, str, str], ...] = ()
    task: str = ""
    bring: str = ""
    meeting_point: str = ""


DECISIONS = (
    Decided(540, "ane", "verify", "boats"),
    Decided(480, "ane", "verify", "trees"),
    Decided(415, "ane", "verify", "roof"),
    Decided(390, "henrik", "reject", "twice", "The whole street is on the list already.", "cellars"),
    Decided(310, "ane", "verify", "sheep"),
    Decided(225, "henrik", "reject", "bridge", "Looked at from both sides: the bridge stands and carries."),
    Decided(195, "ane", "verify", "huts"),
    Decided(
        290, "henrik", "close", "boats", "Both boats are tied up in the inner harbour. Owners were told."
    ),
    Decided(330, "henrik", "close", "lines", "The grid company has cut and earthed the line."),
)

PROMISES = (
    Promised(
        620, "birk", "dyke-bags", "o-bags", "1800", ((600, "birk", "dispatch"), (540, "henrik", "deliver"))
    ),
    Promised(
        380, "birk", "dyke-bags", "o-bags2", "350", ((360, "birk", "dispatch"), (320, "karl", "deliver"))
    ),
    Promised(160, "birk", "dyke-bags", "o-bags", "600", ((40, "birk", "dispatch"),)),
    Promised(
        570, "birk", "dyke-truck", "o-tipper", "1", ((560, "birk", "dispatch"), (530, "viktor", "deliver"))
    ),
    Promised(
        590, "birk", "dyke-truck", "o-truck", "1", ((585, "birk", "dispatch"), (570, "omar", "deliver"))
    ),
    Promised(265, "birk", "dyke-light", "o-light", "4", ((30, "birk", "dispatch"),)),
    Promised(105, "birk", "dyke-food", "o-meals2", "60"),
    Promised(
        610, "solveig", "school-beds", "o-beds", "90", ((600, "solveig", "dispatch"), (560, "ane", "deliver"))
    ),
    Promised(
        590,
        "solveig",
        "school-blankets",
        "o-blankets",
        "140",
        ((570, "solveig", "dispatch"), (500, "tove", "deliver")),
    ),
    Promised(470, "solveig", "school-food", "o-meals", "150", ((50, "solveig", "dispatch"),)),
    Promised(
        425,
        "solveig",
        "school-baby",
        "o-baby",
        "9",
        ((400, "solveig", "dispatch"), (350, "lotte", "deliver")),
    ),
    Promised(290, "solveig", "school-dogs", "o-dogs", "15"),
    Promised(
        580, "birk", "cellar-pumps", "o-pumps", "5", ((570, "birk", "dispatch"), (545, "henrik", "deliver"))
    ),
    Promised(
        450, "birk", "cellar-pumps", "o-pump2", "1", ((445, "birk", "dispatch"), (420, "bo", "deliver"))
    ),
    Promised(
        565, "birk", "cellar-power", "o-gen", "2", ((560, "birk", "dispatch"), (535, "peder", "deliver"))
    ),
    Promised(
        395, "birk", "cellar-fuel", "o-diesel", "300", ((390, "birk", "dispatch"), (350, "karl", "deliver"))
    ),
    Promised(180, "solveig", "care-power", "o-gen60", "1", ((60, "solveig", "dispatch"),)),
    Promised(170, "solveig", "care-fuel", "o-diesel", "200"),
    Promised(
        505,
        "yusuf",
        "boats-boat",
        "o-boat",
        "1",
        (
            (500, "yusuf", "dispatch"),
            (490, "rasmus", "deliver"),
            (280, "yusuf", "take_back"),
        ),
    ),
    Promised(
        375, "yusuf", "roof-fence", "o-fence", "30", ((370, "yusuf", "dispatch"), (340, "ane", "deliver"))
    ),
    Promised(255, "yusuf", "sheep-boat", "o-barge", "1", ((230, "yusuf", "release"),)),
    Promised(65, "yusuf", "sheep-boat", "o-barge", "1"),
)


def _there(who: str, at: int, *more: tuple[int, str, str]) -> tuple[tuple[int, str, str], ...]:
    """Said yes, arrived, and what else."""
    return ((at + 20, who, "accept"), (at, who, "check_in"), *more)


def _self(who: str, at: int, *more: tuple[int, str, str]) -> tuple[tuple[int, str, str], ...]:
    """Arrived of their own accord, and what else."""
    return ((at, who, "check_in"), *more)


_BAGS = ("Fill and carry sandbags", "Rubber boots, gloves", "Church car park")
HELP = (
    Helped(610, "birk", "karl", "dyke", _there("karl", 570), *_BAGS),
    Helped(608, "birk", "emil", "dyke", _there("emil", 480, (55, "emil", "check_out")), *_BAGS),
    Helped(460, "birk", "anton", "dyke", _there("anton", 430, (75, "birk", "mark_no_contact")), *_BAGS),
    Helped(600, "omar", "omar", "dyke", _self("omar", 560)),
    Helped(350, "birk", "viktor", "dyke", _there("viktor", 320), "Drive sand from the pit", "", "Gravel pit"),
    Helped(230, "noah", "noah", "dyke", _self("noah", 205)),
    Helped(140, "birk", "ellen", "dyke", ((100, "ellen", "decline"),), *_BAGS),
    Helped(40, "birk", "tariq", "dyke", ((25, "tariq", "accept"),), "Drive meals to the dyke", "", "Torvet"),
    Helped(590, "solveig", "ida", "school", _there("ida", 540), "Children's corner", "", "Sports hall"),
    Helped(580, "solveig", "ali", "school", _there("ali", 500), "Interpret at the desk", "", "Main entrance"),
    Helped(570, "solveig", "nadia", "school", _there("nadia", 515, (300, "nadia", "check_out")), "Interpret"),
    Helped(520, "tove", "tove", "school", _self("tove", 505)),
    Helped(440, "wanda", "wanda", "school", _self("wanda", 420)),
    Helped(420, "lotte", "lotte", "school", _self("lotte", 400)),
    Helped(
        280, "solveig", "selma", "school", ((260, "selma", "accept"), (180, "solveig", "cancel")), "Kitchen"
    ),
    Helped(595, "birk", "bo", "cellars", _there("bo", 520), "Run the pumps", "Boots, lamp", "Havnegade 2"),
    Helped(575, "line", "line", "cellars", _self("line", 550)),
    Helped(
        570, "birk", "peder", "cellars", _there("peder", 530, (390, "peder", "check_out")), "Cut the power"
    ),
    Helped(130, "birk", "sara", "cellars", (), "Bring people to the school", "Car", "Havnegade 2"),
    Helped(550, "solveig", "frida", "care", _there("frida", 510), "Ward A", "ID card", "Staff entrance"),
    Helped(500, "maja", "maja", "care", ((485, "solveig", "approve"), (450, "maja", "check_in"))),
    Helped(70, "ellen", "ellen", "care", ()),
    Helped(535, "yusuf", "rasmus", "boats", _there("rasmus", 495), "Tow them in", "Dry suit", "Pier 2"),
    Helped(
        430, "yusuf", "mikkel", "trees", _there("mikkel", 400), "Cut a lane first", "Saw, helmet", "Garage"
    ),
    Helped(
        300, "yusuf", "jens", "sheep", ((280, "jens", "accept"),), "Bring them over at low tide", "", "Pier"
    ),
)
UNAVAILABLE = ((330, "grete"), (120, "selma"))
