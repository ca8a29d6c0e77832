"""Our own constant folding (`rewrites.fold`) as one of the optimizers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from onnxviz.model import Model
from onnxviz.rewrites.optimizers.frame import rewritten, save
from onnxviz.rewrites.optimizers.types import OptimizeOptions
from onnxviz.rewrites.types import Rewrite

NAME = "fold"


def optimize(before: Model, out: Path, options: OptimizeOptions) -> Rewrite:
    """See `registry.Optimize`. `steps` of the result are sentences, `kept` says why nodes stayed."""
    import onnx
    import onnxruntime  # noqa: F401 — loaded here, so that its time is not counted

    from onnxviz.reading import read_model
    from onnxviz.rewrites.fold.folding import Work, folded_proto
    from onnxviz.rewrites.fold.types import FoldOptions

    done: list[Work] = []

    def work(source: Path, target: Path) -> tuple[str, ...]:
        own = source == Path(before.path).absolute()
        start = before.graph if own else read_model(source, before.name, "-").graph
        proto = onnx.load(source)
        done.append(folded_proto(proto, start, FoldOptions()))
        save(proto, target)
        return done[0].notes

    rewrite = rewritten(before, out, options, NAME, work)
    return replace(
        rewrite,
        steps=tuple(step.sentence for step in done[0].steps),
        kept={each.node: each.sentence for each in done[0].kept},
    )
