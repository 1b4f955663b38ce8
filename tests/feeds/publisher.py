"""A publisher of alerts on loopback: an index at one address, alerts at others, and what was asked of it."""

import contextlib
from collections.abc import Iterator
from html import escape

from tests import receiver as lab
from tests.receiver import Answer, Handler, Receiver

INDEX = "/index.xml"


class Publisher:
    """Pages by path; the index answers with an ETag and 304 where that is asked for."""

    def __init__(self, server: Receiver) -> None:
        self.server = server
        self.pages: dict[str, Answer] = {}
        server.answers = [self._answer]

    def put(self, path: str, document: str | bytes | Answer, status: int = 200) -> str:
        """Publish something; gives its address."""
        if callable(document):
            self.pages[path] = document
        else:
            body = document.encode() if isinstance(document, str) else document
            self.pages[path] = lab.say(status, body)
        return self.server.url(path=path)

    def index(self, document: str, *, etag: str = "", modified: str = "") -> str:
        """Publish the index; gives its address."""
        headers = {"ETag": etag, "Last_Modified": modified}
        headers = {name: value for name, value in headers.items() if value}

        def answer(handler: Handler) -> None:
            asked = (handler.headers.get("If-None-Match"), handler.headers.get("If-Modified-Since"))
            same = (etag and asked[0] == etag) or (modified and asked[1] == modified)
            handler.say(304 if same else 200, b"" if same else document.encode(), **headers)

        return self.put(INDEX, answer)

    def asked(self, path: str) -> int:
        """How often something was asked for."""
        return sum(1 for each in self.server.received if each.path == path)

    def _answer(self, handler: Handler) -> None:
        self.pages.get(handler.path, lab.say(404))(handler)


@contextlib.contextmanager
def publishing() -> Iterator[Publisher]:
    """A running publisher."""
    with lab.receiving() as server:
        yield Publisher(server)


def atom(*entries: str) -> str:
    """An Atom index."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:cap="urn:oasis:names:tc:emergency:cap:1.1"><id>urn:index</id><title>Warnings</title>'
        f"<updated>2026-03-01T10:00:00Z</updated>{''.join(entries)}</feed>"
    )


def entry(
    link: str = "", *, id_: str = "", updated: str = "2026-03-01T10:00:00Z", more: str = "", type_: str = ""
) -> str:
    """An entry of it."""
    kind = f' type="{type_}"' if type_ else ""
    to = f'<link{kind} href="{escape(link)}"/>' if link else ""
    head = f"<id>{escape(id_ or link)}</id><title>A warning</title><updated>{updated}</updated>"
    return f"<entry>{head}{to}{more}</entry>"


def rss(*items: str) -> str:
    """An RSS 2.0 index."""
    return (
        f'<rss version="2.0"><channel><title>Warnings</title><link>x</link>{"".join(items)}</channel></rss>'
    )


def item(link: str, *, guid: str = "", date: str = "Sun, 01 Mar 2026 10:00:00 GMT") -> str:
    """An item of it."""
    head = f"<title>A warning</title><link>{escape(link)}</link><guid>{guid or escape(link)}</guid>"
    return f"<item>{head}<pubDate>{date}</pubDate></item>"
