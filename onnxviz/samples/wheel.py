"""The real models that the installed `onnx` package carries. Does not import `onnx`."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class WheelModel:
    """A real model that the `onnx` package carries, its weights left out or generated at run time."""

    id: str
    title: str
    path: Path
    teaches: str


_WHEEL = (
    ("bvlc_alexnet", "AlexNet", "A straight line of convolutions, with weights made by the graph itself."),
    ("zfnet512", "ZFNet-512", "AlexNet's successor: local response normalization between convolutions."),
    ("vgg19", "VGG-19", "Large weights made by a few nodes: folding writes a file of half a gigabyte."),
    ("squeezenet", "SqueezeNet", "Fire modules: squeeze, then expand on two paths."),
    ("inception_v1", "Inception v1", "Four branches at a time, joined by Concat."),
    ("inception_v2", "Inception v2", "Inception with batch normalization: Unsqueeze chains that fold."),
    ("resnet50", "ResNet-50 (Caffe2)", "The same architecture as the sample, by another exporter."),
    ("shufflenet", "ShuffleNet", "Channel shuffles: Reshape, Transpose, Reshape."),
    ("densenet121", "DenseNet-121", "Each layer reads all before it: 1,746 nodes, two in three foldable."),
)


def wheel_models() -> tuple[WheelModel, ...]:
    """The real models in the installed `onnx` package (`backend/test/data/light`), smallest first as a
    lesson; without those that the package lacks.
    """
    spec = importlib.util.find_spec("onnx")
    if spec is None or not spec.submodule_search_locations:
        return ()
    folder = Path(spec.submodule_search_locations[0]) / "backend" / "test" / "data" / "light"
    models = (
        WheelModel(f"light_{name}", title, folder / f"light_{name}.onnx", teaches)
        for name, title, teaches in _WHEEL
    )
    return tuple(model for model in models if model.path.is_file())
