"""Files that are made to do harm, and what becomes of each: refused in words, or looked at."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx import TensorProto, helper, parser

Make = Callable[[Path], bytes]
"""The bytes of a model; what lies beside it is written into the folder."""


@dataclass(frozen=True)
class File:
    """`words` are of the sentence that refuses it; empty for a file that is looked at, with `note` if any.

    `alone` says that it needs nothing beside it, so that it can be uploaded.
    """

    make: Make
    words: str = ""
    note: str = ""
    alone: bool = True


class _Acts:
    """Unpickling it would end the process."""

    def __reduce__(self) -> tuple[Callable[[int], None], tuple[int]]:
        return os._exit, (3,)


def text(source: str) -> Make:
    """A model that is written as ONNX text."""
    return lambda _: parser.parse_model(source).SerializeToString()


def nested(depth: int) -> bytes:
    """`If` in `If`, so deep that protobuf neither parses nor builds it: written from the inside out."""

    def field(number: int, content: bytes) -> bytes:
        size, length = len(content), b""
        while size > 127:
            length, size = length + bytes([size & 127 | 128]), size >> 7
        return bytes([number << 3 | 2]) + length + bytes([size]) + content

    graph = field(2, b"g")
    for _ in range(depth):
        body = field(5, field(1, b"then_branch") + field(6, graph))
        graph = field(2, b"g") + field(1, field(4, b"If") + body)
    return b"\x08\x08" + field(7, graph)


def holding(tensor: TensorProto) -> bytes:
    """A model that reads `tensor` as a weight called `w`."""
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([helper.make_node("Relu", ["w"], ["y"])], "g", [], [out], [tensor])
    opset = helper.make_opsetid("", 18)
    made: bytes = helper.make_model(graph, ir_version=8, opset_imports=[opset]).SerializeToString()
    return made


def outside(location: str, **more: str) -> Make:
    """A model whose weight, 400 bytes, lies at `location`."""

    def make(folder: Path) -> bytes:
        (folder / "w.bin").write_bytes(bytes(400))
        for name, target in (("link.bin", "w.bin"), ("linked", "."), ("zero", "/dev/zero")):
            if not (folder / name).is_symlink():
                (folder / name).symlink_to(target)
        (folder / "folder").mkdir(exist_ok=True)
        if not (folder / "pipe").exists():
            os.mkfifo(folder / "pipe")
        tensor = TensorProto(name="w", data_type=1, dims=[100], data_location=TensorProto.EXTERNAL)
        for key, value in {"location": location, **more}.items():
            tensor.external_data.add(key=key, value=value)
        return holding(tensor)

    return make


def laughs(depth: int) -> str:
    """Functions that each call the one before twice: `2 ** depth` nodes, were all put in place."""
    opsets = 'opset_import: ["" : 18, "own" : 1]'
    functions = [
        f'<domain: "own", {opsets}> f{n} (x) => (y) {{ t = {call}(x) y = {call}(t) }}'
        for n, call in enumerate(["Relu", *(f"own.f{n}" for n in range(depth - 1))])
    ]
    graph = f"g (float[4] x) => (float[4] y) {{ y = own.f{depth - 1}(x) }}"
    return "\n".join((f"<ir_version: 10, {opsets}> {graph}", *functions))


def claiming(*dims: int) -> TensorProto:
    """A weight of four bytes that says it is larger."""
    return TensorProto(name="w", data_type=TensorProto.FLOAT, dims=dims, raw_data=b"1234")


_TERABYTES = 10**12
_HEAD = '<ir_version: 8, opset_import: ["" : 17]>'
_SMALL = f"{_HEAD} g (float[4] x) => (float[4] y) {{ y = Relu(x) }}"
_BYTES = parser.parse_model(_SMALL).SerializeToString()
_SPARSE = onnx.SparseTensorProto(
    dims=[_TERABYTES],
    values=helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0]),
    indices=helper.make_tensor("i", TensorProto.INT64, [1], [_TERABYTES - 1]),
)


def _sparse(_: Path) -> bytes:
    model = parser.parse_model(_SMALL)
    model.graph.sparse_initializer.append(_SPARSE)
    made: bytes = model.SerializeToString()
    return made


REFUSED: dict[str, File] = {
    "a 20,000-deep nest": File(lambda _: nested(20_000), "nested deeper"),
    "a pickle that acts": File(lambda _: pickle.dumps(_Acts()), "Python pickle"),
    "a model that is cut off": File(lambda _: _BYTES[:-9], "cut off"),
    "a weight that claims 4 TB": File(lambda _: holding(claiming(10**6, 10**6)), "claims to have"),
    "a weight that claims more than there is": File(
        lambda _: holding(claiming(*[2**40] * 9)), "claims to have|negative|too"
    ),
    "a name of a megabyte": File(
        text(f"{_HEAD} g (float[4] x) => (float[4] y) {{ {'n' * 10**6} = Relu(x) y = Relu({'n' * 10**6}) }}"),
        "the limit here is",
    ),
    "nothing": File(lambda _: b"", "is empty"),
    "a web page": File(lambda _: b"<!DOCTYPE html><script>window.hacked=1</script>", "web page"),
    "a program": File(lambda _: b"\x7fELF\x02\x01" + bytes(60), "program or library"),
    "data in /etc/passwd": File(outside("/etc/passwd"), "absolute path"),
    "data above the folder": File(outside("../w.bin"), "out of the model's own folder"),
    "data above, in disguise": File(outside("a/../../w.bin"), "out of the model's own folder"),
    "data on another drive": File(outside("C:/w.bin"), "absolute path"),
    "data behind a backslash": File(outside("..\\w.bin"), "backslash"),
    "data behind a NUL": File(outside("w.bin\0.png"), "control character"),
    "data behind a link": File(outside("link.bin"), "is a link", alone=False),
    "data in a linked folder": File(outside("linked/w.bin"), "is a link", alone=False),
    "data without end": File(outside("zero"), "is a link", alone=False),
    "data in a folder": File(outside("folder"), "not a regular file", alone=False),
    "data in a pipe": File(outside("pipe"), "not a regular file", alone=False),
    "data past its end": File(outside("w.bin", offset="4000000000000"), "ends at", alone=False),
}
"""Neither read nor drawn."""

SHOWN: dict[str, File] = {
    "a weight that claims 40 GB": File(lambda _: holding(claiming(10**5, 10**5)), note="another size"),
    "a sparse weight that claims 4 TB": File(_sparse),
    "a node that makes 4 TB": File(
        text(f"{_HEAD} g () => (float[n] y) <int64[1] s = {{{_TERABYTES}}}> {{ y = ConstantOfShape(s) }}")
    ),
    "a billion nodes in functions": File(text(laughs(30))),
    "a cycle": File(
        text(f"{_HEAD} g (float[4] x) => (float[4] y) {{ a = Add(x, b) b = Relu(a) y = Relu(b) }}"), note="a"
    ),
    "an output made twice": File(
        text(f"{_HEAD} g (float[4] x) => (float[4] y) {{ y = Relu(x) y = Neg(x) }}"), note="more than once"
    ),
}
"""Looked at, drawn at once and in little memory, whatever they claim."""
