"""Write docs/mayday.postman_collection.json, the API for Postman, from the API's own OpenAPI document.

A sign-in keeps its token, and every answer its ETag, for the requests after it. ``--check`` ends with 1 where
the file is no longer true.
"""

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from webapp import create_app
from webapp.api.describing import document
from webapp.settings import load

TARGET = Path(__file__).resolve().parents[1] / "docs" / "mayday.postman_collection.json"
# Postman knows by this name how to read the file.
FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
KEEP = [
    "const etag = pm.response.headers.get('ETag');",
    "if (etag) pm.collectionVariables.set('etag', etag);",
    "const said = pm.response.headers.get('Content-Type') || '';",
    "const data = said.includes('json') ? pm.response.json() : {};",
    "if (data.access_token) pm.collectionVariables.set('token', data.access_token);",
]
HEADERS = {"Idempotency-Key": "{{$guid}}", "If-Match": "{{etag}}"}


def described() -> dict[str, Any]:
    """The OpenAPI document of an installation that is made for this alone."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(load(_env_file=None, data_dir=Path(folder), env="test", secret_key="no secret " * 4))
        with app.test_request_context():
            return document()


def request(path: str, method: str, about: dict[str, Any]) -> dict[str, Any]:
    """One request of the collection."""
    parameters = about.get("parameters", [])
    address: dict[str, Any] = {
        "raw": "{{address}}" + re.sub(r"{(\w+)}", r":\1", path),
        "host": ["{{address}}"],
        "path": re.sub(r"{(\w+)}", r":\1", path).strip("/").split("/"),
        "query": [
            {"key": p["name"], "value": "", "description": p.get("description", ""), "disabled": True}
            for p in parameters
            if p["in"] == "query"
        ],
        "variable": [{"key": p["name"], "value": "1"} for p in parameters if p["in"] == "path"],
    }
    headers = [
        {"key": p["name"], "value": HEADERS.get(p["name"], "")} for p in parameters if p["in"] == "header"
    ]
    made: dict[str, Any] = {
        "method": method.upper(),
        "header": headers,
        "url": address,
        "description": about.get("description", ""),
    }
    if not about.get("security"):
        made["auth"] = {"type": "noauth"}
    for kind, body in about.get("requestBody", {}).get("content", {}).items():
        made["header"].append({"key": "Content-Type", "value": kind})
        made["body"] = {
            "mode": "raw",
            "raw": json.dumps(body.get("example", {}), indent=2, ensure_ascii=False),
        }
    return {"name": about["summary"], "request": made}


def text() -> str:
    """The whole collection: a folder for each tag, in the order of the document."""
    api = described()
    folders: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in api["tags"]}
    for path, methods in api["paths"].items():
        for method, about in methods.items():
            folders[about["tags"][0]].append(request(path, method, about))
    collection = {
        "info": {"name": api["info"]["title"], "description": api["info"]["description"], "schema": FORMAT},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "event": [{"listen": "test", "script": {"type": "text/javascript", "exec": KEEP}}],
        "variable": [
            {"key": name, "value": value}
            for name, value in {"address": "http://127.0.0.1:8000", "token": "", "etag": ""}.items()
        ],
        "item": [{"name": name, "item": items} for name, items in folders.items()],
    }
    return json.dumps(collection, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(TARGET.read_text() != text())
    TARGET.write_text(text())
