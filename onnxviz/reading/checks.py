"""What a person should know about a model that can be looked at all the same: the reader's notes.

Rules are those of the ONNX IR specification (https://onnx.ai/onnx/repo-docs/IR.html): names are
assigned once (SSA), nodes are in topological order, and every name that is read is made somewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from onnxviz.model import Graph, Node
from onnxviz.reading.external import is_external, tensors_of
from onnxviz.reading.tensors import dtype_name, promised_bytes, shorten, text_of

if TYPE_CHECKING:
    import onnx

_NAMED = 5
"""Names that a note lists before it says "and N more"."""


@dataclass(slots=True)
class _Findings:
    twice: list[str] = field(default_factory=list)
    early: list[str] = field(default_factory=list)
    unmade: list[str] = field(default_factory=list)
    cycles: list[str] = field(default_factory=list)


def structure_notes(graphs: Iterable[Graph]) -> list[str]:
    """Breaches of the rules above in the graphs and their bodies; at most one note a rule."""
    found = _Findings()
    for graph in graphs:
        _inspect(graph, frozenset(), found)
    notes = []
    if found.cycles:
        notes.append(f"the graph has a cycle, so it cannot be run: {_named(found.cycles)}")
    elif found.early:
        notes.append(f"nodes are not in topological order; read before they are made: {_named(found.early)}")
    if found.twice:
        notes.append(f"made more than once, so which one is read is unclear: {_named(found.twice)}")
    if found.unmade:
        notes.append(f"read but never made: {_named(found.unmade)}")
    return notes


def _inspect(graph: Graph, outer: frozenset[str], found: _Findings) -> None:
    given = {*graph.inputs, *graph.initializers}
    makers: dict[str, int] = {}
    for index, node in enumerate(graph.nodes):
        for name in filter(None, node.outputs):
            if name in makers or name in given:
                found.twice.append(name)
            makers.setdefault(name, index)
    inner = outer | given | makers.keys()
    reads = [_reads(node) for node in graph.nodes]
    early = False
    for index, names in enumerate(reads):
        for name in names:
            if name in makers and name not in given and makers[name] >= index:
                early = True
                found.early.append(name)
            elif name not in inner:
                found.unmade.append(name)
    found.unmade += [name for name in graph.outputs if name not in inner]
    if early:
        cycle = _cycle(graph.nodes, reads, {name: at for name, at in makers.items() if name not in given})
        found.cycles += [" -> ".join(shorten(name, 60) for name in cycle)] if cycle else []
    for node in graph.nodes:
        for _, body in node.subgraphs:
            _inspect(body, inner, found)


def _reads(node: Node) -> list[str]:
    """What the node reads of its own graph and those around it, its bodies included, in order."""
    names = dict.fromkeys(filter(None, node.inputs))
    for _, body in node.subgraphs:
        own = {*body.inputs, *body.initializers, *(name for inner in body.nodes for name in inner.outputs)}
        inside = (name for inner in body.nodes for name in _reads(inner))
        names.update(dict.fromkeys(name for name in inside if name not in own))
    return list(names)


def _cycle(nodes: tuple[Node, ...], reads: list[list[str]], makers: Mapping[str, int]) -> list[str]:
    """The ids of the nodes of one cycle, the first again at the end; empty where there is none."""
    sources = [{makers[name] for name in names if name in makers} for names in reads]
    readers: dict[int, list[int]] = {}
    for index, makes in enumerate(sources):
        for source in makes:
            readers.setdefault(source, []).append(index)
    open_inputs = [len(makes) for makes in sources]
    ready = [index for index, count in enumerate(open_inputs) if count == 0]
    while ready:
        for reader in readers.get(ready.pop(), ()):
            open_inputs[reader] -= 1
            if open_inputs[reader] == 0:
                ready.append(reader)
    at = next((index for index, count in enumerate(open_inputs) if count > 0), None)
    path: dict[int, None] = {}
    # Whatever is left reads something that is left, so walking backwards must come round.
    while at is not None and at not in path:
        path[at] = None
        at = next(source for source in sorted(sources[at]) if open_inputs[source] > 0)
    if at is None:
        return []
    walked = list(path)
    loop = walked[walked.index(at) :]
    return [nodes[index].id for index in [loop[0], *reversed(loop)]]


def version_notes(model: onnx.ModelProto, opsets: Mapping[str, int]) -> list[str]:
    """What the versions that the model claims mean for this release of onnx."""
    import onnx

    notes = []
    if not model.ir_version:
        notes.append("the model states no IR version")
    elif model.ir_version > onnx.IR_VERSION:
        notes.append(
            f"IR version {model.ir_version} is newer than {onnx.IR_VERSION}, the newest that "
            f"onnx {onnx.__version__} knows: some things may be missing here"
        )
    newest = onnx.defs.onnx_opset_version()
    if "" not in opsets:
        if any(node.domain in ("", "ai.onnx") for node in model.graph.node):
            notes.append("the model states no opset version for ONNX's own operators")
    elif opsets[""] > newest:
        notes.append(
            f"opset {opsets['']} is newer than {newest}, the newest that onnx {onnx.__version__} knows"
        )
    if len(model.training_info):
        notes.append("the model holds training graphs, which are not shown")
    return notes


def operator_notes(graphs: Iterable[Graph], opsets: Mapping[str, int], functions: Iterable[str]) -> list[str]:
    """Operators of ONNX's own domains that the stated opset does not have."""
    from onnx import defs

    local = {key.split(":", 1)[0] for key in functions}
    known = {schema.domain for schema in defs.get_all_schemas()}
    counts: dict[tuple[str, str], int] = {}
    for graph in graphs:
        for node in graph.walk():
            domain = "" if node.domain == "ai.onnx" else node.domain
            counts[domain, node.op_type] = counts.get((domain, node.op_type), 0) + 1
    unknown = []
    for (domain, op_type), count in counts.items():
        if domain not in known or f"{domain}.{op_type}" in local or not opsets.get(domain):
            continue
        try:
            # The schemas count versions in 32 bits.
            defs.get_schema(op_type, min(opsets[domain], 2**31 - 1), domain)
        except defs.SchemaError:
            place = f"opset {opsets[domain]}" if not domain else f"{domain} {opsets[domain]}"
            unknown.append(f"{shorten(op_type, 60)} ({count}, {place})")
    return [f"ONNX has no such operator: {_named(unknown, quoted=False)}"] if unknown else []


def data_notes(model: onnx.ModelProto) -> list[str]:
    """Tensors whose data is not what dtype and dims promise. Call it while the data is still there."""
    wrong, nameless = [], 0
    for tensor in tensors_of(model):
        name = text_of(tensor.name)
        if (
            dtype_name(tensor.data_type) in ("undefined", f"type {tensor.data_type}")
            or min(tensor.dims, default=0) < 0
        ):
            nameless += 1
            continue
        promised = promised_bytes(tensor)
        if promised is None or is_external(tensor) or not _disagrees(tensor, promised):
            continue
        wrong.append(name)
    notes = []
    if wrong:
        notes.append(f"data is missing or of another size than the shape says: {_named(wrong)}")
    if nameless:
        notes.append(f"tensors with an unknown element type or a negative size: {nameless}")
    return notes


def _disagrees(tensor: onnx.TensorProto, promised: int) -> bool:
    if tensor.HasField("raw_data"):
        return len(tensor.raw_data) != promised
    for name, size in (("float_data", 4), ("int64_data", 8), ("double_data", 8)):
        if count := len(getattr(tensor, name)):
            # Complex numbers take two entries, each of half their size.
            return count * size != promised
    return promised > 0 and not len(tensor.int32_data) and not len(tensor.uint64_data)


def _named(names: list[str], *, quoted: bool = True) -> str:
    distinct = list(dict.fromkeys(names))
    shown = [shorten(name, 300 if " -> " in name else 60) for name in distinct[:_NAMED]]
    more = f" and {len(distinct) - _NAMED} more" if len(distinct) > _NAMED else ""
    return ", ".join(f"'{name}'" if quoted else name for name in shown) + more
