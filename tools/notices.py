"""Write THIRD_PARTY_NOTICES.md: what of others is installed or lies in the tree, and under which licence.

The licences are those that the installed packages state of themselves, so it runs after `make lock`.
``--check`` ends with 1 where the file is no longer true.
"""

import json
import re
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "THIRD_PARTY_NOTICES.md"
PIN = re.compile(r"(?m)^([a-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)")
# Pinned for other systems or Pythons, so not there to be asked.
ELSEWHERE = {"async-timeout": "Apache-2.0", "brotlicffi": "MIT"}
# Where a package says it only in its licence file, or calls several licences by one word.
STATED_IN_FILES = {"huey": "MIT", "python-dateutil": "Apache-2.0 OR BSD-3-Clause"}
FAMILIES = {"MIT License": "MIT", "BSD License": "BSD-3-Clause"}
HEAD = """# Third-party notices

Mayday itself is licensed under [Apache-2.0](LICENSE). What it stands on, made by `tools/notices.py`:
"""
DATA = """
## Data

- `webapp/places/gazetteer.tsv.gz`: GeoNames, CC BY 4.0, changed as [its notice](webapp/places/NOTICE) says.
- `webapp/static/icons.svg`: icons of lucide-static (ISC), put into one file.
"""


def licence_of(name: str) -> str:
    """The licence of an installed package, as an SPDX expression where it states one."""
    if name in STATED_IN_FILES | ELSEWHERE:
        return (STATED_IN_FILES | ELSEWHERE)[name]
    stated = metadata.metadata(name)
    expression = stated.get("License-Expression") or stated.get("License", "")
    if 0 < len(expression) <= 40:  # longer: the whole text of the licence
        return FAMILIES.get(expression, expression)
    for classifier in stated.get_all("Classifier") or []:
        if classifier.startswith("License ::"):
            last = classifier.split(" :: ")[-1]
            return FAMILIES.get(last, last)
    raise ValueError(f"{name} states no licence: look it up and write it here")


def text() -> str:
    """The whole file, from the pins, the installed packages and the manifest of the front end."""
    pins: dict[str, set[str]] = {}
    for name, version in PIN.findall((ROOT / "requirements.txt").read_text()):
        pins.setdefault(name, set()).add(version)
    lines = [
        HEAD,
        "## Python packages, installed by `make run`",
        "",
        "| package | version | licence |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {name} | {', '.join(sorted(pins[name]))} | {licence_of(name)} |" for name in sorted(pins)]
    lines += ["", "Each brings the text of its licence along when it is installed."]
    lines += [
        "",
        "## Front-end files in `webapp/static/vendor/`, unmodified",
        "",
        "| package | version | licence |",
        "| --- | --- | --- |",
    ]
    manifest = json.loads((ROOT / "webapp/static/vendor/manifest.json").read_text())
    for name, entry in sorted(manifest.items()):
        place = f"webapp/static/vendor/{name}@{entry['version']}/LICENSE"
        lines.append(f"| {name} | {entry['version']} | [{entry['licence']}]({place}) |")
    return "\n".join([*lines, DATA])


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(TARGET.read_text() != text())
    TARGET.write_text(text())
