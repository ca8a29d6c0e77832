"""What there is to export: the sample models, in teaching order.

Plain data: nothing here imports torch or onnx, so a page can list the gallery at once. The types and the
real models of the `onnx` wheel are to be had from here too.
"""

from __future__ import annotations

import difflib
from pathlib import Path

from onnxviz.errors import BadUsage
from onnxviz.samples.types import BOTH, Axis, Exporter, Sample, Setting, TensorSpec
from onnxviz.samples.wheel import WheelModel, wheel_models

__all__ = [
    "BOTH",
    "SAMPLES",
    "START",
    "VOCABULARY",
    "Axis",
    "Exporter",
    "Sample",
    "Setting",
    "TensorSpec",
    "WheelModel",
    "find",
    "wheel_models",
]

VOCABULARY = 1000
"""Tokens of every language sample are drawn from 0 to 999."""

START = Path(__file__).with_name("start.onnx")
"""The sample `first` at its defaults, exported beforehand, so that the app opens without torch."""


def _batch(default: int = 1) -> Setting:
    return Setting("batch", "Batch", default, 1, 64, help="Examples at once in the example input.")


def _depth(default: int, maximum: int = 32) -> Setting:
    return Setting("depth", "Depth", default, 1, maximum, help="Number of layers or blocks.")


def _width(default: int, minimum: int, maximum: int, step: int = 1) -> Setting:
    return Setting("width", "Width", default, minimum, maximum, step, help="Channels or features of a layer.")


def _image(default: int, step: int, maximum: int = 512) -> Setting:
    return Setting("image_size", "Image size", default, step, maximum, step, help="Pixels on each side.")


def _length(default: int = 16) -> Setting:
    return Setting("length", "Length", default, 2, 512, help="Tokens in the example input.")


_FEATURES = Setting("features", "Features", 4, 1, 4096, help="Numbers in one example.")
_PIXELS: tuple[Axis, ...] = ("batch", 3, "image_size", "image_size")
_SCRIPTED: tuple[tuple[Exporter, str], ...] = (("dynamo", "build"), ("torchscript", "build_scripted"))


_IMAGES = (TensorSpec("x", _PIXELS),)
_CLASSES = (TensorSpec("scores", ("batch", 1000)),)

_SAMPLES = (
    Sample(
        "first",
        "Start here",
        "Batch normalization behind a convolution, shape arithmetic and constant arithmetic: "
        "a bit of everything that simplification removes.",
        "first",
        inputs=(TensorSpec("image", ("batch", 3, 32, 32)),),
        outputs=(TensorSpec("scores", ("batch", 10)),),
        settings=(_batch(),),
        dynamic={"image": {0: "batch"}},
    ),
    Sample(
        "affine",
        "X * 2 + 3",
        "The smallest graph with constants: both are read together with X, so nothing can fold.",
        "affine",
        inputs=(TensorSpec("x", ("batch", "features")),),
        outputs=(TensorSpec("y", ("batch", "features")),),
        settings=(_batch(), _FEATURES),
    ),
    Sample(
        "constant_math",
        "X * (2 * 3) + 3",
        "A product of constants alone: folding computes it once and for all.",
        "constant_math",
        inputs=(TensorSpec("x", ("batch", "features")),),
        outputs=(TensorSpec("y", ("batch", "features")),),
        settings=(_batch(), _FEATURES),
    ),
    Sample(
        "shape_math",
        "Shape arithmetic",
        "Shape, Gather, Concat and Reshape: a graph that asks for its own shape; what is fixed can fold.",
        "shape_math",
        inputs=(TensorSpec("x", _PIXELS),),
        outputs=(TensorSpec("y", ("batch", None)),),
        settings=(_batch(), _image(8, 1)),
        default_exporter="torchscript",
        dynamic={"x": {0: "batch"}},
    ),
    Sample(
        "conv_bn_relu",
        "Conv + BatchNorm + ReLU",
        "At inference a batch normalization is a scale and a shift, which the convolution can absorb.",
        "conv_bn_relu",
        inputs=(TensorSpec("x", _PIXELS),),
        outputs=(TensorSpec("y", ("batch", "channels", "image_size", "image_size")),),
        settings=(
            _depth(2),
            Setting("channels", "Channels", 8, 1, 256, help="Channels of each block."),
            _batch(),
            _image(16, 1),
        ),
        build_with=("depth", "channels"),
    ),
    Sample(
        "mlp",
        "MLP",
        "What a Linear becomes: one Gemm, or a Transpose, a MatMul and an Add.",
        "mlp",
        inputs=(TensorSpec("x", ("batch", 64)),),
        outputs=(TensorSpec("scores", ("batch", 10)),),
        settings=(_depth(2), _width(64, 1, 1024), _batch()),
        build_with=("depth", "width"),
    ),
    Sample(
        "tile_bloat",
        "Tile bloat",
        "A small constant is tiled into a large one: fewer nodes, and a far bigger file.",
        "tile_bloat",
        inputs=(TensorSpec("x", ("batch", 16, "8*repeats", "8*repeats")),),
        outputs=(TensorSpec("y", ("batch", 16, "8*repeats", "8*repeats")),),
        settings=(
            Setting("repeats", "Repeats", 32, 1, 64, help="How often the 8x8 pattern repeats on each side."),
            _batch(),
        ),
        build_with=("repeats",),
    ),
    Sample(
        "constant_if",
        "Constant If",
        "An If whose condition is a constant: one branch is dead, and a simplifier may say so or not.",
        "constant_if",
        inputs=(TensorSpec("x", ("batch", 8)),),
        outputs=(TensorSpec("y", ("batch", 8)),),
        settings=(_batch(),),
        builders=_SCRIPTED,
    ),
    Sample(
        "loop",
        "Loop",
        "A body that runs as often as an input says: what is inside is a graph of its own.",
        "loop",
        inputs=(TensorSpec("x", ("batch", "features")), TensorSpec("steps", (), "count")),
        outputs=(TensorSpec("y", ("batch", "features")),),
        settings=(_batch(), _FEATURES),
        builders=_SCRIPTED,
    ),
    Sample(
        "lenet",
        "LeNet-5",
        "The classic: two convolutions, two poolings and three linear layers.",
        "lenet",
        inputs=(TensorSpec("x", ("batch", 1, 28, 28)),),
        outputs=(TensorSpec("scores", ("batch", 10)),),
        settings=(_batch(),),
    ),
    Sample(
        "resnet18",
        "ResNet-18",
        "Residual shortcuts: two paths that meet in an Add.",
        "resnet",
        inputs=_IMAGES,
        outputs=_CLASSES,
        settings=(_width(64, 4, 128), _batch(), _image(224, 32)),
        build_with=("width",),
        builders=(("dynamo", "resnet18"), ("torchscript", "resnet18")),
    ),
    Sample(
        "resnet50",
        "ResNet-50",
        "Fifty-three batch normalizations that can all go.",
        "resnet",
        inputs=_IMAGES,
        outputs=_CLASSES,
        settings=(_width(64, 4, 128), _batch(), _image(224, 32)),
        build_with=("width",),
        builders=(("dynamo", "resnet50"), ("torchscript", "resnet50")),
    ),
    Sample(
        "mobilenet_v2",
        "MobileNetV2",
        "Depthwise convolutions, and a ReLU6 whose limits are constants.",
        "mobilenet_v2",
        inputs=_IMAGES,
        outputs=_CLASSES,
        settings=(_batch(), _image(224, 32)),
    ),
    Sample(
        "unet",
        "U-Net",
        "Long skips from the way down to the way up: lines that cross half the picture.",
        "unet",
        inputs=(TensorSpec("x", _PIXELS),),
        outputs=(TensorSpec("mask", ("batch", 2, "image_size", "image_size")),),
        settings=(_depth(3, maximum=4), _width(16, 1, 64), _batch(), _image(64, 16)),
        build_with=("depth", "width"),
    ),
    Sample(
        "lstm",
        "LSTM",
        "A recurrent layer is a single ONNX operator, amid transposed and sliced weights that fold.",
        "lstm",
        inputs=(TensorSpec("tokens", ("batch", "length"), "token"),),
        outputs=(TensorSpec("scores", ("batch", "length", 9)),),
        settings=(_depth(2, maximum=8), _width(32, 1, 512), _batch(), _length()),
        build_with=("depth", "width"),
    ),
    Sample(
        "encoder",
        "Encoder (like BERT)",
        "Embeddings, masked attention, LayerNorm and GELU, repeated: as deep as you want it.",
        "encoder",
        inputs=(
            TensorSpec("tokens", ("batch", "length"), "token"),
            TensorSpec("mask", ("batch", "length"), "mask"),
        ),
        outputs=(
            TensorSpec("hidden", ("batch", "length", "width")),
            TensorSpec("pooled", ("batch", "width")),
        ),
        settings=(_depth(4), _width(32, 8, 512, 8), _batch(), _length()),
        build_with=("depth", "width"),
    ),
    Sample(
        "decoder",
        "Decoder (like LLaMA)",
        "RMSNorm, rotary angles, a causal mask and SwiGLU: much of it depends on the length alone and folds.",
        "decoder",
        inputs=(TensorSpec("tokens", ("batch", "length"), "token"),),
        outputs=(TensorSpec("scores", ("batch", "length", 1000)),),
        settings=(_depth(4), _width(32, 8, 512, 8), _batch(), _length()),
        build_with=("depth", "width"),
    ),
    Sample(
        "vit",
        "Vision transformer",
        "Patches become tokens; the class token is an Expand of a constant.",
        "vit",
        inputs=_IMAGES,
        outputs=_CLASSES,
        settings=(_depth(4), _width(32, 8, 512, 8), _batch(), _image(32, 8, maximum=256)),
        build_with=("depth", "width", "image_size"),
    ),
)

SAMPLES: dict[str, Sample] = {sample.id: sample for sample in _SAMPLES}
"""Sample id -> sample, in teaching order."""


def find(sample_id: str) -> Sample:
    """The sample with this id; raises `BadUsage`, with the nearest ids, when there is none."""
    sample = SAMPLES.get(sample_id)
    if sample is not None:
        return sample
    near = difflib.get_close_matches(sample_id.lower(), SAMPLES, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(SAMPLES)}."
    raise BadUsage(f"sample {sample_id[:80]!r}", "there is no sample of this name", hint)
