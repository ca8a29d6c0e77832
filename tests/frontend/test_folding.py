"""The pure parts of the player: the state of each node and box at each place of a folding, and its words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.frontend.folded import SAYS, TRACE, random_trace
from tests.frontend.hosting import run

pytestmark = pytest.mark.browser

FOLDING = """const trace = m.readTrace(a[0]);
const f = m.foldingOf(trace, [0, 1, 2, 3, 4], Array(5).fill("node"));
const looks = () => [...f.look].map((state) => m.FOLD_STATES[state]);
"""


def folding(modules: Any, body: str, *given: Any) -> Any:
    return run(modules, "folding.js", FOLDING + body, json.dumps(TRACE), *given)


def test_every_place_has_its_states(modules: Any) -> None:
    states = folding(modules, "return [0, 1, 2, 3, 4].map((k) => (m.goToPlace(f, k, 'step'), looks()))")
    assert states == [
        ["next", "plain", "ready", "plain", "plain"],
        ["value", "next", "ready", "plain", "plain"],
        ["value", "value", "next", "ready", "plain"],
        ["value", "value", "inlined", "next", "plain"],
        ["value", "value", "inlined", "value", "stays"],
    ]


def test_a_whole_wave_is_next_where_one_moves_by_waves(modules: Any) -> None:
    states, moves = folding(
        modules,
        """m.goToPlace(f, 1, 'wave'); const at = looks();
        const to = (k, by) => m.placeAfter(trace, k, by, 'wave');
        const on = [0, 1, 2, 3, 4].map((k) => to(k, 1)), back = [4, 2, 1, 0].map((k) => to(k, -1));
        return [at, [...on, ...back]]""",
    )
    assert states == ["value", "next", "next", "plain", "plain"]
    assert moves == [1, 3, 3, 4, 4, 3, 1, 0, 0]


def test_a_slider_that_moves_by_waves_rests_at_the_end_of_the_nearest(modules: Any) -> None:
    body = "return [-3, 0, 1, 2, 3, 4, 99].map((k) => m.restNear(trace, k, a[1]))"
    assert folding(modules, body, "step") == [0, 0, 1, 2, 3, 4, 4]
    assert folding(modules, body, "wave") == [0, 0, 1, 1, 3, 4, 4]


@pytest.mark.parametrize("seed", range(12))
def test_any_way_through_the_steps_leads_to_what_a_fresh_look_shows(modules: Any, seed: int) -> None:
    trace, places, kinds = random_trace(seed, steps=40 if seed else 1, nodes=25, boxes=18)
    wrong = run(
        modules,
        "folding.js",
        """const trace = m.readTrace(JSON.stringify(a[0]));
        const f = m.foldingOf(trace, a[1], a[2]);
        let seed = a[3] + 7, wrong = 0;
        const dice = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
        for (let n = 0; n < 120; n += 1) {
          const unit = dice(3) ? 'step' : 'wave';
          const by = [1, -1, 1, dice(2 * trace.n + 1) - trace.n][dice(4)];
          const place = Math.max(0, Math.min(trace.n, f.place + by));
          m.goToPlace(f, place, unit);
          const fresh = m.foldingOf(trace, a[1], a[2], unit);
          m.goToPlace(fresh, place, unit);
          for (const part of ['state', 'look', 'tally']) wrong += String(f[part]) !== String(fresh[part]);
        }
        return wrong;""",
        trace,
        places,
        kinds,
        seed,
    )
    assert wrong == 0


def test_a_closed_group_says_how_much_of_it_folded(modules: Any) -> None:
    said = run(
        modules,
        "folding.js",
        """const trace = m.readTrace(a[0]);
        const f = m.foldingOf(trace, [0, 1, 1, 1, -1], ["node", "group"]);
        return [0, 1, 2, 4].map((k) => (m.goToPlace(f, k, 'step'), m.foldWords(f, 1)))""",
        json.dumps(TRACE),
    )
    assert said == [
        "0 of 3 folded",
        "0 of 3 folded, the next one is inside",
        "1 of 3 folded, the next one is inside",
        "3 of 3 folded",
    ]


def test_an_if_that_is_inlined_and_whose_name_folds_later_is_both_in_turn(modules: Any) -> None:
    trace = TRACE | {"box": [0, 1, 2, 2]}
    looks = run(
        modules,
        "folding.js",
        """const f = m.foldingOf(m.readTrace(a[0]), [0, 1, 2, -1, -1], Array(3).fill("node"));
        const at = (k) => (m.goToPlace(f, k, 'step'), [m.FOLD_STATES[f.look[2]], m.valueOf(f, 2)]);
        return [2, 3, 4].map(at)""",
        json.dumps(trace),
    )
    assert looks == [["next", ""], ["next", ""], ["value", "6"]]


def test_lines_bring_a_constant_to_who_reads_it_still_and_die_where_nobody_does(modules: Any) -> None:
    lines = run(
        modules,
        "foldlines.js",
        """const { foldingOf, goToPlace, readTrace } = await import("/folding.js");
        const kinds = ["node", "node", "node", "node", "node", "stub"];
        const f = foldingOf(readTrace(a[0]), [0, 1, 2, 3, 4], kinds);
        const scene = { boxes: { kind: kinds, jump: { 5: "shape" } }, indexOf: new Map([["shape", 0]]),
          curves: { source: [0, 5, 2, 0, -1], target: [1, 3, 4, 4, 0] } };
        const said = (c) => [m.isGiven({ folding: f }, scene, c), m.isDead({ folding: f }, scene, c)];
        return [1, 3].map((k) => (goToPlace(f, k, "step"), [0, 1, 2, 3, 4].map(said)))""",
        json.dumps(TRACE),
    )
    given, dead, plain = [True, False], [False, True], [False, False]
    # Shape to Gather, Shape to Mul through a stub, If to Reshape, Shape to Reshape, from nowhere to Shape.
    assert lines == [[given, given, plain, given, dead], [dead, given, plain, given, dead]]


def test_stepping_through_many_nodes_touches_only_what_changes(modules: Any) -> None:
    touched = run(
        modules,
        "folding.js",
        """const n = 20000, list = (f) => Array.from({ length: n }, (_, s) => f(s));
        const trace = m.readTrace(JSON.stringify({
          waves: list((s) => 1 + (s >> 4)), did: list(() => "folded"), box: list((s) => s),
          says: list(() => ""), value: list(() => "1"), ready: list((s) => (s >> 4) << 4),
          counts: [], stays: {} }));
        const f = m.foldingOf(trace, list((s) => s), list(() => "node"));
        let reads = 0;
        const get = (of, name) => { reads += 1; return of[name]; };
        f.trace = { ...trace, box: new Proxy(trace.box, { get }) };
        for (let k = 1; k <= 100; k += 1) m.goToPlace(f, k, "step");
        return reads;""",
    )
    assert touched < 100 * 40


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1500, "1.5 kB"), (46_100_000, "46.1 MB")],
)
def test_bytes_are_said_in_powers_of_a_thousand(modules: Any, count: int, text: str) -> None:
    assert run(modules, "counters.js", "return m.bytesSaid(a[0])", count) == text


def counters(modules: Any, body: str, **changed: Any) -> Any:
    opening = "const { readTrace } = await import('/folding.js'); const trace = readTrace(a[0]);"
    return run(modules, "counters.js", opening + body, json.dumps(TRACE | changed))


def test_counters_say_what_is_and_what_changed_since_the_start(modules: Any) -> None:
    at = counters(
        modules, "return m.countersAt(trace, 4).map(({ now, change, trend }) => [now, change, trend])"
    )
    assert at == [
        ["2", "−4", "less"],
        ["3", "+1", ""],
        ["104 bytes", "+4 bytes", "more"],
        ["980", "−20", "less"],
    ]


def test_operations_that_nobody_knows_are_said_to_be_unknown(modules: Any) -> None:
    counts = [[*row[:3], None] for row in TRACE["counts"]]
    assert counters(modules, "return m.countersAt(trace, 1)[3].now", counts=counts) == "not known"


def test_the_line_says_what_was_done_and_asks_what_comes_next(modules: Any) -> None:
    said = counters(
        modules, "return [0, 1, 2, 4].map((k) => Object.values(m.arithmeticAt(trace, k, 'step')))"
    )
    assert said[0] == ["Nothing is folded yet.", "Next: Shape(x) = ?"]
    assert said[1] == [SAYS[0], "Next: Gather([1, 3], 1) = ?"]
    assert said[2] == [SAYS[1], f"Next: {SAYS[2]}"]
    assert said[3][0] == SAYS[3]
    assert "1 node looks foldable and stays" in said[3][1]


def test_a_wave_is_told_by_its_numbers_and_one_of_its_steps(modules: Any) -> None:
    said = counters(modules, "return m.arithmeticAt(trace, 3, 'wave').now")
    assert said == f"Wave 2: 1 folded, 1 inlined, such as {SAYS[1]}"
    place = counters(modules, "return [0, 1, 2, 4].map((k) => m.placeSaid(trace, k))")
    assert place == [
        "step 0 of 4 · wave 0 of 3",
        "step 1 of 4 · wave 1 of 3",
        "step 2 of 4 · wave 2 of 3",
        "step 4 of 4 · wave 3 of 3",
    ]


def test_nothing_to_fold_is_a_place_too(modules: Any) -> None:
    nothing: dict[str, Any] = {name: [] for name in TRACE} | {"counts": [[1, 0, 0, 0]], "stays": {}}
    said = counters(
        modules,
        """const words = Object.values(m.arithmeticAt(trace, 0, 'wave'));
        return [words, m.placeSaid(trace, 0), m.countersAt(trace, 0).length]""",
        **nothing,
    )
    assert said == [["Nothing folds in this graph.", ""], "step 0 of 0 · wave 0 of 0", 4]


@pytest.mark.parametrize(
    ("background", "ink"), [("#ffffff", "#31333f"), ("#0e1117", "#fafafa"), ("#1a1917", "#f0eee6")]
)
def test_what_is_written_on_a_constant_can_be_read_in_both_themes(
    modules: Any, background: str, ink: str
) -> None:
    contrasts = run(
        modules,
        "theme.js",
        """const host = document.createElement("div"); document.body.append(host);
        host.style.setProperty("--st-background-color", a[0]);
        host.style.setProperty("--st-text-color", a[1]);
        const context = document.createElement("canvas").getContext("2d");
        const theme = m.readTheme(host, context);
        const light = (name) => m.luminance(m.rgb(context, theme[name], "#888")) + 0.05;
        const ratio = (x, y) => Math.max(light(x) / light(y), light(y) / light(x));
        return Object.fromEntries([["constantInk", "constantTint"], ["constantInk", "canvas"],
          ["quietInk", "constantTint"], ["onConstant", "constantFill"], ["text", "nextTint"]]
          .map(([x, y]) => [x + " on " + y, ratio(x, y)]))""",
        background,
        ink,
    )
    assert {pair: ratio for pair, ratio in contrasts.items() if ratio < 4.5} == {}


def test_a_folding_that_begins_with_constants_says_that_they_are_values(modules: Any) -> None:
    said = counters(modules, "return [0, 1, 2, 4].map((k) => m.arithmeticAt(trace, k, 'step').now)", given=2)
    assert said == ["Nothing is folded yet.", SAYS[0], "2 Constants are values already.", SAYS[3]]


def test_what_is_left_of_a_wave_is_called_its_rest(modules: Any) -> None:
    said = counters(
        modules, "return [1, 2].map((k) => m.arithmeticAt(trace, k, 'wave').next)", waves=[1, 2, 2, 2]
    )
    assert said == ["Next: wave 2, 3 steps", "Next: the rest of wave 2, 2 steps"]
