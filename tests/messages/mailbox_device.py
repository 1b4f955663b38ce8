"""A device as docs/devices.md says that one should be: shows each message once, whatever happens to it.

Run as a program of its own, so that it can be killed: ``python mailbox_device.py ADDRESS TOKEN FOLDER poll``
(or ``socket``). What it has shown it writes down before it acknowledges anything; after a restart it reads
that first. Its folder then tells the test what a person would have seen on its screen.
"""

import contextlib
import http.client
import json
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import websocket

RANKS = ("distress", "immediate", "priority", "routine")
AT_ONCE = 100
PAUSE = 0.05  # seconds until it tries again after a lost line
PATIENCE = 5.0


class Screen:
    """What was shown, on disk: a line for each message, and one for each batch that came in."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._shown = (folder / "shown").open("a")
        self._batches = (folder / "batches").open("a")
        self.known = read_shown(folder)

    def show(self, messages: list[dict[str, Any]], asked_at: float) -> list[int]:
        """Show those that were not shown before, in the order in which they came; gives all their ids."""
        places = [[RANKS.index(each["priority"]), each["id"]] for each in messages]
        self._batches.write(json.dumps([asked_at, places]) + "\n")
        self._batches.flush()
        for each in messages:
            if each["id"] not in self.known:
                self.known.add(each["id"])
                self._shown.write(f"{each['id']}\n")
                self._shown.flush()
        return [each["id"] for each in messages]


def read_shown(folder: Path) -> set[int]:
    """The ids on the screen; a line that a kill cut short was not shown."""
    path = folder / "shown"
    return {int(line) for line in whole_lines(path)} if path.exists() else set()


def whole_lines(path: Path) -> list[str]:
    """The lines of a file that were written to their end."""
    return [line for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]


def mend(path: Path) -> None:
    """Drop a last line that a kill cut short, so that the next one begins anew."""
    if path.exists():
        path.write_text("".join(whole_lines(path)))


def poll(address: str, token: str, screen: Screen) -> None:
    """Fetch, show, acknowledge; wait at the server while there is nothing."""
    parts = urlsplit(address)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    while True:
        asked_at = time.time()
        line.request("GET", f"/api/v1/mailbox?limit={AT_ONCE}&wait=2", headers=headers)
        found = read(line)["items"]
        if not found:
            continue
        ids = screen.show(found, asked_at)
        items = [{"id": id_, "state": "delivered"} for id_ in ids]
        line.request("POST", "/api/v1/mailbox/acks", json.dumps({"items": items}), headers)
        read(line)


def read(line: http.client.HTTPConnection) -> dict[str, Any]:
    """The answer's body. A refusal is no lost line: it ends the program, which the test sees."""
    answer = line.getresponse()
    body: dict[str, Any] = json.loads(answer.read())
    if answer.status != 200:
        raise SystemExit(f"refused: {answer.status} {body}")
    return body


def listen(address: str, token: str, screen: Screen) -> None:
    """Show what the socket brings, acknowledge it there."""
    socket = websocket.create_connection(
        address.replace("http", "ws", 1) + "/api/v1/mailbox/socket",
        header=[f"Authorization: Bearer {token}"],
        timeout=PATIENCE,
        suppress_origin=True,
    )
    with contextlib.closing(socket):
        while True:
            try:
                text = socket.recv()
            except websocket.WebSocketTimeoutException:
                socket.ping()
                continue
            if not text:
                return
            ids = screen.show(json.loads(text)["messages"], time.time())
            socket.send(json.dumps({"ack": ids, "state": "delivered"}))


def main(address: str, token: str, folder: str, way: str) -> None:
    """Go on for ever; a lost line is tried again."""
    for name in ("shown", "batches"):
        mend(Path(folder) / name)
    screen = Screen(Path(folder))
    go = {"poll": poll, "socket": listen}[way]
    while True:
        with contextlib.suppress(
            OSError, http.client.HTTPException, websocket.WebSocketException, ValueError
        ):
            go(address, token, screen)
        time.sleep(PAUSE)


if __name__ == "__main__":
    main(*sys.argv[1:])
