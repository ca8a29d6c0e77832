"""A file on disk -> `Model`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from onnxviz import settings
from onnxviz.errors import OnnxvizError, RefusedFile
from onnxviz.model import Graph, Model
from onnxviz.progress import report
from onnxviz.reading import external, foreign, sniff
from onnxviz.reading.checker import check_rest
from onnxviz.reading.checks import check_data, check_operators, check_repeats, check_sparse, check_versions
from onnxviz.reading.graphs import Builder, add_types, function_keys, symbols_of
from onnxviz.reading.inference import infer, strip
from onnxviz.reading.limits import survey
from onnxviz.reading.problems import Problems, notes_of
from onnxviz.reading.structure import check_structure
from onnxviz.reading.tensors import element_count, promised_bytes, shorten, text_of
from onnxviz.store import digest_of

if TYPE_CHECKING:
    import onnx

_LARGEST_MESSAGE = 2**31 - 1
"""Bytes of a protobuf message (https://protobuf.dev/programming-guides/proto-limits/)."""

_DOC_CHARS = 2000
_METADATA_CHARS = 500
_METADATA_ENTRIES = 100

_AGAIN = "Download or export it again"

Functions = tuple[tuple[str, Graph], ...]
"""As in `Model.functions`."""


def read_model(path: Path, name: str = "", digest: str = "") -> Model:
    """The model at `path` with its external data beside it; weights are looked at and let go.

    `name` is what a person calls it (the file's name where it is empty). `digest` is the store's; it
    is computed, which reads every file once, where it is empty. Of external data only tensors of up
    to `tensors.SMALL_BYTES` are read, so a model of many gigabytes opens at once.

    A breach of ONNX's rules that can be looked at is a note of the model. Raises `RefusedFile`
    for what is no ONNX model, is damaged, or lacks a data file.
    """
    path = Path(path)
    subject = shorten(name or path.name, 100)
    try:
        report("Reading the file")
        proto, size = _load(path, subject)
        return _model(proto, path, size, name or path.name, digest, subject)
    except OnnxvizError:
        raise
    except MemoryError:
        # The worker that runs this has a sentence for it.
        raise
    except Exception as e:
        raise RefusedFile(
            subject, "is damaged, or holds something that no ONNX model should", _AGAIN, detail=repr(e)
        ) from e


def external_locations(path: Path, name: str = "") -> tuple[str, ...]:
    """The relative names of the data files that the model at `path` wants beside it, sorted.

    They need not be there. Raises `RefusedFile` as `read_model` does, and for a name that leads
    out of the model's folder.
    """
    path = Path(path)
    subject = shorten(name or path.name, 100)
    proto, _ = _load(path, subject)
    found = external.references(external.tensors_of(proto), subject)
    return tuple(sorted({reference.location for reference in found}))


def _load(path: Path, subject: str) -> tuple[onnx.ModelProto, int]:
    """(model, bytes of the file), external data left where it is."""
    from google.protobuf.message import DecodeError
    from onnx import ModelProto

    data = _bytes(path, subject)
    proto = ModelProto()
    try:
        proto.ParseFromString(data)
    except DecodeError as e:
        raise _undecodable(data, subject, str(e)) from e
    if not proto.HasField("graph"):
        raise _graphless(data, subject)
    graph = proto.graph
    if not (len(graph.node) or len(graph.input) or len(graph.output) or len(graph.initializer)):
        raise RefusedFile(subject, "holds an empty graph: no nodes, inputs, outputs or weights", _AGAIN)
    return proto, len(data)


def _bytes(path: Path, subject: str) -> bytes:
    try:
        if path.is_dir():
            raise RefusedFile(subject, "is a folder", "Open the .onnx file inside it")
        if not path.is_file():
            cause = "is a pipe or a device" if path.exists() else "is not there"
            raise RefusedFile(subject, cause, "Check the path; the model is one .onnx file")
        with path.open("rb") as stream:
            head = stream.read(sniff.HEAD)
            if verdict := sniff.sniff(head, path):
                raise RefusedFile(subject, verdict.cause, verdict.remedy)
            size = os.fstat(stream.fileno()).st_size
            _refuse_large(size, subject)
            stream.seek(0)
            return stream.read()
    except (OSError, ValueError) as e:
        # ValueError: a NUL in the path.
        raise RefusedFile(
            subject, "cannot be read", "Check the path and its permissions", detail=str(e)
        ) from e


def _refuse_large(size: int, subject: str) -> None:
    if size > _LARGEST_MESSAGE:
        raise RefusedFile(
            subject,
            f"has {size:,} bytes, more than the 2 GiB that an ONNX file can have",
            "Save it with onnx.save(model, path, save_as_external_data=True)",
        )
    if size > settings.MAX_FILE_BYTES.value():
        raise RefusedFile(
            subject,
            f"has {size:,} bytes; the limit here is {settings.MAX_FILE_BYTES.value():,}",
            f"Save its weights beside it as external data, or set {settings.MAX_FILE_BYTES.name} higher",
        )


def _undecodable(data: bytes, subject: str, words: str) -> RefusedFile:
    # Every exporter writes ir_version first: tag 0x08, then a small number.
    if data[0] != 0x08 or len(data) < 2 or data[1] > 0x40:
        verdict = foreign.by_name(subject) or sniff.Verdict("is not an ONNX model", "Open an .onnx file")
        return RefusedFile(subject, verdict.cause, verdict.remedy, detail=words)
    if "MaxDepth" in words:
        return RefusedFile(
            subject,
            "holds bodies or types nested deeper than protobuf reads (100 messages)",
            "Export it with less nested control flow",
            detail=words,
        )
    if tensor := _single_tensor(data, subject):
        return tensor
    offset = sniff.cut_off_at(data)
    if offset is not None:
        cause = f"is cut off: the part that begins at byte {offset:,} runs past its end at {len(data):,}"
    else:
        cause = "is damaged: it begins like an ONNX model and does not go on like one"
    return RefusedFile(subject, cause, _AGAIN, detail=words)


def _graphless(data: bytes, subject: str) -> RefusedFile:
    if tensor := _single_tensor(data, subject):
        return tensor
    verdict = foreign.by_fields(data) or foreign.by_name(subject)
    if verdict is not None:
        return RefusedFile(subject, verdict.cause, verdict.remedy)
    return RefusedFile(
        subject,
        "holds no ONNX graph",
        "Open an .onnx file; convert a TensorFlow model with tf2onnx first",
    )


def _single_tensor(data: bytes, subject: str) -> RefusedFile | None:
    """The files `input_0.pb` beside a model hold one `TensorProto` each."""
    from google.protobuf.message import DecodeError
    from onnx import TensorProto

    tensor = TensorProto()
    try:
        tensor.ParseFromString(data)
    except DecodeError:
        return None
    if not tensor.raw_data or promised_bytes(tensor) != len(tensor.raw_data):
        return None
    return RefusedFile(subject, "is a single tensor, such as a model's test data", "Open the model itself")


def _model(proto: onnx.ModelProto, path: Path, size: int, name: str, digest: str, subject: str) -> Model:
    tensors = survey(proto, subject)
    found = external.references(tensors, subject)
    files = external.check(found, path.parent, subject, path.name)
    external.load_small(tensors, path.parent, subject)
    builder = Builder(subject)
    graph = builder.graph(proto.graph)
    functions = tuple(
        (key, builder.function(function, key))
        for key, function in zip(function_keys(proto), proto.functions, strict=True)
    )
    opsets = _opsets(proto)
    problems, remarks = _checked(proto, builder, graph, functions, opsets)
    parameters = _parameters(proto)
    doc, metadata = _doc(proto), _metadata(proto)
    strip(proto, tensors)
    report("Inferring shapes")
    symbols = symbols_of(graph)
    inferred, note = infer(proto)
    if inferred is not None:
        add_types(graph, inferred, symbols)
    check_rest(proto, tensors, graph, functions, problems)
    found_problems = problems.all()
    return Model(
        name=name,
        digest=digest or digest_of(path, files),
        path=str(path),
        graph=graph,
        nbytes=size + sum(file.stat().st_size for file in files.values()),
        parameters=parameters,
        opsets=tuple(sorted(opsets.items())),
        ir_version=proto.ir_version,
        producer=_producer(proto),
        doc=doc,
        functions=functions,
        metadata=metadata,
        external_files=tuple(files),
        notes=(*notes_of(found_problems), *remarks, *filter(None, [note])),
        problems=found_problems,
    )


def _checked(
    proto: onnx.ModelProto, builder: Builder, graph: Graph, functions: Functions, opsets: dict[str, int]
) -> tuple[Problems, list[str]]:
    """What our own checks find, and remarks. Call it while the data is still there."""
    problems = Problems()
    graphs = [graph, *(body for _, body in functions)]
    remarks = check_versions(proto, opsets, problems)
    check_data(builder.tensors, graphs, problems)
    check_sparse(builder.sparse, graphs, problems)
    check_structure(graphs, problems)
    check_repeats(builder.repeated, graphs, problems)
    check_operators(graphs, opsets, [key for key, _ in functions], problems)
    return problems, remarks


def _opsets(proto: onnx.ModelProto) -> dict[str, int]:
    """Domain -> version; `ai.onnx` is another name of `""`."""
    opsets: dict[str, int] = {}
    for entry in proto.opset_import:
        domain = text_of(entry.domain)
        domain = "" if domain == "ai.onnx" else domain
        opsets[domain] = max(entry.version, opsets.get(domain, 0))
    return opsets


def _parameters(proto: onnx.ModelProto) -> int:
    """Elements of all initializers, bodies included; of a sparse one, those that are stored."""
    total, graphs = 0, [proto.graph]
    while graphs:
        graph = graphs.pop()
        total += sum(map(element_count, graph.initializer))
        total += sum(element_count(sparse.values) for sparse in graph.sparse_initializer)
        for node in graph.node:
            for attribute in node.attribute:
                graphs.extend(attribute.graphs)
                if attribute.HasField("g"):
                    graphs.append(attribute.g)
    return total


def _producer(proto: onnx.ModelProto) -> str:
    return shorten(f"{text_of(proto.producer_name)} {text_of(proto.producer_version)}".strip(), 200)


def _doc(proto: onnx.ModelProto) -> str:
    doc = text_of(proto.doc_string) or text_of(proto.graph.doc_string)
    return doc if len(doc) <= _DOC_CHARS else doc[:_DOC_CHARS] + "…"


def _metadata(proto: onnx.ModelProto) -> tuple[tuple[str, str], ...]:
    return tuple(
        (shorten(text_of(entry.key), 200), shorten(text_of(entry.value), _METADATA_CHARS))
        for entry in proto.metadata_props[:_METADATA_ENTRIES]
    )
