// "−12 +3 ~2": how many nodes of a closed group were removed, added and changed.

const STATUS_OF = { "−": "removed", "+": "added", "~": "changed" };

export const isTally = (line) => /^[−+~][\d,]+( [−+~][\d,]+)*$/.test(line);

/** What a part of it, such as "−12", counts. */
export const statusOf = (part) => STATUS_OF[part[0]];

/** The same in words: "12 removed, 3 added, 2 changed". */
export const tallySaid = (line) => line.split(" ").map((part) => `${part.slice(1)} ${statusOf(part)}`).join(", ");
