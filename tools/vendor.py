"""Copy the pinned front-end files of others into webapp/static/vendor, with licences and hashes.

Run by hand when a version in tools/vendor/package.json changes: `python tools/vendor.py`. Needs Node's npm;
nothing else in the project does. Running it twice gives byte-identical files.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "tools" / "vendor"
STATIC = ROOT / "webapp" / "static"
TARGET = STATIC / "vendor"
SVG = "http://www.w3.org/2000/svg"


def integrity(path: Path) -> str:
    """The `integrity=` value of a file: its SHA-384, as browsers check it."""
    return "sha384-" + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


def install(folder: Path) -> Path:
    """Install exactly what the lock says into `folder`, running no package's scripts."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINS / name, folder / name)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True)
    return folder / "node_modules"


def copy_package(modules: Path, package: str, files: list[str]) -> dict[str, Any]:
    """Copy the files of one package, flat except for icons, and return its manifest entry."""
    facts = json.loads((modules / package / "package.json").read_text(encoding="utf-8"))
    folder = TARGET / f"{package}@{facts['version']}"
    hashes = {}
    for name in files:
        place = folder / (name if name.startswith("icons/") else Path(name).name)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(modules / package / name, place)
        hashes[place.relative_to(STATIC).as_posix()] = integrity(place)
    return {"version": facts["version"], "licence": facts["license"], "files": hashes}


def build_sprite(icons: dict[str, Path]) -> str:
    """One SVG document with a `<symbol>` per icon, for `<use href="icons.svg#name">`."""
    ET.register_namespace("", SVG)
    sprite = ET.Element(f"{{{SVG}}}svg")
    sprite.append(ET.Comment(" Icons of lucide-static; licence in vendor/lucide-static@*/LICENSE. "))
    for name in sorted(icons):
        symbol = ET.SubElement(sprite, f"{{{SVG}}}symbol", {"id": name, "viewBox": "0 0 24 24"})
        symbol.extend(list(ET.parse(icons[name]).getroot()))
    ET.indent(sprite, space="")
    return ET.tostring(sprite, encoding="unicode") + "\n"


def main() -> None:
    """Replace webapp/static/vendor and icons.svg by what the pins name."""
    pins = json.loads((PINS / "package.json").read_text(encoding="utf-8"))
    pins["files"]["lucide-static"] += [f"icons/{name}.svg" for name in pins["icons"]]
    shutil.rmtree(TARGET, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        modules = install(Path(scratch))
        manifest = {name: copy_package(modules, name, files) for name, files in pins["files"].items()}
    icons = {path.stem: path for path in TARGET.glob("lucide-static@*/icons/*.svg")}
    (STATIC / "icons.svg").write_text(build_sprite(icons), encoding="utf-8")
    (TARGET / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
