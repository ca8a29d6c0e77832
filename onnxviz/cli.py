"""`python -m onnxviz VERB …`: the same verbs for a shell and for CI.

Exit codes: 0 done; 1 a check failed (outputs differ or could not be compared, an optimizer or a
configuration gave up among several, `--exit-code` and a difference, a claim of a lesson does not hold);
2 bad usage or a file that was refused, with one sentence on stderr.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from onnxviz import __version__, commands, jobs
from onnxviz.errors import OnnxvizError
from onnxviz.rewrites import optimizers
from onnxviz.rewrites.reasons import SECONDS

Add = Callable[..., argparse.Action]


class _Parser(argparse.ArgumentParser):
    """Says one sentence, where argparse would print its usage as well."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help.\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    args = build_parser().parse_args(argv)
    command: Callable[[argparse.Namespace], commands.Answer] = args.command
    if command is not commands.worker:
        jobs.default_workers(lean=True)
    try:
        answer = command(args)
    except OnnxvizError as error:
        print(_one_line(str(error)), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    print(json.dumps(answer.data, indent=2) if args.json else _printable(answer.text))
    if answer.complaint:
        print(_one_line(answer.complaint), file=sys.stderr)
        return 1
    return 0


def build_parser() -> argparse.ArgumentParser:
    """All verbs and their options."""
    parser = _Parser(prog="onnxviz", description="See, simplify, draw and time ONNX models.")
    parser.add_argument("--version", action="version", version=f"onnxviz {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB", parser_class=_Parser)

    def verb(name: str, command: Callable[[argparse.Namespace], commands.Answer], help_text: str) -> Add:
        added = verbs.add_parser(name, help=help_text, description=help_text)
        added.add_argument("--json", action="store_true", help="print JSON")
        added.set_defaults(command=command)
        return added.add_argument

    verb("samples", commands.samples, "List the sample models.")
    _export(verb("export", commands.export_sample, "Export a sample model with PyTorch."))
    add = verb("inspect", commands.inspect, "Say what is in a model.")
    add("model", metavar="F", help="an .onnx file")
    add = verb("find", commands.find, "Search a model: names, op types, tensors, attributes, shapes.")
    add("model", metavar="F", help="an .onnx file")
    add(
        "query", metavar="QUERY", help="words, or op:Conv, attr:kernel_shape=3, shape:[1,3,*], dtype:int64, …"
    )
    add("--op", metavar="A,B", help="only nodes of these op types")
    add = verb("costs", commands.costs, "Add up operations, parameters and output bytes by op type.")
    add("model", metavar="F", help="an .onnx file")
    add("--dim", action="append", metavar="NAME=SIZE", help="size of a symbolic dimension; may repeat")
    _simplify(verb("simplify", commands.simplify, "Simplify a model, compare the outputs, say why."))
    _fold(
        verb("fold", commands.fold, "Fold constants, step by step; say what folded and why the rest stayed.")
    )
    _diff(verb("diff", commands.diff, "Say what differs between two models, node by node."))
    _verify(verb("verify", commands.verify, "Run two models on the same seeded inputs and compare."))
    _blame(verb("blame", commands.blame, "Find the pass of onnxsim that changes what a model computes."))
    _report(verb("report", commands.report, "Write the comparison of two models as one HTML file."))
    _render(verb("render", commands.draw, "Draw a model."))
    _bench(verb("bench", commands.bench, "Time models against each other."))
    verb("providers", commands.providers, "Try each execution provider of this ONNX Runtime.")
    _worker(verb("worker", commands.worker, "Offer this machine to a cluster until it is stopped."))
    _lessons(verb("lessons", commands.lessons, "List the lessons, or check all that they say."))
    verb("settings", commands.settings, "List what environment variables set, and what is in force.")
    return parser


def _export(add: Add) -> None:
    add("sample", metavar="SAMPLE", help="its id: see `onnxviz samples`")
    add("-o", "--output", required=True, metavar="F", help="the .onnx file to write")
    add("--exporter", metavar="E", help="dynamo or torchscript")
    add("--opset", type=int, metavar="N", help="version of the default operator set")
    add("--input-names", metavar="A,B", help="names of the inputs, in order")
    add("--output-names", metavar="A,B", help="names of the outputs, in order")
    add("--dynamic", action="append", metavar="INPUT:AXIS=NAME", help="a dynamic axis; may repeat")
    add("--set", action="append", metavar="NAME=NUMBER", help="a setting of the sample; may repeat")
    add("--optimize", action="store_true", help="let the exporter fold constants itself")


def _simplify(add: Add) -> None:
    names = (*optimizers.names(), commands.ALL)
    add("model", metavar="F", help="an .onnx file")
    add(
        "-o",
        "--output",
        required=True,
        metavar="G",
        help="the .onnx file to write; with all, a folder, or G.onnx for G-NAME.onnx each",
    )
    add("--optimizer", choices=names, default=names[0], help="which optimizer, or each in turn")
    _ways(add)
    add("--checks", type=int, default=1, metavar="N", help="compare outputs on N random inputs; 0 for none")
    add(
        "--reasons",
        action=argparse.BooleanOptionalAction,
        help="say why each node went or stayed, which takes seconds (default: with --json)",
    )
    _seconds(add)
    add("--steps", action="store_true", help="list onnxsim's passes that change something, one at a time")
    add("--input-shape", action="append", metavar="NAME=1,3,224,224", help="fix an input's shape; may repeat")
    add("--skip-pass", action="append", metavar="PASS", help="leave out one of onnxsim's passes; may repeat")
    add("--no-folding", action="store_true", help="onnxsim: do not fold constants")
    add("--no-optimization", action="store_true", help="onnxsim: run none of the optimizer's passes")
    add("--no-shape-inference", action="store_true", help="onnxsim: do not infer shapes")
    add("--tensor-size-threshold", default="1.5GB", metavar="SIZE", help="store no folded value above this")
    add("--subgraphs", action="store_true", help="ask for subgraphs too (onnxsim 0.8.1 does nothing with it)")
    add("--inline-functions", action="store_true", help="onnxsim: inline the model's own functions first")


def _fold(add: Add) -> None:
    add("model", metavar="F", help="an .onnx file")
    add("-o", "--output", required=True, metavar="G", help="the .onnx file to write")
    _ways(add)
    add("--inline-functions", action="store_true", help="put the model's own functions in place first")
    add("--tensor-bytes", default="1MB", metavar="SIZE", help="what one value may add (default: 1MB)")
    add("--total-bytes", default="16MB", metavar="SIZE", help="what all may add together (default: 16MB)")
    add("--checks", type=int, default=1, metavar="N", help="compare outputs on N random inputs; 0 for none")


def _diff(add: Add) -> None:
    _two(add)
    add("-o", "--output", metavar="X", help="write it to this file; .json and .md say the format too")
    add("--markdown", action="store_true", help="as Markdown, for an issue or a review")
    add("--exit-code", action="store_true", help="exit with 1 where something differs, as git diff does")
    add("--reasons", action="store_true", help="say why each node went or stayed, which takes seconds")
    add("--inputs", type=int, default=0, metavar="N", help="compare outputs on N random inputs (default: 0)")
    _made_by(add)


def _verify(add: Add) -> None:
    _two(add)
    _inputs(add, 3)


def _blame(add: Add) -> None:
    add("model", metavar="A", help="an .onnx file")
    _inputs(add, 1)


def _report(add: Add) -> None:
    _two(add)
    add("-o", "--output", required=True, metavar="R.html", help="the file to write")
    _inputs(add, 3)
    _made_by(add)


def _two(add: Add) -> None:
    add("before", metavar="A", help="an .onnx file, the original")
    add("after", metavar="B", help="the other one")


def _inputs(add: Add, count: int) -> None:
    add("--inputs", type=int, default=count, metavar="N", help=f"seeded inputs to run (default: {count})")
    add("--seed", type=int, default=0, metavar="S", help="of the inputs (default: 0)")


def _made_by(add: Add) -> None:
    add("--optimizer", choices=optimizers.names(), help="what made B of A, where that is known")
    _ways(add)
    _seconds(add)


def _ways(add: Add) -> None:
    add("--set-dim", action="append", metavar="NAME=SIZE", help="fix a symbolic dimension; may repeat")
    add("--freeze-weights", action="store_true", help="take weights off the list of inputs (IR version 3)")


def _seconds(add: Add) -> None:
    help_text = f"time for the reasons (default: {SECONDS:g})"
    add("--seconds", type=float, default=SECONDS, metavar="S", help=help_text)


def _render(add: Add) -> None:
    add("model", metavar="F", help="an .onnx file")
    add("-o", "--output", required=True, metavar="X.svg|X.html|X.gv", help="the file to write")
    add(
        "--expand",
        "--open",
        default="first",
        metavar="first|all|none|N",
        help="which groups are open: as many as make a telling picture (default), all, none, or N levels",
    )
    add(
        "--focus", metavar="KIND~…", help="only a part, such as neighbours~2~NODE, ancestors~NODE or path~A~B"
    )
    add("--direction", choices=("TB", "LR"), default="TB", help="top to bottom, or left to right")
    add("--dark", action="store_true", help="light on dark")


def _bench(add: Add) -> None:
    add("models", nargs="*", metavar="F", help=".onnx files; the first is the baseline")
    add("--providers", metavar="A,B", help="short names: cpu, cuda, openvino (default: cpu)")
    add("--seconds", type=float, default=5.0, metavar="S", help="time to measure, in all (default: 5)")
    add("--seed", type=int, default=0, metavar="N", help="of the inputs and the order of runs")
    add("--dim", action="append", metavar="NAME=SIZE", help="size of a symbolic dimension; may repeat")
    add("--levels", metavar="A,B", help="ONNX Runtime's optimizations: off, basic, extended, all (default)")
    add("--threads", metavar="N,M", help="threads inside a node; 0 for the runtime's choice (default)")
    add("--batch", metavar="N,M", help="sizes of the first axis of the inputs, where it is open")
    add(
        "--inputs",
        metavar="X.npz",
        help="run on these arrays, by the names of the inputs; .npy for one input",
    )
    add(
        "--option",
        action="append",
        metavar="PROVIDER:NAME=VALUE",
        help="an option of a provider, such as openvino:precision=FP16; may repeat",
    )
    help_text = "on these machines of the cluster, side by side; here is this one"
    add("--machines", metavar="all|A,B", help=help_text)
    add("--profile", action="store_true", help="also say where the time goes, node by node")
    add("--compare", nargs=2, metavar=("OLD", "NEW"), help="set two results of --json against each other")
    add(
        "--tolerance",
        type=float,
        default=0.0,
        metavar="T",
        help="with --compare: exit with 1 where NEW is slower by more than this part (default: 0)",
    )


def _worker(add: Add) -> None:
    add("scheduler", nargs="?", default="", metavar="ADDRESS", help="such as tcp://10.0.0.1:8786")
    add("--name", default="", metavar="N", help="what people call this machine (default: its host name)")
    add("--host", default="", metavar="H", help="where it listens (default: where the scheduler reaches it)")


def _lessons(add: Add) -> None:
    add(
        "--check",
        action="store_true",
        help="run what each claim is about; exit with 1 where one does not hold",
    )
    add("--only", metavar="ID", help="with --check: this lesson alone")


def _one_line(text: str) -> str:
    return " ".join(_printable(text).split())


def _printable(text: str) -> str:
    """Names in a model are hostile text: a terminal must not obey them."""
    return "".join(ch if ch.isprintable() or ch in "\n\t" else "\ufffd" for ch in text)


if __name__ == "__main__":
    sys.exit(main())
