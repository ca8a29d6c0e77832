"""A node tried by itself: a model of that node and the constants that it reads, given to the folder again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING

from onnxviz.errors import OnnxvizError
from onnxviz.model import Graph, Model, Node, Value
from onnxviz.progress import listening
from onnxviz.reading import read_model
from onnxviz.reading.graphs import bodies_of
from onnxviz.reading.tensors import BITS, text_of
from onnxviz.rewrites.beside.counting import computing
from onnxviz.rewrites.beside.folders import Folder, Settings, Trial
from onnxviz.rewrites.explain.stayed.case import element_count
from onnxviz.rewrites.prepare import reads
from onnxviz.rewrites.reasons import Stayed

if TYPE_CHECKING:
    import onnx

MOST_KINDS = 48
"""Different nodes that are tried. A trial takes some 10 ms; the models at hand need at most 20."""

MOST_BYTES = 64 << 20
"""Of the constants of one trial, and of what it makes."""

_READER = "reads it too"


class Outcome(Enum):
    """What a trial showed."""

    FOLDS = auto()
    LEAVES = auto()
    FREED = auto()
    """It folds with another setting, and not without."""
    UNTRIED = auto()


@dataclass(frozen=True, slots=True)
class Found:
    """`trial` is the setting that freed it. With `is_kin`, that was shown on another node of its operator."""

    outcome: Outcome
    trial: Trial | None = None
    is_kin: bool = False


UNTRIED = Found(Outcome.UNTRIED)


@dataclass(slots=True)
class Alone:
    """Trials with the nodes of `start` that a folder left in `after`. `where` takes the files."""

    folder: Folder
    start: Model
    after: Model
    where: Path
    _kinds: dict[bytes, Found] = field(default_factory=dict)
    _operators: dict[str, Found] = field(default_factory=dict)
    """Operator -> what freed one of its nodes, where the setting is about the operator."""
    _parts: _Parts | None = None

    def reads(self, node: Node) -> tuple[str, ...]:
        """What the node reads, its bodies included."""
        return tuple(dict.fromkeys(map(text_of, reads(self._known().nodes[node.id]))))

    def tried(self, node: Node) -> Found:
        """Whether the folder folds the node where it stands alone."""
        of_kin = self._operators.get(node.qualified_op, UNTRIED)
        piece = self._known().piece(node)
        if piece is None:
            return of_kin
        kind = piece.SerializeToString(deterministic=True)
        if kind not in self._kinds:
            if len(self._kinds) >= MOST_KINDS:
                return of_kin
            found = self._kinds[kind] = self._carried_out(piece)
            if found.trial is not None and found.trial.reason is Stayed.SETTING:
                self._operators.setdefault(node.qualified_op, replace(found, is_kin=True))
        return self._kinds[kind]

    def _known(self) -> _Parts:
        if self._parts is None:
            self._parts = _Parts(self.start, self.after)
        return self._parts

    def _carried_out(self, piece: onnx.ModelProto) -> Found:
        import onnx

        path = self.where / "alone.onnx"
        onnx.save(piece, path)
        model = read_model(path)
        with listening(lambda *_: None, lambda _: None):
            leaves = self._leaves(model, {})
            if not leaves:
                return UNTRIED if leaves is None else Found(Outcome.FOLDS)
            for trial in self.folder.trials:
                if self._leaves(model, trial.settings) is False:
                    return Found(Outcome.FREED, trial)
        return Found(Outcome.LEAVES)

    def _leaves(self, model: Model, settings: Settings) -> bool | None:
        """None where the folder gives up."""
        assert self.folder.run is not None
        try:
            rewrite = self.folder.run(model, self.where / "tried.onnx", settings)
        except OnnxvizError:
            return None
        left = [node for node in computing(rewrite.after.graph) if _READER not in "".join(node.outputs)]
        if model.graph.nodes[0].op_type == "If":
            # What stands in the branch that it takes is left by those that put it in the place of the If.
            return any(node.op_type == "If" for node in left)
        return bool(left)


class _Parts:
    """The protos that trials are made of."""

    def __init__(self, start: Model, after: Model) -> None:
        import onnx

        self._start = onnx.load(start.path)
        self._constants: dict[str, onnx.TensorProto] = {}
        for proto in (self._start, onnx.load(after.path)):
            _constants(proto.graph, self._constants)
        self.nodes: dict[str, onnx.NodeProto] = {}
        self._values: dict[str, Value] = {}
        self._readers: dict[str, int] = {}
        self._index(self._start.graph, start.graph)

    def _index(self, proto: onnx.GraphProto, graph: Graph) -> None:
        self._values.update(graph.values)
        for each, node in zip(proto.node, graph.nodes, strict=True):
            self.nodes[node.id] = each
            for name in set(each.input):
                self._readers[name] = self._readers.get(name, 0) + 1
            for (_, _, body), (_, inner) in zip(bodies_of(each), node.subgraphs, strict=True):
                self._index(body, inner)

    def piece(self, node: Node) -> onnx.ModelProto | None:
        """The node alone, under names of its own; None where its constants are too large or not there."""
        import onnx

        call = self.nodes[node.id]
        model = onnx.ModelProto(ir_version=max(self._start.ir_version, 8))
        model.opset_import.extend(self._start.opset_import)
        graph = model.graph
        graph.name = "alone"
        copy = graph.node.add()
        copy.CopyFrom(call)
        for name in ("name", "doc_string", "metadata_props"):
            copy.ClearField(name)
        total = sum(_nbytes(self._values.get(name)) for name in node.outputs)
        if total > MOST_BYTES:
            return None
        names = self._names(call)
        for name, new in names.items():
            tensor = self._constants.get(name)
            if tensor is None:
                info = _info(self._values.get(name), new)
                if info is None:
                    return None
                graph.input.append(info)
                continue
            total += tensor.ByteSize()
            if total > MOST_BYTES:
                return None
            graph.initializer.add().CopyFrom(tensor)
            graph.initializer[-1].name = new
            if self._readers.get(name, 0) > 1 and len(tensor.dims):
                _read_too(graph, new)
        _rename(copy, names)
        for at, name in enumerate(call.output):
            copy.output[at] = f"o{at}" if name else ""
            if name:
                _give_out(graph, self._values.get(text_of(name)), f"o{at}")
        return model

    def _names(self, call: onnx.NodeProto) -> dict[str, str]:
        """Name -> its name in the trial. What bodies read keeps its own."""
        inside = bool(next(iter(bodies_of(call)), None))
        given = dict.fromkeys(map(text_of, reads(call)))
        return {name: name if inside else f"i{at}" for at, name in enumerate(given)}


def _nbytes(value: Value | None) -> int:
    """Of a tensor of that type; 0 where it is not known."""
    count = element_count(value.shape) if value is not None else None
    return (count or 0) * BITS.get((value and value.dtype) or "", 8) // 8


def _rename(call: onnx.NodeProto, names: Mapping[str, str]) -> None:
    for at, name in enumerate(call.input):
        call.input[at] = names.get(text_of(name), name)


def _constants(graph: onnx.GraphProto, found: dict[str, onnx.TensorProto]) -> None:
    from onnxviz.rewrites.explain.went.values import tensor_of

    for tensor in graph.initializer:
        found[text_of(tensor.name)] = tensor
    for node in graph.node:
        if node.op_type == "Constant" and len(node.output):
            held = tensor_of(node)
            if held is not None:
                found[text_of(node.output[0])] = held
        for _, _, body in bodies_of(node):
            _constants(body, found)


def _read_too(graph: onnx.GraphProto, name: str) -> None:
    """Another reader that cannot fold: a folder may take a constant apart only where it is the last to."""
    from onnx import TensorProto, helper

    if not any(value.name == "at" for value in graph.input):
        graph.input.append(helper.make_tensor_value_info("at", TensorProto.INT64, [1]))
    made = f"{name} {_READER}"
    graph.node.append(helper.make_node("Gather", [name, "at"], [made]))
    graph.output.add().name = made


def _info(value: Value | None, name: str) -> onnx.ValueInfoProto | None:
    """Its type and shape; None where they are not known, or it is no tensor."""
    from onnx import TensorProto, helper

    if value is None or value.dtype is None or value.shape is None:
        return None
    try:
        dtype = TensorProto.DataType.Value(value.dtype.upper())
    except ValueError:
        return None
    return helper.make_tensor_value_info(name, dtype, list(value.shape))


def _give_out(graph: onnx.GraphProto, value: Value | None, name: str) -> None:
    """Make it an output. One of unknown shape is read by a `Size` instead, since onnxsim refuses it."""
    from onnx import TensorProto, helper

    info = _info(value, name)
    if info is None and value is not None and value.dtype in BITS:
        made = f"{name} {_READER}"
        graph.node.append(helper.make_node("Size", [name], [made]))
        info = helper.make_tensor_value_info(made, TensorProto.INT64, [])
    if info is None:
        graph.output.add().name = name
    else:
        graph.output.append(info)
