"""The HTTP worker: gunicorn's threads, which only ever get requests that have wholly arrived, and never wait
for a client to read.

gunicorn's own gthread worker gives a connection to a thread at its first byte, and the thread waits for the
rest: sixteen clients that send a byte a second stop the server (tried: no page in 20 seconds). Here the
worker's one loop gathers what arrives and writes what is answered, and a thread is busy only while it makes
an answer. A proxy in front does the same; a laptop on a shelter's network has none.
"""

import errno
import math
import re
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE
from tempfile import SpooledTemporaryFile
from typing import Any

from gunicorn import http
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from webapp.ops import orphans, pages
from webapp.ops.crowd import GRACE, Crowd, Line
from webapp.ops.framing import BadRequest, Framing
from webapp.ops.outbox import Outbox, Room
from webapp.settings import Settings

HEAD_SECONDS = 15.0  # for the head of a request
BODY_IN_MEMORY = 65_536  # bytes of a request; more are kept in a file
IN_MEMORY_MOST = 128 * 1_048_576  # what all requests of a worker may hold in memory together
ON_DISK_MOST = 1024 * 1_048_576  # … and in files
AROUND = 1_048_576  # bytes around a file that is sent in a form
GOODBYE_SECONDS = 2.0  # that a client has to close after the last answer
KERNEL_MOST = 131_072  # bytes that the kernel keeps for a client: else up to 4 MB, for each that never reads
PROBING = 2  # threads that only answer probes

_LATE = (408, "The request did not arrive in time. Send it again.")
_LONG = "The head of this request is too long."
_BUSY = (503, "The server holds too many unfinished requests. Try again shortly.")
_PROBE = re.compile(rb"(?:GET|HEAD) /(?:readiness|health(?:/ready|(?P<live>/live))?)[? ]")
_NAMES = {408: "Request Timeout", 431: "Request Header Fields Too Large", 501: "Not Implemented"}


class GatheringWorker(ThreadWorker):
    """A `gthread` worker whose loop gathers each request before a thread has it, and writes each answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What waits for its client: a request for the rest of it, an answer for being read, an end.
        self._waiting: dict[Line, None] = {}
        self._looked_at = 0.0
        self._in_memory = 0
        self._on_disk = 0
        self._room = Room()
        self.connections = 0  # that came, as a measure of work
        self._probing: dict[str, ThreadPoolExecutor] = {}

    def init_process(self) -> None:
        """Have threads for probes: whoever watches hears of a worker whose threads all wait for something."""
        self._probing = {
            "ready": ThreadPoolExecutor(PROBING, thread_name_prefix="probe"),
            # One more: whether the process is alive does not wait for what readiness asks.
            "live": ThreadPoolExecutor(1, thread_name_prefix="alive"),
        }
        orphans.end_with(self.ppid)
        super().init_process()

    def load_wsgi(self) -> None:
        """Load the application, whose settings bound what is taken."""
        super().load_wsgi()
        settings: Settings = self.wsgi.config["SETTINGS"]
        self._body_most = max(settings.max_import_mb, settings.max_upload_mb + 2) * 1_048_576 + AROUND
        self._crowd = Crowd(
            self.cfg.worker_connections, settings.connections_per_address, settings.trusted_proxies
        )
        # There is always room: the one that waited longest goes.
        self.worker_connections: float = math.inf

    def accept(self, listener: Any) -> None:
        """Take a connection and wait for its request without a thread."""
        try:
            sock, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._free_a_descriptor()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EINTR):
                raise
            return
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_MOST)
        self.let_in(sock, address, listener.getsockname())

    def let_in(self, sock: socket.socket, client: Any, server: Any) -> None:
        """Wait for the requests of a connection. Call it on the worker's own thread."""
        line = Line(self.cfg, sock, client, server)
        self.nr_conns += 1
        self.connections += 1
        self._crowd.add(line)
        self._gather(line, HEAD_SECONDS)
        crowded = self._crowd.too_many(line, self._waiting)
        if crowded is not None:
            self._end(crowded)

    def page_for(self, sock: socket.socket) -> None:
        """Answer this connection as one of a client's. Safe from any thread."""
        self.method_queue.defer(self.let_in, sock, pages.NOBODY, pages.NOBODY)

    def finish_request(self, conn: Line, fs: "Future[Any]") -> None:
        """Write what the thread left unwritten, then go on, or end the connection."""
        conn.kept = not fs.cancelled() and fs.exception() is None and bool(fs.result())
        self._forget_request(conn)
        assert conn.outbox is not None
        if conn.outbox.pending:
            self._wait(conn, EVENT_WRITE, self._writable, GRACE)
        else:
            self._answered(conn)

    def murder_pending(self) -> None:
        """End what did not move on in time. gunicorn calls this at each turn of its loop."""
        now = time.monotonic()
        if now - self._looked_at < 0.5:
            return
        self._looked_at = now
        for line in [line for line in self._waiting if line.until < now]:
            if line.framing is not None and line.begun:
                self._refuse(line, *_LATE)
            else:
                self._end(line)

    def handle_request(self, req: Any, conn: Line) -> Any:
        """Answer a request that is all here."""
        req._expected_100_continue = False  # that was said when its head had come
        return super().handle_request(req, conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """Stopping: a connection that has sent nothing is not waited for, a request under way is."""
        super()._cap_keepalive(deadline)
        if orphans.is_one(self.ppid):
            # Somebody starts the server anew, and needs the port.
            for listener in self.sockets:
                listener.close()
            self.cfg.set("graceful_timeout", orphans.GRACE)
        for line in self._waiting:
            if line.framing is not None and not line.begun:
                line.until = min(line.until, time.monotonic() + STOP_KEEPALIVE_LINGER)

    def _keepalive_after(self, conn: Line, keepalive: bool) -> bool:
        # What the application did not read of the body is here, and goes with it.
        return keepalive and not conn.last

    # Reading

    def _gather(self, line: Line, seconds: float, begun: bytes = b"") -> None:
        line.framing, line.begun, line.outbox = Framing(), False, None
        line.body = SpooledTemporaryFile(BODY_IN_MEMORY)  # noqa: SIM115 - closed with the request
        self._wait(line, EVENT_READ, self._readable, seconds)
        if begun:
            self._take(line, begun)

    def _readable(self, line: Line) -> None:
        data = self._received(line)
        if data:
            self._take(line, data)
        elif data is not None:
            self._end(line)

    def _take(self, line: Line, data: bytes) -> None:
        framing = line.framing
        assert framing is not None
        head_read = framing.head_read
        try:
            begin, end = framing.take(data)
        except BadRequest as bad:
            self._refuse(line, bad.status, _LONG if bad.status == 431 else bad.words)
            return
        if end > begin and not line.begun:
            line.begun = True
            line.first = data[begin : begin + 32]
            line.until = max(line.until, time.monotonic() + HEAD_SECONDS)
        self._keep(line, data[begin:end])
        if framing.whole or framing.declared > self._body_most or line.size > self._body_most:
            # What is too large is refused by the application, unread, and nothing follows it.
            line.last = not framing.whole
            line.rest = data[end:]
            self._hand_over(line)
            return
        if framing.head_read:
            self._read_on(line, end - begin if head_read else None)
        if self._in_memory > IN_MEMORY_MOST or self._on_disk > ON_DISK_MOST:
            gathering = (line for line in self._waiting if line.framing is not None)
            self._refuse(max(gathering, key=lambda line: line.size), *_BUSY)

    def _read_on(self, line: Line, moved: int | None) -> None:
        """Wait for more of the body; ``moved`` is None when its head has just come."""
        assert line.framing is not None
        if moved is not None:
            line.moved(moved)
            return
        line.until = time.monotonic() + GRACE
        if line.framing.waits_for_word:
            with suppress(OSError):
                line.plain.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _keep(self, line: Line, data: bytes) -> None:
        line.body.write(data)
        before, line.size = line.size, line.size + len(data)
        if line.size <= BODY_IN_MEMORY:
            self._in_memory += len(data)
        else:
            if before <= BODY_IN_MEMORY:
                self._in_memory -= before
                self._on_disk += before
            self._on_disk += len(data)

    def _hand_over(self, line: Line) -> None:
        """Give a thread exactly one request."""
        self._wait_no_more(line)
        line.framing = None
        line.body.seek(0)
        line.parser = http.get_parser(self.cfg, iter(partial(line.body.read, 65_536), b""), line.client)
        line.sock = line.outbox = Outbox(line.plain, self._room)
        pool = self.tpool
        if probe := _PROBE.match(line.first):
            pool = self._probing["live" if probe["live"] else "ready"]
        answered = pool.submit(self.handle, line)
        answered.add_done_callback(partial(self.method_queue.defer, self.finish_request, line))

    def _forget_request(self, line: Line) -> None:
        line.framing, line.parser, line.sock = None, None, line.plain
        line.body.close()
        if line.size <= BODY_IN_MEMORY:
            self._in_memory -= line.size
        else:
            self._on_disk -= line.size
        line.size = 0

    # Writing

    def _writable(self, line: Line) -> None:
        assert line.outbox is not None
        try:
            line.moved(line.outbox.flush())
        except OSError:
            self._end(line)
            return
        if not line.outbox.pending:
            self._wait_no_more(line)
            self._answered(line)

    def _answered(self, line: Line) -> None:
        """Go on with what the client sent behind its request, or end the connection."""
        rest, line.rest = line.rest, b""
        if line.kept:
            idle = self.cfg.keepalive if self.alive else min(self.cfg.keepalive, STOP_KEEPALIVE_LINGER)
            self._gather(line, idle, rest)
        else:
            self._say_goodbye(line)

    def _refuse(self, line: Line, status: int, words: str) -> None:
        """Say why, where somebody may be listening, and close."""
        answer = f"HTTP/1.1 {status} {_NAMES.get(status, 'Refused')}\r\nConnection: close\r\n"
        answer += f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(words.encode())}\r\n"
        with suppress(OSError):
            line.plain.send(f"{answer}\r\n{words}".encode())
        self._wait_no_more(line)
        self._forget_request(line)
        self._say_goodbye(line)

    # Waiting and ending

    def _free_a_descriptor(self) -> None:
        """The machine has no more for us: end who waited longest, or wait for somebody to go."""
        longest = min(self._waiting, key=lambda line: line.waited_since, default=None)
        if longest is None:
            time.sleep(0.05)
        else:
            self._end(longest)

    def _wait(self, line: Line, event: int, on: Callable[[Line], None], seconds: float) -> None:
        line.waited_since = time.monotonic()
        line.until = line.waited_since + seconds
        self._waiting[line] = None
        with suppress(ValueError):  # it is gone, or the live hub has it: what comes next finds out
            self.poller.register(line.plain, event, partial(self._happened, line, on))

    def _happened(self, line: Line, on: Callable[[Line], None], _sock: Any) -> None:
        if line in self._waiting:  # not if an earlier event of this turn ended it
            on(line)

    def _wait_no_more(self, line: Line) -> None:
        self._waiting.pop(line, None)
        with suppress(KeyError, ValueError, OSError):
            self.poller.unregister(line.plain)

    def _received(self, line: Line) -> bytes | None:
        """What came in; empty when nothing more will, None when there was nothing after all."""
        try:
            return line.plain.recv(65_536)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:
            return b""

    def _say_goodbye(self, line: Line) -> None:
        """Close after the client has: closing at once could tear the answer away from it (RFC 9112, 9.6).

        gunicorn waits for that on this thread, two seconds each, while nobody else is let in.
        """
        line.begun = False
        try:
            line.plain.setblocking(False)
            line.plain.shutdown(socket.SHUT_WR)
        except OSError:  # it is gone, or the live hub has it
            self._end(line)
            return
        self._wait(line, EVENT_READ, self._drain, GOODBYE_SECONDS)

    def _drain(self, line: Line) -> None:
        if self._received(line) == b"":
            self._end(line)

    def _end(self, line: Line) -> None:
        """Close the connection now."""
        self._wait_no_more(line)
        if line.framing is not None:
            self._forget_request(line)
        if line.outbox is not None:
            line.outbox.drop()
        self._crowd.remove(line)
        self.nr_conns -= 1
        line.plain.close()
