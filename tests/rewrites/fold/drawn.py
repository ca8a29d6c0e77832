"""Random small models of constant and variable parts, for properties."""

from __future__ import annotations

import random
from collections.abc import Callable

import onnx
from onnx import TensorProto, helper

ROWS, COLUMNS = 2, 3


class Drawn:
    """A graph that grows node by node: every float tensor is [2, 3], every list of sizes [2] and holds that.

    Names are lists by kind; in a body, those around it can be read too.
    """

    def __init__(self, rng: random.Random, prefix: str = "", depth: int = 0) -> None:
        self.rng = rng
        self.nodes: list[onnx.NodeProto] = []
        self.floats: list[str] = []
        self.sizes: list[str] = []
        self.bools: list[str] = []
        self._prefix = prefix
        self._depth = depth

    def name(self) -> str:
        """A new one."""
        return f"{self._prefix}v{len(self.nodes)}"

    def pick(self, names: list[str]) -> str:
        """One of them, a recent one more often."""
        return names[max(self.rng.randrange(len(names)), self.rng.randrange(len(names)))]

    def put(self, op: str, inputs: list[str], into: list[str], **attributes: object) -> str:
        """A node more."""
        name = self.name()
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        into.append(name)
        return name

    def constant(self) -> None:
        data = [self.rng.randint(-3, 3) for _ in range(ROWS * COLUMNS)]
        tensor = helper.make_tensor("", TensorProto.FLOAT, [ROWS, COLUMNS], data)
        self.put("Constant", [], self.floats, value=tensor)

    def truth(self) -> None:
        tensor = helper.make_tensor("", TensorProto.BOOL, [], [self.rng.random() < 0.5])
        self.put("Constant", [], self.bools, value=tensor)

    def unary(self) -> None:
        op = self.rng.choice(["Neg", "Abs", "Identity", "Relu"])
        self.put(op, [self.pick(self.floats)], self.floats)

    def binary(self) -> None:
        op = self.rng.choice(["Add", "Mul", "Max", "Sub"])
        self.put(op, [self.pick(self.floats), self.pick(self.floats)], self.floats)

    def turned(self) -> None:
        middle = self.put("Transpose", [self.pick(self.floats)], [])
        self.put("Transpose", [middle], self.floats)

    def shape(self) -> None:
        self.put("Shape", [self.pick(self.floats)], self.sizes)

    def parts(self) -> None:
        """A list of sizes taken apart and put together again."""
        source = self.pick(self.sizes)
        found = []
        for place in range(2):
            index = self.put(
                "Constant", [], [], value=helper.make_tensor("", TensorProto.INT64, [1], [place])
            )
            found.append(self.put("Gather", [source, index], []))
        self.put("Concat", found, self.sizes, axis=0)

    def reshaped(self) -> None:
        self.put("Reshape", [self.pick(self.floats), self.pick(self.sizes)], self.floats)

    def filled(self) -> None:
        value = helper.make_tensor("", TensorProto.FLOAT, [1], [self.rng.randint(1, 3)])
        self.put("ConstantOfShape", [self.pick(self.sizes)], self.floats, value=value)

    def negated(self) -> None:
        self.put("Not", [self.pick(self.bools)], self.bools)

    def compared(self) -> None:
        less = self.put("Less", [self.pick(self.floats), self.pick(self.floats)], [])
        whole = self.put("Cast", [less], [], to=TensorProto.FLOAT)
        most = self.put("ReduceMax", [whole], [], keepdims=0)
        self.put("Cast", [most], self.bools, to=TensorProto.BOOL)

    def branched(self) -> None:
        bodies = [self._body(f"{self.name()}{side}") for side in "te"]
        self.put("If", [self.pick(self.bools)], self.floats, then_branch=bodies[0], else_branch=bodies[1])

    def looped(self) -> None:
        name = self.name()
        inner = self._inner(name)
        state = f"{name}s"
        inner.floats.append(state)
        inner.some(3)
        go = inner.put("Identity", [f"{name}c"], [])
        infos = [
            helper.make_tensor_value_info(f"{name}i", TensorProto.INT64, []),
            helper.make_tensor_value_info(f"{name}c", TensorProto.BOOL, []),
            helper.make_tensor_value_info(state, TensorProto.FLOAT, None),
        ]
        outs = [
            helper.make_tensor_value_info(go, TensorProto.BOOL, []),
            helper.make_tensor_value_info(inner.last(), TensorProto.FLOAT, None),
        ]
        body = helper.make_graph(inner.nodes, "body", infos, outs)
        count = helper.make_tensor("", TensorProto.INT64, [], [2])
        turns = self.put("Constant", [], [], value=count)
        self.put("Loop", [turns, "", self.pick(self.floats)], self.floats, body=body)

    def _inner(self, name: str) -> Drawn:
        # One prefix for two bodies now and then: their names meet when both are inlined.
        inner = Drawn(self.rng, name if self.rng.random() < 0.6 else f"b{self._depth}", self._depth + 1)
        inner.floats, inner.sizes, inner.bools = list(self.floats), list(self.sizes), list(self.bools)
        return inner

    def _body(self, name: str) -> onnx.GraphProto:
        inner = self._inner(name)
        inner.some(3)
        out = helper.make_tensor_value_info(inner.last(), TensorProto.FLOAT, None)
        return helper.make_graph(inner.nodes, "branch", [], [out])

    def last(self) -> str:
        """A float that this graph makes itself, as an output must be."""
        return self.put("Identity", [self.pick(self.floats)], self.floats)

    def some(self, count: int) -> None:
        """`count` further pieces."""
        kinds: list[Callable[[], None]] = [
            self.constant, self.truth, self.unary, self.unary, self.binary, self.binary, self.turned,
            self.shape, self.parts, self.reshaped, self.filled, self.negated, self.compared,
        ]  # fmt: skip
        if self._depth < 2:
            kinds += [self.branched, self.branched, self.looped]
        for _ in range(count):
            self.rng.choice(kinds)()


def drawn_model(seed: int, size: int) -> onnx.ModelProto:
    """A model that runs on `x` float[rows, 3] with 2 rows and `b` bool; its rows may be left open."""
    rng = random.Random(seed)
    drawn = Drawn(rng)
    drawn.floats.append("x")
    drawn.bools.append("b")
    drawn.constant()
    drawn.truth()
    drawn.shape()
    drawn.some(size)
    outputs = {drawn.last() if rng.random() < 0.5 else name for name in rng.sample(drawn.floats[1:], 1)}
    outputs.add(drawn.last())
    rows: int | str = rng.choice([ROWS, "rows"])
    inputs = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [rows, COLUMNS]),
        helper.make_tensor_value_info("b", TensorProto.BOOL, []),
    ]
    outs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["r", "c"]) for name in sorted(outputs)]
    graph = helper.make_graph(drawn.nodes, "drawn", inputs, outs)
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
