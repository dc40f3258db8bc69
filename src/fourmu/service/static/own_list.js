// The own models beside the plots: what became of each, and a button to remove it.

import { element } from "./dom.js";
import * as text from "./format.js";
import { sample } from "./legend.js";
import { OWN_MARKS } from "./curves.js";
import { isLinked } from "./state.js";

/** Intervals of a list that are written out. */
const MOST_INTERVALS = 4;

/**
 * The list is made anew only where it changed: a button that has the focus keeps it while others
 * make progress.
 */
export class OwnList {
  #list;
  #remove;
  #items = new Map();

  constructor(list, remove) {
    this.#list = list;
    this.#remove = remove;
  }

  show(entries) {
    const items = new Map(
      entries.map((entry) => [entry, this.#items.get(entry) ?? this.#item(entry.input, entry.slot)]),
    );
    for (const [entry, item] of this.#items) if (!items.has(entry)) item.node.remove();
    for (const item of items.values()) if (!item.node.parentNode) this.#list.append(item.node);
    this.#items = items;
    items.forEach(fill);
  }

  #item(input, slot) {
    const { colour, mark } = OWN_MARKS[slot];
    const content = element("div", { class: "own-content" });
    const button = element(
      "button",
      { type: "button", "aria-label": `Remove ${input.name}`, click: () => this.#remove(input) },
      "Remove",
    );
    const name = element("strong", {}, input.name);
    const head = element("div", { class: "own-head" }, sample("line", [colour], mark), name, button);
    return { node: element("li", {}, head, content), content, phase: null };
  }
}

function fill(item, entry) {
  const { result, error, progress } = entry;
  const phase = result !== null ? "done" : error !== null ? "failed" : "running";
  if (phase !== item.phase) {
    item.phase = phase;
    const lines = { done: () => outcome(entry), failed: () => [failure(error)], running: waiting };
    item.content.replaceChildren(...lines[phase]());
  }
  if (phase !== "running") return;
  const [bar, words] = item.content.children;
  if (progress === null) bar.removeAttribute("value");
  else bar.value = progress;
  const doing = progress < 1 ? "simulating events" : "fitting windows";
  words.textContent = progress === null ? "waiting" : doing;
}

const waiting = () => [
  element("progress", { max: 1, "aria-label": "Progress" }),
  element("span", { class: "hint" }),
];

const failure = (error) => element("p", { class: "error" }, error.message);

function outcome({ input, result }) {
  const { results, coupling } = result;
  const limits = results.filter((row) => row.xsec_limit_fb !== null);
  const said = [`${limits.length} of ${results.length} masses have a limit.`];
  const excluded = intervals(result.excluded_gev) || "nowhere";
  said.push(`Excluded at a coupling of ${text.plain(coupling)}: ${excluded}.`);
  const band = intervals(result.g_minus_2.excluded_gev);
  if (band) said.push(`The (g−2) band is excluded for ${band}.`);
  if (!results.some((row) => Number.isFinite(row.coupling_limit))) said.push("No coupling limit.");
  if (!isLinked(input)) said.push("The table is too long for the link to this view.");
  return [
    element("p", { class: "hint" }, said.join(" ")),
    ...result.warnings.map((warning) => element("p", { class: "warning" }, warning)),
  ];
}

function intervals(found) {
  if (found.length === 0) return "";
  const written = found.slice(0, MOST_INTERVALS).map((interval) => text.interval(interval));
  const more = found.length - MOST_INTERVALS;
  return `${written.join(", ")} GeV` + (more > 0 ? ` and ${more} more` : "");
}
