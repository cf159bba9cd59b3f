// One card as elements: where, what to say, what to do, why, and the buttons that may be tapped now.

import { isFollowUp, isLocked, isOpen, isScheduled, time } from "./board.js";
import { el } from "./dom.js";
import * as w from "./words.js";

const { t } = w;

/** `context`: {now, me, pending, draft, on: {answer, other, again, dismiss}} */
export function cardElement(card, context) {
  return isOpen(card) ? openCard(card, context) : endedCard(card, context);
}

/** "Apology, sunbed 14" */
export const titleOf = (card) => [kindOf(card), place(card)].filter(Boolean).join(", ");

/** Brings the times of an element up to date without making it anew. */
export function refreshDue(element, card, now) {
  const due = element.querySelector(".due");
  if (!due) return;
  const { text, level } = dueText(card, now);
  if (due.textContent !== text) due.textContent = text;
  due.dataset.level = level;
}

function openCard(card, context) {
  const { now } = context;
  const { text, level } = dueText(card, now);
  return el("article", { ...marks(card), "aria-labelledby": `title-${card.id}`, tabindex: "-1" },
    el("header", { class: "head" },
      el("h3", { id: `title-${card.id}` }, place(card)),
      el("span", { class: "due", "data-level": level }, text)),
    el("p", { class: "sub" }, el("span", { class: "kind" }, kindOf(card)), el("span", {}, who(card))),
    isScheduled(card) ? el("details", { class: "later" }, el("summary", {}, t("more_words")), ...body(card))
      : body(card),
    details(card),
    el("footer", { class: "actions" }, actions(card, context)));
}

function endedCard(card, context) {
  const isUnanswered = ["unreported", "expired"].includes(card.state) && !isFollowUp(card);
  const state = [w.name("state", card.state), card.accepted_by && t("by", { who: card.accepted_by })];
  return el("article", { ...marks(card), tabindex: "-1" },
    el("details", {},
      el("summary", {},
        el("span", { class: "head" }, el("strong", {}, place(card)),
          el("time", { datetime: new Date(time(card.time)).toISOString() }, w.clock(time(card.time)))),
        el("span", { class: "sub" }, el("span", { class: "kind" }, kindOf(card)),
          el("span", { class: "outcome" }, state.filter(Boolean).join(" ")))),
      ...body(card), details(card)),
    isUnanswered && el("footer", { class: "actions" }, progress(card, context)
      ?? el("button", { type: "button", class: "plain",
        onclick: () => context.on.answer(card, { status: "done" }) }, t("was_done"))));
}

function marks(card) {
  return {
    class: `card ${isOpen(card) ? "open" : "over"}`, "data-id": card.id, "data-revision": card.revision,
    "data-kind": isFollowUp(card) ? "follow_up" : card.kind, "data-state": card.state,
    "data-locked": isLocked(card) ? "true" : null,
  };
}

const kindOf = (card) => w.name("kind", isFollowUp(card) ? "follow_up" : card.kind);
const place = (card) => card.location || card.guest?.name || card.order_id || card.site_id;

function who(card) {
  const { name, party_size: size } = card.guest ?? {};
  const guests = size > 1 || !name ? size && w.plural("guest_n", size) : "";
  return [card.location ? name : "", guests, w.name("roles", card.assignee)].filter(Boolean).join(" · ");
}

function dueText(card, now) {
  const left = time(card.due_at) - now;
  if (isScheduled(card)) return { text: t("asks_at", { at: w.at(time(card.due_at), now) }), level: "later" };
  if (isLocked(card)) return { text: t("wait"), level: "later" };
  if (left < -30_000) return { text: t("due_late", { time: w.duration(left) }), level: "over" };
  if (left < 30_000) return { text: t("due_now"), level: "soon" };
  return { text: t("due_in", { time: w.duration(left) }), level: left < 3 * 60_000 ? "soon" : "ahead" };
}

/** The gift, the words, what to do, why. */
function body(card) {
  const spoken = isFollowUp(card) ? card.ask : card.say;
  const foreign = card.say_language && card.say_language !== w.language();
  const caption = isFollowUp(card) ? ["ask_this", "ask_in"] : ["say", "say_in"];
  return [
    card.supersedes && el("p", { class: "note" }, t("instead")),
    card.must_wait && isOpen(card) && el("p", { class: "note" }, t(isLocked(card) ? "wait_why" : "after")),
    card.gesture && gift(card.gesture),
    spoken && el("figure", { class: "say" },
      el("figcaption", {}, foreign ? t(caption[1], { language: w.languageName(card.say_language) }) : t(caption[0])),
      el("blockquote", { lang: card.say_language }, spoken)),
    card.do && part("do", card.do),
    card.background && part("happened", card.background),
    card.why && part("why", card.why),
  ].filter(Boolean);
}

const part = (name, text) => el("div", { class: `part ${name}` }, el("p", { class: "label" }, t(name)), el("p", {}, text));

function gift(gesture) {
  const evidence = gesture.evidence ?? [];
  return el("div", { class: "gift" },
    el("p", { class: "what" }, el("strong", {}, several(gesture)),
      gesture.value_minor > 0 && el("span", { class: "quiet" }, ` ${w.money(gesture.value_minor, gesture.currency)}`)),
    evidence.length > 0
      ? el("p", { class: "evidence" }, `${t("evidence")}: `,
        w.list(evidence.map(({ date, quantity }) =>
          w.calendarDay(date) + (quantity > 1 ? ` (${quantity} ×)` : ""))))
      : !gesture.personalised && el("p", { class: "evidence" }, t("no_habit")));
}

export const several = ({ quantity, name }) => (quantity > 1 ? `${quantity} × ${name}` : name);

function details(card) {
  const rows = [
    ["shortfalls", (card.shortfalls ?? []).map(shortfall)],
    ["noticed", card.initiated_by && [t(card.initiated_by === "company" ? "seen_first" : "guest_told")]],
    ["allowed", card.allowed && [w.money(card.allowed.max_value_minor, card.allowed.currency)]],
    ["alternatives", (card.alternatives ?? []).map((one) => `${several(one)}, ${w.money(one.value_minor, one.currency)}`)],
    ["severity", card.severity && [w.name("severities", card.severity)]],
    ["place", card.touchpoint && [card.touchpoint.replaceAll("_", " ")]],
    ["order", card.order_id && [card.order_id]],
  ].filter(([, values]) => values && values.length > 0);
  return el("details", { class: "more" }, el("summary", {}, t("details")),
    el("dl", {}, ...rows.flatMap(([name, values]) =>
      [el("dt", {}, t(name)), ...values.map((value) => el("dd", {}, value))])));
}

function shortfall(one) {
  const what = [one.quantity > 1 && `${one.quantity} ×`, one.name].filter(Boolean).join(" ");
  const how = one.late_by_seconds > 0 && one.kind === "delivery_late"
    ? t("late", { time: w.duration(one.late_by_seconds * 1000) }) : w.name("failures", one.kind);
  return [what && `${what}:`, how, one.suspected && `(${t("suspected")})`].filter(Boolean).join(" ");
}

/** An answer that is on its way stands where the buttons were. */
function progress(card, { pending, on }) {
  if (!pending) return null;
  if (["sending", "sent"].includes(pending.phase)) {
    return [el("p", { class: "progress", role: "status" }, t(pending.phase))];
  }
  return trouble(card, pending, on);
}

function actions(card, { me, pending, draft, on }) {
  if (pending && ["sending", "sent"].includes(pending.phase)) return progress(card, { pending, on });
  const button = (word, what, kind = "") =>
    el("button", { type: "button", class: kind, disabled: isLocked(card), onclick: () => on.answer(card, what) }, t(word));
  const other = el("button", {
    type: "button", class: "rest", disabled: isLocked(card), "aria-label": t("other"), title: t("other"),
    onclick: () => on.other(card),
  }, "⋯");
  const taken = card.state === "accepted" && el("p", { class: "holder" }, holder(card, me));
  return [trouble(card, pending, on), taken,
    ...(isFollowUp(card) ? followUpActions(card, { button, other, draft, on }) : actionButtons(card, { button, other, me }))];
}

function holder(card, me) {
  if (!card.accepted_by) return t("taken_by_nobody");
  return card.accepted_by === me ? t("taken_by_you") : t("taken_by", { who: card.accepted_by });
}

function trouble(card, pending, on) {
  if (!pending) return null;
  const words = {
    failed: t("failed"), unconfirmed: t("unconfirmed"),
    refused: {
      taken: t("taken_meanwhile", { who: pending.problem?.by ?? t("somebody") }), over: t("over_meanwhile"),
    }[pending.problem?.problem] ?? t("refused"),
  }[pending.phase];
  const again = pending.phase !== "refused";
  return el("p", { class: "problem", role: "alert" }, words, " ",
    el("button", { type: "button", class: "plain", onclick: () => (again ? on.again(card) : on.dismiss(card)) },
      again ? t("again") : "OK"));
}

function actionButtons(card, { button, other, me }) {
  const row = (...buttons) => [el("div", { class: "row" }, ...buttons)];
  const isOpenToAll = card.state === "open";
  if (card.kind === "check") {
    const take = isOpenToAll && button("take", { status: "accepted" }, "plain");
    return [...row(button("is_wrong", { status: "confirmed" }), button("is_well", { status: "false_alarm" })), take];
  }
  if (isOpenToAll) return row(button("take", { status: "accepted" }, "main"), button("done", { status: "done" }), other);
  const isMine = !card.accepted_by || card.accepted_by === me;
  return row(button("done", { status: "done" }, isMine ? "main" : ""), other);
}

function followUpActions(card, { button, other, draft, on }) {
  if (isScheduled(card)) return [];
  const choice = (group, value, label) => {
    const input = el("input", {
      type: "radio", name: `${group}-${card.id}`, value: String(value), checked: draft[group] === value,
      onchange: () => { draft[group] = value; },
    });
    return el("label", { class: "choice" }, input, el("span", {}, label));
  };
  const scores = Array.from({ length: 11 }, (_, score) => choice("score", score, String(score)));
  return [
    el("fieldset", {}, el("legend", {}, t("score")), el("div", { class: "scores" }, scores),
      el("p", { class: "scale quiet" }, el("span", {}, t("score_low")), el("span", {}, t("score_high")))),
    el("fieldset", {}, el("legend", {}, t("still_ok")),
      el("div", { class: "row" }, choice("still_ok", true, t("yes")), choice("still_ok", false, t("no")))),
    el("div", { class: "row" },
      el("button", { type: "button", class: "main", onclick: () => on.score(card) }, t("send_answer")),
      button("no_answer", { status: "done", result: "no_answer" }), other),
  ];
}
