// Questions that need a window: who are you, and what happened instead.

import { isFollowUp } from "./board.js";
import { several } from "./card.js";
import { el, memory } from "./dom.js";
import { money, t } from "./words.js";

/** Shows a form; resolves with what `read` makes of it, or null when it was cancelled. */
function ask(title, content, read, send = t("save")) {
  return new Promise((resolve) => {
    let answer = null;
    const form = el("form", { method: "dialog" },
      el("h2", {}, title), ...content,
      el("div", { class: "row" }, el("button", { type: "submit", class: "main" }, send),
        el("button", { type: "button", onclick: () => dialog.close() }, t("cancel"))));
    const dialog = el("dialog", { "aria-label": title }, form);
    form.addEventListener("submit", (event) => {
      answer = read(form);
      if (answer === null) event.preventDefault();
    });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => { dialog.remove(); resolve(answer); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Who answers. Remembered on this tablet. */
export async function askWho() {
  const input = el("input", {
    id: "who", name: "who", required: true, maxlength: 64, autocomplete: "name", value: memory.get("me") ?? "",
  });
  const content = [el("p", { class: "quiet" }, t("who_why")), el("label", { for: "who" }, t("who_label")), input];
  const name = await ask(t("who"), content, () => input.value.trim() || null);
  if (name) memory.set("me", name);
  return name;
}

/** What happened instead. Resolves with the answer, or null. */
export function askOther(card) {
  const options = isFollowUp(card) ? followUpOptions() : actionOptions(card);
  const radios = options.map(({ label }, index) =>
    el("label", { class: "option" },
      el("input", { type: "radio", name: "what", value: index, required: true }), el("span", {}, label)));
  const comment = el("textarea", { id: "comment", name: "comment", rows: 2, maxlength: 500 });
  const hint = el("span", { class: "quiet" }, ` (${t("optional")})`);
  const chosen = (form) => options[Number(new FormData(form).get("what"))];
  const content = [
    el("fieldset", { class: "options", onchange: (event) => {
      const option = chosen(event.currentTarget.form);
      comment.required = Boolean(option.needsWords);
      hint.hidden = comment.required;
    } }, el("legend", { class: "hidden" }, t("other_title")), radios),
    el("label", { for: "comment" }, t("comment"), hint), comment,
  ];
  return ask(t("other_title"), content, (form) => {
    const words = comment.value.trim();
    const { what, needsWords } = chosen(form);
    if (needsWords && !words) {
      comment.setCustomValidity(t("comment_needed"));
      comment.reportValidity();
      comment.addEventListener("input", () => comment.setCustomValidity(""), { once: true });
      return null;
    }
    return { ...what, ...(words && { comment: words }) };
  }, t("send"));
}

function actionOptions(card) {
  const gave = (one) => t("other_gave", { what: `${several(one)}, ${money(one.value_minor, one.currency)}` });
  return [
    { label: t("other_done"), what: { status: "done" } },
    { label: t("other_guest"), what: { status: "declined", declined_by: "guest" } },
    ...(card.alternatives ?? []).filter((one) => one.item_id)
      .map((one) => ({ label: gave(one), what: { status: "substituted", item_id: one.item_id } })),
    { label: t("other_else"), what: { status: "substituted" }, needsWords: true },
    { label: t("other_impossible"), what: { status: "not_possible" } },
    { label: t("other_better_not"), what: { status: "declined", declined_by: "staff" }, needsWords: true },
  ];
}

const followUpOptions = () => [
  { label: t("ask_not_received"), what: { status: "done", result: "gesture_not_received" } },
  { label: t("ask_declined"), what: { status: "done", result: "declined_contact" } },
  { label: t("ask_irrelevant"), what: { status: "done", result: "no_longer_relevant" } },
];
