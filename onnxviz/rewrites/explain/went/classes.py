"""Which tensors of two models hold the same, shown by structure: value numbering across both.

Two tensors are of one class where the same operator, with the same attributes, computes them from tensors of
one class each; inputs that are fed the same and constants of equal content are of one class to begin with
(B. Alpern, M. Wegman and F. Zadeck, "Detecting equality of variables in programs", POPL 1988). A class of the
original that the result does not have is looked up among the pairs that were shown to agree by their values.
"""

from __future__ import annotations

from collections.abc import Mapping

from onnxviz.diff.table import MAIN, NONE, Interner, Table
from onnxviz.rewrites.explain.origins.dependence import RANDOM
from onnxviz.rewrites.explain.went.ground import Ground

Pair = tuple[int, int]
"""A tensor of the original and one of the result."""


class Classes:
    """Numbers for the tensors of both models. `wanted` holds pairs whose values would tell more."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._intern = Interner()
        self._opsets = [dict(ground.before.opsets), dict(ground.after.opsets)]
        functions = (each for each in ground.diff.functions if each.diff is None or not each.diff.empty)
        self._changed_functions = {each.key.partition("#")[0] for each in functions}
        self.of_b = [NONE] * len(ground.b.names)
        self._number_result()
        self.in_b = set(self.of_b)
        self.of_a = [NONE] * len(ground.a.names)
        self.keys = [NONE] * len(ground.a.names)
        """By tensor of the original: its class by structure alone, before values were asked."""
        self.wanted: dict[Pair, None] = {}

    def number(
        self,
        verdicts: Mapping[Pair, bool],
        contents: Mapping[int, str] | None = None,
        *,
        hopeful: bool = False,
    ) -> None:
        """Number the original. `contents` has digests of what was recomputed of it: equal ones are one class.

        `hopeful`: take pairs that were not compared yet for equal, to find all of them.
        """
        ground, contents = self._ground, contents or {}
        self.wanted = {}
        stored = {contents[t]: self.of_b[u] for (t, u), same in verdicts.items() if same and t in contents}
        fixed = {t: stored.get(digest, self._intern(("held", digest))) for t, digest in contents.items()}
        twins: dict[int, int] = {}
        self._begin(ground.a, self.of_a, 0)
        if self._walk(verdicts, fixed, twins, hopeful=hopeful):
            self._walk(verdicts, fixed, twins, hopeful=hopeful)
        for node in ground.gone:
            for tensor in ground.made(node):
                for use in ground.uses(tensor):
                    if use.place != NONE and not self.same(tensor, use.place, verdicts):
                        self._want(tensor, use.place, verdicts)

    def _walk(
        self, verdicts: Mapping[Pair, bool], fixed: Mapping[int, int], twins: dict[int, int], *, hopeful: bool
    ) -> bool:
        """Number what nodes make. What was looked up for one tensor holds for its twins, by their key.

        True where it was found only once some twin had been passed.
        """
        is_late = False
        for node in self._ground.a.order:
            for slot, tensor in enumerate(self._ground.a.made[node]):
                if tensor == NONE:
                    continue
                self.keys[tensor] = self._key(self._ground.a, node, slot, tensor, self.of_a, 0)
                key = fixed.get(tensor, self.keys[tensor])
                found = key
                if key not in self.in_b:
                    found = key if hopeful else twins.get(key, key)
                    if found == key:
                        found = self._looked_up(tensor, key, verdicts, hopeful=hopeful)
                    is_late |= not hopeful and found != key and twins.get(key) == key
                    twins[key] = found
                self.of_a[tensor] = found
        return is_late

    def same(self, tensor: int, other: int, verdicts: Mapping[Pair, bool]) -> bool:
        """Whether a tensor of the original and one of the result were shown to hold the same."""
        return self.of_a[tensor] == self.of_b[other] or verdicts.get((tensor, other), False)

    def found(self, tensor: int) -> bool:
        """Whether some tensor of the result was shown to hold the same."""
        return self.of_a[tensor] in self.in_b

    def _looked_up(self, tensor: int, key: int, verdicts: Mapping[Pair, bool], *, hopeful: bool) -> int:
        for other in self._ground.candidates(tensor):
            known = verdicts.get((tensor, other))
            if known or (known is None and hopeful):
                self._want(tensor, other, verdicts)
                return self.of_b[other]
            self._want(tensor, other, verdicts)
        return key

    def _want(self, tensor: int, other: int, verdicts: Mapping[Pair, bool]) -> None:
        if (tensor, other) not in verdicts:
            self.wanted[tensor, other] = None

    def _number_result(self) -> None:
        table = self._ground.b
        self._begin(table, self.of_b, 1)
        for node in table.order:
            for slot, tensor in enumerate(table.made[node]):
                if tensor != NONE:
                    self.of_b[tensor] = self._key(table, node, slot, tensor, self.of_b, 1)

    def _begin(self, table: Table, classes: list[int], side: int) -> None:
        """Inputs, constants and what nothing makes."""
        for tensor, maker in enumerate(table.makers):
            if maker == NONE:
                classes[tensor] = self._intern(("own", side, tensor))
        ends = {pair[side]: pair[0] for pair in self._ground.inputs}
        for at, home in enumerate(table.homes):
            key = self._ground.home_key(at, after=side == 1)
            for place, tensor in enumerate(home.inputs):
                if at != MAIN:
                    classes[tensor] = self._intern(("body input", key, place))
                elif place in ends:
                    classes[tensor] = self._intern(("input", ends[place]))
        for tensor in range(len(table.names)):
            if table.fixed[tensor] != NONE and table.certain[tensor]:
                classes[tensor] = self._intern(("fixed", table.fixed[tensor]))

    def _key(self, table: Table, node: int, slot: int, tensor: int, classes: list[int], side: int) -> int:
        if table.fixed[tensor] != NONE and table.certain[tensor]:
            return self._intern(("fixed", table.fixed[tensor]))
        sources = table.sources[node]
        if slot == 0 and sources and sources[0] != NONE and passes_through(table, node):
            return classes[sources[0]]
        if table.bodies[node] or self._is_opaque(table, node):
            return self._intern(("own", side, tensor))
        domain = table.nodes[node].domain
        version = self._opsets[side].get("" if domain == "ai.onnx" else domain)
        read = tuple([NONE if source == NONE else classes[source] for source in sources])
        own: object = ""
        if is_random(table, node):
            partner = self._ground.to_a[node] if side else node
            own = ("result", node) if partner == NONE else partner
        return self._intern(("node", table.labels[node], version, read, slot, own))

    def _is_opaque(self, table: Table, node: int) -> bool:
        one = table.nodes[node]
        return f"{one.domain}.{one.op_type}" in self._changed_functions


def is_random(table: Table, node: int) -> bool:
    """Whether two nodes of this kind may give different things on the same input."""
    one = table.nodes[node]
    if one.op_type == "Dropout":
        return len(one.inputs) > 2 and bool(one.inputs[2])
    return one.op_type in RANDOM


def passes_through(table: Table, node: int) -> bool:
    """Whether by its operator page a node's first output is its first input, whatever that is.

    https://onnx.ai/onnx/operators/: Identity; Dropout, whose training mode is an input from opset 12 on and
    off by default (an attribute before opset 7); Concat of one; Transpose by 0, 1, 2, …; Cast to the type
    that is known.
    """
    one = table.nodes[node]
    if one.domain not in ("", "ai.onnx"):
        return False
    attributes = {attribute.name: attribute.text for attribute in one.attributes}
    if one.op_type == "Identity":
        return True
    if one.op_type == "Dropout":
        return not any(one.inputs[2:]) and attributes.get("is_test", "1") != "0"
    if one.op_type == "Concat":
        return len(one.inputs) == 1
    if one.op_type == "Transpose":
        perm = attributes.get("perm", "").strip("[]").replace(" ", "")
        return bool(perm) and perm == ",".join(map(str, range(perm.count(",") + 1)))
    if one.op_type == "Cast":
        from onnxviz.reading.tensors import dtype_name

        known, to = table.value(table.sources[node][0]).dtype, attributes.get("to", "")
        return known is not None and to.isdigit() and dtype_name(int(to)) == known
    return False
