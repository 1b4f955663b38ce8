"""A TCP proxy whose lines a test can cut: a browser's own offline switch leaves open sockets open."""

import contextlib
import select
import socket
import threading


class Proxy:
    """Forwards connections to a server until `cut`, and again after `mend`."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._cut = threading.Event()
        self._over = threading.Event()
        self._frozen = threading.Event()
        self._lines: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where browsers reach the server through this proxy."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        """Cut all lines, and every new one at once."""
        self._cut.set()
        with self._lock:
            for line in self._lines:
                with contextlib.suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Let new lines through again."""
        self._cut.clear()

    def freeze(self, frozen: bool = True) -> None:
        """Keep the lines open and carry nothing, like a lost radio link."""
        self._frozen.set() if frozen else self._frozen.clear()

    def close(self) -> None:
        """End the proxy."""
        self._over.set()
        self.cut()
        self._thread.join(5)
        self._listener.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            ready, _, _ = select.select([self._listener], [], [], 0.1)
            if ready:
                near, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError), near:
            if self._cut.is_set():
                return
            with socket.create_connection(self._target, timeout=10) as far:
                with self._lock:
                    self._lines |= {near, far}
                try:
                    self._both_ways(near, far)
                finally:
                    with self._lock:
                        self._lines -= {near, far}

    def _both_ways(self, near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        while not self._over.is_set():
            if self._frozen.is_set():
                self._over.wait(0.05)
                continue
            ready, _, _ = select.select([near, far], [], [], 0.2)
            for line in ready:
                data = line.recv(65536)
                if not data:
                    return
                other[line].sendall(data)
