"""What a file that is no ONNX model is, and what to do about it.

An ONNX file is a serialized `ModelProto` without a signature
(https://onnx.ai/onnx/repo-docs/IR.html#serialization); the formats below have one.
"""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

HEAD = 4096
"""Bytes from the start of a file that `sniff` wants."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the file is (the end of a sentence that begins with its name) and the remedy."""

    cause: str
    remedy: str


_MOST_DIRECTORY = 16_000_000
"""Bytes; some 200,000 names."""

_TAIL = 66_000
"""Bytes at the end of a zip that hold the records about its directory and the longest comment."""

_AGAIN = "Download it again"
_EXPORT = "Export the model with torch.onnx.export, then open the .onnx file"
_TF = "Convert it with tf2onnx, then open the .onnx file"
_SKL = "Convert a scikit-learn model with skl2onnx, then open the .onnx file"
_UNPACK = "Unpack it and open the .onnx file inside, together with its data files"
_WEIGHTS = "It holds weights and no graph: " + _EXPORT[0].lower() + _EXPORT[1:]

# (offset, signature, what it is, remedy). The offsets and bytes are those of each format's own
# specification; FlatBuffers have their identifier at byte 4.
_SIGNATURES: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"GGUF", "is a GGUF file of llama.cpp", _WEIGHTS),
    (0, b"\x89HDF\r\n\x1a\n", "is an HDF5 file, as Keras writes", _TF),
    (4, b"TFL3", "is a TensorFlow Lite model", "Convert it with tf2onnx --tflite, then open the .onnx file"),
    (4, b"ET12", "is an ExecuTorch program", _EXPORT),
    (4, b"ORTM", "is a model in ONNX Runtime's own .ort format", "Open the .onnx file that it was made from"),
    (0, b"\x93NUMPY", "is a NumPy array", "Open the model that it belongs to"),
    (0, b"\x1f\x8b", "is compressed with gzip", _UNPACK),
    (0, b"\xfd7zXZ\x00", "is compressed with xz", _UNPACK),
    (0, b"\x28\xb5\x2f\xfd", "is compressed with zstd", _UNPACK),
    (0, b"BZh", "is compressed with bzip2", _UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "is a 7z archive", _UNPACK),
    (0, b"Rar!", "is a RAR archive", _UNPACK),
    (257, b"ustar", "is a tar archive", _UNPACK),
    (0, b"\x7fELF", "is a program or library", "Open an .onnx file"),
    (0, b"MZ\x90", "is a program or library", "Open an .onnx file"),
    (0, b"\x89PNG", "is a picture", "Open an .onnx file"),
    (0, b"\x78\x9c", "is compressed with zlib, as joblib does with pickles; it was not loaded", _SKL),
    (0, b"\xff\xd8\xff", "is a picture", "Open an .onnx file"),
    (0, b"%PDF", "is a PDF document", "Open an .onnx file"),
)

# The text of each is matched at the start of the file, without leading blanks.
_TEXTS: tuple[tuple[str, str, str], ...] = (
    (
        r"version https://git-lfs",
        "is a Git LFS pointer and not the model itself",
        "Run git lfs pull, then open it",
    ),
    (r"<!doctype html|<html", "is a web page", "Download the file itself: on a hub, the raw or resolve link"),
    (
        r"<\?xml[^>]*>\s*<net|<net\b",
        "is the XML of an OpenVINO model",
        "Open the .onnx file that it was made from",
    ),
    (
        r"node\s*\{\s*name:|saved_model_schema_version:",
        "is a TensorFlow graph in protobuf's text format",
        _TF,
    ),
    (
        r"(name:\s*\"[^\"\n]*\"\s*)?((layers?|input_param)\s*\{|input:\s*\"|input_dim:)",
        "is a network description of Caffe",
        "Convert it to ONNX, then open the .onnx file",
    ),
    (r"<\?xml", "is XML text", "Open an .onnx file"),
    (r"7767517\s", "is an ncnn parameter file", "Open the .onnx file that it was made from"),
    (
        r"(<[^>]*ir_version|<[^>]*opset_import|[\w.]+\s*(<[^>]*>)?\s*\([^)]*\)\s*=>)",
        "is a model in ONNX's text syntax",
        "Turn it into a binary file with onnx.save(onnx.parser.parse_model(text), path)",
    ),
    (
        r"ir_version:|graph\s*\{|producer_name:|opset_import\s*\{",
        "is a model in protobuf's text format",
        "Turn it into a binary file with onnx.load(path, format='textproto') and onnx.save",
    ),
)


def sniff(head: bytes, path: Path) -> Verdict | None:
    """What the file is by its first `HEAD` bytes, or None where it may be ONNX. Reads a zip's directory."""
    if not head:
        return Verdict("is empty (0 bytes)", _AGAIN)
    if not head.strip(b"\0"):
        return Verdict("begins with zeros alone, as after a download that broke off", _AGAIN)
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _zip(path)
    if _is_safetensors(head):
        return Verdict("is a safetensors file", _WEIGHTS)
    for offset, signature, cause, remedy in _SIGNATURES:
        if head.startswith(signature, offset):
            return Verdict(cause, remedy)
    # Pickle protocols 2 to 5. As protobuf tags these would be fields 32 to 80, which ModelProto lacks.
    if head[0] == 0x80 and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return Verdict("is a Python pickle, as older PyTorch checkpoints are; it was not loaded", _EXPORT)
    return _text(head)


def _is_safetensors(head: bytes) -> bool:
    # https://huggingface.co/docs/safetensors: eight bytes of header length, then JSON.
    return len(head) > 9 and head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= 100_000_000


def _zip(path: Path) -> Verdict:
    """By the names in its directory; nothing is unpacked."""
    try:
        if _directory_bytes(path) > _MOST_DIRECTORY:
            return Verdict("is a zip archive of very many files", "Open an .onnx file")
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return Verdict("is a zip archive that is cut off or damaged (PyTorch's .pt files are zips)", _AGAIN)
    ends = {name.rsplit("/", 1)[-1] for name in names}
    if any(name.endswith(".onnx") for name in ends):
        return Verdict("is a zip archive with an .onnx file inside", _UNPACK)
    if "constants.pkl" in ends:
        return Verdict("is a TorchScript archive of PyTorch; it was not loaded", _EXPORT)
    if ends & {"data.pkl", "archive_format", "serialized_exported_program.json"}:
        return Verdict("is a PyTorch checkpoint or exported program; it was not loaded", _EXPORT)
    if "coremldata.bin" in ends or any(name.endswith((".mlmodel", ".mil")) for name in ends):
        return Verdict("is a Core ML package", "Open the .onnx file that it was made from, or export one")
    if "saved_model.pb" in ends:
        return Verdict("is a zipped SavedModel of TensorFlow", _TF)
    if any(name.endswith(".h5") for name in ends):
        return Verdict("is a Keras archive", _TF)
    if names and all(name.endswith(".npy") for name in names):
        return Verdict("is a NumPy archive", "Open the model that it belongs to")
    return Verdict("is a zip archive without an .onnx file", "Open an .onnx file")


def _directory_bytes(path: Path) -> int:
    """Bytes of a zip's directory, 0 where it has none (APPNOTE.TXT, 4.3.14 and 4.3.16).

    A million names in it would take seconds and most of a gigabyte to read.
    """
    with path.open("rb") as stream:
        stream.seek(0, 2)
        stream.seek(max(0, stream.tell() - _TAIL))
        tail = stream.read()
    end, end64 = tail.rfind(b"PK\x05\x06"), tail.rfind(b"PK\x06\x06")
    if end64 >= 0:
        return int.from_bytes(tail[end64 + 40 : end64 + 48], "little")
    return int.from_bytes(tail[end + 12 : end + 16], "little") if end >= 0 else 0


def _text(head: bytes) -> Verdict | None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) and head[2:4].count(0) == 1:
        return Verdict("is text in UTF-16", "Open an .onnx file")
    body = head.removeprefix(b"\xef\xbb\xbf")
    # A serialized model soon has a control character: the tag of ir_version is one.
    if any(byte < 32 and byte not in b"\t\n\r\f" for byte in body):
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError as e:
        if e.start < len(body) - 4:
            return None
        text = body[: e.start].decode()
    stripped = text.lstrip()
    uncommented = re.sub(r"\A(\s*#[^\n]*\n)+", "", stripped).lstrip()
    for pattern, cause, remedy in _TEXTS:
        if re.match(pattern, uncommented, re.IGNORECASE):
            return Verdict(cause, remedy)
    if re.match(r"\(?[dl]p\d+\n|c[\w.]+\n\w+\n", stripped):
        return Verdict("is a Python pickle; it was not loaded", _SKL)
    if stripped[:1] in ("{", "["):
        return _json(stripped)
    return Verdict("is text", "Open an .onnx file")


def _json(text: str) -> Verdict:
    if re.search(r'"(irVersion|opsetImport|ir_version|opset_import)"', text):
        return Verdict(
            "is a model in ONNX's JSON form",
            "Turn it into a binary file with onnx.load(path, format='json') and onnx.save",
        )
    try:
        error = json.loads(text)
    except (ValueError, RecursionError):
        return Verdict("is JSON text", "Open the .onnx file that it belongs to")
    if isinstance(error, dict) and "error" in error:
        return Verdict("is a server's error message in JSON", _AGAIN)
    return Verdict("is JSON text", "Open the .onnx file that it belongs to")


def cut_off_at(data: bytes) -> int | None:
    """The offset of the top-level field that runs past the end of a protobuf, or None where none does.

    Walks the fields by the wire format (https://protobuf.dev/programming-guides/encoding/); None,
    too, where the bytes are no protobuf to begin with.
    """
    at = 0
    while at < len(data):
        found = field_at(data, at)
        if found is None:
            return None
        if found.at < 0 or found.at + found.size > len(data):
            return at
        at = found.at + found.size
    return None


class Field(NamedTuple):
    """A field of a protobuf message: `size` bytes of content from `at` on, which is behind what a number of
    varying length takes. `at` is -1 where the data ends first."""

    number: int
    kind: int
    at: int
    size: int


def field_at(data: bytes, at: int) -> Field | None:
    """The field that begins at `at`; None for a wire type that no field has."""
    tag, at = varint(data, at)
    kind, size = tag & 7, 0
    if at < 0:
        return Field(0, 0, -1, 0)
    if kind == 0:
        _, at = varint(data, at)
    elif kind == 2:
        size, at = varint(data, at)
    elif kind in (1, 5):
        size = 8 if kind == 1 else 4
    else:
        return None
    return Field(tag >> 3, kind, at, size)


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of the wire format: (value, next offset); the offset is -1 where the data ends first."""
    value, shift = 0, 0
    while at < len(data) and shift < 70:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    return 0, -1
