"""What a step of onnxsim did, in words. No Streamlit here."""

from __future__ import annotations

from onnxviz.rewrites.watch import Step, Watched

MOST_OPS = 8
"""Op types that are named before the words say "and N more"."""


def changes(step: Step) -> str:
    """`BatchNormalization −53; initializers 56 → 114`."""
    rows = step.op_changes
    parts = [", ".join(f"{op} {signed(after - before)}" for op, before, after in rows[:MOST_OPS])]
    if len(rows) > MOST_OPS:
        parts[0] += f" and {len(rows) - MOST_OPS} more op types"
    before, after = step.before, step.after
    if before.initializers != after.initializers:
        parts.append(f"initializers {before.initializers:,} → {after.initializers:,}")
    # Values that went took their shapes with them: only more of them is news.
    if after.typed > before.typed:
        parts.append(f"{after.typed - before.typed:,} more values have a known shape")
    found = "; ".join(part for part in parts if part)
    return found or "No count changed; what a node reads did, or an attribute"


def outcome(watched: Watched) -> str:
    """How all steps together went, and whether onnxsim in one go ends with the same."""
    count = len(watched.steps)
    before, after = watched.before.graph.node_count(), watched.after.graph.node_count()
    if not count:
        return "No pass changed anything: onnxsim leaves this model as it is."
    text = (
        f"**{count} step{'s' if count != 1 else ''}** in {watched.rounds} round"
        f"{'s' if watched.rounds != 1 else ''}: {before:,} → {after:,} nodes, in {watched.seconds:.1f} s."
    )
    if watched.as_in_one_go:
        return f"{text} onnxsim in one go ends with the same number of nodes of each op type."
    return text


def signed(number: int) -> str:
    """`+3`, `−53`."""
    return f"{number:+,}".replace("-", "−")
