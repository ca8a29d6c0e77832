"""The options of an export as widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from onnxviz.samples.catalog import Sample, Setting
from onnxviz.samples.options import DEFAULT_OPSET, OPSETS, CompleteOptions, ExportOptions, complete
from onnxviz.samples.types import Exporter
from onnxviz.ui.link import EXPORTER_NAMES, names
from onnxviz.ui.text import md, plain

if TYPE_CHECKING:
    import pandas as pd

AxisNames = dict[tuple[int, int], str]
"""(place of the input, axis) -> name of the dynamic axis."""

_AXIS_COLUMNS = ("Input", "Axis", "Size now", "Name if dynamic")


def widgets(sample: Sample) -> ExportOptions:
    """Draw them, and say what they ask for. The sample's defaults at first, or what `preselect` said."""
    if f"open:{sample.id}:exporter" not in st.session_state:
        preselect(sample, complete(sample, ExportOptions()))
    settings = _settings(sample)
    exporter, opset = _exporter(sample)
    optimize = st.toggle(
        "Fold constants while exporting",
        key=f"open:{sample.id}:fold",
        help="Let PyTorch fold by itself. Off leaves the constants in the file, for you to see them go.",
        persist_state="session",
    )
    left, right = _cells(2)
    with left:
        inputs = _names(sample, "inputs", len(sample.inputs))
    with right:
        outputs = _names(sample, "outputs", len(sample.outputs))
    dynamic = _dynamic(sample, settings, inputs)
    return ExportOptions(
        exporter=exporter,
        opset=opset,
        input_names=inputs,
        output_names=outputs,
        dynamic=dynamic,
        optimize=optimize,
        settings=settings,
    )


def preselect(sample: Sample, full: CompleteOptions) -> None:
    """Set every widget of this sample; before `widgets` in a run."""
    base = f"open:{sample.id}"
    for name, value in full.settings.items():
        st.session_state[f"{base}:set:{name}"] = value
    st.session_state[f"{base}:exporter"] = full.exporter
    st.session_state[f"{base}:opset:{full.exporter}"] = full.opset
    st.session_state[f"{base}:fold"] = full.optimize
    st.session_state[f"{base}:inputs"] = ", ".join(full.input_names)
    st.session_state[f"{base}:outputs"] = ", ".join(full.output_names)
    place = {name: at for at, name in enumerate(full.input_names)}
    st.session_state[f"{base}:axes"] = {
        (place[name], axis): symbol for name, axes in full.dynamic.items() for axis, symbol in axes.items()
    }
    # A table keeps its edits by its key: a new key is a table without any.
    st.session_state[f"{base}:axes-serial"] = st.session_state.get(f"{base}:axes-serial", 0) + 1


def _settings(sample: Sample) -> dict[str, int]:
    found = {}
    for setting, column in zip(sample.settings, _cells(len(sample.settings)), strict=True):
        with column:
            found[setting.name] = _setting(sample, setting)
    return found


def _setting(sample: Sample, setting: Setting) -> int:
    key = f"open:{sample.id}:set:{setting.name}"
    if setting.choices:
        picked = st.selectbox(
            setting.label, setting.choices, key=key, help=setting.help, persist_state="session"
        )
        return int(picked if picked is not None else setting.default)
    step = f" In steps of {setting.step}." if setting.step > 1 else ""
    value = st.number_input(
        setting.label,
        setting.minimum,
        setting.maximum,
        step=setting.step,
        key=key,
        help=f"{setting.help} {setting.minimum} to {setting.maximum:,}.{step}",
        persist_state="session",
    )
    return int(value if value is not None else setting.default)


def _exporter(sample: Sample) -> tuple[Exporter, int]:
    left, right = _cells(2)
    exporter = left.segmented_control(
        "Exporter",
        sample.exporters,
        format_func=lambda name: EXPORTER_NAMES[name],
        key=f"open:{sample.id}:exporter",
        required=True,
        help="dynamo reads the program with torch.export: PyTorch's way today. TorchScript is the older "
        "one, which runs it once and records; many files out there come from it.",
        persist_state="session",
    )
    exporter = exporter or sample.default_exporter
    if sample.excuse:
        left.caption(md(sample.excuse))
    lowest, highest = OPSETS[exporter]
    key = f"open:{sample.id}:opset:{exporter}"
    if key not in st.session_state:
        st.session_state[key] = min(highest, max(lowest, DEFAULT_OPSET))
    opset = right.number_input(
        "Opset",
        lowest,
        highest,
        step=1,
        key=key,
        help=f"Version of ONNX's operators in the file; this exporter writes {lowest} to {highest}. "
        "An older runtime needs a lower one.",
        persist_state="session",
    )
    return exporter, int(opset if opset is not None else DEFAULT_OPSET)


def _names(sample: Sample, side: str, how_many: int) -> tuple[str, ...]:
    what = side.removesuffix("s")
    text = st.text_input(
        f"Names of the {side}" if how_many > 1 else f"Name of the {what}",
        key=f"open:{sample.id}:{side}",
        help=f"What the {side} are called in the file (input_names, output_names)."
        if how_many == 1
        else f"What the {side} are called in the file, in this order, with commas between them.",
        persist_state="session",
    )
    return names(text or "")


def _dynamic(
    sample: Sample, settings: dict[str, int], inputs: tuple[str, ...]
) -> dict[str, dict[int, str]] | None:
    """The table of axes. None, for the defaults, while the inputs' names do not fit."""
    sizes = [spec.sizes(settings) for spec in sample.inputs]
    shown = inputs if len(inputs) == len(sizes) else tuple(spec.name for spec in sample.inputs)
    base = f"open:{sample.id}:axes"
    serial = st.session_state.get(f"{base}-serial", 0)
    key = f"{base}:{serial}:{sizes}:{shown}"
    named: AxisNames = st.session_state.get(base, {})
    # What the table starts from stays the same while it is edited, or each edit would begin it anew.
    if key not in st.session_state or f"{key}:start" not in st.session_state:
        st.session_state[f"{key}:start"] = dict(named)
    table = axis_table(shown, sizes, st.session_state[f"{key}:start"])
    if table.empty:
        st.caption("No input has an axis that could be dynamic.")
        return {}
    st.markdown(
        "**Dynamic axes**",
        help="An axis with a name may have any size when the model runs (dynamic_axes, dynamic_shapes). "
        "Without one it is fixed at its size now, and what depends on it can fold.",
    )
    edited = st.data_editor(
        table,
        key=key,
        hide_index=True,
        disabled=_AXIS_COLUMNS[:3],
        column_config={
            _AXIS_COLUMNS[3]: st.column_config.TextColumn(
                max_chars=100, help="Letters, digits and underscores; empty keeps the size fixed."
            )
        },
        alt="Axes of the inputs, with the name of each that is dynamic",
    )
    named = axis_names(edited, sizes)
    st.session_state[base] = named
    if shown != inputs:
        return None
    found: dict[str, dict[int, str]] = {}
    for (place, axis), symbol in named.items():
        found.setdefault(shown[place], {})[axis] = symbol
    return found


def axis_table(inputs: tuple[str, ...], sizes: list[tuple[int, ...]], named: AxisNames) -> pd.DataFrame:
    """One row for each axis of each input, in order."""
    import pandas as pd

    rows = [
        (plain(name), axis, size, named.get((place, axis), ""))
        for place, name in enumerate(inputs)
        for axis, size in enumerate(sizes[place])
    ]
    return pd.DataFrame(rows, columns=list(_AXIS_COLUMNS))


def axis_names(table: pd.DataFrame, sizes: list[tuple[int, ...]]) -> AxisNames:
    """What a table of axes says, its rows being in the order of `axis_table`."""
    places = [(place, axis) for place, shape in enumerate(sizes) for axis in range(len(shape))]
    texts = [text.strip() if isinstance(text, str) else "" for text in table[_AXIS_COLUMNS[3]]]
    return {place: text for place, text in zip(places, texts, strict=True) if text}


def _cells(how_many: int) -> list[st.delta_generator.DeltaGenerator]:
    """So many places, two in a row."""
    cells: list[st.delta_generator.DeltaGenerator] = []
    while len(cells) < how_many:
        cells += st.columns(2)
    return cells[:how_many]
