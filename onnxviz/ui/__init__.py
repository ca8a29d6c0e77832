"""The only Streamlit code outside pages/: the viewer component, the session's state, and problems."""
