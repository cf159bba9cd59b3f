// Ties it together: what the server tells goes into the map of cards, and the document follows the map.

import { Answers } from "./answers.js";
import { arrange, COLUMNS, isOpen, isScheduled, take } from "./board.js";
import { cardElement, refreshDue, titleOf } from "./card.js";
import { askOther, askWho } from "./dialogs.js";
import { el, memory } from "./dom.js";
import { LANGUAGES, language, name, speak, t } from "./words.js";

const TICK = 5_000;
const NOTICE_STAYS = 8_000;

const cards = new Map();
const drafts = new Map();
const answers = new Answers((id) => show(id));
let reading = { complete: false, connected: true, unreadable: 0 };
let online = true;
let isFirstBoard = true;
/** What the server's clock is ahead of this tablet's, milliseconds. */
let ahead = 0;
let role = memory.get("role") ?? "";

const $ = (id) => document.getElementById(id);
const now = () => Date.now() + ahead;

// --- what the server tells ------------------------------------------------------------------------------------------

const source = new EventSource("/events");
source.addEventListener("open", () => { online = true; showTrouble(); });
source.addEventListener("error", () => { online = false; showTrouble(); });
source.addEventListener("reading", (event) => { reading = JSON.parse(event.data); showTrouble(); });
source.addEventListener("board", (event) => {
  const { now: serverNow, cards: all } = JSON.parse(event.data);
  ahead = serverNow - Date.now();
  const here = new Set(all.map((card) => card.id));
  for (const id of cards.keys()) if (!here.has(id)) cards.delete(id);
  news(take(cards, all));
  isFirstBoard = false;
});
source.addEventListener("cards", (event) => {
  const { now: serverNow, cards: changed, gone } = JSON.parse(event.data);
  ahead = serverNow - Date.now();
  for (const id of gone) cards.delete(id);
  news(take(cards, changed));
});

function news(changes) {
  for (const [before, card] of changes) {
    answers.settle(card);
    if (!isFirstBoard && reading.complete && before?.revision !== card.revision) announce(before, card);
  }
  showAll();
}

function announce(before, card) {
  if (role && card.assignee !== role) return;
  const takenBack = before && isOpen(before) && ["retracted", "superseded"].includes(card.state);
  const becameDue = before && isScheduled(before) && !isScheduled(card) && isOpen(card);
  if (takenBack) notice(t("gone_card", { what: titleOf(card) }), "gone");
  else if ((!before && isOpen(card) && !isScheduled(card)) || becameDue) notice(t("new_card", { what: titleOf(card) }));
}

function notice(text, kind = "") {
  const note = el("p", { class: `notice ${kind}` }, text);
  $("notices").append(note);
  setTimeout(() => note.remove(), NOTICE_STAYS);
}

// --- what staff tap -------------------------------------------------------------------------------------------------

const on = {
  async answer(card, what) {
    if (!memory.get("me") && !(await askWho())) return;
    showWords();
    await answers.send(card, what);
  },
  async other(card) {
    const what = await askOther(card);
    if (what) await on.answer(card, what);
  },
  async score(card) {
    const { score, still_ok } = draftOf(card);
    if (score === undefined && still_ok === undefined) return notice(t("score_needed"), "gone");
    await on.answer(card, {
      status: "done", result: "answered",
      ...(score !== undefined && { score }), ...(still_ok !== undefined && { still_ok }),
    });
  },
  again: (card) => answers.again(card),
  dismiss: (card) => answers.dismiss(card),
};

function draftOf(card) {
  if (!drafts.has(card.id)) drafts.set(card.id, {});
  return drafts.get(card.id);
}

// --- what is to be seen ---------------------------------------------------------------------------------------------

const render = (card) => cardElement(card, {
  now: now(), me: memory.get("me"), pending: answers.of(card), draft: draftOf(card), on,
});

/** Everything that a card's element depends on; while it is the same, the element stays. */
const faceOf = (card) => JSON.stringify([
  card.revision, card.must_wait, language(), memory.get("me"), answers.of(card)?.phase, answers.of(card)?.problem,
]);

function showAll() {
  const columns = arrange(cards.values(), now(), role);
  for (const column of COLUMNS) {
    const list = columns[column];
    const holder = $(column).querySelector(".cards");
    const old = new Map([...holder.children].map((element) => [element.dataset.id, element]));
    list.forEach((card, index) => {
      const element = elementFor(card, old.get(card.id));
      old.delete(card.id);
      if (holder.children[index] !== element) holder.insertBefore(element, holder.children[index] ?? null);
    });
    for (const element of old.values()) element.remove();
    $(column).querySelector(".count").textContent = list.length || "";
    $(column).querySelector(".empty").hidden = list.length > 0 || !reading.complete;
    const tab = document.querySelector(`#tabs [data-tab=${column}] .count`);
    if (tab) tab.textContent = list.filter((card) => !isScheduled(card)).length || "";
  }
  document.title = [columns.todo.length > 0 && `(${columns.todo.length})`, "Service recovery"].filter(Boolean).join(" ");
  showRoles();
}

function elementFor(card, old) {
  const face = faceOf(card);
  if (old?.dataset.face === face) {
    refreshDue(old, card, now());
    return old;
  }
  const element = render(card);
  element.dataset.face = face;
  if (!old) {
    element.classList.toggle("new", !isFirstBoard);
    return element;
  }
  const focused = old.contains(document.activeElement);
  for (const [index, details] of [...old.querySelectorAll("details")].entries()) {
    const same = element.querySelectorAll("details")[index];
    if (same) same.open = details.open;
  }
  old.replaceWith(element);
  if (focused) element.focus({ preventScroll: true });
  return element;
}

/** A card whose answer is on its way, or that got one. */
function show(id) {
  if (cards.has(id)) showAll();
}

function showRoles() {
  const roles = [...new Set([...cards.values()].map((card) => card.assignee))].sort();
  if (role && !roles.includes(role)) roles.push(role);
  const wanted = JSON.stringify([language(), roles]);
  if ($("role").dataset.shown === wanted) return;
  $("role").dataset.shown = wanted;
  $("role").replaceChildren(el("option", { value: "" }, t("all_roles")),
    ...roles.map((one) => el("option", { value: one }, name("roles", one))));
  $("role").value = role;
}

function showTrouble() {
  const text = !online ? t("offline")
    : !reading.connected ? t("no_kafka")
    : !reading.complete ? t("loading")
    : reading.unreadable > 0 ? t("unreadable", { n: reading.unreadable }) : "";
  $("trouble").textContent = text;
  $("trouble").hidden = !text;
  $("trouble").dataset.level = online && reading.connected ? "note" : "bad";
  showAll();
}

function showWords() {
  document.documentElement.lang = language();
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = t(element.dataset.word);
  $("me").textContent = memory.get("me") || t("who");
  const shown = document.body.dataset.shown;
  $("tabs").setAttribute("aria-label", t("skip"));
  $("tabs").replaceChildren(...COLUMNS.map((column) =>
    el("button", { type: "button", "data-tab": column, "aria-current": shown === column && "true",
      onclick: () => choose(column) }, el("span", {}, t(column)), el("span", { class: "count" }))));
}

function choose(column) {
  document.body.dataset.shown = column;
  showWords();
  showAll();
  window.scrollTo({ top: 0 });
}

$("language").replaceChildren(...Object.entries(LANGUAGES).map(([code, label]) =>
  el("option", { value: code, lang: code }, label)));
$("language").value = language();
$("language").addEventListener("change", (event) => { speak(event.target.value); showWords(); showTrouble(); });
$("role").addEventListener("change", (event) => { role = event.target.value; memory.set("role", role); showAll(); });
$("me").addEventListener("click", async () => { await askWho(); showWords(); showAll(); });
setInterval(showAll, TICK);
showWords();
showTrouble();
