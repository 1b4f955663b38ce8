"""Where a request ends: read from its bytes as they arrive, however they are cut into packets.

h11 reads them. gunicorn's own parser waits on the socket for what is missing, so it gets a request only when
all of it is here.
"""

import h11

HEAD_MOST = 32_768  # bytes; browsers send one or two thousand
# A client that sends its body in chunks sends hundreds of bytes in each. Each costs the loop some time,
# however little is in it.
_CHUNKS = 256
_CHUNK_BYTES = 64


class BadRequest(Exception):
    """These bytes are no request. ``status`` is what to answer."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


class Framing:
    """One request as far as it has arrived."""

    def __init__(self) -> None:
        self.declared = 0  # bytes of the body, as its head says
        self.chunked = False
        self.head_read = False
        self.whole = False
        self.waits_for_word = False  # the client sends the body once it is told to go on
        self._reader = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_MOST)
        self._begun = False
        self._left = 0
        self._chunks = 0
        self._body = 0

    def take(self, data: bytes) -> tuple[int, int]:
        """Read on. Gives where in ``data`` the request begins and ends; what follows is the next one's.

        Raises `BadRequest`.
        """
        skipped = 0
        if not self._begun:
            # Empty lines before a request are no part of it (RFC 9112, 2.2).
            skipped = len(data) - len(data.lstrip(b"\r\n"))
            if skipped == len(data):
                return skipped, skipped
            self._begun = True
        if self.head_read and not self.chunked:
            return 0, self._take_counted(len(data))
        try:
            self._reader.receive_data(data[skipped:])
            if not self.head_read:
                self._read_head()
            if self.chunked:
                self._read_chunks()
        except h11.RemoteProtocolError as error:
            raise BadRequest(error.error_status_hint, f"This is no request: {error}.") from None
        if not self.head_read:
            return skipped, len(data)
        unread = len(self._reader.trailing_data[0])
        if self.chunked:
            return skipped, len(data) - unread if self.whole else len(data)
        return skipped, len(data) - unread + self._take_counted(unread)

    def _read_head(self) -> None:
        event = self._reader.next_event()
        if not isinstance(event, h11.Request):
            return
        named = dict(event.headers)
        self.chunked = b"transfer-encoding" in named
        if self.chunked and b"content-length" in named:
            # Whoever reads one and whoever reads the other see different requests (RFC 9112, 6.1).
            raise BadRequest(400, "A request has one length: Content-Length or Transfer-Encoding.")
        self.declared = self._left = int(named.get(b"content-length", 0))
        self.head_read = True
        self.whole = not self.chunked and not self.declared
        self.waits_for_word = not self.whole and self._reader.they_are_waiting_for_100_continue

    def _read_chunks(self) -> None:
        while (event := self._reader.next_event()) is not h11.NEED_DATA:
            if isinstance(event, h11.EndOfMessage):
                self.whole = True
                return
            if isinstance(event, h11.Data):
                self._chunks += 1
                self._body += len(event.data)
                if self._chunks > _CHUNKS + self._body // _CHUNK_BYTES:
                    raise BadRequest(400, "The chunks of this body are too small.")

    def _take_counted(self, size: int) -> int:
        taken = min(size, self._left)
        self._left -= taken
        self.whole = self._left == 0
        return taken
