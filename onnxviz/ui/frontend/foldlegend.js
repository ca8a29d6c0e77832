// What the colours and shapes mean while a folding is played or boxes are picked, as [sign, colour of the theme, label].
const FOLD_LEGEND = [
  ["▶", "next", "folds next"], ["⋯", "next", "ready to fold"], ["3", "constant", "folded: a value now"], ["┄", "muted", "dropped or inlined"],
];
const STAYS_LEGEND = ["!", "changed", "looks foldable, stays"];
const PICK_LEGEND = [["✓", "hit", "picked"]];
const CANDIDATE_LEGEND = ["?", "muted", "can be picked"];
const VERDICT_LEGEND = [["✓", "added", "right"], ["!", "changed", "missed"], ["✕", "removed", "wrong"]];

/** The rows that the legend begins with; none where nothing is played or asked. */
export function rowsOfLegend({ player, picks }) {
  const rows = player?.folding ? [...FOLD_LEGEND] : [];
  if (player?.folding && player.trace.stays.size) rows.push(STAYS_LEGEND);
  if (picks) rows.push(...(picks.verdicts.size ? VERDICT_LEGEND : PICK_LEGEND));
  if (picks?.candidates.size && !picks.verdicts.size) rows.push(CANDIDATE_LEGEND);
  return rows;
}
