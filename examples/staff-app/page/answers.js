// Answers on their way. A card shows what the topic says; an answer only shows that it is under way.

import { memory, uuid } from "./dom.js";

/** After this time without a new revision, staff are told and may answer again. */
const PATIENCE = 20_000;

export class Answers {
  /** card id -> {tap, phase: sending | sent | unconfirmed | failed | refused, problem?, revision} */
  #pending = new Map();
  #changed;

  /** `changed(cardId)` is called whenever there is something else to show. */
  constructor(changed) {
    this.#changed = changed;
  }

  of(card) {
    return this.#pending.get(card.id);
  }

  /** The service has spoken: a newer revision ends the waiting. */
  settle(card) {
    const pending = this.#pending.get(card.id);
    if (pending && card.revision > pending.revision) this.#pending.delete(card.id);
  }

  /** `what`: status and what belongs to it. */
  async send(card, what) {
    const tap = { id: uuid(), card: card.id, staff: memory.get("me") ?? "", ...what };
    await this.#post({ tap, revision: card.revision });
  }

  /** The same tap again: it counts once. */
  async again(card) {
    const pending = this.#pending.get(card.id);
    if (pending) await this.#post(pending);
  }

  dismiss(card) {
    this.#pending.delete(card.id);
    this.#changed(card.id);
  }

  async #post({ tap, revision }) {
    this.#note({ tap, revision, phase: "sending" });
    let response;
    try {
      response = await fetch("/answers", {
        method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(tap),
      });
    } catch {
      return this.#note({ tap, revision, phase: "failed" });
    }
    if (response.ok) {
      // the new revision may have been faster than this response
      if (this.#pending.get(tap.card)?.tap !== tap) return;
      this.#note({ tap, revision, phase: "sent" });
      setTimeout(() => this.#giveUp(tap), PATIENCE);
    } else if (response.status >= 500) {
      this.#note({ tap, revision, phase: "failed" });
    } else {
      const problem = await response.json().catch(() => ({}));
      this.#note({ tap, revision, phase: "refused", problem });
    }
  }

  #giveUp(tap) {
    const pending = this.#pending.get(tap.card);
    if (pending?.tap === tap && pending.phase === "sent") this.#note({ ...pending, phase: "unconfirmed" });
  }

  #note(pending) {
    this.#pending.set(pending.tap.card, pending);
    this.#changed(pending.tap.card);
  }
}
