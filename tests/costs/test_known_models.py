"""Totals of known networks against figures that others have published.

torchvision's tables call multiply-adds "GFLOPS" (https://github.com/pytorch/vision/pull/6936), so that
twice their number is compared, with what convolutions and products of matrices cost here.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import onnx
import onnx.parser
import pytest

from onnxviz.costs.dims import Sizes
from onnxviz.costs.flops import own_flops
from onnxviz.costs.sizes import output_bytes
from onnxviz.model import Graph
from onnxviz.reading import read_model

LIGHT = Path(onnx.__file__).parent / "backend/test/data/light"


@cache
def light(name: str) -> Graph:
    return read_model(LIGHT / f"light_{name}.onnx").graph


def gflop(graph: Graph, *ops: str) -> float:
    sizes = Sizes()
    return sum(own_flops(n, graph.values, sizes) for n in graph.nodes if not ops or n.op_type in ops) / 1e9


@pytest.mark.parametrize(
    ("name", "gmac", "source"),
    [
        ("resnet50", 4.089, "https://docs.pytorch.org/vision/stable/models/resnet.html"),
        ("vgg19", 19.632, "https://docs.pytorch.org/vision/stable/models/vgg.html"),
        ("densenet121", 2.834, "https://docs.pytorch.org/vision/stable/models/densenet.html"),
        # The file is version 1.1 of the network.
        ("squeezenet", 0.349, "https://docs.pytorch.org/vision/stable/models/squeezenet.html"),
    ],
)
def test_multiply_adds_are_those_of_torchvision_to_the_last_digit_given(
    name: str, gmac: float, source: str
) -> None:
    assert gflop(light(name), "Conv", "Gemm", "MatMul") / 2 == pytest.approx(gmac, abs=0.0006), source


def test_alexnet_is_the_sum_over_its_layers() -> None:
    # Output places, maps, and inputs of each, from the layers of Krizhevsky, Sutskever and Hinton (NIPS 2012)
    # at 224 pixels without padding: 54, 26 and 12 places on a side.
    layers = (
        54 * 54 * 96 * (3 * 121), 26 * 26 * 256 * (48 * 25), 12 * 12 * 384 * (256 * 9),
        12 * 12 * 384 * (192 * 9), 12 * 12 * 256 * (192 * 9), 4096 * (256 * 36), 4096 * 4096, 1000 * 4096,
    )  # fmt: skip
    assert gflop(light("bvlc_alexnet"), "Conv", "Gemm") == pytest.approx(2 * sum(layers) / 1e9, rel=1e-12)


def test_all_else_is_a_small_part_of_a_convolutional_network() -> None:
    for name in ("resnet50", "vgg19", "densenet121", "inception_v1", "inception_v2"):
        whole = gflop(light(name))
        assert whole * 0.96 < gflop(light(name), "Conv", "Gemm") < whole


def test_no_node_of_the_wheels_models_lacks_a_count() -> None:
    for path in LIGHT.glob("*.onnx"):
        graph = read_model(path).graph
        sizes = Sizes()
        assert all(own_flops(node, graph.values, sizes) >= 0 for node in graph.nodes)


def test_the_first_layer_of_resnet_puts_out_what_its_paper_says() -> None:
    # He and others, Table 1: conv1 makes 64 maps of 112 x 112 (https://arxiv.org/abs/1512.03385).
    graph = light("resnet50")
    first = next(node for node in graph.nodes if node.op_type == "Conv")
    assert output_bytes(first, graph.values).amount == 64 * 112 * 112 * 4


def test_mobilenet_v2_has_the_multiply_adds_of_its_paper(tmp_path: Path) -> None:
    # Table 2 and the 300 M of Table 4 of https://arxiv.org/abs/1801.04381; torchvision gives 0.301.
    stages = (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    )
    lines: list[str] = []
    inputs: list[str] = []

    def conv(source: str, before: int, after: int, side: int, kernel: int, groups: int = 1) -> str:
        made, weight = f"v{len(lines)}", f"w{len(lines)}"
        inputs.append(f"float[{after}, {before // groups}, {kernel}, {kernel}] {weight}")
        pad, stride = kernel // 2, "2" if made in strided else "1"
        lines.append(
            f"{made} = Conv <group = {groups}, pads = [{pad}, {pad}, {pad}, {pad}],"
            f" strides = [{stride}, {stride}]> ({source}, {weight})"
        )
        return made

    strided = {"v0"}
    at, width, side = conv("x", 3, 32, 112, 3), 32, 112
    for expansion, after, repeats, stride in stages:
        for repeat in range(repeats):
            inner = width * expansion
            if expansion > 1:
                at = conv(at, width, inner, side, 1)
            if repeat == 0 and stride == 2:
                strided.add(f"v{len(lines)}")
                side //= 2
            at = conv(at, inner, inner, side, 3, inner)
            at, width = conv(at, inner, after, side, 1), after
    at = conv(at, 320, 1280, side, 1)
    text = f"""<ir_version: 8, opset_import: ["" : 17]>
        mobilenet (float[1, 3, 224, 224] x, {", ".join(inputs)}, float[1280, 1000] w) => (float[1, 1000] y) {{
            {chr(10).join(lines)}
            pooled = GlobalAveragePool({at})
            flat = Flatten(pooled)
            y = MatMul(flat, w)
        }}"""
    onnx.save(onnx.parser.parse_model(text), tmp_path / "m.onnx")
    graph = read_model(tmp_path / "m.onnx").graph
    assert gflop(graph, "Conv", "MatMul") / 2 == pytest.approx(0.301, abs=0.0006)
