"""Write docs/statuses.md from the transition tables, so that the diagrams cannot lie.

python tools/status_diagrams.py          write
python tools/status_diagrams.py --check  exit 1 when the file is not up to date
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from webapp.devices.models import DEVICE_TRANSITIONS
from webapp.events.models import EVENT_TRANSITIONS
from webapp.messages.models import DELIVERY_TRANSITIONS
from webapp.resources.models import ALLOCATION_TRANSITIONS, NEED_TRANSITIONS, OFFER_TRANSITIONS
from webapp.transitions import Transitions
from webapp.volunteers.models import ASSIGNMENT_TRANSITIONS

TARGET = Path(__file__).resolve().parents[1] / "docs" / "statuses.md"
HEAD = """# Statuses

Made from the tables beside the models by `python tools/status_diagrams.py`; any transition that is not
drawn is refused with a message that says what is possible.
"""


def diagram(table: Transitions) -> str:  # type: ignore[type-arg]
    """One Mermaid state diagram."""
    lines = [f"\n## {table.thing.capitalize()}\n", "```mermaid", "stateDiagram-v2"]
    for present, following in table.table.items():
        lines += [f"    {present.value} --> {after}" for after in sorted(s.value for s in following)]
        if not following:
            lines.append(f"    {present.value} --> [*]")
    return "\n".join([*lines, "```", ""])


def text() -> str:
    """The whole page."""
    tables = (
        EVENT_TRANSITIONS,
        NEED_TRANSITIONS,
        OFFER_TRANSITIONS,
        ALLOCATION_TRANSITIONS,
        ASSIGNMENT_TRANSITIONS,
        DEVICE_TRANSITIONS,
        DELIVERY_TRANSITIONS,
    )
    return HEAD + "".join(diagram(table) for table in tables)


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(TARGET.read_text() != text())
    TARGET.write_text(text())
