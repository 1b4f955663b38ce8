"""How much of the services the tests ran, by the data of `make coverage`; ends with 1 below 90 per cent.

A service is a module that changes the situation: one that holds a function under ``@journal.command``.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEAST = 90.0  # per cent of the statements, of each service and of all together
_COMMAND = re.compile(r"^@(?:journal\.)?command$", re.MULTILINE)


def services() -> list[str]:
    """The modules that hold commands, as paths from the root."""
    found = (ROOT / "webapp").rglob("*.py")
    return sorted(str(path.relative_to(ROOT)) for path in found if _COMMAND.search(path.read_text()))


def main() -> int:
    """Report each service and all together; what nobody imported counts as not run."""
    report = [sys.executable, "-m", "coverage", "json", "--quiet", "-o", "-"]
    said = subprocess.run(report, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    files = json.loads(said)["files"]
    share: dict[str, float] = {}
    ran = all_there = 0
    for name in services():
        found = files.get(name, {"summary": {"covered_lines": 0, "num_statements": 1}})["summary"]
        ran, all_there = ran + found["covered_lines"], all_there + found["num_statements"]
        share[name] = 100 * found["covered_lines"] / max(1, found["num_statements"])
    share["all services"] = 100 * ran / max(1, all_there)
    for name, part in share.items():
        print(f"{part:6.1f} %  {name}{'' if part >= LEAST else '  (too little)'}")
    return int(min(share.values()) < LEAST)


if __name__ == "__main__":
    sys.exit(main())
