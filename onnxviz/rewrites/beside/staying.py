"""Why a folder left a node whose value is known before any run: shown by a trial, or not claimed."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from onnxviz.model import Model, Node
from onnxviz.rewrites.beside.alone import Alone, Outcome
from onnxviz.rewrites.beside.counting import computing, constants_of, is_settled, is_within
from onnxviz.rewrites.beside.folders import Folder
from onnxviz.rewrites.beside.sized import gone_with_sizes
from onnxviz.rewrites.explain.origins import STANDARD, Origins, origins
from onnxviz.rewrites.explain.stayed.case import element_count, quoted, size
from onnxviz.rewrites.explain.stayed.kept import replaceable
from onnxviz.rewrites.reasons import Evidence, How, Kept, Remedy, Stayed
from onnxviz.scene.text import shorten

_LOOKS = "its value is known before any run"

_SIZED = "tried with a number for every open size: it folds"

_FREEZE = Remedy("Freeze the weights: nobody can replace them then.", {"freeze_weights": True})


class Staying:
    """The reasons of one folder on one model. `lost` are the nodes that went, `where` takes files."""

    def __init__(
        self, folder: Folder, start: Model, after: Model, found: Origins, lost: frozenset[str], where: Path
    ) -> None:
        self._folder = folder
        self._start = start
        self._after = after
        self._found = found
        self._lost = lost
        self._alone = Alone(folder, start, after, where)
        self._constants = constants_of(after.graph)
        self._roots: dict[str, Kept] = {}
        """Node that stays -> the reason of the first that it waits for, its own where it waits for none."""
        self._makers: dict[str, str] = {}
        """Tensor -> the node of `_roots` that makes it."""
        self._replaceable = self._listed()
        self._where = where
        self._with_sizes: frozenset[str] | None = None

    def reasons(self) -> tuple[Kept, ...]:
        """Of each node that stays although its value is known; then of those that wait for a size alone."""
        there = [
            node
            for node in computing(self._start.graph)
            if node.id not in self._lost and not is_within(node.id, self._lost, self._found)
        ]
        settled = tuple(self._told(node) for node in there if is_settled(node, self._found))
        waiting = (self._unsized(node) for node in there if not is_settled(node, self._found))
        return (*settled, *(kept for kept in waiting if kept is not None))

    def _unsized(self, node: Node) -> Kept | None:
        """One that folds once every size has a number: another folder may need less."""
        mask = self._found.mask(node.id)
        if not (mask and self._found.names.only_dims(mask)):
            return None
        if node.id not in self._sized():
            return self._waits(node)
        cause = self._found.because(mask)[0]
        sentence = f"It is folded only once a size is known: {size(cause)}."
        evidence = self._evidence(_SIZED)
        return self._kept(node, Stayed.SYMBOLIC_DIM, sentence, cause.blocker, evidence)

    def _sized(self) -> frozenset[str]:
        if self._with_sizes is None:
            self._with_sizes = gone_with_sizes(self._folder, self._start, self._where)
        return self._with_sizes

    def _told(self, node: Node) -> Kept:
        kept = self._waits(node)
        if kept is None:
            kept = self._roots[node.id] = (
                self._listed_weight(node) or self._partial(node) or self._tried(node)
            )
        self._makers.update((name, node.id) for name in node.outputs if name)
        return kept

    def _waits(self, node: Node) -> Kept | None:
        """One whose input is made by another that stays."""
        if _reads_sizes(node):
            return None
        for name in self._alone.reads(node):
            maker = self._makers.get(name)
            if maker is None or name in self._constants:
                continue
            root = self._roots[node.id] = self._roots[maker]
            op_type = shorten(root.op_type, 40)
            sentence = f"It waits for {op_type} {quoted(root.node)}: {root.sentence}"
            return replace(
                root, node=node.id, op_type=node.qualified_op, sentence=sentence, blocker=root.node
            )
        return None

    def _listed(self) -> Origins | None:
        """Where values come from if weights that are inputs too are not known: some folders leave them."""
        if not self._folder.keeps_listed:
            return None
        listed = replaceable(self._start, How(self._folder.name))
        return origins(self._start.graph, self._start.functions, listed) if listed else None

    def _listed_weight(self, node: Node) -> Kept | None:
        causes = self._replaceable.causes(node.id) if self._replaceable is not None else ()
        if not causes:
            return None
        weight = causes[0].blocker
        sentence = f"{quoted(weight)} is a weight and an input of the graph too: a caller may replace it."
        return replace(self._kept(node, Stayed.GRAPH_INPUT, sentence, weight), remedy=_FREEZE)

    def _partial(self, node: Node) -> Kept | None:
        """One that asks for some sizes of a shape, of which others are open."""
        whole = self._found.whole(node.id)
        if _reads_sizes(node) or node.subgraphs or not (whole and self._found.names.only_dims(whole)):
            return None
        reads = (tensor for tensor in self._found.reads(node.id) if tensor is not None and tensor.causes)
        name = next((tensor.value.name for tensor in reads), "")
        if node.id not in self._sized():
            return None
        sentence = (
            "It asks only for sizes that are known, of a shape that has open ones too: it is folded once "
            "all of them are known."
        )
        evidence = self._evidence(_SIZED)
        return self._kept(node, Stayed.SYMBOLIC_DIM, sentence, name, evidence)

    def _tried(self, node: Node) -> Kept:
        """What a trial with the node alone shows."""
        op = shorten(node.qualified_op, 40)
        found = self._alone.tried(node)
        if found.outcome is Outcome.FREED and found.trial is not None:
            which = f"another {op} was tried" if found.is_kin else "tried"
            evidence = self._evidence(
                f"{which} alone with its constants: it folds with that setting, and not without"
            )
            evidence = (*evidence, *self._sizes(node), ("setting", found.trial.source))
            return self._kept(node, found.trial.reason, found.trial.sentence.format(op=op), "", evidence)
        if found.outcome is Outcome.LEAVES:
            sentence = f"{op} is left as it is, even where it stands alone with its constants."
            evidence = self._evidence("tried alone with its constants: it stays")
            return self._kept(node, Stayed.NO_RULE, sentence, "", evidence)
        if found.outcome is Outcome.FOLDS:
            return self._folds_alone(node)
        sentence = "Nothing was found that shows why it stays; it could not be tried alone."
        return self._kept(node, Stayed.UNEXPLAINED, sentence)

    def _folds_alone(self, node: Node) -> Kept:
        """The node would fold in another place: what is about this one?"""
        evidence = self._evidence("tried alone in a main graph: it folds")
        owner = self._found.around[node.id]
        if owner and not self._folder.looks_into_bodies:
            op = shorten(self._found.nodes[owner].op_type, 40)
            sentence = f"It stands in a body of {op} {quoted(owner)}, and bodies are not looked into."
            return self._kept(node, Stayed.BODY, sentence, owner, evidence)
        if _reads_sizes(node) and (said := self._said(node)):
            sentence = f"It asks for the shape of {said}, of which no more was found out."
            return self._kept(node, Stayed.SYMBOLIC_DIM, sentence, node.inputs[0], evidence)
        sentence = "Nothing was found that shows why it stays: alone with its constants it folds."
        return self._kept(node, Stayed.UNEXPLAINED, sentence, "", evidence)

    def _said(self, node: Node) -> str:
        """A tensor whose shape the result leaves open, as a sentence names it; else empty."""
        value = self._after.graph.values.get(node.inputs[0]) if node.inputs else None
        if value is None or element_count(value.shape) is not None:
            return ""
        return f"{quoted(value.name)} ({shorten(value.type_text, 60)})"

    def _sizes(self, node: Node) -> Evidence:
        """Elements of the largest constant that it reads, and of what it makes."""
        there = (tensor.value.shape for tensor in self._found.reads(node.id) if tensor is not None)
        read = max((element_count(shape) or 0 for shape in there), default=0)
        makes = (tensor.value.shape for tensor in self._found.makes(node.id) if tensor is not None)
        made = sum(element_count(shape) or 0 for shape in makes)
        return ("elements read", f"{read:,}"), ("elements made", f"{made:,}")

    def _evidence(self, checked: str) -> Evidence:
        library = self._folder.library
        try:
            return ("checked", checked), ("version", f"{library} {version(library)}")
        except PackageNotFoundError:
            return (("checked", checked),)

    @staticmethod
    def _kept(node: Node, reason: Stayed, sentence: str, blocker: str = "", evidence: Evidence = ()) -> Kept:
        return Kept(node.id, node.qualified_op, reason, sentence, _LOOKS, blocker, evidence)


def _reads_sizes(node: Node) -> bool:
    return node.op_type in ("Shape", "Size") and node.domain in STANDARD
