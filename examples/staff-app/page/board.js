// What belongs where. Pure: no document, no clock of its own.

export const COLUMNS = ["todo", "taken", "ask", "ended"];

/** The day of a house begins when the last guest has gone to bed. */
const DAY_STARTS = 4;

export const isOpen = (card) => card.state === "open" || card.state === "accepted";
export const isFollowUp = (card) => card.source === "follow_up";
/** Its question is still to come. */
export const isScheduled = (card) => isFollowUp(card) && card.type === "scheduled" && isOpen(card);
export const time = (text) => (typeof text === "number" ? text : Date.parse(text));
/** A gesture never comes before its apology; other things may, but say what they come after. */
export const isLocked = (card) => card.must_wait && card.kind === "gesture" && isOpen(card);

/** The column of a card at `now`; null when it is shown no more. */
export function columnOf(card, now) {
  if (isOpen(card)) {
    if (isFollowUp(card)) return "ask";
    return card.state === "accepted" ? "taken" : "todo";
  }
  return time(card.time) >= startOfDay(now) ? "ended" : null;
}

function startOfDay(now) {
  const start = new Date(now);
  if (start.getHours() < DAY_STARTS) start.setDate(start.getDate() - 1);
  start.setHours(DAY_STARTS, 0, 0, 0);
  return start.getTime();
}

/** Most urgent first; what has ended: latest first. The same order on every tablet. */
export function compare(column) {
  const byId = (a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  if (column === "ended") return (a, b) => time(b.time) - time(a.time) || byId(a, b);
  return (a, b) =>
    isScheduled(a) - isScheduled(b) || isLocked(a) - isLocked(b) || time(a.due_at) - time(b.due_at) || byId(a, b);
}

/** Cards by column. `role`: only what this role is asked to do; empty: everything. */
export function arrange(cards, now, role = "") {
  const columns = Object.fromEntries(COLUMNS.map((column) => [column, []]));
  for (const card of cards) {
    const column = columnOf(card, now);
    if (column && (!role || card.assignee === role)) columns[column].push(card);
  }
  for (const column of COLUMNS) columns[column].sort(compare(column));
  return columns;
}

/** Takes cards into the map. A revision that is older than what is there changes nothing. Returns [before, card] pairs. */
export function take(known, cards) {
  const changes = [];
  for (const card of cards) {
    const before = known.get(card.id);
    if (before && before.revision > card.revision) continue;
    known.set(card.id, card);
    changes.push([before, card]);
  }
  return changes;
}
