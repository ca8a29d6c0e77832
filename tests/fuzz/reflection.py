"""Mutations of any field of any message of a model, through protobuf's descriptors: none is known by name."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.message import Message
from onnx import ModelProto

from tests.fuzz import hostile

DEEPEST = 60
MOST_COPIES = 40

_BITS = {Field.CPPTYPE_INT32: 32, Field.CPPTYPE_INT64: 64}
_UNSIGNED = {Field.CPPTYPE_UINT32: 32, Field.CPPTYPE_UINT64: 64}


def messages(message: Message, depth: int = 0) -> Iterator[Message]:
    """`message` and all within it."""
    yield message
    if depth == DEEPEST:
        return
    for field, value in message.ListFields():
        if field.cpp_type == Field.CPPTYPE_MESSAGE:
            for inner in value if is_repeated(field) else [value]:
                yield from messages(inner, depth + 1)


def is_repeated(field: Any) -> bool:
    """Whether the field is a list."""
    return bool(field.is_repeated)


def set_scalar(model: ModelProto, draw: Random) -> None:
    """A field that may not even have been there gets a hostile value."""
    message = _any(model, draw)
    fields = [f for f in message.DESCRIPTOR.fields if f.cpp_type != Field.CPPTYPE_MESSAGE]
    if not fields:
        return
    field = draw.choice(fields)
    value = scalar(field, draw)
    if not is_repeated(field):
        setattr(message, field.name, value)
        return
    items = getattr(message, field.name)
    if len(items) and draw.random() < 0.6:
        items[draw.randrange(len(items))] = value
    else:
        items.append(value)


def clear_field(model: ModelProto, draw: Random) -> None:
    """A field that is there goes, with all that is in it."""
    message = _any(model, draw)
    present = message.ListFields()
    if present:
        message.ClearField(draw.choice(present)[0].name)


def empty_message(model: ModelProto, draw: Random) -> None:
    """A message that may not have been there is there, and empty."""
    message = _any(model, draw)
    fields = [f for f in message.DESCRIPTOR.fields if f.cpp_type == Field.CPPTYPE_MESSAGE]
    if not fields:
        return
    field = draw.choice(fields)
    if is_repeated(field):
        getattr(message, field.name).add()
    else:
        message.ClearField(field.name)
        getattr(message, field.name).SetInParent()


def drop_item(model: ModelProto, draw: Random) -> None:
    """One item of a list goes."""
    found = _list(model, draw)
    if found is not None:
        del found[1][draw.randrange(len(found[1]))]


def repeat_item(model: ModelProto, draw: Random) -> None:
    """One item of a list comes again, up to forty times."""
    found = _list(model, draw)
    if found is not None:
        _, items = found
        item = items[draw.randrange(len(items))]
        items.extend([item] * draw.choice((1, 1, 2, MOST_COPIES)))


def shuffle_items(model: ModelProto, draw: Random) -> None:
    """A list is in another order."""
    found = _list(model, draw)
    if found is not None:
        field, items = found
        kept = [_copy(item) if field.cpp_type == Field.CPPTYPE_MESSAGE else item for item in items]
        draw.shuffle(kept)
        del items[:]
        items.extend(kept)


def transplant(model: ModelProto, draw: Random) -> None:
    """A message takes the place of another of its type, which may be around it."""
    target = _any(model, draw)
    others = [one for one in messages(model) if one.DESCRIPTOR is target.DESCRIPTOR]
    source = _copy(draw.choice(others))
    target.CopyFrom(source)


def graft(model: ModelProto, draw: Random) -> None:
    """A message of the model is put where one of its type may stand and none stood."""
    all_messages = list(messages(model))
    source = draw.choice(all_messages)
    places = [
        (one, field)
        for one in all_messages
        for field in one.DESCRIPTOR.fields
        if field.cpp_type == Field.CPPTYPE_MESSAGE and field.message_type is source.DESCRIPTOR
    ]
    if not places:
        return
    message, field = draw.choice(places)
    copied = _copy(source)
    if is_repeated(field):
        getattr(message, field.name).append(copied)
    else:
        getattr(message, field.name).CopyFrom(copied)


def scalar(field: Any, draw: Random) -> Any:
    """A hostile value that fits the field's type."""
    kind = field.cpp_type
    if kind in _BITS:
        bits = _BITS[kind]
        value = hostile.integer(draw)
        return (value + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)
    if kind in _UNSIGNED:
        return hostile.integer(draw) % 2 ** _UNSIGNED[kind]
    if kind in (Field.CPPTYPE_FLOAT, Field.CPPTYPE_DOUBLE):
        return draw.choice(hostile.FLOATS)
    if kind == Field.CPPTYPE_ENUM:
        return draw.choice(field.enum_type.values).number
    if kind == Field.CPPTYPE_BOOL:
        return draw.random() < 0.5
    name = hostile.name(draw)
    return name.encode() if field.type == Field.TYPE_BYTES else name


def _any(model: ModelProto, draw: Random) -> Message:
    return draw.choice(list(messages(model)))


def _list(model: ModelProto, draw: Random) -> tuple[Any, Any] | None:
    """(field, its items) of some list that is not empty."""
    lists = [
        (field, value)
        for message in messages(model)
        for field, value in message.ListFields()
        if is_repeated(field)
    ]
    return draw.choice(lists) if lists else None


def _copy(message: Message) -> Message:
    found = type(message)()
    found.CopyFrom(message)
    return found
