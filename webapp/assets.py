"""Addresses, hashes and caching of the static files, for templates that may run outside a request."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, has_request_context, request

YEAR_SECONDS = 31_536_000
THEMES = ("auto", "light", "dark")
DENSITIES = ("comfortable", "compact")


@dataclass
class Assets:
    """The static folder of one app: what each file's address is and what others' files must hash to."""

    folder: Path
    prefix: str
    remember: bool
    _versions: dict[str, str] = field(default_factory=dict)

    def version(self, path: str) -> str:
        """Twelve hex digits that change with the file's content. Raises FileNotFoundError."""
        known = self._versions.get(path)
        if known is None or not self.remember:
            known = hashlib.sha256((self.folder / path).read_bytes()).hexdigest()[:12]
            self._versions[path] = known
        return known

    def url(self, path: str) -> str:
        """The address of a static file; it changes when the file does, so it may be cached for ever.

        Built without a request, because live fragments are rendered outside one.
        """
        return f"{self.prefix}/{path}?v={self.version(path)}"

    @cached_property
    def manifest(self) -> dict[str, dict[str, Any]]:
        """What tools/vendor.py wrote: package → version, licence, files with their hashes."""
        text = (self.folder / "vendor" / "manifest.json").read_text(encoding="utf-8")
        loaded: dict[str, dict[str, Any]] = json.loads(text)
        return loaded

    def vendor(self, package: str, name: str) -> str:
        """The static path of a vendored file. Raises KeyError for a package that is not vendored."""
        return f"vendor/{package}@{self.manifest[package]['version']}/{name}"

    def integrity(self, path: str) -> str:
        """The `integrity=` value of a vendored file. Raises KeyError for a file of our own."""
        for package in self.manifest.values():
            if path in package["files"]:
                return str(package["files"][path])
        raise KeyError(path)


def look() -> dict[str, str]:
    """The theme and density that this browser chose, or what suits most, for `<html data-…>`."""
    if not has_request_context():
        return {}
    theme = request.cookies.get("theme", "auto")
    density = request.cookies.get("density", "comfortable")
    return {
        "theme": theme if theme in THEMES else "auto",
        "density": density if density in DENSITIES else "comfortable",
    }


def cache_for_ever(response: Response) -> Response:
    """Let browsers keep a static file that was asked for by its content's version."""
    if request.endpoint == "static" and response.status_code in (200, 304):
        path = (request.view_args or {}).get("filename", "")
        assets: Assets = current_app.extensions["assets"]
        if request.args.get("v") == assets.version(path):
            response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    return response


def init_app(app: Flask) -> None:
    """Give templates `asset(path)`, `vendor(package, file)`, `integrity(path)`, and `theme`, `density`."""
    root = app.config.get("APPLICATION_ROOT", "/").rstrip("/")
    assets = Assets(Path(app.static_folder or ""), f"{root}{app.static_url_path}", remember=not app.debug)
    app.extensions["assets"] = assets
    app.jinja_env.globals.update(asset=assets.url, vendor=assets.vendor, integrity=assets.integrity)
    app.context_processor(look)
    app.after_request(cache_for_ever)
