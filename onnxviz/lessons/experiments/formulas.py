"""The formulas and layers of lesson 4, as a person writes them and as ONNX text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Formula:
    """`label` as a person writes it, `text` as ONNX does; `why` says what folds of it and what does not."""

    label: str
    text: str
    why: str


FORMULAS = {
    "plain": Formula(
        "X * 2 + 3",
        """g (float[N, 4] X) => (float[N, 4] Y)
<float two = {2.0}, float three = {3.0}>
{
  t = Mul(X, two)
  Y = Add(t, three)
}""",
        "The Mul reads `X`. The Add reads what the Mul makes, so it waits for `X` too.",
    ),
    "inner": Formula(
        "X * (2 * 3) + 3",
        """g (float[N, 4] X) => (float[N, 4] Y)
<float two = {2.0}, float three = {3.0}>
{
  p = Mul(two, three)
  t = Mul(X, p)
  Y = Add(t, three)
}""",
        "The first Mul reads `two` and `three` and nothing else. Its result, 6, takes its place in the file.",
    ),
    "product": Formula(
        "(X * 2) * 3",
        """g (float[N, 4] X) => (float[N, 4] Y)
<float two = {2.0}, float three = {3.0}>
{
  t = Mul(X, two)
  Y = Mul(t, three)
}""",
        "You see at once that this is `X * 6`. But no node here multiplies 2 by 3: the first Mul reads `X`, "
        "and the second reads what the first makes. Both wait.",
    ),
    "turned": Formula(
        "3 + X * 2",
        """g (float[N, 4] X) => (float[N, 4] Y)
<float two = {2.0}, float three = {3.0}>
{
  t = Mul(X, two)
  Y = Add(three, t)
}""",
        "The order in which a node names what it reads changes nothing: both still wait for `X`.",
    ),
    "sum": Formula(
        "X * 2 + 3 * 4",
        """g (float[N, 4] X) => (float[N, 4] Y)
<float two = {2.0}, float three = {3.0}, float four = {4.0}>
{
  t = Mul(X, two)
  p = Mul(three, four)
  Y = Add(t, p)
}""",
        "`3 * 4` needs no `X`, wherever it stands in the formula: it becomes 12.",
    ),
}

LAYERS = {
    "transposed": Formula(
        "X @ Wᵀ",
        """g (float[N, 4] X) => (float[N, 3] Y)
<float[3, 4] W = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}>
{
  Wt = Transpose <perm = [1, 0]> (W)
  Y = MatMul(X, Wt)
}""",
        "The Transpose reads `W` alone, and weights do not change once a model is trained. The turned matrix "
        "is stored in the place of `W`.",
    ),
    "scaled": Formula(
        "X @ (W * s)",
        """g (float[N, 4] X) => (float[N, 3] Y)
<float[4, 3] W = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, float s = {0.5}>
{
  Ws = Mul(W, s)
  Y = MatMul(X, Ws)
}""",
        "The Mul reads weights and a constant: it is done once, and the MatMul reads scaled weights.",
    ),
    "late": Formula(
        "(X @ W) * s",
        """g (float[N, 4] X) => (float[N, 3] Y)
<float[4, 3] W = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, float s = {0.5}>
{
  t = MatMul(X, W)
  Y = Mul(t, s)
}""",
        "On paper this is the same as scaling `W` first. But here the Mul reads what the MatMul makes of "
        "`X`, and waits.",
    ),
}
