"""What the nodes that stay depend on. A verb for a worker of kind "look"; no Streamlit here."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from onnxviz.reading import read_model
from onnxviz.rewrites.explain.origins import Cause, From, Origins, origins

_MOST_NAMED = 3

_WORDS = {
    From.INPUT: "the input {!r}",
    From.RANDOM: "random numbers, which differ from run to run",
    From.CUSTOM: "{!r}, which the ONNX standard does not know",
    From.BODY: "what the loop hands from one turn to the next",
    From.FUNCTION: "a call of a function",
    From.WEIGHT: "the weight {!r}, which a caller may replace",
    From.UNKNOWN: "a size that shape inference does not find",
}


def depends(path: str, digest: str, ids: tuple[str, ...]) -> dict[str, str]:
    """Node id -> why its value is not known before a run, in a sentence; without what depends on nothing.

    `ids` are of the model at `path`; those that it does not have are left out. Raises RefusedFile.
    """
    known = _origins(path, digest)
    found = {}
    for node in ids:
        causes = known.causes(node) if node in known.nodes else ()
        if causes:
            found[node] = _sentence(causes)
    return found


@lru_cache(maxsize=2)
def _origins(path: str, digest: str) -> Origins:
    model = read_model(Path(path), digest=digest)
    return origins(model.graph, model.functions)


def _sentence(causes: tuple[Cause, ...]) -> str:
    # Who reads what an input holds would have to wait for it with all sizes given, too.
    whole = {cause.blocker for cause in causes if cause.kind is From.INPUT}
    told = [cause for cause in causes if cause.kind is not From.DIM or cause.blocker not in whole]
    words = list(dict.fromkeys(map(_word, told)))
    shown = " and ".join(words[:_MOST_NAMED])
    more = len(words) - _MOST_NAMED
    return f"It depends on {shown}{f' and {more} more' if more > 0 else ''}."


def _word(cause: Cause) -> str:
    if cause.kind is From.DIM:
        named = f"the open size {cause.dim!r}" if cause.dim else f"the open size of axis {cause.axis}"
        return f"{named} of the input {cause.blocker!r}"
    return _WORDS[cause.kind].format(cause.blocker)
