"""A model made of some nodes and what they read, to be computed in one session."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from onnxviz.reading.inference import infer
from onnxviz.reading.tensors import BITS, SMALL_BYTES, type_of
from onnxviz.rewrites.fold.copying import Copier
from onnxviz.rewrites.fold.graphs import Array, Call, Tensor, dtype_of, nbytes_of

if TYPE_CHECKING:
    import onnx

MOST_BYTES = 512 << 20
"""Of one value, and of what one node reads. More is neither computed nor stored."""

MOST_STRINGS = 1_000_000
"""Elements of a tensor of strings that is spread out."""

MOST_SECONDS = 10.0
"""Of one session: a constant loop may turn for ever."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no value."""

    sentence: str
    is_size: bool = False


Values = list[Array | None]
"""By slot, None for an output that is left out."""


class Draft:
    """A model of nothing but the calls, with what they read as its inputs."""

    def __init__(self, opsets: list[Any], ir_version: int) -> None:
        import onnx

        self.proto = onnx.ModelProto(ir_version=ir_version)
        self.proto.opset_import.extend(opsets)
        self.proto.graph.name = "wave"
        self.feed: dict[str, Array] = {}
        self.makes: dict[Call, list[str]] = {}
        self._names: dict[Tensor, str] = {}

    def add(self, call: Call) -> None:
        """A copy of the node under names of its own; a body keeps the names that it reads."""
        node = self.proto.graph.node.add()
        Copier(_with_data, noted=True).call(call, node)
        keep = bool(call.bodies)
        del node.input[:]
        node.input.extend(self._given(t, keep=keep) if t is not None else "" for t in call.reads)
        for tensor in call.captures:
            if tensor.is_known:
                self._given(tensor, keep=True)
        count = len(self.makes)
        names = [f"o{count}_{at}" if made is not None else "" for at, made in enumerate(call.makes)]
        del node.output[:]
        node.output.extend(names)
        self.makes[call] = names
        for name in filter(None, names):
            self.proto.graph.output.add().name = name

    def _given(self, tensor: Tensor, *, keep: bool) -> str:
        from onnx import helper, numpy_helper

        if tensor in self._names:
            return self._names[tensor]
        name = self._names[tensor] = tensor.name if keep else f"i{len(self._names)}"
        array = tensor.value()
        if nbytes_of(array) <= SMALL_BYTES:
            # As an initializer, since shape inference reads it there.
            self.proto.graph.initializer.append(numpy_helper.from_array(array, name))
        else:
            self.proto.graph.input.append(helper.make_tensor_value_info(name, dtype_of(array), array.shape))
            self.feed[name] = array
        return name

    def types(self) -> dict[str, onnx.TypeProto]:
        """What shape inference says of the outputs; nothing where it refuses."""
        inferred, _ = infer(self.proto)
        # Where there is none, the session that follows says what is wrong, in its own words.
        return {output.name: output.type for output in inferred.output} if inferred is not None else {}

    def refusal(self, call: Call, types: Mapping[str, onnx.TypeProto]) -> Failure | None:
        """Why it is not tried: its value is no tensor, or would be too large."""
        for name in self.makes[call]:
            kind = types[name].WhichOneof("value") if name in types else None
            if kind not in (None, "tensor_type"):
                return Failure(
                    f"its value is {_KINDS.get(str(kind), 'no tensor')}, which no initializer holds"
                )
            dtype, shape = type_of(types[name]) if name in types else (None, None)
            sizes = [dim for dim in shape or () if isinstance(dim, int)]
            if shape is not None and len(sizes) == len(shape):
                nbytes = math.prod(sizes) * BITS.get(dtype or "", 8) // 8
                if nbytes > MOST_BYTES:
                    return too_large(nbytes)
        return None

    def run(self) -> dict[str, Array] | Failure:
        """Output -> array, by the runtime."""
        import numpy as np
        import onnxruntime as ort

        settings = ort.SessionOptions()
        settings.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        settings.log_severity_level = 4
        how = ort.RunOptions()
        how.log_severity_level = 4
        timer = threading.Timer(MOST_SECONDS, lambda: setattr(how, "terminate", True))
        names = [output.name for output in self.proto.graph.output]
        timer.daemon = True
        try:
            data = self.proto.SerializeToString()
            session = ort.InferenceSession(data, settings, providers=["CPUExecutionProvider"])
            feed = {name: np.ascontiguousarray(array) for name, array in self.feed.items()}
            timer.start()
            found = session.run(names, feed, how)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 — the runtime's error classes have no other common base
            if how.terminate:
                return Failure(f"computing it takes more than {MOST_SECONDS:.0f} s")
            return Failure(f"ONNX Runtime cannot compute it: {words(error)}")
        finally:
            timer.cancel()
        return dict(zip(names, found, strict=True))

    def by_reference(self, call: Call, why: Failure) -> Values | Failure:
        """By the reference implementation, where the runtime could not."""
        import numpy as np
        from onnx.reference import ReferenceEvaluator

        try:
            with np.errstate(all="ignore"):
                found = ReferenceEvaluator(self.proto).run(None, self.feed)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 — its operators raise whatever numpy does; the runtime's words are told
            return why
        given = iter(found)
        return [np.asarray(next(given)) if name else None for name in self.makes[call]]


def _with_data(tensor: Tensor) -> onnx.TensorProto:
    """A constant of a body."""
    import numpy as np
    from onnx import numpy_helper

    return numpy_helper.from_array(np.ascontiguousarray(tensor.value()), tensor.name)


_KINDS = {
    "sequence_type": "a sequence",
    "optional_type": "an optional",
    "map_type": "a map",
    "sparse_tensor_type": "a sparse tensor",
}


def too_large(nbytes: int) -> Failure:
    """Why something of that size is not computed."""
    return Failure(f"its {nbytes / 1e6:,.0f} MB are more than what is computed here", is_size=True)


def words(error: Exception) -> str:
    """What the runtime says, in one line."""
    from onnxviz.library_words import said

    return said(error)
