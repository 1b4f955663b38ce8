"""WebSocket frames, server side (RFC 6455): read what clients send, encode what they are sent.

A client may say little (a subscription, a pong, a goodbye), so the reader is strict: whatever the RFC
forbids, and whatever is larger than a client has reason to send, ends the connection with the code
that the RFC names for it.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

MESSAGE_LIMIT = 4096
"""Bytes that one message of a client may hold, over all its fragments."""

CONTROL_LIMIT = 125
"""Bytes that a control frame may hold (RFC 6455, 5.5)."""

_FIN = 0x80
_RESERVED = 0x70
_MASKED = 0x80
_MASK_SIZE = 4

# Codes that may travel in a close frame (RFC 6455, 7.4, and the registry that it opened):
# 1004, 1005, 1006 and 1015 never do.
_REGISTERED_CODES = frozenset((*range(1000, 1004), *range(1007, 1015)))


class Opcode(IntEnum):
    """The kinds of frame that the RFC defines; all others are refused."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


class CloseCode(IntEnum):
    """Why a connection ends, as the peer is told."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED = 1003
    BAD_TEXT = 1007
    POLICY = 1008
    TOO_BIG = 1009
    SERVER_ERROR = 1011
    TRY_LATER = 1013
    FORBIDDEN = 4403


class ProtocolError(Exception):
    """The peer broke the protocol; `code` and `reason` are what its close frame says."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = int(code)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Text:
    """A whole text message, its fragments joined."""

    text: str


@dataclass(frozen=True, slots=True)
class Ping:
    """A question whether we are there; the answer carries the same payload."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    """An answer to a ping, or an unasked sign of life."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """A goodbye; `code` is None where the peer gave none."""

    code: int | None
    reason: str


Message = Text | Ping | Pong | Close


class FrameReader:
    """Turns the bytes of one client into messages, however the network cut them.

    Holds at most one incomplete frame and one incomplete message, so at most twice the limit.
    """

    __slots__ = ("_buffer", "_decoder", "_limit", "_parts", "_size")

    def __init__(self, limit: int = MESSAGE_LIMIT) -> None:
        self._limit = limit
        self._buffer = b""
        self._parts: list[str] | None = None
        self._decoder: codecs.IncrementalDecoder | None = None
        self._size = 0

    def feed(self, data: bytes) -> Iterator[Message | None]:
        """Take `data` and yield one item for each frame it completes.

        The item is the message that the frame ended, or None for a fragment with more to come: a
        caller that counts items counts frames. Raises ProtocolError at the first broken frame;
        messages before it were yielded. The reader is of no use after that.
        """
        self._buffer += data
        while (frame := self._next_frame()) is not None:
            yield self._message(*frame)

    def _next_frame(self) -> tuple[Opcode, bool, bytes] | None:
        """Cut one whole frame off the buffer, or return None while it is incomplete."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        opcode, final = self._check_first_byte(buffer[0])
        _check_second_byte(buffer[1], opcode, final)
        sized = _payload_length(buffer)
        if sized is None:
            return None
        length, start = sized
        self._check_length(opcode, length)
        end = start + _MASK_SIZE + length
        if len(buffer) < end:
            return None
        self._buffer = buffer[end:]
        mask = buffer[start : start + _MASK_SIZE]
        return opcode, final, apply_mask(buffer[start + _MASK_SIZE : end], mask)

    def _check_first_byte(self, byte: int) -> tuple[Opcode, bool]:
        if byte & _RESERVED:
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, "reserved bits are set")
        try:
            opcode = Opcode(byte & 0x0F)
        except ValueError:
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, "unknown opcode") from None
        if opcode is Opcode.BINARY:
            raise ProtocolError(CloseCode.UNSUPPORTED, "only text is understood")
        if opcode is Opcode.CONTINUATION and self._parts is None:
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, "nothing to continue")
        if opcode is Opcode.TEXT and self._parts is not None:
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, "the message before is not finished")
        return opcode, bool(byte & _FIN)

    def _check_length(self, opcode: Opcode, length: int) -> None:
        """Refuse a message by the length its frame announces, before a byte of it is kept."""
        before = self._size if opcode is Opcode.CONTINUATION else 0
        if before + length > self._limit:
            raise ProtocolError(CloseCode.TOO_BIG, f"more than {self._limit} bytes")

    def _message(self, opcode: Opcode, final: bool, payload: bytes) -> Message | None:
        if opcode is Opcode.PING:
            return Ping(payload)
        if opcode is Opcode.PONG:
            return Pong(payload)
        if opcode is Opcode.CLOSE:
            return _read_close(payload)
        return self._collect(final, payload)

    def _collect(self, final: bool, payload: bytes) -> Text | None:
        """Add a fragment; UTF-8 is checked as it comes, across the seams."""
        if final and self._parts is None:
            return Text(_read_text(payload))
        if self._parts is None or self._decoder is None:
            self._parts = []
            self._decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            part = self._decoder.decode(payload, final)
        except UnicodeDecodeError:
            raise ProtocolError(CloseCode.BAD_TEXT, "not UTF-8") from None
        self._size += len(payload)
        if part:  # empty fragments are legal and must not grow the list
            self._parts.append(part)
        if not final:
            return None
        text = "".join(self._parts)
        self._parts, self._decoder, self._size = None, None, 0
        return Text(text)


def _check_second_byte(byte: int, opcode: Opcode, final: bool) -> None:
    if not byte & _MASKED:
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "clients must mask")
    if opcode >= Opcode.CLOSE and not final:
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "a control frame in fragments")
    if opcode >= Opcode.CLOSE and byte & 0x7F > CONTROL_LIMIT:
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "a control frame too long")


def _payload_length(buffer: bytes) -> tuple[int, int] | None:
    """Return the announced length and where the mask starts; None while bytes of it are missing."""
    short = buffer[1] & 0x7F
    if short < 126:
        return short, 2
    layout, start, least = ("!H", 4, 126) if short == 126 else ("!Q", 10, 0x10000)
    if len(buffer) < start:
        return None
    (length,) = struct.unpack_from(layout, buffer, 2)
    if length < least or length >> 63:
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "a length written wrong")
    return length, start


def _read_text(payload: bytes) -> str:
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        raise ProtocolError(CloseCode.BAD_TEXT, "not UTF-8") from None


def _read_close(payload: bytes) -> Close:
    if not payload:
        return Close(None, "")
    if len(payload) < 2:
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "half a close code")
    code = int.from_bytes(payload[:2], "big")
    if code not in _REGISTERED_CODES and not 3000 <= code <= 4999:
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "a close code that may not be sent")
    return Close(code, _read_text(payload[2:]))


def apply_mask(payload: bytes, mask: bytes) -> bytes:
    """Mask or unmask `payload` with the four bytes of `mask` (RFC 6455, 5.3).

    One XOR of two big integers: for the few bytes of a client that is faster than a loop.
    """
    size = len(payload)
    whole = (mask * (size // _MASK_SIZE + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(whole, "big")).to_bytes(size, "big")


def text_frame(text: str) -> bytes:
    """Encode a text message as one frame, unmasked as a server's frames are."""
    return _frame(Opcode.TEXT, text.encode("utf-8"))


def ping_frame(payload: bytes = b"") -> bytes:
    """Encode a ping. Raises ValueError above 125 bytes."""
    return _control_frame(Opcode.PING, payload)


def pong_frame(payload: bytes = b"") -> bytes:
    """Encode the answer to a ping with its payload. Raises ValueError above 125 bytes."""
    return _control_frame(Opcode.PONG, payload)


def close_frame(code: int | None = None, reason: str = "") -> bytes:
    """Encode a close frame; a reason too long for a control frame is cut between characters."""
    if code is None:
        return _control_frame(Opcode.CLOSE, b"")
    room = CONTROL_LIMIT - 2
    told = reason.encode("utf-8")[:room].decode("utf-8", "ignore").encode("utf-8")
    return _control_frame(Opcode.CLOSE, code.to_bytes(2, "big") + told)


def _control_frame(opcode: Opcode, payload: bytes) -> bytes:
    if len(payload) > CONTROL_LIMIT:
        raise ValueError(f"a control frame holds at most {CONTROL_LIMIT} bytes")
    return _frame(opcode, payload)


def _frame(opcode: Opcode, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", _FIN | opcode, size)
    elif size < 0x10000:
        head = struct.pack("!BBH", _FIN | opcode, 126, size)
    else:
        head = struct.pack("!BBQ", _FIN | opcode, 127, size)
    return head + payload
