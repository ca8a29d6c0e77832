"""Where the time of an inference goes: ONNX Runtime's profile, laid onto the nodes of the model.

A profile slows a session down, so it is taken of a session of its own, never of one that is timed. The
runtime runs its own graph, with nodes fused and renamed. So its optimized graph is saved, every node in it
gets a name, and that graph is run as it is: each kernel then is one node of it, and `regions` says which
nodes of the model that one does the work of. What cannot be said for certain is listed as the runtime's.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from onnxviz.bench import feeds, giving, measure, providers
from onnxviz.bench.profiles import NodeTime, OpTime, Profile, RuntimeTime
from onnxviz.bench.regions import Optimized, Original, Region
from onnxviz.bench.tracing import Kernel, Trace, trace
from onnxviz.bench.types import Configuration
from onnxviz.errors import BenchFailed
from onnxviz.progress import report

if TYPE_CHECKING:
    import onnx

    from onnxviz.model import Node

RECORDING = (
    "To record a node takes about {:.0f} µs here, which was taken off; times of a few microseconds are "
    "uncertain."
)

BY_NAME = (
    "What this provider compiles cannot be saved, so kernels were laid onto nodes by their names alone; the "
    "time of a node may hold that of others which were fused into it."
)

OPAQUE = (
    "This provider compiled the nodes into pieces of its own, and does not tell what happens inside them."
)

OPTIMIZED = "optimized.onnx"

WEIGHTS = {
    "session.optimized_model_external_initializers_file_name": "weights.bin",
    "session.optimized_model_external_initializers_min_size_in_bytes": "1024",
}
"""Beside the graph, which must stay below 2 GB as one message (onnxruntime_session_options_config_keys.h)."""

Row = TypeVar("Row", NodeTime, RuntimeTime, OpTime)

Pairs = Sequence[tuple[Region, Sequence[Kernel]]]
"""Each group of the runtime's nodes, and their kernels."""


def profile(
    configuration: Configuration, *, inputs: str = "", seed: int = 0, seconds: float = 2.0
) -> Profile:
    """Run a configuration for about `seconds` with the runtime's profile on.

    `inputs` and `seed` as in `Plan`. Call it in a worker process. Raises BenchFailed where the model does
    not run, BadUsage for a provider that there is none of, RefusedFile for inputs that do not fit.
    """
    provider = providers.full_name(configuration.provider)
    model = feeds.load(configuration.path)
    wanted = feeds.inputs_of(model)
    if inputs:
        feed = giving.read(inputs, wanted)
    else:
        feed = feeds.make(wanted, seed, dict(configuration.dims), configuration.batch)
    with tempfile.TemporaryDirectory(prefix="onnxviz-profile-") as folder:
        return Profiling(configuration, provider, model, feed, Path(folder)).profile(seconds)


class Profiling:
    """One profile. `provider` is the runtime's name, `folder` an empty one; `model` is changed."""

    def __init__(
        self,
        configuration: Configuration,
        provider: str,
        model: onnx.ModelProto,
        feed: measure.Feed,
        folder: Path,
    ) -> None:
        from onnxviz.reading.graphs import Builder

        self._configuration = configuration
        self._provider = provider
        self._feed = feed
        self._folder = folder
        self._nodes = Builder(configuration.model).graph(model.graph).nodes
        self._places = {f"n{at}": at for at in range(len(self._nodes))}
        for name, node in zip(self._places, model.graph.node, strict=True):
            node.name = name
        self._original = Original(model.graph)
        self._source = model.SerializeToString()
        # Weights beside the model are looked for there, since bytes have no folder.
        beside = str(Path(configuration.path).resolve().parent)
        self._entries = {"session.model_external_initializers_file_folder_path": beside}

    def profile(self, seconds: float) -> Profile:
        """Run it for about `seconds`. Raises BenchFailed."""
        report("Saving the runtime's graph")
        try:
            placed, optimized = self.optimize()
        except BenchFailed:
            return self._by_name(seconds)
        names = [node.name or node.op_type for node in optimized.graph.node]
        regions = Optimized(optimized.graph, self._original, self._places).regions()
        path = _prepare(optimized, set(self._feed), self._folder / OPTIMIZED)
        report("Looking where the time goes")
        plain = replace(self._configuration, level="off")
        traced = trace(path, plain, self._feed, self._provider, self._folder, seconds)
        kernels, extra = _by_place(traced.kernels, names)
        pairs = [(region, [k for at in region.runtime for k in kernels.get(at, ())]) for region in regions]
        return self._result(traced, placed, pairs, extra)

    def optimize(self) -> tuple[dict[int, str], onnx.ModelProto]:
        """Node -> its provider as the runtime says, and the runtime's graph. Raises BenchFailed."""
        import onnx

        options = measure.session_options(self._configuration)
        path = self._folder / OPTIMIZED
        options.optimized_model_filepath = str(path)
        for key, value in {**self._entries, **WEIGHTS}.items():
            options.add_session_config_entry(key, value)
        opened = measure.open_with(options, self._source, self._configuration, self._feed, self._provider)
        return self._placed(measure.placement(opened.session)), onnx.load(str(path), load_external_data=False)

    def _placed(self, names: Mapping[str, str]) -> dict[int, str]:
        return {self._places[name]: provider for name, provider in names.items() if name in self._places}

    def _by_name(self, seconds: float) -> Profile:
        cell = self._configuration
        traced = trace(self._source, cell, self._feed, self._provider, self._folder, seconds, self._entries)
        pairs: list[tuple[Region, Sequence[Kernel]]] = []
        extra: list[Kernel] = []
        for kernel in traced.kernels:
            at = self._places.get(kernel.name)
            if at is not None and kernel.op_type == self._nodes[at].op_type:
                pairs.append((Region((), (at,), at), [kernel]))
            else:
                extra.append(kernel)
        return self._result(traced, self._placed(traced.placement), pairs, extra, (BY_NAME,))

    def _result(
        self,
        traced: Trace,
        placed: dict[int, str],
        pairs: Pairs,
        extra: Sequence[Kernel],
        notes: tuple[str, ...] = (),
    ) -> Profile:
        ran = [(region, kernels) for region, kernels in pairs if kernels]
        shown = {region.shown for region, _ in ran}
        own = [kernel for region, kernels in ran if region.shown is None for kernel in kernels]
        for region, kernels in ran:
            for at in region.nodes:
                placed.setdefault(at, _providers(kernels))
        everything = [kernel for _, kernels in ran for kernel in kernels] + list(extra)
        return Profile(
            self._configuration,
            _slowest_first(_node(self._nodes, *pair, shown) for pair in ran if pair[0].shown is not None),
            _slowest_first(
                RuntimeTime(one.name, one.op_type, one.median_s, one.provider) for one in (*own, *extra)
            ),
            _by_op(everything),
            tuple((self._nodes[at].id, placed[at]) for at in sorted(placed)),
            tuple(node.id for at, node in enumerate(self._nodes) if at not in placed),
            traced.run_s,
            traced.recording_s,
            traced.runs,
            _notes(notes, traced.recording_s, is_mapped=bool(shown - {None})),
        )


def _notes(notes: tuple[str, ...], recording_s: float, *, is_mapped: bool) -> tuple[str, ...]:
    if BY_NAME in notes and not is_mapped:
        notes = (OPAQUE,)
    return (*notes, RECORDING.format(1e6 * recording_s)) if recording_s >= 0.5e-6 else notes


def _prepare(optimized: onnx.ModelProto, given: set[str], path: Path) -> str:
    """Give each node a name of its own, and write the graph again beside its weights."""
    import onnx

    # A weight that could be given as an input stays one after the runtime has folded it away.
    needed = given | {tensor.name for tensor in optimized.graph.initializer}
    inputs = [value for value in optimized.graph.input if value.name in needed]
    del optimized.graph.input[:]
    optimized.graph.input.extend(inputs)
    for at, node in enumerate(optimized.graph.node):
        node.name = f"t{at}"
    onnx.save(optimized, str(path))
    return str(path)


def _by_place(
    kernels: Iterable[Kernel], names: Sequence[str]
) -> tuple[dict[int, list[Kernel]], list[Kernel]]:
    """Kernels by the place of their node, under the runtime's name of it, and those of no node."""
    found: dict[int, list[Kernel]] = {}
    extra: list[Kernel] = []
    for kernel in kernels:
        number = kernel.name.removeprefix("t")
        if kernel.name.startswith("t") and number.isdecimal() and int(number) < len(names):
            found.setdefault(int(number), []).append(replace(kernel, name=names[int(number)]))
        else:
            extra.append(kernel)
    return found, extra


def _node(
    nodes: Sequence[Node], region: Region, kernels: Sequence[Kernel], shown: set[int | None]
) -> NodeTime:
    assert region.shown is not None
    return NodeTime(
        nodes[region.shown].id,
        nodes[region.shown].qualified_op,
        sum(kernel.median_s for kernel in kernels),
        _providers(kernels),
        tuple(kernel.op_type for kernel in kernels),
        tuple(nodes[at].id for at in region.nodes if at not in shown),
    )


def _providers(kernels: Iterable[Kernel]) -> str:
    return "+".join(dict.fromkeys(kernel.provider for kernel in kernels))


def _slowest_first(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=lambda row: -row.seconds))


_NUMBERED = re.compile(r"(?<=-EP-subgraph)_\d+$")
"""A part that OpenVINO compiled has an op type of its own: `OpenVINO-EP-subgraph_29`."""


def _by_op(kernels: Iterable[Kernel]) -> tuple[OpTime, ...]:
    times: dict[str, list[float]] = {}
    for kernel in kernels:
        times.setdefault(_NUMBERED.sub("", kernel.op_type), []).append(kernel.median_s)
    return _slowest_first(OpTime(op_type, sum(found), len(found)) for op_type, found in times.items())
