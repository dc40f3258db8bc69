// What the page shows, and its permanent link.
//
// The link is in the fragment of the address, which browsers do not send: models of one's own stay
// out of the logs of the service.

export const QUANTITIES = ["xsec", "coupling"];
const SCALES = ["log", "linear"];
const EXTRAS = ["gminus2", "trident"];

/** Inputs of own models longer than this stay out of the link, which others have to carry around. */
const LONGEST_INPUT = 4000;

export const DEFAULTS = Object.freeze({
  models: null, // the first of the archive
  quantity: "xsec",
  band: null, // that of the first model shown; "none"
  x: "log",
  y: "log",
  zoom: null, // [low, high] in GeV
  hide: [], // curves of others that are not wanted
  window: null,
  fit: null, // model of the window's fit; the first shown
  own: [], // inputs of own models
});

const names = (text) => text.split(",").filter((name) => /^[\w.-]{1,64}$/.test(name));
const finite = (value) => typeof value === "number" && Number.isFinite(value);

/** State of a fragment. Whatever in it makes no sense is as if it were not there. */
export function parse(fragment) {
  const given = new URLSearchParams(fragment.replace(/^#/, ""));
  const state = { ...DEFAULTS };
  const choose = (name, allowed) => {
    if (allowed.includes(given.get(name))) state[name] = given.get(name);
  };
  choose("quantity", QUANTITIES);
  choose("x", SCALES);
  choose("y", SCALES);
  for (const name of ["band", "window", "fit"]) {
    if (given.has(name)) state[name] = names(given.get(name))[0] ?? null;
  }
  if (given.has("models")) {
    const models = [...new Set(names(given.get("models")))];
    if (models.length > 0) state.models = models;
  }
  if (given.has("hide")) state.hide = EXTRAS.filter((name) => names(given.get("hide")).includes(name));
  const zoom = (given.get("zoom") ?? "").split(",").map(Number);
  if (zoom.length === 2 && zoom.every(finite) && zoom[0] > 0 && zoom[0] < zoom[1]) state.zoom = zoom;
  state.own = given.getAll("own").map(ownInput).filter(Boolean);
  return state;
}

/** Fragment of a state: only what differs from the defaults. */
export function format(state) {
  const link = new URLSearchParams();
  for (const name of ["models", "hide"]) {
    if (state[name]?.length) link.set(name, state[name].join(","));
  }
  for (const name of ["quantity", "band", "x", "y", "window", "fit"]) {
    if (state[name] !== DEFAULTS[name]) link.set(name, state[name]);
  }
  if (state.zoom) link.set("zoom", state.zoom.join(","));
  for (const input of state.own.filter(isLinked)) link.append("own", JSON.stringify(input));
  // commas and colons need no escapes in a fragment, and links are read by people
  return link.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
}

/** Whether an own model is part of the link. */
export const isLinked = (input) => JSON.stringify(input).length <= LONGEST_INPUT;

function ownInput(text) {
  let input;
  try {
    input = JSON.parse(text);
  } catch {
    return null;
  }
  const numbers = (value) => Array.isArray(value) && value.length > 0 && value.every(finite);
  const named = typeof input?.name === "string" && input.name.length <= 60;
  const body = input?.body;
  if (!named || typeof body !== "object" || body === null) return null;
  if (input.kind === "couplings") return finite(body.coupling) ? input : null;
  if (input.kind === "table") return numbers(body.mass_gev) ? input : null;
  return null;
}

/** The state with its history: every change is an entry of the browser's, and back is undo. */
export class Store {
  #state;
  #listeners = [];

  constructor() {
    this.#state = this.#fromBrowser();
    window.addEventListener("popstate", () => this.#become(this.#fromBrowser()));
  }

  get state() {
    return this.#state;
  }

  /** Call `listener(state, before)` after every change. */
  subscribe(listener) {
    this.#listeners.push(listener);
  }

  /** Change some entries; with `quietly`, without an entry in the history. */
  set(change, { quietly = false } = {}) {
    const state = { ...this.#state, ...change };
    // as many digits as a link should have: the same link is the same view
    if (state.zoom) state.zoom = state.zoom.map((gev) => Number(gev.toPrecision(6)));
    const fragment = format(state);
    // what is too long for the link is kept beside it, for back, forward and reload
    const beside = { own: state.own.filter((input) => !isLinked(input)) };
    const page = window.location.pathname + window.location.search;
    const address = page + (fragment && `#${fragment}`);
    if (quietly || address === page + window.location.hash) {
      window.history.replaceState(beside, "", address);
    } else {
      window.history.pushState(beside, "", address);
    }
    this.#become(state);
  }

  #fromBrowser() {
    const state = parse(window.location.hash);
    return { ...state, own: [...state.own, ...(window.history.state?.own ?? [])] };
  }

  #become(state) {
    const before = this.#state;
    this.#state = state;
    for (const listener of this.#listeners) listener(state, before);
  }
}
