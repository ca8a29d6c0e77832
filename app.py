"""onnxviz: `streamlit run app.py`, or `streamlit run app.py -- model.onnx`."""

import streamlit as st

from onnxviz import jobs
from onnxviz.ui import frame, problems, sidebar, waiting
from onnxviz.ui.wire import FRONTEND

# A material icon here would be fetched from the network.
st.set_page_config(page_title="onnxviz", page_icon=str(FRONTEND / "icon.svg"), layout="wide")
frame.prepare()
jobs.warm("look")
page = st.navigation(
    [
        st.Page("pages/open.py", title="Open", icon=":material/folder_open:"),
        st.Page("pages/explore.py", title="Explore", icon=":material/account_tree:", default=True),
        st.Page("pages/simplify.py", title="Simplify", icon=":material/compress:"),
        st.Page("pages/fold.py", title="Fold", icon=":material/auto_awesome_motion:"),
        st.Page("pages/compare.py", title="Compare", icon=":material/compare:"),
        st.Page("pages/benchmark.py", title="Benchmark", icon=":material/speed:"),
        st.Page("pages/learn.py", title="Learn", icon=":material/school:"),
    ]
)
frame.begin(page)
# The picture that a visit begins with goes out before anything else. Later the side bar comes first: a person
# may be about to click in it.
parts = (page.run, sidebar.show) if frame.is_first_sight() else (sidebar.show, page.run)
with waiting.reserved():
    for part in parts:
        with problems.shown():
            part()
