"""Which module of the original program a node came from."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache

NAME_SCOPES = "pkg.torch.onnx.name_scopes"
CLASS_HIERARCHY = "pkg.torch.onnx.class_hierarchy"
STACK_TRACE = "pkg.torch.onnx.stack_trace"
"""Keys that PyTorch's dynamo exporter writes into a node's `metadata_props` (seen in torch 2.13)."""

_LONGEST_LIST = 8192
"""Characters of a list that are parsed: 32 scopes of a generous name each; real ones stay below 1,000."""

_NO_MODULE = "_empty_nn_module_stack"
"""Start of the name that torch 2.13 gives to calls that no module made (sizes read while tracing)."""

_DEEPEST = 32
"""Scopes kept for a node. The deepest seen in real exports have 12; without a bound a name made of
slashes alone would make a group for each."""

_SOURCE_CHARS = 4000

Scopes = tuple[tuple[str, ...], tuple[str, ...]]
"""Module names from the outside in, and the class of each (`""` where unknown)."""


def scopes_of(name: str, metadata: Mapping[str, str]) -> Scopes:
    """From what the dynamo exporter wrote, else from the node's name.

    Dynamo lists full paths (`['', 'encoder', 'encoder.layer.0', 'matmul']`): the first is the root
    module and the last the call itself; both are dropped, and each path is cut down to what it adds
    to the one before. A bare index of a `Sequential` keeps its parent's name (`ff.0`), as the
    TorchScript exporter writes it, so that both exports of one model have the same scopes.
    """
    listed = _strings(metadata.get(NAME_SCOPES, ""))
    if len(listed) > 1:
        return _from_lists(listed, _strings(metadata.get(CLASS_HIERARCHY, "")))
    return _from_name(name)


def source_of(metadata: Mapping[str, str]) -> str:
    """The exporter's Python stack trace, shortened from the front: the innermost call is last."""
    trace = metadata.get(STACK_TRACE, "")
    return trace if len(trace) <= _SOURCE_CHARS else "…" + trace[-_SOURCE_CHARS:]


def _from_lists(names: tuple[str, ...], classes: tuple[str, ...]) -> Scopes:
    if len(classes) != len(names):
        classes = ("",) * len(names)
    scope, types, parent, shown = [], [], "", ""
    for path, kind in list(zip(names, classes, strict=True))[:-1]:
        if not path or path.startswith(_NO_MODULE):
            continue
        relative = path.removeprefix(parent + ".") if parent else path
        shown = f"{shown}.{relative}" if relative.isdigit() and shown else relative
        scope.append(shown)
        types.append(kind.rsplit(".", 1)[-1])
        parent = path
    return tuple(scope[:_DEEPEST]), tuple(types[:_DEEPEST])


def _from_name(name: str) -> Scopes:
    """`/encoder/layer.0/MatMul` (TorchScript) and `a/b/Conv2D` (TensorFlow): all but the last part.

    TensorFlow Lite joins the names of fused calls with `;`: the first speaks for all.
    """
    if "/" not in name:
        return (), ()
    parts = [part for part in name.split(";", 1)[0].split("/")[:-1] if part.strip()]
    scope = tuple(parts[:_DEEPEST])
    return scope, ("",) * len(scope)


@lru_cache(maxsize=16384)
def _strings(text: str) -> tuple[str, ...]:
    """The items of a list of strings in Python's notation; nothing for anything else."""
    if not text.startswith("[") or len(text) > _LONGEST_LIST:
        return ()
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return ()
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        return ()
    return tuple(found)
