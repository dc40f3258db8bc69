// The controls above the plots: they show the state and change it.

import { byId, element } from "./dom.js";
import * as text from "./format.js";

const CHOICES = ["quantity", "x", "y"];

export class Controls {
  #set;
  #shown = null; // arguments of show

  /**
   * @param models all models of the archive
   * @param set(change) changes the state
   * @param actions {zoom(factor), move(share), reset(), go(mass)}
   */
  constructor(models, set, actions) {
    this.#set = set;
    this.#fill(models);
    byId("models").addEventListener("change", () => this.#models());
    for (const name of CHOICES) {
      byId(`choose-${name}`).addEventListener("change", (event) => set({ [name]: event.target.value }));
    }
    byId("band").addEventListener("change", (event) => set({ band: event.target.value }));
    byId("extras").addEventListener("change", () => {
      const boxes = [...byId("extras").querySelectorAll("input")];
      set({ hide: boxes.filter((box) => !box.checked).map((box) => box.value) });
    });
    byId("zoom-in").addEventListener("click", () => actions.zoom(0.5));
    byId("zoom-out").addEventListener("click", () => actions.zoom(2));
    byId("move-left").addEventListener("click", () => actions.move(-0.5));
    byId("move-right").addEventListener("click", () => actions.move(0.5));
    byId("zoom-reset").addEventListener("click", () => actions.reset());
    byId("go").addEventListener("submit", (event) => {
      event.preventDefault();
      const given = byId("go-mass").valueAsNumber;
      if (Number.isFinite(given)) actions.go(given);
    });
  }

  #fill(models) {
    byId("models").append(
      ...models.map(({ name, title }) =>
        element(
          "label",
          { title: text.title(title) },
          element("input", { type: "checkbox", name: "model", value: name }),
          element("span", {}, text.symbol(name)),
        ),
      ),
    );
    byId("band").append(
      ...models.map(({ name }) => element("option", { value: name }, text.symbol(name))),
      element("option", { value: "none" }, "none"),
    );
  }

  #models() {
    const boxes = [...byId("models").querySelectorAll("input")];
    const models = boxes.filter((box) => box.checked).map((box) => box.value);
    // without any model there is no plot: the last one stays
    if (models.length === 0) this.show(...this.#shown);
    else this.#set({ models });
  }

  /** Show the state with the models that are drawn, and the one whose band is, or null. */
  show(state, models, band) {
    this.#shown = [state, models, band];
    for (const box of byId("models").querySelectorAll("input")) {
      box.checked = models.includes(box.value);
    }
    for (const name of CHOICES) {
      for (const button of byId(`choose-${name}`).querySelectorAll("input")) {
        button.checked = button.value === state[name];
      }
    }
    byId("band").value = band ?? "none";
    for (const option of byId("band").options) {
      option.disabled = option.value !== "none" && !models.includes(option.value);
    }
    byId("extras").hidden = state.quantity !== "coupling";
    for (const box of byId("extras").querySelectorAll("input")) {
      box.checked = !state.hide.includes(box.value);
    }
    for (const id of ["zoom-out", "move-left", "move-right", "zoom-reset"]) {
      byId(id).disabled = state.zoom === null;
    }
  }
}
