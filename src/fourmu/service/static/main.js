// The page: its parts, and how the state gets into them.

import * as api from "./api.js";
import { Controls } from "./controls.js";
import { bandModel, content } from "./curves.js";
import { byId } from "./dom.js";
import * as text from "./format.js";
import { bindFingers, bindKeys } from "./gestures.js";
import { showArchive } from "./header.js";
import { showLegend } from "./legend.js";
import { OwnForm, refuseAnother } from "./own_form.js";
import { OwnList } from "./own_list.js";
import { OwnModels } from "./own_models.js";
import { ScanPlots } from "./plots.js";
import { describe } from "./readout.js";
import { moved, nearest, pinched, zoomed } from "./scan.js";
import { Store } from "./state.js";
import { bindTheme } from "./theme.js";
import { WindowPanel } from "./window_panel.js";

class Page {
  #store = new Store();
  #archive;
  #models;
  #plots;
  #panel;
  #own;
  #list;
  #controls;
  #columns = new Map(); // limits by model, fetched when they are first shown
  #pointed = null; // place of the crosshair
  #drawnKey = null;
  #panelKey = null;

  constructor(archive, models) {
    this.#models = models;
    this.#archive = archive;
    showArchive(archive, models);
    this.#plots = new ScanPlots([byId("limit-plot"), byId("significance-plot")], {
      zoom: (range) => this.#zoomTo(range),
      point: (place) => this.#point(place, false),
      choose: (place) => this.#choose(place),
    });
    this.#panel = new WindowPanel({
      step: (by) => this.#choose(this.#marked + by),
      model: (fit) => this.#store.set({ fit }),
    });
    this.#own = new OwnModels(() => this.#ownChanged());
    this.#list = new OwnList(byId("own-list"), (input) => this.#removeOwn(input));
    new OwnForm(models, (input) => this.#addOwn(input));
    this.#controls = new Controls(models, (change) => this.#store.set(change), {
      zoom: (factor) => this.#zoomBy(factor),
      move: (share) => this.#zoomTo(moved(this.#plots.range, share, this.#plots.full, this.#logX)),
      reset: () => this.#zoomTo(null),
      go: (gev) => this.#go(gev),
    });
    this.#bindPlots();
    bindTheme(byId("theme"), () => this.#recolour());
    byId("copy-link").addEventListener("click", () => this.#copyLink());
    this.#store.subscribe(() => this.#render());
  }

  /** Show the state for the first time. */
  start() {
    return this.#render();
  }

  // ---- what is shown ----

  get #state() {
    return this.#store.state;
  }

  get #logX() {
    return this.#state.x === "log";
  }

  get #names() {
    return this.#models.map((model) => model.name);
  }

  /** Models of the state that the archive has; its first one without any. */
  get #shownModels() {
    const shown = this.#names.filter((name) => this.#state.models?.includes(name));
    return shown.length > 0 ? shown : this.#names.slice(0, 1);
  }

  get #fitModel() {
    return this.#names.includes(this.#state.fit) ? this.#state.fit : this.#shownModels[0];
  }

  /** Columns of the models that are shown, those that are here already. */
  get #limits() {
    const here = this.#shownModels.filter((name) => this.#columns.has(name));
    return Object.fromEntries(here.map((name) => [name, this.#columns.get(name)]));
  }

  // all models have the same windows
  get #windows() {
    return this.#columns.values().next().value.window;
  }

  get #masses() {
    return this.#columns.values().next().value.mass_gev;
  }

  /** Place of the window in the panel, null for none. */
  get #marked() {
    const place = this.#windows.indexOf(this.#state.window);
    return place < 0 ? null : place;
  }

  async #render() {
    const state = this.#state;
    byId("plots").setAttribute("aria-busy", "true");
    try {
      await this.#load([...this.#shownModels, ...(state.window ? [this.#fitModel] : [])]);
    } catch (error) {
      complain(error);
      return;
    }
    if (state !== this.#state) return; // a later one is on its way
    byId("plots").removeAttribute("aria-busy");
    this.#own.keep(state.own);
    this.#controls.show(state, this.#shownModels, bandModel(state, this.#shownModels));
    this.#draw();
    this.#showWindow();
  }

  async #load(models) {
    const missing = [...new Set(models)].filter((name) => !this.#columns.has(name));
    const found = await Promise.all(missing.map(api.limits));
    missing.forEach((name, i) => this.#columns.set(name, found[i]));
  }

  #draw({ anew = false } = {}) {
    const { quantity, x, y, band, hide, zoom } = this.#state;
    const drawn = this.#own.drawn;
    const options = { logX: x === "log", logY: y === "log", zoom, marked: this.#marked };
    const limits = this.#limits;
    if (Object.keys(limits).length === 0) return; // on their way
    const key = JSON.stringify([Object.keys(limits), quantity, x, y, band, hide, drawn.map(keyOf)]);
    if (key === this.#drawnKey && !anew) {
      this.#plots.update(options);
      return;
    }
    this.#drawnKey = key;
    const layers = content(this.#state, this.#names, limits, drawn);
    this.#plots.show(layers, options);
    showLegend(byId("legend"), layers.legend);
    const level = text.percent(this.#archive.confidence_level);
    byId("limit-caption").textContent = `Upper limits at ${level} CL: ${layers.upper.label}`;
    this.#point(this.#pointed, false);
  }

  #showWindow() {
    const place = this.#marked;
    const key = place === null ? null : `${place} ${this.#fitModel}`;
    if (key === this.#panelKey) return;
    this.#panelKey = key;
    if (place === null) this.#panel.hide();
    else this.#panel.show(place, this.#columns.get(this.#fitModel), this.#names);
  }

  #recolour() {
    if (this.#drawnKey === null) return;
    this.#draw({ anew: true });
    this.#panel.redraw();
  }

  // ---- crosshair and windows ----

  #point(place, byKeyboard) {
    this.#pointed = place;
    const readout = byId("readout");
    // a mouse that sweeps over the plot would make a screen reader talk without end
    readout.setAttribute("aria-live", byKeyboard ? "polite" : "off");
    const limits = this.#limits;
    const isKnown = place !== null && Object.keys(limits).length > 0;
    const lines = isKnown ? describe(place, this.#state.quantity, limits) : [HINT];
    readout.dataset.lines = this.#shownModels.length + 1; // room for them: plots must not jump
    readout.replaceChildren(
      ...lines.map((words) => Object.assign(document.createElement("span"), { textContent: words })),
    );
  }

  #choose(place) {
    const windows = this.#windows;
    this.#store.set({ window: windows[Math.min(Math.max(place, 0), windows.length - 1)] });
    // beside the plots there is nothing to scroll to
    const { top } = byId("window-panel").getBoundingClientRect();
    if (top > document.documentElement.clientHeight - 80) {
      byId("window-panel").scrollIntoView({ block: "start" });
    }
  }

  #go(gev) {
    const place = nearest(this.#masses, gev);
    const [low, high] = this.#plots.range;
    const at = this.#masses[place];
    if (at < low || at > high) this.#store.set({ zoom: null }, { quietly: true });
    this.#choose(place);
    byId("window-title").focus();
  }

  // ---- zoom ----

  #zoomTo(zoom) {
    if (String(zoom) !== String(this.#state.zoom)) this.#store.set({ zoom });
  }

  #zoomBy(factor) {
    const [low, high] = this.#plots.range;
    const middle = this.#logX ? Math.sqrt(low * high) : 0.5 * (low + high);
    const about = this.#pointed ?? this.#marked;
    const at = about === null ? middle : this.#masses[about];
    const inside = at > low && at < high ? at : middle;
    this.#zoomTo(zoomed([low, high], inside, factor, this.#plots.full, this.#logX));
  }

  // ---- keys and fingers ----

  #bindPlots() {
    const place = byId("plots");
    bindKeys(place, {
      step: (by) => this.#stepTo((this.#pointed ?? this.#marked ?? this.#middle()) + by),
      first: () => this.#stepTo(nearest(this.#masses, this.#plots.range[0])),
      last: () => this.#stepTo(nearest(this.#masses, this.#plots.range[1])),
      zoom: (factor) => this.#zoomBy(factor),
      reset: () => this.#zoomTo(null),
      choose: () => {
        if (this.#pointed === null) return;
        this.#choose(this.#pointed);
        byId("window-title").focus();
      },
    });
    let shown = null;
    bindFingers(place, {
      range: () => this.#plots.range,
      isZoomed: () => this.#state.zoom !== null,
      at: (x) => this.#plots.share(x),
      show: (range, before, after) => {
        shown = pinched(range, before, after, this.#plots.full, this.#logX);
        this.#plots.update({ ...this.#plots.options, zoom: shown });
      },
      done: () => this.#zoomTo(shown),
    });
  }

  #middle() {
    const [low, high] = this.#plots.range;
    return nearest(this.#masses, this.#logX ? Math.sqrt(low * high) : 0.5 * (low + high));
  }

  #stepTo(place) {
    const masses = this.#masses;
    const at = Math.min(Math.max(place, 0), masses.length - 1);
    const [low, high] = this.#plots.range;
    if (masses[at] < low || masses[at] > high) {
      const share = masses[at] < low ? -0.5 : 0.5;
      this.#store.set({ zoom: moved([low, high], share, this.#plots.full, this.#logX) }, { quietly: true });
    }
    this.#plots.point(at);
    this.#point(at, true);
  }

  // ---- own models ----

  async #addOwn(input) {
    if (this.#own.has(input)) throw new Error("this model is there already");
    if (this.#own.isFull) refuseAnother();
    await this.#own.add(input);
    this.#store.set({ own: [...this.#state.own, input] });
    byId("announcement").textContent = `The limit of ${input.name} is on the plots.`;
  }

  #removeOwn(input) {
    const key = JSON.stringify(input);
    this.#own.remove(input);
    const own = this.#state.own.filter((other) => JSON.stringify(other) !== key);
    if (own.length < this.#state.own.length) this.#store.set({ own });
    byId("announcement").textContent = `${input.name} is removed.`;
    byId("own-title").focus();
  }

  #ownChanged() {
    this.#list.show(this.#own.entries);
    if (this.#drawnKey !== null) this.#draw();
  }

  async #copyLink() {
    let words = "The link to this view is copied.";
    try {
      await navigator.clipboard.writeText(window.location.href);
    } catch {
      words = "The link to this view is in the address bar.";
    }
    byId("announcement").textContent = words;
  }
}

const HINT = window.matchMedia("(hover: none)").matches
  ? "Tap a mass for its numbers and its fit; zoom with two fingers."
  : "Point at a mass for its numbers, click for its fit, drag to zoom.";

const keyOf = ({ label, colour }) => `${label} ${colour}`;

function complain(error) {
  byId("failure").textContent = `Nothing to show: ${error.message}.`;
  byId("failure").hidden = false;
}

try {
  const [archive, models] = await Promise.all([api.archive(), api.models()]);
  await new Page(archive, models).start();
  document.body.dataset.ready = "";
} catch (error) {
  complain(error);
  throw error;
}
