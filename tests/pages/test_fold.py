"""The page Fold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pages.folding import MIXED, NOTHING, Open, given, labels, lines, press, settled, table
from tests.pages.simplifying import errors, names


def test_a_model_folds_at_once_and_what_stays_has_its_reason(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = settled(given(open_page, monkeypatch, tmp_path, MIXED))
    assert any(
        line.startswith("**4 of 10 nodes fold**, in 4 waves; 6 stay: 2 depend on the input")
        for line in lines(app)
    )
    assert [row["Operator"] for row in table(app, "Why it stays")] == [
        "Shape",
        "Gather",
        "Unsqueeze",
        "Concat",
    ]
    assert all("'batch'" in str(row["Why it stays"]) for row in table(app, "Why it stays"))
    app.selectbox[0].set_value("All waves").run()
    steps = table(app, "What happens")
    assert [step["What happens"] for step in steps][:2] == ["Mul(2, 3) = 6", "Add(6, 6) = 12"]
    assert [step["Wave"] for step in steps] == [1, 2, 3, 4]
    assert len(app.success) == 1


def test_a_step_is_told_with_its_rule_and_its_values(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # A link names the step, as a player in a browser would.
    app = settled(given(open_page, monkeypatch, tmp_path, MIXED, step="2"))
    assert [one.value for one in app.subheader] == ["Step 2 of 4 :gray[· wave 2]"]
    assert [code.value for code in app.code] == ["Add(6, 6) = 12"]
    (rule,) = (line for line in lines(app) if "**Rule 2, all inputs are known.**" in line)
    assert "https://onnx.ai/onnx/operators/onnx__Add.html" in rule


def test_a_remedy_folds_anew_and_can_be_taken_back(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = settled(given(open_page, monkeypatch, tmp_path, MIXED))
    press(app, "Give batch the size 1")
    assert any(line.startswith("**8 of 10 nodes fold**") for line in lines(app))
    assert next(one for one in app.number_input if one.label == "batch").value == 1
    press(app, "batch = 1")
    assert any(line.startswith("**4 of 10 nodes fold**") for line in lines(app))


def test_a_value_over_the_limit_stays_until_the_limit_is_raised(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = """
    <ir_version: 8, opset_import: ["": 17]>
    g (float[1000, 1000] x) => (float[1000, 1000] y) <int64[2] shape = {1000, 1000}> {
        ones = ConstantOfShape(shape)
        y = Add(x, ones)
    }
    """
    app = settled(given(open_page, monkeypatch, tmp_path, text))
    assert any(line.startswith("**Nothing folds** of 2 nodes") for line in lines(app))
    press(app, "Let a tensor add 4 MB")
    assert any(line.startswith("**1 of 2 nodes folds**") for line in lines(app))
    assert "4 MB a tensor" in labels(app)


def test_where_nothing_folds_the_page_says_why_and_offers_a_sample(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = settled(given(open_page, monkeypatch, tmp_path, NOTHING))
    (why,) = (line for line in lines(app) if line.startswith("**Nothing folds** of 2 nodes. "))
    assert "Every node reads the input 'X', or something that was computed from it." in why
    assert "Keep the folded model" not in labels(app)
    assert "Open the sample X * (2 * 3) + 3" in labels(app)
    assert not errors(app)


def test_a_model_that_cannot_be_folded_is_one_sentence(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = '<ir_version: 8, opset_import: ["": 17]> g (float[2] x) => (float[2] y) { y = Add(x, nothing) }'
    app = settled(given(open_page, monkeypatch, tmp_path, text))
    assert len(errors(app)) == 1
    assert "'nothing'" in errors(app)[0]
    assert "Fold again" in labels(app)


def test_the_folded_model_is_kept_and_is_one_click_from_compare_and_benchmark(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = settled(given(open_page, monkeypatch, tmp_path, MIXED))
    press(app, "Keep the folded model")
    assert names(app) == ["given", "given · fold"]
    assert {"Compare before and after", "Time before and after", "Explore the result"} <= set(labels(app))
    assert "Keep the folded model" not in labels(app)


def test_opening_predict_does_not_show_the_answer(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = settled(given(open_page, monkeypatch, tmp_path, MIXED, view="predict"))
    assert any(line.startswith("**Which of these nodes fold?**") for line in lines(app))
    assert len(app.checkbox) == 10
    shown = " ".join([*lines(app), *labels(app)])
    assert "4 of 10" not in shown
    assert "wave" not in shown
    assert not app.dataframe


def test_a_prediction_is_revealed_with_a_reason_for_each_miss_and_scored_for_the_session(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = settled(given(open_page, monkeypatch, tmp_path, MIXED, view="predict"))
    for operator in ("Mul", "Add", "Reshape"):
        next(box for box in app.checkbox if box.label.startswith(operator)).check().run()
    assert any("3 of 10 nodes picked" in line for line in lines(app))
    press(app, "Reveal")
    assert "You found **2 of the 4** that fold, and picked 1 that stays." in lines(app)
    said = [line for line in lines(app) if "-badge[" in line]
    assert len(said) == 3
    assert any("Reshape" in line and "It depends on the input 'x'" in line for line in said)
    assert any(
        "It folds in wave 3, by rule 2 (all inputs are known): Unsqueeze(12, [0]) = [12]" in line
        for line in said
    )
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures == {"Rounds": "1", "Found": "2", "Missed": "2", "Wrong": "1", "Share": "40%"}


def test_a_round_is_asked_again_and_the_score_can_be_reset_and_brought_back(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = settled(given(open_page, monkeypatch, tmp_path, NOTHING, view="predict"))
    press(app, "Reveal")
    assert "**All right:** none of them folds, and you picked none." in lines(app)
    press(app, "Ask again")
    app.checkbox[0].check().run()
    press(app, "Reveal")
    assert "None of them folds, and you picked 1 that stays." in lines(app)
    assert next(metric.value for metric in app.metric if metric.label == "Rounds") == "2"
    press(app, "Reset the score")
    assert not app.metric
    press(app, "Bring the score back")
    assert next(metric.value for metric in app.metric if metric.label == "Rounds") == "2"


def test_a_question_on_a_large_model_is_about_a_part_of_it(open_page: Open) -> None:
    app = settled(open_page("fold", model="light_resnet50", view="predict"))
    assert 8 <= len(app.checkbox) <= 30
    first = [box.label for box in app.checkbox]
    press(app, "Next question")
    assert [box.label for box in app.checkbox] != first


def test_others_stand_beside_it_with_what_they_leave(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = settled(given(open_page, monkeypatch, tmp_path, MIXED, view="beside"))
    shown = lines(app)
    for name in ("ours", "onnxsim", "onnxscript", "ONNX Runtime"):
        assert f"**{name}**" in shown
    assert "### 4 of 10" in shown


def test_no_model_is_a_line_and_a_sample_one_click_away(open_page: Open) -> None:
    app = open_page("fold").run()
    session = app.session_state["onnxviz_session"]
    session.remove(session.current_digest)
    app.run()
    assert [button.label for button in app.button] == ["Open a sample", "Export or upload one"]
    assert json.dumps(lines(app)).count("what cannot, and why") == 1
