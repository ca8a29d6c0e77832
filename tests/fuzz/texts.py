"""Models in ONNX's text syntax, each for parts of the format that the others lack."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "constant_math": """
        <ir_version: 10, opset_import: ["" : 21], doc_string: "folds">
        g (float[N, 4] x) => (float[N, 4] y)
        <float[4] w = {1, 2, 3, 4}, float s = {0.5}>
        {
            two = Constant <value_float = 2.0> ()
            three = Constant <value = float[1] {3.0}> ()
            six = Mul(two, three)
            scaled = Mul(w, s)
            z = Mul(x, scaled)
            y = Add(z, six)
        }""",
    "shape_math": """
        <ir_version: 9, opset_import: ["" : 18]>
        g (float[batch, 3, 8, 8] x) => (float[batch, rest] y)
        <int64[1] minus = {-1}, int64 zero = {0}, int64[1] first = {0}>
        {
            shape = Shape(x)
            b = Gather <axis = 0> (shape, zero)
            b1 = Unsqueeze(b, first)
            target = Concat <axis = 0> (b1, minus)
            y = Reshape(x, target)
        }""",
    "tile_grows": """
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[4, 64] x) => (float[4, 64] y)
        <float[1, 8] w = {0, 1, 2, 3, 4, 5, 6, 7}, int64[2] times = {4, 8}, int64[2] big = {64, 64}>
        {
            t = Tile(w, times)
            c = ConstantOfShape <value = float[1] {1.0}> (big)
            m = MatMul(t, c)
            y = Add(x, m)
        }""",
    "constant_if": """
        <ir_version: 8, opset_import: ["" : 16]>
        g (float[4] x) => (float[4] y)
        <bool yes = {1}>
        {
            y = If (yes) <
                then_branch = t () => (float[4] a) { one = Constant <value_float = 1.0> ()  a = Add(x, one) },
                else_branch = e () => (float[4] b) { b = Neg(x) }
            >
        }""",
    "if_in_if": """
        <ir_version: 8, opset_import: ["" : 16]>
        g (float[4] x, bool p, bool q) => (float[4] y)
        {
            y = If (p) <
                then_branch = t () => (float[4] a) {
                    a = If (q) <
                        then_branch = tt () => (float[4] c) { c = Relu(x) },
                        else_branch = te () => (float[4] d) { d = Abs(x) }
                    >
                },
                else_branch = e () => (float[4] b) { b = Neg(x) }
            >
        }""",
    "loop": """
        <ir_version: 8, opset_import: ["" : 16]>
        g (float[4] x, int64 n) => (float[4] y, float[k, 4] all)
        <bool go = {1}, float[4] step = {1, 1, 1, 1}>
        {
            y, all = Loop (n, go, x) <
                body = b (int64 i, bool c, float[4] carried) => (bool again, float[4] next, float[4] seen) {
                    again = Identity(c)
                    next = Add(carried, step)
                    seen = Mul(next, next)
                }
            >
        }""",
    "scan": """
        <ir_version: 8, opset_import: ["" : 16]>
        g (float[2] start, float[5, 2] xs) => (float[2] end, float[5, 2] sums)
        {
            end, sums = Scan <
                num_scan_inputs = 1,
                body = b (float[2] sum, float[2] x) => (float[2] new, float[2] out) {
                    new = Add(sum, x)
                    out = Identity(new)
                }
            > (start, xs)
        }""",
    "functions": """
        <ir_version: 10, opset_import: ["" : 18, "my" : 1]>
        g (float[4] x) => (float[4] y)
        {
            h = my.twice <alpha = 2.0> (x)
            k = my.shift (h)
            y = my.twice (k)
        }
        <domain: "my", opset_import: ["" : 18, "my" : 1]>
        twice <alpha: float = 1.0> (a) => (c)
        {
            f = Constant <value_float: float = @alpha> ()
            b = Mul(a, f)
            c = my.shift(b)
        }
        <domain: "my", opset_import: ["" : 18]>
        shift (a) => (b) { one = Constant <value_float = 1.0> ()  b = Add(a, one) }
        """,
    "optionals": """
        <ir_version: 8, opset_import: ["" : 18]>
        g (optional(float[4]) o, float[4] x) => (float[4] y)
        {
            has = OptionalHasElement(o)
            y = If (has) <
                then_branch = t () => (float[4] a) { a = OptionalGetElement(o) },
                else_branch = e () => (float[4] b) { b = Identity(x) }
            >
        }""",
    "sequences": """
        <ir_version: 8, opset_import: ["" : 18]>
        g (float[4] x, float[4] z) => (float[8] y, seq(float[4]) s)
        {
            a = SequenceConstruct(x, z)
            s = SequenceInsert(a, x)
            y = ConcatFromSequence <axis = 0> (a)
        }""",
    "strings": """
        <ir_version: 8, opset_import: ["" : 20]>
        g (string[N] x) => (string[N] y, bool[N] same)
        <string[1] tail = {"!"}>
        {
            y = StringConcat(x, tail)
            same = RegexFullMatch <pattern = "[a-z]+"> (y)
        }""",
    "quantized": """
        <ir_version: 10, opset_import: ["" : 21]>
        g (float[1, 4] x) => (float[1, 4] y)
        <float s = {0.1}, uint8 z = {128}, int8[4, 4] w = {1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16},
         float[4] ws = {0.1, 0.1, 0.2, 0.2}, int8[4] wz = {0, 0, 0, 0}>
        {
            q = QuantizeLinear(x, s, z)
            d = DequantizeLinear(q, s, z)
            wd = DequantizeLinear <axis = 1> (w, ws, wz)
            m = MatMul(d, wd)
            mq = QuantizeLinear(m, s, z)
            y = DequantizeLinear(mq, s, z)
        }""",
    "narrow_types": """
        <ir_version: 10, opset_import: ["" : 21]>
        g (bfloat16[4] x, float16[4] h, uint8[4] u) => (bfloat16[4] y, float[4] f, int32[4] i)
        {
            y = Add(x, x)
            f8 = Cast <to = 17> (h)
            f = Cast <to = 1> (f8)
            i4 = Cast <to = 22> (u)
            i = Cast <to = 6> (i4)
        }""",
    "conv_bn": """
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[N, 1, 8, 8] x) => (float[N, 2, 4, 4] y)
        <float[2, 1, 3, 3] w = {1,2,3,4,5,6,7,8,9,9,8,7,6,5,4,3,2,1}, float[2] b = {0, 1},
         float[2] scale = {1, 2}, float[2] shift = {0, 1}, float[2] mean = {0, 1}, float[2] var = {1, 2}>
        {
            c = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, w, b)
            n = BatchNormalization <epsilon = 0.00001> (c, scale, shift, mean, var)
            r = Relu(n)
            d = Dropout(r)
            y = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (d)
        }""",
    "attention": """
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[B, S, 8] x) => (float[B, S, 8] y)
        <float[8] gain = {1, 1, 1, 1, 1, 1, 1, 1}, float[8] bias = {0, 0, 0, 0, 0, 0, 0, 0},
         float root = {2.828}, int64[4] heads = {0, 0, 2, 4}, int64[3] merged = {0, 0, 8}>
        {
            n = LayerNormalization <axis = -1> (x, gain, bias)
            h = Reshape(n, heads)
            q = Transpose <perm = [0, 2, 1, 3]> (h)
            k = Transpose <perm = [0, 2, 3, 1]> (h)
            scores = MatMul(q, k)
            scaled = Div(scores, root)
            p = Softmax <axis = -1> (scaled)
            o = MatMul(p, q)
            t = Transpose <perm = [0, 2, 1, 3]> (o)
            r = Reshape(t, merged)
            y = Add(x, r)
        }""",
    "lstm": """
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[3, 1, 2] x, float[1, 4, 2] w, float[1, 4, 1] r) => (float[3, 1, 1, 1] y)
        {
            y, last, cell = LSTM <hidden_size = 1> (x, w, r)
        }""",
    "indexing": """
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[4, 6] x) => (float[a, b] y, int64[k] at, float[2, 6] top)
        <int64[2] starts = {0, 1}, int64[2] ends = {3, 5}, int64[2] axes = {0, 1}, int64[2] steps = {1, 2},
         int64[1] two = {2}, int64[2] parts = {2, 2}>
        {
            y = Slice(x, starts, ends, axes, steps)
            nz = NonZero(x)
            flat, at = Unique(nz)
            a, b = Split <axis = 0> (x, parts)
            top, indices = TopK <axis = 0> (x, two)
        }""",
    "custom_ops": """
        <ir_version: 8, opset_import: ["" : 17, "com.acme" : 3, "com.microsoft" : 1, "ai.onnx.ml" : 3]>
        g (float[2, 8] x) => (float[2, 8] y, float[2, 8] z)
        {
            a = com.acme.Magic <strength = 3, name = "m"> (x)
            y = com.microsoft.Gelu (a)
            z = ai.onnx.ml.Scaler <offset = [0.0], scale = [2.0]> (x)
        }""",
    "twins_and_dead": """
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[4] x) => (float[4] y)
        {
            a = Exp(x)
            b = Exp(x)
            c = Add(a, b)
            d = Identity(c)
            dead = Sin(x)
            deader = Cos(dead)
            e = Cast <to = 1> (d)
            y = Einsum <equation = "i,i->i"> (e, d)
        }""",
    "random": """
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[4] x, int64 n) => (float[4] y, int64[k] r)
        <int64 zero = {0}, int64 one = {1}>
        {
            noise = RandomNormal <shape = [4], seed = 1.0> ()
            y = Add(x, noise)
            r = Range(zero, n, one)
        }""",
}
