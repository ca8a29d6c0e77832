"""Is a model what the ONNX standard allows? Versions, operators and data; see `structure` for its names.

What may be so and is worth knowing all the same is a remark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from onnxviz.model import Graph
from onnxviz.reading.external import is_external
from onnxviz.reading.problems import Problems
from onnxviz.reading.tensors import BITS, dtype_name, element_count, promised_bytes, shorten, text_of

if TYPE_CHECKING:
    import onnx

IR_WITH_OPSETS = 3
"""From this IR version on a model states its opsets (https://onnx.ai/onnx/repo-docs/Versioning.html)."""

RUNTIME_OWN = frozenset(
    (
        "Affine", "Crop", "DynamicSlice", "GivenTensorFill", "GRUUnit", "ImageScaler", "LayerNormalization",
        "MemcpyFromHost", "MemcpyToHost", "MeanVarianceNormalization", "ParametricSoftplus", "Scale",
        "ScaledTanh", "SimplifiedLayerNormalization", "ThresholdedRelu",
    )
)  # fmt: skip
"""Operators that ONNX Runtime adds to the standard's own domain, or has in older opsets than the standard
(`get_all_operator_schema` of onnxruntime 1.32). Its optimizers write some of them."""


def check_versions(model: onnx.ModelProto, opsets: Mapping[str, int], found: Problems) -> list[str]:
    """What the versions that the model claims mean for this release of onnx; returns remarks."""
    import onnx

    remarks = []
    if not model.ir_version:
        found.add("version", "the model states no IR version")
    elif model.ir_version > onnx.IR_VERSION:
        found.add(
            "version",
            f"IR version {model.ir_version} is newer than {onnx.IR_VERSION}, the newest that "
            f"onnx {onnx.__version__} knows: some things may be missing here",
        )
    newest = onnx.defs.onnx_opset_version()
    if "" not in opsets:
        if any(node.domain in ("", "ai.onnx") for node in model.graph.node):
            unsaid = "the model states no opset version for ONNX's own operators"
            if model.ir_version >= IR_WITH_OPSETS:
                found.add("version", unsaid)
            else:
                remarks.append(unsaid)
    elif opsets[""] > newest:
        found.add(
            "version",
            f"opset {opsets['']} is newer than {newest}, the newest that onnx {onnx.__version__} knows",
        )
    if len(model.training_info):
        remarks.append("the model holds training graphs, which are not shown")
    return remarks


def check_operators(
    graphs: Iterable[Graph], opsets: Mapping[str, int], functions: Iterable[str], found: Problems
) -> None:
    """Operators of ONNX's own domains that the stated opset does not have, and that nobody else brings."""
    from onnx import defs

    local = {key.split(":", 1)[0] for key in functions}
    known = {schema.domain for schema in defs.get_all_schemas()}
    nodes: dict[tuple[str, str], list[str]] = {}
    for graph in graphs:
        for node in graph.walk():
            domain = "" if node.domain == "ai.onnx" else node.domain
            nodes.setdefault((domain, node.op_type), []).append(node.id)
    for (domain, op_type), ids in nodes.items():
        is_ours = domain not in known or f"{domain}.{op_type}" in local or not opsets.get(domain)
        if is_ours or (not domain and op_type in RUNTIME_OWN):
            continue
        try:
            # The schemas count versions in 32 bits.
            defs.get_schema(op_type, min(opsets[domain], 2**31 - 1), domain)
        except defs.SchemaError:
            place = f"opset {opsets[domain]}" if not domain else f"{domain} {opsets[domain]}"
            name = shorten(op_type, 60)
            sentence = f"ONNX has no operator {name} at {place}"
            found.add("operator", sentence, ids, subject=f"{name} ({len(ids):,}, {place})")


def check_data(
    tensors: Sequence[tuple[onnx.TensorProto, str]], graphs: Iterable[Graph], found: Problems
) -> None:
    """Tensors whose data is not what dtype and dims promise; `tensors` with the node that holds each, if any.

    Call it while the data is still there.
    """
    wrong: list[tuple[str, onnx.TensorProto, str]] = []
    for tensor, owner in tensors:
        kind = dtype_name(tensor.data_type)
        if kind == "undefined" or kind.startswith("type ") or min(tensor.dims, default=0) < 0:
            wrong.append(("type", tensor, owner))
            continue
        promised = promised_bytes(tensor)
        if promised is not None and not is_external(tensor) and _disagrees(tensor, promised):
            wrong.append(("data", tensor, owner))
    if not wrong:
        return
    graphs = tuple(graphs)
    made = _made_by(graphs, {owner for _, _, owner in wrong})
    readers = _readers(
        graphs, {text_of(tensor.name) for _, tensor, owner in wrong if not owner} | set(made.values())
    )
    for rule, tensor, owner in wrong:
        name = text_of(tensor.name)
        at = [owner, *readers.get(made.get(owner, ""), ())] if owner else readers.get(name, [])
        sentence = f"the tensor {shorten(name or '(no name)', 60)!r} {_fault(rule, tensor)}"
        found.add(rule, sentence, at, [name] if name else (), subject=name)


def _disagrees(tensor: onnx.TensorProto, promised: int) -> bool:
    if tensor.HasField("raw_data"):
        return len(tensor.raw_data) != promised
    kind = dtype_name(tensor.data_type)
    return len(getattr(tensor, FIELDS.get(kind, "int32_data"))) != _entries(kind, element_count(tensor))


def _entries(kind: str, elements: int) -> int:
    """Entries of the typed field: a complex number takes two, and sub-byte types share a byte."""
    if kind.startswith("complex"):
        return 2 * elements
    return elements if BITS[kind] >= 8 else -(-elements * BITS[kind] // 8)


FIELDS = {
    "float": "float_data", "complex64": "float_data", "double": "double_data", "complex128": "double_data",
    "int64": "int64_data", "uint32": "uint64_data", "uint64": "uint64_data",
}  # fmt: skip
"""Where the elements of a type are, if not in `raw_data`; of all other types in `int32_data`
(https://github.com/onnx/onnx/blob/v1.23.2/onnx/onnx.proto, TensorProto)."""


def _fault(rule: str, tensor: onnx.TensorProto) -> str:
    dims = ", ".join(map(str, tensor.dims[:8])) + (", …" if len(tensor.dims) > 8 else "")
    kind = dtype_name(tensor.data_type)
    if rule == "type":
        return f"has an element type that is not known, or a negative size: {kind}[{dims}]"
    if tensor.HasField("raw_data"):
        promised = promised_bytes(tensor) or 0
        return f"is {kind}[{dims}], {promised:,} bytes, and holds {len(tensor.raw_data):,}"
    held = len(getattr(tensor, FIELDS.get(kind, "int32_data")))
    return (
        f"is {kind}[{dims}], {element_count(tensor):,} elements, and holds {f'{held:,}' if held else 'none'}"
    )


def _made_by(graphs: Iterable[Graph], owners: set[str]) -> dict[str, str]:
    """What those of the nodes `owners` make that are a `Constant`: a picture shows it at its readers."""
    return {
        node.id: node.outputs[0]
        for graph in graphs
        for node in graph.walk()
        if node.id in owners and node.op_type == "Constant" and node.outputs
    }


def _readers(graphs: Iterable[Graph], names: set[str]) -> dict[str, list[str]]:
    """Name -> ids of the nodes that read it."""
    readers: dict[str, list[str]] = {}
    for graph in graphs:
        for node in graph.walk():
            for name in node.inputs:
                if name in names:
                    readers.setdefault(name, []).append(node.id)
    return readers


def check_sparse(
    tensors: Sequence[tuple[onnx.SparseTensorProto, str]], graphs: Iterable[Graph], found: Problems
) -> None:
    """Sparse tensors whose indices do not fit their values; `tensors` as in `check_data`.

    A place for each value: one number into the flattened tensor, or one for each axis
    (https://github.com/onnx/onnx/blob/v1.23.2/onnx/onnx.proto, SparseTensorProto).
    """
    wrong = [(sparse, owner) for sparse, owner in tensors if not _fits(sparse)]
    readers = _readers(graphs, {text_of(sparse.values.name) for sparse, owner in wrong if not owner})
    for sparse, owner in wrong:
        name = text_of(sparse.values.name)
        values, indices = list(sparse.values.dims[:8]), list(sparse.indices.dims[:8])
        sentence = (
            f"the sparse tensor {shorten(name or '-', 60)!r} holds values of shape {values}, indices of "
            f"shape {indices}, which do not fit a tensor of shape {list(sparse.dims[:8])}"
        )
        at = [owner] if owner else readers.get(name, [])
        found.add("data", sentence, at, [name] if name else (), subject=name)


def _fits(sparse: onnx.SparseTensorProto) -> bool:
    values, indices = tuple(sparse.values.dims), tuple(sparse.indices.dims)
    if len(values) != 1 or not len(sparse.dims) or min(sparse.dims) < 0:
        return False
    return indices in (values, (values[0], len(sparse.dims))) or values == (0,)


def check_repeats(names: Iterable[str], graphs: Iterable[Graph], found: Problems) -> None:
    """Initializers of one name: only one of them is read."""
    names = set(names)
    readers = _readers(graphs, names) if names else {}
    for name in sorted(names):
        sentence = f"several initializers are called {shorten(name, 60)!r}: which one is read is unclear"
        found.add("twice", sentence, readers.get(name, ()), [name], subject=name)
