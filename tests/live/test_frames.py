"""What the frame reader accepts, refuses and with which code; what the encoders write."""

from __future__ import annotations

import struct
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.live.frames import (
    MESSAGE_LIMIT,
    Close,
    FrameReader,
    Message,
    Ping,
    Pong,
    ProtocolError,
    Text,
    apply_mask,
    close_frame,
    ping_frame,
    pong_frame,
    text_frame,
)

Framed = Callable[..., bytes]
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def read(data: bytes) -> list[Message]:
    return [item for item in FrameReader().feed(data) if item is not None]


def refusal(data: bytes) -> int:
    with pytest.raises(ProtocolError) as caught:
        read(data)
    return caught.value.code


def plain_frame(opcode: int, payload: bytes, *, final: bool = True, mask: bytes = b"abcd") -> bytes:
    """As the fixture, at hand where hypothesis allows no fixture."""
    size = len(payload)
    head = bytes([opcode | (0x80 if final else 0)])
    head += bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def test_a_masked_text_is_read(framed: Framed) -> None:
    assert read(framed(TEXT, "Grüße, 避難".encode())) == [Text("Grüße, 避難")]


def test_the_example_of_the_rfc_is_read() -> None:
    assert read(bytes.fromhex("818537fa213d7f9f4d5158")) == [Text("Hello")]


def test_an_empty_text_is_a_message(framed: Framed) -> None:
    assert read(framed(TEXT)) == [Text("")]


def test_fragments_are_joined_and_control_frames_may_come_between(framed: Framed) -> None:
    stream = framed(TEXT, b"sand", final=False) + framed(PING, b"?") + framed(0, b"", final=False)
    assert read(stream + framed(0, b"bags")) == [Ping(b"?"), Text("sandbags")]


def test_a_character_may_be_cut_between_fragments(framed: Framed) -> None:
    whole = "é".encode()
    assert read(framed(TEXT, whole[:1], final=False) + framed(0, whole[1:])) == [Text("é")]


def test_each_fragment_counts_as_a_frame(framed: Framed) -> None:
    stream = framed(TEXT, b"", final=False) + framed(0, b"", final=False) + framed(0)
    assert list(FrameReader().feed(stream)) == [None, None, Text("")]


def test_a_message_as_large_as_the_limit_is_read(framed: Framed) -> None:
    assert read(framed(TEXT, b"x" * MESSAGE_LIMIT)) == [Text("x" * MESSAGE_LIMIT)]


def test_a_message_above_the_limit_is_refused_by_its_header_alone(framed: Framed) -> None:
    assert refusal(framed(TEXT, b"x" * (MESSAGE_LIMIT + 1))[:4]) == 1009


def test_a_64_bit_length_is_refused_by_its_header_alone() -> None:
    assert refusal(b"\x81\xff" + struct.pack("!Q", 2**40)) == 1009


def test_fragments_that_add_up_above_the_limit_are_refused(framed: Framed) -> None:
    assert refusal(framed(TEXT, b"x" * MESSAGE_LIMIT, final=False) + framed(0, b"x")) == 1009


def test_the_limit_starts_anew_with_each_message(framed: Framed) -> None:
    half = b"x" * (MESSAGE_LIMIT // 2 + 1)
    stream = framed(TEXT, half, final=False) + framed(0, b"y") + framed(TEXT, half, final=False)
    assert len(read(stream + framed(0, b"z"))) == 2


@pytest.mark.parametrize("reserved", [0x40, 0x20, 0x10, 0x70])
def test_reserved_bits_are_refused(framed: Framed, reserved: int) -> None:
    frame = framed(TEXT, b"hi")
    assert refusal(bytes([frame[0] | reserved]) + frame[1:]) == 1002


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
def test_unknown_opcodes_are_refused(framed: Framed, opcode: int) -> None:
    assert refusal(framed(opcode)) == 1002


def test_binary_is_not_understood(framed: Framed) -> None:
    assert refusal(framed(BINARY, b"\x00")) == 1003


def test_an_unmasked_frame_is_refused() -> None:
    assert refusal(b"\x81\x02hi") == 1002


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
def test_a_control_frame_in_fragments_is_refused(framed: Framed, opcode: int) -> None:
    assert refusal(framed(opcode, b"", final=False)) == 1002


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
def test_a_control_frame_above_125_bytes_is_refused(framed: Framed, opcode: int) -> None:
    assert refusal(framed(opcode, b"x" * 126)) == 1002


@pytest.mark.parametrize("head", [b"\x81\xfe\x00\x05", b"\x81\xff" + struct.pack("!Q", 5)])
def test_a_length_in_more_bytes_than_it_needs_is_refused(head: bytes) -> None:
    assert refusal(head) == 1002


def test_a_negative_64_bit_length_is_refused() -> None:
    assert refusal(b"\x81\xff" + struct.pack("!Q", 2**63)) == 1002


def test_a_continuation_of_nothing_is_refused(framed: Framed) -> None:
    assert refusal(framed(0, b"more")) == 1002


def test_a_new_text_within_a_fragmented_one_is_refused(framed: Framed) -> None:
    assert refusal(framed(TEXT, b"a", final=False) + framed(TEXT, b"b")) == 1002


@pytest.mark.parametrize("payload", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"])
def test_text_that_is_not_utf8_is_refused(framed: Framed, payload: bytes) -> None:
    assert refusal(framed(TEXT, payload)) == 1007


def test_bad_utf8_is_refused_at_its_fragment_without_waiting_for_the_end(framed: Framed) -> None:
    assert refusal(framed(TEXT, b"ok", final=False) + framed(0, b"\xff", final=False)) == 1007


def test_a_character_that_never_ends_is_refused_at_the_last_fragment(framed: Framed) -> None:
    assert refusal(framed(TEXT, b"\xe2\x82", final=False) + framed(0)) == 1007


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4403, 4999])
def test_a_close_code_that_may_be_sent_is_read(framed: Framed, code: int) -> None:
    assert read(framed(CLOSE, struct.pack("!H", code) + b"bye")) == [Close(code, "bye")]


def test_a_close_without_a_code_is_read(framed: Framed) -> None:
    assert read(framed(CLOSE)) == [Close(None, "")]


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535])
def test_a_close_code_that_may_not_be_sent_is_refused(framed: Framed, code: int) -> None:
    assert refusal(framed(CLOSE, struct.pack("!H", code))) == 1002


def test_half_a_close_code_is_refused(framed: Framed) -> None:
    assert refusal(framed(CLOSE, b"\x03")) == 1002


def test_a_close_reason_that_is_not_utf8_is_refused(framed: Framed) -> None:
    assert refusal(framed(CLOSE, b"\x03\xe8\xff")) == 1007


def test_messages_before_a_broken_frame_are_still_read(framed: Framed) -> None:
    stream = FrameReader().feed(framed(TEXT, b"first") + b"\x81\x02hi")
    assert next(stream) == Text("first")
    with pytest.raises(ProtocolError):
        next(stream)


@pytest.mark.parametrize(
    ("size", "head"), [(0, 2), (125, 2), (126, 4), (65535, 4), (65536, 10), (200_000, 10)]
)
def test_a_text_frame_carries_its_length_in_as_few_bytes_as_it_can(size: int, head: int) -> None:
    frame = text_frame("x" * size)
    assert len(frame) == head + size
    assert frame[0] == 0x81
    assert frame[head:] == b"x" * size


def test_control_frames_are_written() -> None:
    assert (ping_frame(), pong_frame(b"ab")) == (b"\x89\x00", b"\x8a\x02ab")
    assert close_frame() == b"\x88\x00"
    assert close_frame(1001, "bye") == b"\x88\x05\x03\xe9bye"


def test_a_ping_above_125_bytes_is_not_written() -> None:
    with pytest.raises(ValueError, match="125"):
        ping_frame(b"x" * 126)


def test_a_long_close_reason_is_cut_between_characters() -> None:
    frame = close_frame(1000, "é" * 100)
    assert frame[1] <= 125
    assert frame[4:].decode() == "é" * 61


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4))
def test_masking_is_its_own_inverse_and_as_the_rfc_says(payload: bytes, mask: bytes) -> None:
    masked = apply_mask(payload, mask)
    assert masked == bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    assert apply_mask(masked, mask) == payload


def fragments(text: str, cuts: list[int]) -> list[tuple[int, bytes, bool]]:
    """One message as frames, cut at the given places of its bytes."""
    data = text.encode()
    edges = [0, *sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
    parts = [data[a:b] for a, b in pairwise(edges)]
    last = len(parts) - 1
    return [(0 if at else TEXT, part, at == last) for at, part in enumerate(parts)]


def read_as(opcode: int, payload: bytes) -> Message:
    if opcode == TEXT:
        return Text(payload.decode())
    return Ping(payload) if opcode == PING else Pong(payload)


texts = st.builds(fragments, st.text(max_size=200), st.lists(st.integers(0, 800), max_size=4))
controls = st.tuples(st.sampled_from([PING, PONG]), st.binary(max_size=125), st.just(True)).map(lambda f: [f])


@given(
    st.lists(texts | controls, max_size=8),
    st.lists(st.integers(0, 10_000), max_size=20),
    st.binary(min_size=4, max_size=4),
)
def test_any_cut_of_a_valid_stream_gives_the_same_messages(
    messages: list[list[tuple[int, bytes, bool]]], cuts: list[int], mask: bytes
) -> None:
    stream = b"".join(
        plain_frame(op, data, final=fin, mask=mask) for each in messages for op, data, fin in each
    )
    expected: list[Message] = []
    for each in messages:
        opcode, whole = each[0][0], b"".join(data for _, data, _ in each)
        expected.append(read_as(opcode, whole))
    edges = [0, *sorted({cut % (len(stream) + 1) for cut in cuts}), len(stream)]
    reader, got = FrameReader(), []
    for start, end in pairwise(edges):
        got += [item for item in reader.feed(stream[start:end]) if item is not None]
    assert got == expected


@given(st.binary(max_size=400))
def test_garbage_is_refused_or_read_but_never_anything_else(data: bytes) -> None:
    """Also byte by byte: the same messages and the same refusal."""

    def outcome(pieces: list[bytes]) -> list[object]:
        reader, seen = FrameReader(), list[object]()
        try:
            for piece in pieces:
                seen.extend(reader.feed(piece))
        except ProtocolError as error:
            seen.append(error.code)
        return seen

    assert outcome([data]) == outcome([data[at : at + 1] for at in range(len(data))])
