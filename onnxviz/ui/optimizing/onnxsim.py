"""onnxsim's own options as widgets."""

from __future__ import annotations

import streamlit as st

from onnxviz import jobs
from onnxviz.errors import BadUsage
from onnxviz.model import Model
from onnxviz.numbers import whole_number
from onnxviz.rewrites.simplify import SimplifyOptions, optimizer_passes, parse_size
from onnxviz.ui import problems
from onnxviz.ui.text import md
from onnxviz.ui.work import Work


def choose(model: Model) -> SimplifyOptions | None:
    """The widgets, each with a line of help; None, after a sentence, while a value cannot be used."""
    with st.expander("Options of onnxsim", icon=":material/tune:"):
        left, middle, right = st.columns(3)
        with left:
            folding, passes, shapes = _stages()
        with middle:
            subgraphs, inline = _reach()
        with right:
            threshold = st.text_input(
                "Largest value to store",
                value="1.5GB",
                key="simplify:threshold",
                persist_state="session",
                help="A folded tensor above this size is not stored, so that the file does not grow. "
                "Below 2GB; for example 10KB or 1MB.",
            )
            skipped = _passes_to_skip()
        input_shapes = _input_shapes(model)
    if input_shapes is None:
        return None
    try:
        parse_size(threshold)
    except BadUsage as error:
        problems.show(error)
        return None
    return SimplifyOptions(
        input_shapes=input_shapes,
        skipped_optimizers=skipped,
        skip_optimization=not passes,
        skip_constant_folding=not folding,
        skip_shape_inference=not shapes,
        tensor_size_threshold=threshold,
        include_subgraph=subgraphs,
        inline_functions=inline,
    )


def _stages() -> tuple[bool, bool, bool]:
    """(fold constants, run the passes, infer shapes)."""
    return (
        _toggle(
            "folding", "Fold constants", "Compute what depends on constants alone once, now, and store it."
        ),
        _toggle(
            "passes",
            "Run the optimizer's passes",
            "Fuse (BatchNormalization into Conv, …) and remove what does nothing.",
        ),
        _toggle(
            "shapes",
            "Infer shapes",
            "Needed to fold shape arithmetic. Switch it off when inference itself fails.",
        ),
    )


def _reach() -> tuple[bool, bool]:
    """(subgraphs too, inline functions)."""
    return (
        _toggle(
            "subgraphs",
            "Subgraphs too",
            "Ask for the bodies of If and Loop as well. onnxsim 0.8.1 takes this option and does nothing "
            "with it; newer ones may.",
            value=False,
        ),
        _toggle(
            "inline",
            "Inline functions",
            "Replace calls of the model's own functions by their content first.",
            value=False,
        ),
    )


def _toggle(key: str, label: str, help_text: str, *, value: bool = True) -> bool:
    return st.toggle(label, value=value, key=f"simplify:{key}", persist_state="session", help=help_text)


def _passes_to_skip() -> tuple[str, ...]:
    """Their names are onnxsim's to tell, in a worker; asked for when a person wants to choose."""
    if not _toggle(
        "skip",
        "Skip single passes",
        "Leave out some of the optimizer's passes, to see what each does.",
        value=False,
    ):
        return ()
    asked: Work[tuple[str, ...]] = Work("simplify:pass-names")
    if not st.session_state.get("simplify:asked"):
        st.session_state["simplify:asked"] = True
        asked.start(
            lambda: jobs.submit("rewrite", "Asking for onnxsim's passes", optimizer_passes, key="passes")
        )
    names = asked.show()
    if names is None:
        if not asked.running() and st.button("Ask again", icon=":material/refresh:"):
            st.session_state["simplify:asked"] = False
            st.rerun()
        return ()
    return tuple(st.multiselect("Passes to skip", names, key="simplify:skipped", persist_state="session"))


def _input_shapes(model: Model) -> dict[str, tuple[int, ...]] | None:
    """Shapes of inputs with a size that has no name: those with names are set for all optimizers alike."""
    nameless = [
        value
        for name in model.graph.inputs
        if (value := model.graph.values.get(name)) is not None
        and value.shape is not None
        and any(not dim and not isinstance(dim, int) for dim in value.shape)
    ]
    found: dict[str, tuple[int, ...]] = {}
    if not nameless:
        return found
    st.markdown("**Fix the shape of inputs whose sizes have no name**")
    st.caption("A fixed shape lets shape arithmetic fold; the result then takes that shape alone.")
    for value in nameless:
        text = st.text_input(
            md(f"{value.name}: {value.type_text}"),
            key=f"simplify:shape:{model.digest}:{value.name}",
            persist_state="session",
            placeholder="empty: stays dynamic; or sizes like 1, 3, 224, 224",
        )
        if not text.strip():
            continue
        try:
            found[value.name] = _sizes(value.name, text, len(value.shape or ()))
        except BadUsage as error:
            problems.show(error)
            return None
    return found


def _sizes(name: str, text: str, rank: int) -> tuple[int, ...]:
    parts = [part.strip() for part in text.replace("x", ",").replace("×", ",").split(",")]
    sizes = tuple(whole_number(part) or 0 for part in parts)
    if len(sizes) != rank or 0 in sizes:
        raise BadUsage(
            f"The shape of {name!r}",
            f"{text!r} is not {rank} sizes of at least 1",
            "Write them like 1, 3, 224",
        )
    return sizes
