"""The people of the demo: all invented, in an invented town on the Danish west coast."""

from typing import NamedTuple

from webapp.journal import Role

DOMAIN = "demo.example.org"  # nobody can have an address here (RFC 2606)


# Who has not been heard of for long, and for how many minutes; everybody else was here just now.
SILENT = {"anton": 160, "jens": 95, "grete": 325, "selma": 118, "ellen": 64}


class Someone(NamedTuple):
    """A person: when they came (minutes ago), what they can do and speak."""

    key: str
    name: str
    role: Role
    ago: int
    area: str = ""
    languages: tuple[str, ...] = ("da",)
    skills: tuple[str, ...] = ()
    available: str = ""

    @property
    def email(self) -> str:
        """Their address, which leads nowhere."""
        return f"{self.key}@{DOMAIN}"

    @property
    def seen(self) -> int:
        """How many minutes ago they last gave a sign of life."""
        return SILENT.get(self.key, self.ago % 17 + 1)


_A, _V, _S = Role.AUTHORITY, Role.VC, Role.SUV
PEOPLE = (
    Someone("ane", "Ane Toft", _A, 720, "Rådhuset", ("da", "en", "de"), ("incident command",)),
    Someone("henrik", "Henrik Juul", _A, 715, "Brandstationen", ("da", "en"), ("incident command", "fire")),
    Someone("birk", "Birk Holm", _V, 700, "Havnegade", ("da", "en"), ("logistics", "radio")),
    Someone("solveig", "Solveig Dam", _V, 690, "Skolen", ("da", "de"), ("shelter management",)),
    Someone("yusuf", "Yusuf Demir", _V, 640, "Fiskerbyen", ("da", "tr", "en"), ("interpreting", "logistics")),
    Someone("bo", "Bo Lind", _S, 620, "Vesterby", ("da", "en"), ("driving", "pumps"), "all day"),
    Someone("maja", "Maja Krogh", _S, 615, "Vesterby", ("da",), ("first aid",), "all day"),
    Someone("ali", "Ali Haddad", _S, 610, "Fiskerbyen", ("ar", "da", "en"), ("interpreting", "cooking")),
    Someone("frida", "Frida Bech", _S, 600, "Strandvejen", ("da", "en"), ("nursing",), "until 20:00"),
    Someone("karl", "Karl Winther", _S, 626, "Nordsluse", ("da",), ("tractor", "chainsaw"), "all day"),
    Someone("line", "Line Ravn", _S, 585, "Havnegade", ("da", "en"), ("carpentry",)),
    Someone("peder", "Peder Skov", _S, 580, "Mosevej", ("da",), ("electrician",), "after 15:00"),
    Someone("nadia", "Nadia Petrova", _S, 575, "Fiskerbyen", ("uk", "ru", "en"), ("interpreting",)),
    Someone("jens", "Jens Bruun", _S, 560, "Tangen", ("da", "de"), ("boat handling", "sheep")),
    Someone("ida", "Ida Friis", _S, 605, "Skolen", ("da", "en"), ("child care",), "all day"),
    Someone("omar", "Omar Said", _S, 616, "Fiskerbyen", ("so", "da", "en"), ("driving",)),
    Someone("tove", "Tove Lund", _S, 616, "Strandvejen", ("da",), ("cooking",), "until evening"),
    Someone("emil", "Emil Vang", _S, 624, "Vesterby", ("da", "en"), ("lifting",), "all day"),
    Someone("sara", "Sara Kjær", _S, 510, "Vesterby", ("da", "en", "es"), ("first aid", "driving")),
    Someone("mikkel", "Mikkel Ager", _S, 518, "Ribevej", ("da",), ("chainsaw",), "all day"),
    Someone("lotte", "Lotte Bay", _S, 480, "Havnegade", ("da", "en"), ("nursing", "child care")),
    Someone("anton", "Anton Riis", _S, 470, "Nordsluse", ("da",), ("lifting",)),
    Someone("wanda", "Wanda Nowak", _S, 450, "Fiskerbyen", ("pl", "en"), ("cooking", "cleaning")),
    Someone("rasmus", "Rasmus Fog", _S, 563, "Marinaen", ("da", "en"), ("boat handling", "diving")),
    Someone("grete", "Grete Hald", _S, 400, "Strandvejen", ("da", "de"), (), "mornings"),
    Someone("viktor", "Viktor Bang", _S, 598, "Ribevej", ("da",), ("tractor",)),
    Someone("selma", "Selma Ibsen", _S, 300, "Skolen", ("da", "en"), ("child care",), "tomorrow"),
    Someone("noah", "Noah Kruse", _S, 240, "Vesterby", ("da", "en"), ("lifting",), "all day"),
    Someone("ellen", "Ellen Høj", _S, 150, "Vesterby", ("da",), ("cleaning",), "weekend"),
    Someone("tariq", "Tariq Aziz", _S, 215, "Fiskerbyen", ("ur", "en", "da"), ("driving", "interpreting")),
)
# Who the demo lets one in as: one per role.
DOORS = ("ane", "birk", "bo")
