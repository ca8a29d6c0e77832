"""The gallery: sample models as cards, by group, and the real models of the `onnx` package."""

from __future__ import annotations

import streamlit as st

from onnxviz.samples.catalog import SAMPLES, Sample, WheelModel, wheel_models
from onnxviz.ui.text import md

REAL = "Real models"

_GROUPS = {
    "Folding basics": (
        "first",
        "affine",
        "constant_math",
        "shape_math",
        "conv_bn_relu",
        "mlp",
        "tile_bloat",
    ),
    "Classic networks": ("lenet", "resnet18", "resnet50", "mobilenet_v2", "unet"),
    "Transformers": ("encoder", "decoder", "vit"),
    "Loops and branches": ("constant_if", "loop", "lstm"),
}

GROUP_KEY = "open:group"

# Cards are radio buttons: one stop of the Tab key, arrow keys within, the choice read aloud. What is
# added to them is the grid and the frames; without it they are a plain list. The accents are the
# theme's primary colours (`.streamlit/config.toml`), which a style sheet cannot ask for.
_CARDS = """<style>
[class*="st-key-open-cards-"] [role="radiogroup"], .st-key-open-real {
  --accent: light-dark(#0b62c4, #5ea8ff); --edge: color-mix(in srgb, currentColor 18%, transparent);
  display: grid; grid-template-columns: repeat(auto-fill, minmax(min(13.5rem, 100%), 1fr)); gap: .6rem;
  width: 100%; align-items: stretch;
}
[class*="st-key-open-cards-"] [data-testid="stRadio"] { width: 100%; }
[class*="st-key-open-cards-"] [role="radiogroup"] > div {
  position: relative; border: 1px solid var(--edge); border-radius: .5rem; padding: .55rem .8rem .65rem;
}
[class*="st-key-open-cards-"] label::after { content: ""; position: absolute; inset: 0; cursor: pointer; }
[class*="st-key-open-cards-"] [role="radiogroup"] > div:hover, .st-key-open-real button:hover {
  border-color: color-mix(in srgb, currentColor 50%, transparent);
}
[class*="st-key-open-cards-"] [role="radiogroup"] > div:has(input:checked) {
  border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent);
  background: color-mix(in srgb, var(--accent) 7%, transparent);
}
[class*="st-key-open-cards-"] [role="radiogroup"] > div:has(input:focus-visible) {
  outline: 2px solid var(--accent); outline-offset: 2px;
}
.st-key-open-real > *, .st-key-open-real .stButton { width: 100%; height: 100%; }
.st-key-open-real button {
  width: 100%; height: 100%; justify-content: flex-start; align-items: flex-start; text-align: left;
  border-color: var(--edge); padding: .55rem .8rem .65rem;
}
.st-key-open-real button > *, .st-key-open-real button p { text-align: left; justify-content: flex-start; }
.st-key-open-real button strong { display: block; }
</style>"""


def groups() -> dict[str, tuple[Sample, ...]]:
    """Group -> its samples. A sample that no group names is in the last one."""
    found = {title: tuple(SAMPLES[name] for name in names) for title, names in _GROUPS.items()}
    grouped = {name for names in _GROUPS.values() for name in names}
    others = tuple(sample for name, sample in SAMPLES.items() if name not in grouped)
    return found | ({"More": others} if others else {})


def preselect(sample: Sample) -> None:
    """Have the gallery show this sample as chosen; before `choose` in a run."""
    group = next(title for title, samples in groups().items() if sample in samples)
    st.session_state[GROUP_KEY] = group
    st.session_state[_cards_key(group)] = sample.id


def choose() -> Sample | WheelModel | None:
    """Draw the gallery. A `Sample` is the one chosen; a `WheelModel` the one that was just clicked."""
    st.html(_CARDS)
    known = groups()
    real = wheel_models()
    titles = [*known, *([REAL] if real else [])]
    if st.session_state.get(GROUP_KEY) not in titles:
        st.session_state[GROUP_KEY] = titles[0]
    group = st.segmented_control(
        "Kind of model",
        titles,
        key=GROUP_KEY,
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
    if group == REAL:
        return _real(real)
    return _samples(group or titles[0], known)


def _samples(group: str, known: dict[str, tuple[Sample, ...]]) -> Sample:
    samples = {sample.id: sample for sample in known[group]}
    key = _cards_key(group)
    if st.session_state.get(key) not in samples:
        st.session_state[key] = next(iter(samples))
    with st.container(key=f"open-cards-{list(known).index(group)}"):
        chosen = st.radio(
            f"Sample: {group}",
            list(samples),
            format_func=lambda name: f"**{md(samples[name].title)}**",
            captions=[md(sample.teaches) for sample in samples.values()],
            key=key,
            label_visibility="collapsed",
            width="stretch",
            persist_state="session",
        )
    return samples[chosen or next(iter(samples))]


def _real(models: tuple[WheelModel, ...]) -> WheelModel | None:
    st.caption(
        "Real networks that come with the onnx package, as other tools exported them. "
        "Their weights are made by the graph itself, so the files are small. One click opens one."
    )
    clicked = None
    with st.container(key="open-real"):
        for model in models:
            label = f"**{md(model.title)}** :small[{md(model.teaches)}]"
            if st.button(label, key=f"open:real:{model.id}", wrap=True, width="stretch"):
                clicked = model
    return clicked


def _cards_key(group: str) -> str:
    return f"open:cards:{group}"
