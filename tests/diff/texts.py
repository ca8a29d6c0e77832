"""Models as ONNX text -> their diff, by way of files as in the app."""

from __future__ import annotations

from pathlib import Path

import onnx
import onnx.parser
from onnx import ModelProto

from onnxviz.diff import Change, Diff, invert
from onnxviz.diff.models import diff_models

HEAD = '<ir_version: 10, opset_import: ["" : 21{}]>'


def model(graph: str, functions: str = "", domains: str = "") -> ModelProto:
    """A checked model of opset 21; `functions` follow the graph, `domains` are imported too."""
    made = onnx.parser.parse_model(f"{HEAD.format(domains)} {graph} {functions}")
    onnx.checker.check_model(made)
    return made


def compared(folder: Path, before: ModelProto | str, after: ModelProto | str) -> Diff:
    """The diff of two models, and the assurance that it is the same the other way round."""
    paths = []
    for name, one in (("before", before), ("after", after)):
        paths.append(folder / f"{name}.onnx")
        onnx.save(model(one) if isinstance(one, str) else one, paths[-1])
    found = diff_models(*paths)
    assert invert(found) == diff_models(*reversed(paths))
    return found


def changes(diff: Diff) -> dict[str, list[tuple[str, str | None, str | None]]]:
    """Node id before -> (field, before, after), of all nodes that changed, in bodies too."""
    return {
        match.before: [_row(change) for change in match.changes]
        for one in diff.walk()
        for match in one.changed
    }


def constants(diff: Diff) -> dict[str, list[tuple[str, str | None, str | None]]]:
    """The same for the constants of all graphs."""
    twins = (twin for one in diff.walk() for twin in one.constants.changed)
    return {twin.before: [_row(change) for change in twin.changes] for twin in twins}


def gone(diff: Diff) -> list[str]:
    """Ids of the nodes that went."""
    return [node.id for node in diff.removed_nodes()]


def new(diff: Diff) -> list[str]:
    """Ids of the nodes that came."""
    return [node.id for node in diff.added_nodes()]


def _row(change: Change) -> tuple[str, str | None, str | None]:
    return change.field, change.before, change.after
