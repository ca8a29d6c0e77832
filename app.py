"""onnxviz: `streamlit run app.py`, or `streamlit run app.py -- model.onnx`."""

import streamlit as st

from onnxviz import jobs
from onnxviz.ui import frame, sidebar
from onnxviz.ui.wire import FRONTEND

# It draws the side bar itself: a picture that is there goes out before anything else.
FIRST = "Explore"

# A material icon here would be fetched from the network.
st.set_page_config(page_title="onnxviz", page_icon=str(FRONTEND / "icon.svg"), layout="wide")
jobs.warm("look")
page = st.navigation(
    [
        st.Page("pages/open.py", title="Open", icon=":material/folder_open:"),
        st.Page("pages/explore.py", title=FIRST, icon=":material/account_tree:", default=True),
        st.Page("pages/simplify.py", title="Simplify", icon=":material/compress:"),
        st.Page("pages/compare.py", title="Compare", icon=":material/compare:"),
        st.Page("pages/benchmark.py", title="Benchmark", icon=":material/speed:"),
    ]
)
frame.begin(page)
if page.title != FIRST:
    sidebar.show()
page.run()
