"""Mutations of a file as bytes, as a broken download or a hand with a hex editor makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from tests.fuzz.hostile import integer

Mutate = Callable[[bytes, Random], bytes]

MOST_FLIPPED = 8
LONGEST_SLICE = 64


def flip_bits(data: bytes, draw: Random) -> bytes:
    """One to eight bits change."""
    found = bytearray(data)
    for _ in range(draw.randint(1, MOST_FLIPPED)):
        found[draw.randrange(len(found))] ^= 1 << draw.randrange(8)
    return bytes(found)


def cut(data: bytes, draw: Random) -> bytes:
    """The file ends early."""
    return data[: draw.randrange(len(data))]


def drop_slice(data: bytes, draw: Random) -> bytes:
    """Some bytes are gone."""
    start, end = _slice(data, draw)
    return data[:start] + data[end:]


def double_slice(data: bytes, draw: Random) -> bytes:
    """Some bytes come twice, or many times."""
    start, end = _slice(data, draw)
    return data[:end] + data[start:end] * draw.choice((1, 1, 2, 50)) + data[end:]


def move_slice(data: bytes, draw: Random) -> bytes:
    """Some bytes stand in the place of others."""
    start, end = _slice(data, draw)
    to = draw.randrange(len(data))
    return data[:to] + data[start:end] + data[to + end - start :]


def zero_slice(data: bytes, draw: Random) -> bytes:
    """Some bytes are zeros, as a hole in a sparse file is."""
    start, end = _slice(data, draw)
    return data[:start] + bytes(end - start) + data[end:]


def insert_varint(data: bytes, draw: Random) -> bytes:
    """A number in protobuf's base 128 comes in between (or a tag, which is one too)."""
    at = draw.randrange(len(data))
    return data[:at] + varint(integer(draw)) + data[at:]


def change_length(data: bytes, draw: Random) -> bytes:
    """A length (or what looks like one) is another number."""
    lengths = [at for at in range(1, len(data)) if data[at - 1] & 7 == 2 and data[at] < 128]
    at = draw.choice(lengths or [0])
    return (
        data[:at] + varint(max(0, draw.choice((data[at] + 1, data[at] - 1, integer(draw))))) + data[at + 1 :]
    )


def append_tail(data: bytes, draw: Random) -> bytes:
    """Something follows the end: another copy, a field that nobody knows, or noise."""
    return data + draw.choice((data, b"\xfa\x7f\x03abc", b"\x0b\x0c", draw.randbytes(20)))


def varint(number: int) -> bytes:
    """Protobuf's encoding; a negative number takes ten bytes
    (https://protobuf.dev/programming-guides/encoding/#varints)."""
    number &= 2**64 - 1
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _slice(data: bytes, draw: Random) -> tuple[int, int]:
    start = draw.randrange(len(data))
    return start, min(len(data), start + draw.randint(1, LONGEST_SLICE))


MUTATORS: Mapping[str, Mutate] = {
    mutate.__name__: mutate
    for mutate in (
        flip_bits,
        cut,
        drop_slice,
        double_slice,
        move_slice,
        zero_slice,
        insert_varint,
        change_length,
        append_tail,
    )
}
