"""Each formula against a case that was worked out by hand."""

from __future__ import annotations

import onnx.defs
import pytest

from onnxviz.costs.flops import flops_of, rule_of
from onnxviz.model import Node
from tests.costs.calls import Case, Shaped, call, known, numbers

IMAGE = (2, 6, 10, 10)

CASES: dict[str, Case] = {
    # Every output is a sum over 6 channels and 3 x 3 places.
    "a convolution": (2 * 2 * 8 * 8 * 8 * 6 * 9, "Conv", [IMAGE, (8, 6, 3, 3)], [(2, 8, 8, 8)], {}),
    "a grouped convolution": (
        2 * 2 * 8 * 8 * 8 * 3 * 9, "Conv", [IMAGE, (8, 3, 3, 3)], [(2, 8, 8, 8)], {"group": 2},
    ),
    "a convolution with bias, which fills the last addition": (
        2 * 2 * 8 * 8 * 8 * 6 * 9, "Conv", [IMAGE, (8, 6, 3, 3), (8,)], [(2, 8, 8, 8)], {},
    ),
    "a one-dimensional convolution": (2 * 4 * 10 * 3 * 5, "Conv", [(1, 3, 14), (4, 3, 5)], [(1, 4, 10)], {}),
    "an integer convolution": (
        2 * 2 * 8 * 8 * 8 * 6 * 9, "ConvInteger", [IMAGE, (8, 6, 3, 3)], [(2, 8, 8, 8)], {},
    ),
    "a quantized convolution, whose weight is the fourth input": (
        2 * 2 * 8 * 8 * 8 * 6 * 9, "QLinearConv",
        [IMAGE, (), (), (8, 6, 3, 3), (), (), (), ()], [(2, 8, 8, 8)], {},
    ),
    # Each of 2 * 6 * 100 inputs is multiplied with 4 maps of 2 x 2.
    "a transposed convolution": (
        2 * 2 * 6 * 100 * 4 * 4, "ConvTranspose", [IMAGE, (6, 4, 2, 2)], [(2, 4, 20, 20)],
        {"strides": [2, 2]},
    ),
    # As the convolution, and four weighted neighbours for each of the 6 * 9 values read at 64 places.
    "a deformable convolution": (
        2 * 2 * 8 * 64 * 6 * 9 + 2 * 6 * 9 * 64 * 8, "DeformConv",
        [IMAGE, (8, 6, 3, 3), (2, 18, 8, 8)], [(2, 8, 8, 8)], {},
    ),
    "a deformable convolution with a mask": (
        2 * 2 * 8 * 64 * 6 * 9 + 2 * 6 * 9 * 64 * 9, "DeformConv",
        [IMAGE, (8, 6, 3, 3), (2, 18, 8, 8), None, (2, 9, 8, 8)], [(2, 8, 8, 8)], {},
    ),
    "a causal convolution with its activation": (
        1 * 4 * 7 * (2 * 3 + 1), "CausalConvWithState", [(1, 4, 7), (4, 1, 3)], [(1, 4, 7)],
        {"activation": "silu"},
    ),
    "blocks that are added into an image": (12 * 5, "Col2Im", [(1, 12, 5), (2,), (2,)], [(1, 3, 4, 4)], {}),
    "a product of matrices": (2 * 3 * 5 * 4, "MatMul", [(3, 4), (4, 5)], [(3, 5)], {}),
    "a batched product": (2 * 7 * 3 * 5 * 4, "MatMul", [(7, 3, 4), (7, 4, 5)], [(7, 3, 5)], {}),
    "a product that broadcasts both ways": (
        2 * 2 * 7 * 3 * 5 * 4, "MatMul", [(2, 1, 3, 4), (7, 4, 5)], [(2, 7, 3, 5)], {},
    ),
    "a matrix times a vector": (2 * 3 * 4, "MatMul", [(3, 4), (4,)], [(3,)], {}),
    "a product of vectors": (2 * 4, "MatMul", [(4,), (4,)], [()], {}),
    "an integer product": (2 * 3 * 5 * 4, "MatMulInteger", [(3, 4), (4, 5)], [(3, 5)], {}),
    "a quantized product": (
        2 * 3 * 5 * 4, "QLinearMatMul", [(3, 4), (), (), (4, 5), (), (), (), ()], [(3, 5)], {},
    ),
    "a linear layer": (2 * 3 * 5 * 4, "Gemm", [(3, 4), (4, 5), (5,)], [(3, 5)], {}),
    "a linear layer, both transposed": (
        2 * 3 * 5 * 4, "Gemm", [(4, 3), (5, 4)], [(3, 5)], {"transA": 1, "transB": 1},
    ),
    "a contraction of two": (
        2 * 2 * 3 * 4 * 5, "Einsum", [(2, 3, 4), (2, 4, 5)], [(2, 3, 5)], {"equation": "bij, bjk -> bik"},
    ),
    "an outer product": (1 * 3 * 4, "Einsum", [(3,), (4,)], [(3, 4)], {"equation": "i,j->ij"}),
    "a contraction of three": (
        3 * 2 * 3 * 4 * 5, "Einsum", [(2, 3), (3, 4), (4, 5)], [(2, 5)], {"equation": "ab,bc,cd->ad"},
    ),
    "a contraction with an ellipsis": (
        2 * 7 * 6 * 2 * 3 * 4, "Einsum", [(7, 6, 2, 3), (6, 3, 4)], [(7, 6, 2, 4)],
        {"equation": "...ij,...jk->...ik"},
    ),
    "a contraction without an arrow": (
        2 * 2 * 3 * 4, "Einsum", [(2, 3), (3, 4)], [(2, 4)], {"equation": "ij,jk"},
    ),
    "a transposition by equation": (0, "Einsum", [(2, 3)], [(3, 2)], {"equation": "ij->ji"}),
    # 5 steps, batch 2; 4 gates of 8 x (3 + 8) products and 9 operations for each of 8 states.
    "an LSTM": (
        5 * 2 * (2 * 4 * 8 * (3 + 8) + 9 * 8), "LSTM",
        [(5, 2, 3), (1, 32, 3), (1, 32, 8)], [(5, 1, 2, 8)], {"hidden_size": 8},
    ),
    "an LSTM both ways, with peepholes": (
        5 * 2 * 2 * (2 * 4 * 8 * (3 + 8) + 15 * 8), "LSTM",
        [(5, 2, 3), (2, 32, 3), (2, 32, 8), None, None, None, None, (2, 24)], [(5, 2, 2, 8)],
        {"hidden_size": 8, "direction": "bidirectional"},
    ),
    "a GRU that does not say how large its state is": (
        5 * 2 * (2 * 3 * 8 * (3 + 8) + 8 * 8), "GRU", [(5, 2, 3), (1, 24, 3), (1, 24, 8)], [(5, 1, 2, 8)], {},
    ),
    "a simple recurrence": (
        5 * 2 * (2 * 8 * (3 + 8) + 8), "RNN", [(5, 2, 3), (1, 8, 3), (1, 8, 8)], [(5, 1, 2, 8)],
        {"hidden_size": 8},
    ),
    # 2 * 4 heads, 5 queries, 7 keys; scores over 8, mix over 6, scale and softmax 6.
    "attention": (
        2 * 4 * 5 * 7 * (2 * 8 + 2 * 6 + 6), "Attention",
        [(2, 4, 5, 8), (2, 4, 7, 8), (2, 4, 7, 6)], [(2, 4, 5, 6)], {},
    ),
    "attention with mask, past and soft cap": (
        2 * 4 * 5 * 10 * (2 * 8 + 2 * 6 + 6 + 1 + 3), "Attention",
        [(2, 4, 5, 8), (2, 4, 7, 8), (2, 4, 7, 6), (5, 10), (2, 4, 3, 8), (2, 4, 3, 6)], [(2, 4, 5, 6)],
        {"softcap": "2"},
    ),
    "grouped attention, heads side by side": (
        2 * 4 * 5 * 7 * (2 * 8 + 2 * 8 + 6), "Attention",
        [(2, 5, 32), (2, 7, 16), (2, 7, 16)], [(2, 5, 32)], {"q_num_heads": 4, "kv_num_heads": 2},
    ),
    "linear attention": (
        1 * 6 * (4 * 4) * (2 * 5 + 2 * 4), "LinearAttention",
        [(1, 6, 16), (1, 6, 8), (1, 6, 8)], [(1, 6, 16)], {"q_num_heads": 4, "kv_num_heads": 2},
    ),
    "rotation of half of each head": (
        3 * 1 * 2 * 5 * 8 // 2, "RotaryEmbedding", [(1, 2, 5, 8), (9, 2), (9, 2)], [(1, 2, 5, 8)],
        {"rotary_embedding_dim": 4},
    ),
    "an addition that broadcasts": (3 * 4, "Add", [(3, 1), (4,)], [(3, 4)], {}),
    "an exponential, one like an addition": (12, "Exp", [(3, 4)], [(3, 4)], {}),
    "a sum of three": (2 * 12, "Sum", [(3, 4)] * 3, [(3, 4)], {}),
    "a mean of three": (3 * 12, "Mean", [(3, 4)] * 3, [(3, 4)], {}),
    "a gated activation": (2 * 12, "SwiGLU", [(3, 4)] * 2, [(3, 4)], {}),
    "batch normalization": (2 * 1200, "BatchNormalization", [IMAGE, (6,), (6,), (6,), (6,)], [IMAGE], {}),
    "batch normalization in training": (
        7 * 1200, "BatchNormalization", [IMAGE, (6,), (6,), (6,), (6,)], [IMAGE], {"training_mode": 1},
    ),
    "layer normalization": (6 * 12, "LayerNormalization", [(3, 4), (4,)], [(3, 4)], {}),
    "layer normalization with a bias": (7 * 12, "LayerNormalization", [(3, 4), (4,), (4,)], [(3, 4)], {}),
    "instance normalization": (7 * 1200, "InstanceNormalization", [IMAGE, (6,), (6,)], [IMAGE], {}),
    "group normalization": (7 * 1200, "GroupNormalization", [IMAGE, (6,), (6,)], [IMAGE], {"num_groups": 3}),
    "root mean square normalization": (4 * 12, "RMSNormalization", [(3, 4), (4,)], [(3, 4)], {}),
    "a norm of vectors": (3 * 12, "LpNormalization", [(3, 4)], [(3, 4)], {}),
    "mean variance normalization": (5 * 1200, "MeanVarianceNormalization", [IMAGE], [IMAGE], {}),
    "normalization over five channels": (9 * 1200, "LRN", [IMAGE], [IMAGE], {"size": 5}),
    "a softmax": (5 * 12, "Softmax", [(3, 4)], [(3, 4)], {}),
    "a log softmax: a logarithm for each of three rows": (5 * 12 + 3, "LogSoftmax", [(3, 4)], [(3, 4)], {}),
    "a hard maximum": (12, "Hardmax", [(3, 4)], [(3, 4)], {}),
    "a loss": (5 * 12 + 3 * 3, "SoftmaxCrossEntropyLoss", [(3, 4), (3,)], [()], {}),
    "a likelihood": (2 * 3, "NegativeLogLikelihoodLoss", [(3, 4), (3,)], [()], {}),
    "quantizing": (3 * 12, "QuantizeLinear", [(3, 4), (), ()], [(3, 4)], {}),
    "dequantizing": (2 * 12, "DequantizeLinear", [(3, 4), (), ()], [(3, 4)], {}),
    "quantizing by what is there": (5 * 12, "DynamicQuantizeLinear", [(3, 4)], [(3, 4), (), ()], {}),
    "a scatter that only moves": (0, "ScatterElements", [(3, 4), (2, 4), (2, 4)], [(3, 4)], {}),
    "a scatter that adds": (
        8, "ScatterElements", [(3, 4), (2, 4), (2, 4)], [(3, 4)], {"reduction": "add"},
    ),
    "a sum over an axis: 12 numbers into 3": (9, "ReduceSum", [(3, 4)], [(3, 1)], {}),
    "a mean over an axis: 9 additions, 3 divisions": (12, "ReduceMean", [(3, 4)], [(3, 1)], {}),
    "a sum of absolute values": (12 + 9, "ReduceL1", [(3, 4)], [(3, 1)], {}),
    "a sum of squares": (12 + 9, "ReduceSumSquare", [(3, 4)], [(3, 1)], {}),
    "a norm over an axis: squares, sums, roots": (12 + 9 + 3, "ReduceL2", [(3, 4)], [(3, 1)], {}),
    "a logarithm of sums": (9 + 3, "ReduceLogSum", [(3, 4)], [(3, 1)], {}),
    "a logarithm of sums of exponentials": (12 + 9 + 3, "ReduceLogSumExp", [(3, 4)], [(3, 1)], {}),
    "the place of a maximum": (9, "ArgMax", [(3, 4)], [(3, 1)], {}),
    "average pooling: 3 additions, 1 division": (
        300 * 4, "AveragePool", [IMAGE], [(2, 6, 5, 5)], {"kernel_shape": [2, 2]},
    ),
    "maximum pooling: 3 comparisons": (
        300 * 3, "MaxPool", [IMAGE], [(2, 6, 5, 5)], {"kernel_shape": [2, 2]},
    ),
    "norm pooling: 4 squares, 3 additions, 1 root": (
        300 * 8, "LpPool", [IMAGE], [(2, 6, 5, 5)], {"kernel_shape": [2, 2]},
    ),
    "an average over the image": (1200, "GlobalAveragePool", [IMAGE], [(2, 6, 1, 1)], {}),
    "a maximum over the image": (1200 - 12, "GlobalMaxPool", [IMAGE], [(2, 6, 1, 1)], {}),
    "a norm over the image": (2400, "GlobalLpPool", [IMAGE], [(2, 6, 1, 1)], {}),
    "the best 4 of 100": (3 * 100 * 2, "TopK", [(3, 100), (1,)], [(3, 4), (3, 4)], {}),
    "scaling by repetition": (0, "Resize", [IMAGE], [(2, 6, 20, 20)], {}),
    "scaling in two directions": (
        2 * 4 * 2 * 6 * 400, "Resize", [IMAGE], [(2, 6, 20, 20)], {"mode": "linear"},
    ),
    "cubic scaling in one direction": (
        2 * 4 * 2 * 6 * 200, "Resize", [IMAGE], [(2, 6, 20, 10)], {"mode": "cubic"},
    ),
    "scaling to the same size": (0, "Resize", [IMAGE], [IMAGE], {"mode": "linear"}),
    "sampling a grid": (2 * 4 * 2 * 6 * 9, "GridSample", [IMAGE, (2, 3, 3, 2)], [(2, 6, 3, 3)], {}),
    "a grid of places": (2 * 9 * 2 * 4, "AffineGrid", [(2, 2, 3), (4,)], [(2, 3, 3, 2)], {}),
    "regions of four points": (
        9 * 4 * 5 * 6 * 4, "RoiAlign", [IMAGE, (5, 4), (5,)], [(5, 6, 2, 2)], {"sampling_ratio": 2},
    ),
    "a transform of 8 complex numbers": (3 * 5 * 8 * 3, "DFT", [(3, 8, 2)], [(3, 8, 2)], {}),
    "a transform of real numbers, padded to 16": (
        3 * 5 * 16 * 4 // 2, "DFT", [(3, 8, 1), numbers(16), numbers(1)], [(3, 16, 2)], {},
    ),
    "transforms of frames with a window": (
        2 * 4 * (5 * 8 * 3 // 2 + 8), "STFT", [(2, 20, 1), (), (8,)], [(2, 4, 5, 2)], {},
    ),
    "a determinant": (2 * 2 * 27 // 3, "Det", [(2, 3, 3)], [(2,)], {}),
    "a reshape": (0, "Reshape", [(3, 4), (1,)], [(12,)], {}),
    "a choice": (0, "Where", [(3, 4)] * 3, [(3, 4)], {}),
    "a constant": (0, "ConstantOfShape", [(2,)], [(3, 4)], {}),
    "dropout at inference": (0, "Dropout", [(3, 4)], [(3, 4)], {}),
    "joined text": (0, "StringConcat", [(3,), (3,)], [(3,)], {}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_formula_gives_what_a_person_counts(case: Case) -> None:
    expected, op, inputs, outputs, attributes = case
    node, values = call(op, inputs, outputs, **attributes)
    cost = flops_of(node, values)
    assert known(cost) == expected
    assert cost.source.startswith(f"https://onnx.ai/onnx/operators/onnx__{op}.html")


def test_every_operator_of_the_default_domain_has_a_formula_but_for_those_that_depend_on_the_data() -> None:
    without = {
        s.name for s in onnx.defs.get_all_schemas() if s.domain == "" and not rule_of(Node("", s.name))
    }
    control = {"If", "Loop", "Scan", "SequenceMap"}
    assert without == control | {
        "NonMaxSuppression",
        "MaxRoiPool",
        "Unique",
        "TfIdfVectorizer",
        "ImageDecoder",
    }


def test_every_operator_with_a_formula_was_worked_out_or_shares_one_that_was() -> None:
    worked = {rule_of(Node("", op)) for _, op, *_ in CASES.values()}
    ops = {s.name for s in onnx.defs.get_all_schemas() if s.domain == "" and rule_of(Node("", s.name))}
    assert [op for op in sorted(ops) if rule_of(Node("", op)) not in worked] == []


def test_the_shapes_that_went_into_a_formula_are_told() -> None:
    node, values = call("Conv", [IMAGE, (8, 6, 3, 3)], [(2, 8, 8, 8)])
    assert flops_of(node, values).sizes == (("o0", (2, 8, 8, 8)), ("i1", (8, 6, 3, 3)))


def test_flexible_attention_counts_its_products_and_its_page_is_that_of_the_preview_domain() -> None:
    shapes: list[Shaped] = [(2, 4, 5, 8), (2, 4, 7, 8), (2, 4, 7, 6)]
    node, values = call("FlexAttention", shapes, [(2, 4, 5, 6)], "ai.onnx.preview")
    cost = flops_of(node, values)
    assert known(cost) == 2 * 4 * 5 * 7 * (2 * 8 + 2 * 6 + 6)
    assert "onnx_aionnxpreview_FlexAttention.html" in cost.source
