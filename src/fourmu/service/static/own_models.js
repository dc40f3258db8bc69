// Limits on models of one's own: asked for, kept, and forgotten.
//
// An input is {kind: "couplings" | "table", name, body}; body is what the service is sent.

import * as api from "./api.js";
import { OWN_MARKS } from "./curves.js";

export const MOST = OWN_MARKS.length;

const keyOf = (input) => JSON.stringify(input);

export class OwnModels {
  #entries = new Map(); // by key, in the order in which they were asked for
  #results = new Map(); // by key: back and forward need no second computation
  #changed;

  /** `changed()` is called when an entry got a result, an error, or further. */
  constructor(changed) {
    this.#changed = changed;
  }

  get entries() {
    return [...this.#entries.values()];
  }

  /** Those that can be drawn, in the form that curves.js takes. */
  get drawn() {
    return this.entries
      .filter((entry) => entry.result !== null)
      .map(({ input, slot, result }) => ({ label: input.name, ...OWN_MARKS[slot], result }));
  }

  get isFull() {
    return this.#entries.size >= MOST;
  }

  has(input) {
    return this.#entries.has(keyOf(input));
  }

  /** Have exactly these, and those that are still being computed for the form. */
  keep(inputs) {
    const keys = inputs.map(keyOf);
    for (const [key, entry] of this.#entries) {
      if (!keys.includes(key) && !entry.isNew) this.#forget(key);
    }
    // an error stays with its entry, where it is shown
    for (const input of inputs.slice(0, MOST)) if (!this.has(input)) this.#compute(input).catch(() => {});
  }

  /** Compute a model of the form; it is not an entry any more if that fails. */
  async add(input) {
    const key = keyOf(input);
    const computed = this.#compute(input, { isNew: true });
    try {
      await computed;
    } catch (error) {
      this.#forget(key);
      throw error;
    } finally {
      this.#changed();
    }
    this.#entries.get(key).isNew = false;
  }

  remove(input) {
    this.#forget(keyOf(input));
    this.#changed();
  }

  #forget(key) {
    this.#entries.get(key)?.stop.abort();
    this.#entries.delete(key);
  }

  async #compute(input, { isNew = false } = {}) {
    const key = keyOf(input);
    const taken = this.entries.map((entry) => entry.slot);
    const slot = OWN_MARKS.findIndex((_, place) => !taken.includes(place));
    const stop = new AbortController();
    const entry = { input, slot, stop, isNew, result: null, error: null, progress: null };
    this.#entries.set(key, entry);
    entry.result = this.#results.get(key) ?? null;
    this.#changed();
    if (entry.result !== null) return;
    try {
      entry.result = await this.#ask(input, stop.signal, (share) => {
        entry.progress = share;
        this.#changed();
      });
      this.#results.set(key, entry.result);
    } catch (error) {
      entry.error = error;
      throw error;
    } finally {
      if (!stop.signal.aborted) this.#changed();
    }
  }

  #ask({ kind, body }, signal, progress) {
    return kind === "table"
      ? api.reinterpretTable(body, signal)
      : api.reinterpretCouplings(body, signal, progress);
  }
}
