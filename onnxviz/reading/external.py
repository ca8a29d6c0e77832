"""Tensors that lie in other files: https://onnx.ai/onnx/repo-docs/ExternalData.html."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from onnxviz.errors import RefusedFile
from onnxviz.reading.tensors import SMALL_BYTES, promised_bytes, shorten, text_of
from onnxviz.store import relative_name

if TYPE_CHECKING:
    import onnx

_LONGEST_PART = 255
"""Bytes of one name on the file systems in use (NAME_MAX of Linux and macOS)."""

_NAMED = 5
"""Files that a sentence names before it says "and N more"."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Where one tensor's data lies: bytes `offset` to `offset + length` of the file `location`.

    `length` is None where the model does not say; `needed` is what dtype and dims ask for.
    """

    tensor: str
    location: str
    offset: int
    length: int | None
    needed: int | None

    @property
    def end(self) -> int:
        """The file has to have this many bytes."""
        return self.offset + (self.length if self.length is not None else self.needed or 0)


def tensors_of(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Every tensor of the model: initializers and attributes of graphs, bodies and functions.

    A function's attributes have defaults, which may be tensors as well.
    """
    graphs = [model.graph]
    for info in model.training_info:
        graphs += [info.initialization, info.algorithm]
    nodes = [node for function in model.functions for node in function.node]
    attributes = [attribute for function in model.functions for attribute in function.attribute_proto]
    while graphs or nodes or attributes:
        if graphs:
            graph = graphs.pop()
            yield from graph.initializer
            for sparse in graph.sparse_initializer:
                yield sparse.values
                yield sparse.indices
            nodes.extend(graph.node)
        elif nodes:
            attributes.extend(nodes.pop().attribute)
        while attributes:
            attribute = attributes.pop()
            graphs.extend(attribute.graphs)
            yield from attribute.tensors
            if attribute.HasField("g"):
                graphs.append(attribute.g)
            if attribute.HasField("t"):
                yield attribute.t
            for sparse in sparse_of(attribute):
                yield sparse.values
                yield sparse.indices


def sparse_of(attribute: onnx.AttributeProto) -> Iterator[onnx.SparseTensorProto]:
    """The sparse tensors of an attribute."""
    if attribute.HasField("sparse_tensor"):
        yield attribute.sparse_tensor
    yield from attribute.sparse_tensors


def is_external(tensor: onnx.TensorProto) -> bool:
    """True where the data is not in the model file (`TensorProto.EXTERNAL` is 1)."""
    return bool(tensor.data_location == 1)


def reference_of(tensor: onnx.TensorProto, subject: str) -> Reference:
    """The tensor's reference, its name made safe. Raises `RefusedFile` for one that must not be followed."""
    entries = {text_of(entry.key): text_of(entry.value) for entry in tensor.external_data}
    name = shorten(text_of(tensor.name) or "(no name)", 60)
    if len(entries) < len(tensor.external_data):
        # Programs differ in which of the two they follow.
        raise RefusedFile(subject, f"tensor {name!r} says twice where its data lies", _RESAVE)
    if not entries.get("location"):
        raise RefusedFile(
            subject, f"tensor {name!r} lies in another file that the model does not name", _RESAVE
        )
    try:
        location = relative_name(entries["location"])
    except RefusedFile as e:
        raise RefusedFile(subject, f"tensor {name!r}: {e.subject} {e.cause}", e.remedy) from e
    if any(len(part.encode()) > _LONGEST_PART for part in location.split("/")):
        cause = f"tensor {name!r}: file name {location[:80]!r} is longer than a file system allows"
        raise RefusedFile(subject, cause, _RESAVE)
    numbers = []
    for key in ("offset", "length"):
        text = entries.get(key)
        # An empty one is no number either: ONNX's own loader breaks off at it.
        if text is not None and not (text.isascii() and text.isdigit() and len(text) < 20):
            raise RefusedFile(subject, f"tensor {name!r} has {key} {shorten(text, 40)!r}", _RESAVE)
        numbers.append(None if text is None else int(text))
    return Reference(name, location, numbers[0] or 0, numbers[1], promised_bytes(tensor))


_RESAVE = "Save the model again with onnx.save(model, path, save_as_external_data=True)"


def references(tensors: Iterable[onnx.TensorProto], subject: str) -> tuple[Reference, ...]:
    """The references of those that are external. Raises `RefusedFile` for one that must not be followed."""
    return tuple(reference_of(tensor, subject) for tensor in tensors if is_external(tensor))


def check(found: tuple[Reference, ...], folder: Path, subject: str, main: str = "") -> dict[str, Path]:
    """Name -> path of every file referred to, by name, once all are there and long enough.

    `main` is the name of the model's own file, which is none of them. Raises `RefusedFile` with the names of
    all that are missing, or the first that is a link or too short. No data is read.
    """
    paths = {name: folder / name for name in sorted({reference.location for reference in found})}
    if main in paths:
        raise RefusedFile(subject, "names itself as the file that its weights lie in", _RESAVE)
    missing = [name for name, path in paths.items() if not path.is_symlink() and not path.exists()]
    if missing:
        named = ", ".join(repr(shorten(name, 80)) for name in missing[:_NAMED])
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        raise RefusedFile(
            subject,
            f"its weights lie in other files, and these are missing: {named}{more}",
            "Add them: open the model and its data files together",
        )
    sizes = {}
    for name, path in paths.items():
        refuse_links(path, folder, name, subject)
        sizes[name] = path.stat().st_size
    for reference in found:
        _refuse_short(reference, sizes[reference.location], subject)
    return paths


def refuse_links(path: Path, folder: Path, name: str, subject: str) -> None:
    """Raise `RefusedFile` where `path`, the data file `name` of `folder`, is a link or lies behind one."""
    # A link could lead to any file of the machine (CVE-2024-27318 and its kin).
    parts = [path, *path.parents]
    if any(part.is_symlink() for part in parts[: parts.index(folder)]):
        raise RefusedFile(
            subject, f"its data file {shorten(name, 80)!r} is a link", "Put the file itself there"
        )
    if not path.is_file():
        raise RefusedFile(
            subject, f"its data file {shorten(name, 80)!r} is not a regular file", "Put the file itself there"
        )


def _refuse_short(reference: Reference, size: int, subject: str) -> None:
    name = shorten(reference.location, 80)
    if reference.end > size:
        raise RefusedFile(
            subject,
            f"its data file {name!r} has {size:,} bytes, and tensor {reference.tensor!r} "
            f"ends at {reference.end:,}",
            "Download or copy that file again; it belongs to another model or is cut off",
        )
    if reference.length is not None and reference.needed is not None and reference.length < reference.needed:
        raise RefusedFile(
            subject,
            f"tensor {reference.tensor!r} needs {reference.needed:,} bytes and has {reference.length:,} "
            f"in {name!r}",
            _RESAVE,
        )


def load_small(tensors: Iterable[onnx.TensorProto], folder: Path, subject: str) -> None:
    """Put external data of up to `SMALL_BYTES` a tensor into `tensors`: shapes and axes, for inference.

    Call it after `check`.
    """
    for tensor in tensors:
        if not is_external(tensor):
            continue
        needed = promised_bytes(tensor)
        if needed is None or needed > SMALL_BYTES:
            continue
        reference = reference_of(tensor, subject)
        with (folder / reference.location).open("rb") as stream:
            stream.seek(reference.offset)
            tensor.raw_data = stream.read(needed)
        tensor.ClearField("external_data")
        tensor.ClearField("data_location")
