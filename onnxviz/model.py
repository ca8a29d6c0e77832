"""What a model is, once read: plain frozen data, never weights.

Every stage passes these on; see `onnxviz.reading` for how bytes become a `Model`.
Terms are those of the ONNX IR specification (https://onnx.ai/onnx/repo-docs/IR.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

UNNAMED = "The model"
"""The name of a model in what is computed once for all who have it; an error begins with it."""

Dim = int | str | None
"""One dimension: a size, a symbolic name (`"batch"`), or None when unknown."""


@dataclass(frozen=True, slots=True)
class Value:
    """A named tensor (or sequence, map, optional) of a graph.

    `dtype` is the ONNX element type in lower case (`"float"`, `"int64"`, `"seq(tensor(float))"` for
    a non-tensor) or None when unknown. `shape` is None when even the rank is unknown. `nbytes` and
    `preview` (a short text of the first elements) are set for constants only.
    """

    name: str
    dtype: str | None = None
    shape: tuple[Dim, ...] | None = None
    nbytes: int | None = None
    preview: str | None = None
    is_constant: bool = False
    """True for initializers and for the output of a `Constant` node."""

    @property
    def type_text(self) -> str:
        """`float[batch, 3, 224, 224]`; `?` where something is unknown."""
        if self.shape is None:
            return self.dtype or "?"
        dims = ", ".join("?" if d is None else str(d) for d in self.shape)
        return f"{self.dtype or '?'}[{dims}]"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a node. `kind` is the AttributeProto type in lower case (`"ints"`, `"graph"`).

    `text` is a short rendering; for a graph it is empty and the graph is in `Node.subgraphs`.
    """

    name: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Node:
    """One operator call.

    `id` is the path of subgraphs plus the first non-empty output name (`"y"`,
    `"y/then_branch:0/z"`), since node names may be empty or repeat; it is unique within a model.
    `scope` lists module names from the outside in (`("encoder", "layer.0", "attention")`) and
    `scope_types` the class of each (`"BertLayer"`, or `""` where the exporter wrote none).
    """

    id: str
    op_type: str
    domain: str = ""
    name: str = ""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    subgraphs: tuple[tuple[str, Graph], ...] = ()
    scope: tuple[str, ...] = ()
    scope_types: tuple[str, ...] = ()
    source: str = ""
    """Where the exporter says the call was written (a Python stack trace), or empty."""

    @property
    def qualified_op(self) -> str:
        """`Conv`, or `com.microsoft.Gelu` outside the default domain."""
        return f"{self.domain}.{self.op_type}" if self.domain not in ("", "ai.onnx") else self.op_type

    @property
    def is_constant(self) -> bool:
        """True for a `Constant` of the default domain, which is a value and no box of its own.

        Not for one that holds a graph, as no valid model has it: that graph must hang on something.
        """
        return self.op_type == "Constant" and self.domain in ("", "ai.onnx") and not self.subgraphs


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph or subgraph: nodes in file order, and every value by name.

    `inputs` leaves out those that are initializers too (IR version 3 listed them as inputs).
    `initializers` are names in `values`.
    """

    name: str
    nodes: tuple[Node, ...]
    values: dict[str, Value] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    initializers: tuple[str, ...] = ()

    def walk(self) -> Iterator[Node]:
        """Every node, those of subgraphs included, a node before its body."""
        stack = list(reversed(self.nodes))
        while stack:
            node = stack.pop()
            yield node
            for _, body in reversed(node.subgraphs):
                stack.extend(reversed(body.nodes))

    def node_count(self) -> int:
        """Number of nodes, those of subgraphs included."""
        return sum(1 for _ in self.walk())

    def op_counts(self) -> dict[str, int]:
        """`qualified_op` -> number of nodes, subgraphs included; most frequent first, then by name."""
        counts: dict[str, int] = {}
        for node in self.walk():
            counts[node.qualified_op] = counts.get(node.qualified_op, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True, slots=True)
class Problem:
    """A breach of ONNX's rules in a model that can be looked at all the same.

    `rule` is a key of `onnxviz.reading.problems.RULES`. `sentence` says what is wrong, and stands alone.
    `nodes` are the ids of the nodes at which it shows and `values` the tensors that it is about; both are
    empty where it is about the whole model.
    """

    rule: str
    sentence: str
    nodes: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    note: str = ""
    """The entry of `Model.notes` that sums it up, together with others of its rule."""


@dataclass(frozen=True, slots=True)
class Model:
    """A content-addressed file on disk plus its description.

    `digest` (SHA-256 over the model and its external data, hex; of a large model that is not copied, over
    what the file system says of that data: `onnxviz.store.referring`) is identity and cache key; `path` is
    the `.onnx` file in the store, or the person's own; `nbytes` counts the file and its external data;
    `parameters` is the number of elements in all initializers.
    """

    name: str
    digest: str
    path: str
    graph: Graph
    nbytes: int = 0
    parameters: int = 0
    opsets: tuple[tuple[str, int], ...] = ()
    ir_version: int = 0
    producer: str = ""
    doc: str = ""
    functions: tuple[tuple[str, Graph], ...] = ()
    """Model-local functions: (`domain.name`, body)."""
    metadata: tuple[tuple[str, str], ...] = ()
    external_files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What the reader wants a person to know ("shape inference failed: …"), problems in short included."""
    problems: tuple[Problem, ...] = ()
    """Why the file is no valid ONNX model, each where it is; at most
    `onnxviz.reading.problems.MOST_OF_A_RULE` of one kind."""

    def renamed(self, name: str) -> Model:
        """The same model under another display name."""
        return replace(self, name=name)

    def unnamed(self) -> Model:
        """The same model for a verb whose results are shared: none may say what one person calls it."""
        return self.renamed(UNNAMED)
