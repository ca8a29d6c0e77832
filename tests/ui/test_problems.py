"""An error is a sentence wherever it happens: in a page, and in a part of it that is drawn anew alone."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st

    from onnxviz.errors import RefusedFile
    from onnxviz.ui import problems

    @problems.fragment
    def part(word: str) -> None:
        if st.button("Break"):
            raise RefusedFile("m.onnx", f"is {word}", detail="the library's own words")
        st.write("whole")

    part("broken")
    st.write("after it")


def test_an_error_in_a_part_that_is_drawn_anew_alone_is_a_sentence() -> None:
    app = AppTest.from_function(_page).run()
    assert [text.value for text in app.markdown] == ["whole", "after it"]
    app.button[0].click().run()
    assert not app.exception
    assert [error.value.replace("\\", "") for error in app.error] == ["m.onnx: is broken."]
    assert [code.value for code in app.code] == ["the library's own words"]


def test_the_page_around_such_a_part_goes_on() -> None:
    app = AppTest.from_function(_page).run()
    app.button[0].click().run()
    assert "after it" in [text.value for text in app.markdown]
    app.run()
    assert not app.error
