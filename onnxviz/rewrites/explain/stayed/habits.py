"""What the optimizers do and leave, as far as it decides on a reason: measured on small models, one a fact.

onnxsim 0.8.1, onnxslim 0.1.98, onnxscript 0.7.2, ONNX Runtime 1.32, and our own folding; the tests measure
each fact again.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Habits:
    """`folds_in_bodies` and `tidies_in_bodies` (no-ops and twins) are about the bodies of If, Loop and Scan,
    `inlines` about functions, always or by an option. `most_elements` is the largest input that is folded.
    `keeps_listed` says that weights that are inputs too are left alone. `tidies` are the operators that are
    taken out where they give what they get; None where that is not known. `follows_elements` says whether
    one size of a shape is folded while its others are open. `never` are operators that are not folded.
    `only_single_units` says that adding a tensor of zeros, or multiplying by one of ones, is left unless that
    has one element.
    """

    folds_in_bodies: bool = True
    tidies_in_bodies: bool = True
    inlines: bool = True
    most_elements: int | None = None
    keeps_listed: bool = False
    tidies: frozenset[str] | None = None
    follows_elements: bool = False
    never: frozenset[str] = frozenset()
    only_single_units: bool = False


ONNXSIM_PASSES = {
    "Identity": "eliminate_identity",
    "Cast": "eliminate_nop_cast",
    "Transpose": "eliminate_nop_transpose",
    "Reshape": "eliminate_nop_reshape",
    "Flatten": "eliminate_nop_flatten",
    "Expand": "eliminate_nop_expand",
    "Pad": "eliminate_nop_pad",
    "Concat": "eliminate_nop_concat",
    "Split": "eliminate_nop_split",
    "Dropout": "eliminate_nop_dropout",
    "Add": "eliminate_nop_with_unit",
    "Sub": "eliminate_nop_with_unit",
    "Mul": "eliminate_nop_with_unit",
    "Div": "eliminate_nop_with_unit",
    "Pow": "eliminate_nop_with_unit",
    "If": "eliminate_if_with_const_cond",
}
"""Operator -> the pass of onnxsim that takes it out where it gives what it gets."""

_COMMON = frozenset(
    {
        "Identity", "Cast", "Transpose", "Reshape", "Expand", "Concat", "Dropout", "Add", "Sub", "Mul", "Div",
        "If",
    }
)  # fmt: skip

_KNOWN = {
    # Where nobody knows the optimizer, onnxsim tries the remedies.
    "": Habits(follows_elements=True),
    "onnxsim": Habits(
        folds_in_bodies=False, inlines=False, tidies=frozenset(ONNXSIM_PASSES), follows_elements=True
    ),
    "onnxslim": Habits(tidies_in_bodies=False, inlines=False, tidies=_COMMON | {"Slice", "Pad", "Split"}),
    # `input_size_limit` of `onnxscript.optimizer.optimize_ir`.
    # `never`: its `DEFAULT_CONSTANT_FOLD_BLACKLIST`.
    "onnxscript": Habits(
        most_elements=8192,
        keeps_listed=True,
        tidies=_COMMON | {"CastLike", "Flatten"},
        never=frozenset({"ConstantOfShape", "QuantizeLinear", "DequantizeLinear"}),
        only_single_units=True,
    ),
    **dict.fromkeys(
        ("ort-basic", "ort-extended", "ort-all"),
        Habits(tidies=frozenset({"Add", "Sub", "Div", "Cast", "Dropout", "Expand", "Identity", "If"})),
    ),
    # It folds and does nothing else; its functions are inlined by an option that optimizers do not share.
    "fold": Habits(
        tidies_in_bodies=False,
        inlines=False,
        keeps_listed=True,
        tidies=frozenset({"If"}),
        follows_elements=True,
    ),
}


def habits(optimizer: str) -> Habits:
    """Of an optimizer by name; of one that is not known, that nothing keeps it from anything."""
    return _KNOWN.get(optimizer, Habits())


FOLDS_IN_BODIES = "ort-basic"
"""An optimizer of standard operators that does."""

FOLDS_ANY = "onnxsim"
"""One without a limit to what it reads."""
