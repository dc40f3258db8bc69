// The form for a model of one's own: couplings to muons, or a pasted table of cross sections.

import { byId, element } from "./dom.js";
import * as text from "./format.js";
import { MOST } from "./own_models.js";
import { parseTable, TableError } from "./table_text.js";

const COUPLINGS = { vector: ["gV", "gA"], scalar: ["gS", "gP"] };
const EXAMPLE = `mass_gev,xsec_br_fb
0.5,0.9
1,0.6
2,0.25
3,0.12
4,0.06
5,0.03
6,0.015
7,0.008
8,0.003
`;

/** A problem with one field of the form. */
class FieldError extends Error {
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}

export class OwnForm {
  #form = byId("own-form");

  /** @param submit(input) computes; what it throws is shown beside the field it is about */
  constructor(models, submit) {
    const options = () =>
      models.map((model) => element("option", { value: model.name }, text.title(model.title)));
    byId("own-efficiency").replaceChildren(...options());
    byId("own-br").append(
      ...models.map((model) =>
        element("option", { value: model.name }, `that of the ${text.title(model.title)}`),
      ),
    );
    this.#form.addEventListener("change", () => this.#arrange());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(submit);
    });
    byId("own-example").addEventListener("click", () => {
      byId("own-table").value = EXAMPLE;
      byId("own-table").focus();
    });
    this.#arrange();
  }

  #chosen(name) {
    return this.#form.elements[name].value;
  }

  /** Show the fields that the choices made so far ask for. */
  #arrange() {
    const kind = this.#chosen("kind");
    byId("own-by-couplings").hidden = kind !== "couplings";
    byId("own-by-table").hidden = kind !== "table";
    for (const [spin, names] of Object.entries(COUPLINGS)) {
      for (const name of names) {
        byId(`own-${name}`).closest(".field").hidden = this.#chosen("spin") !== spin;
      }
    }
    byId("own-br-number").closest(".field").hidden = byId("own-br").value !== "number";
  }

  async #send(submit) {
    this.#clear();
    const button = byId("own-submit");
    try {
      const input = this.#chosen("kind") === "couplings" ? this.#couplings() : this.#table();
      button.disabled = true;
      await submit(input);
    } catch (error) {
      if (error.name !== "AbortError") this.#complain(error);
    } finally {
      button.disabled = false;
    }
  }

  #number(id, name, { least = -Infinity, above = -Infinity, most = Infinity } = {}) {
    const given = byId(id).value.trim();
    const found = Number(given);
    if (given === "" || !Number.isFinite(found)) throw new FieldError(id, `${name} must be a number`);
    if (found < least || found <= above || found > most) {
      const low = above > -Infinity ? `above ${above}` : `${least} or more`;
      throw new FieldError(id, `${name} must be ${low}` + (most < Infinity ? `, up to ${most}` : ""));
    }
    return found;
  }

  #name(otherwise) {
    return byId("own-name").value.trim() || otherwise;
  }

  #couplings() {
    const names = COUPLINGS[this.#chosen("spin")];
    const body = {};
    for (const name of names) body[name] = this.#number(`own-${name}`, `the coupling ${name}`);
    if (names.every((name) => body[name] === 0)) {
      throw new FieldError(`own-${names[0]}`, "one of the couplings must not be zero");
    }
    body.coupling = this.#number("own-coupling", "the common factor", { above: 0 });
    const br = byId("own-br").value;
    body.br =
      br === "number"
        ? this.#number("own-br-number", "the branching fraction", { above: 0, most: 1 })
        : br || null;
    body.events = Number(byId("own-events").value);
    const said = names.filter((name) => body[name] !== 0).map((name) => `${name} = ${body[name]}`);
    return { kind: "couplings", name: this.#name(said.join(", ")), body };
  }

  #table() {
    let columns;
    try {
      columns = parseTable(byId("own-table").value);
    } catch (error) {
      if (error instanceof TableError) throw new FieldError("own-table", error.message);
      throw error;
    }
    const efficiency = byId("own-efficiency").value;
    const body = {
      ...columns,
      efficiency_from: efficiency,
      level: byId("own-level").value,
      coupling: this.#number("own-coupling", "the coupling of the table", { above: 0 }),
      every_window: byId("own-windows").value === "every" && columns.mass_gev.length > 1,
    };
    const name = `Table of ${columns.mass_gev.length} masses, as ${text.symbol(efficiency)}`;
    return { kind: "table", name: this.#name(name), body };
  }

  #clear() {
    for (const field of this.#form.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
    byId("own-error").remove();
    byId("own-submit").before(errorBox());
  }

  /** Put the words beside the field that they are about, or above the button. */
  #complain(error) {
    const field = byId(error.field ?? (this.#fieldOf(error.key) || this.#fieldOfAll()));
    const box = byId("own-error");
    box.textContent = sentence(error.message);
    if (!field || field.closest("[hidden]")) return;
    (field.closest(".field") ?? field).append(box);
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", box.id);
    field.focus();
  }

  /** Field of what is wrong with a request as a whole: only a table is all of it. */
  #fieldOfAll() {
    return this.#chosen("kind") === "table" ? "own-table" : "";
  }

  /** Field that a key of a problem document is about, such as `body.gV` or `--br`. */
  #fieldOf(key) {
    const parts = String(key ?? "").replace(/^-+/, "").split(/[.[\]]+/);
    const known = {
      ...Object.fromEntries(["gV", "gA", "gS", "gP"].map((name) => [name, `own-${name}`])),
      coupling: "own-coupling",
      br: byId("own-br").value === "number" ? "own-br-number" : "own-br",
      events: "own-events",
      efficiency_from: "own-efficiency",
      level: "own-level",
      every_window: "own-windows",
      mass_gev: "own-table",
      xsec_br_fb: "own-table",
      xsec_fb: "own-table",
    };
    return known[parts.find((part) => part in known)] ?? "";
  }
}

/** Refuse one model too many, in words. */
export const refuseAnother = () => {
  throw new Error(`there are ${MOST} models already: remove one first`);
};

const errorBox = () => element("p", { id: "own-error", class: "error", role: "alert" });

const sentence = (words) => {
  const text = words[0].toUpperCase() + words.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
};
