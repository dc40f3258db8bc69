// The panel of one window: data, fit, numbers and files.

import * as api from "./api.js";
import { byId, descriptions, element, saveAs } from "./dom.js";
import { FIT_CURVES, FitPlot } from "./fit_plot.js";
import * as text from "./format.js";
import { sample } from "./legend.js";

const HINT = window.matchMedia("(hover: none)").matches
  ? "Tap a bin for its numbers."
  : "Point at a bin for its numbers.";

const CSV_COLUMNS = [
  "bin_low",
  "bin_high",
  "observed",
  "background_only",
  "background",
  "signal",
  "total",
  "signal_at_limit",
];

export class WindowPanel {
  #plot;
  #fit = null;
  #asked = null;

  /** @param actions {step(by), model(name)}: a neighbouring window, or another model, is wanted */
  constructor(actions) {
    this.#plot = new FitPlot(byId("fit-plot"), (bin) => this.#point(bin));
    byId("window-previous").addEventListener("click", () => actions.step(-1));
    byId("window-next").addEventListener("click", () => actions.step(1));
    byId("window-csv").addEventListener("click", () => this.#save());
    byId("fit-models").addEventListener("change", (event) => actions.model(event.target.value));
    byId("fit-legend").replaceChildren(
      ...FIT_CURVES.map(({ label, kind, colour }) =>
        element("li", {}, sample(kind, [colour]), element("span", {}, label)),
      ),
    );
  }

  /** Draw again in other colours. */
  redraw() {
    this.#plot.redraw();
  }

  /** Nothing is chosen. */
  hide() {
    this.#asked?.abort();
    byId("window-content").hidden = true;
    byId("window-hint").hidden = false;
    byId("window-title").textContent = "Window";
  }

  /**
   * Show a window with the fit of one model.
   *
   * @param column columns of limits of that model
   * @param models names of all models, to choose from
   */
  async show(place, column, models) {
    const window = column.window[place];
    const { model } = column;
    this.#asked?.abort();
    const asked = (this.#asked = new AbortController());
    byId("window-hint").hidden = true;
    byId("window-content").hidden = false;
    byId("window-title").textContent = `Window ${window}, ${text.mass(column.mass_gev[place])}`;
    byId("window-previous").disabled = place === 0;
    byId("window-next").disabled = place === column.window.length - 1;
    this.#chooser(models, model);
    this.#numbers(column, place, null);
    const vetoed = column.vetoed[place];
    byId("window-files").hidden = byId("window-fit").hidden = vetoed;
    this.#say(vetoed ? "This mass is inside a veto: it has no likelihood." : "");
    this.#fit = null;
    if (!vetoed) this.#files(window, model);
    byId("window-panel").setAttribute("aria-busy", "true");
    try {
      const [numbers, fit] = await Promise.all([
        api.windowNumbers(window, asked.signal),
        vetoed ? null : api.fit(window, model, asked.signal),
      ]);
      if (asked.signal.aborted) return;
      this.#numbers(column, place, numbers);
      if (fit) this.#show({ ...fit, window, model });
    } catch (error) {
      if (asked.signal.aborted) return;
      byId("window-fit").hidden = true;
      this.#say(`No fit: ${error.message}`);
    } finally {
      if (this.#asked === asked) byId("window-panel").removeAttribute("aria-busy");
    }
  }

  #say(words) {
    byId("window-message").textContent = words;
    byId("window-message").hidden = words === "";
  }

  #chooser(models, chosen) {
    byId("fit-models").replaceChildren(
      ...models.map((model) => element("option", { value: model }, text.symbol(model))),
    );
    byId("fit-models").value = chosen;
  }

  #files(window, model) {
    for (const what of ["workspace", "patch", "background"]) {
      const link = byId(`window-${what}`);
      link.href = api.download(window, what, what === "background" ? null : model);
    }
  }

  #numbers(column, place, window) {
    const of = (name) => column[name]?.[place] ?? null;
    const band = (values) =>
      values === null
        ? "–"
        : `${text.number(values[2])} (1σ: ${text.number(values[1])} – ${text.number(values[3])})`;
    const symbol = text.couplingSymbol(column.model);
    const rows = [
      ["Mass", text.mass(of("mass_gev"))],
      ["Resolution σ(M_R)", window && `${text.number(1e3 * window.sigma_gev)} MeV`],
      ["σ × BR limit, observed", `${text.number(of("xsec_limit_fb"))} fb`],
      ["σ × BR limit, expected", `${band(of("xsec_limit_expected_fb"))} fb`],
      [`Limit on ${symbol}, observed`, text.number(of("coupling_limit"))],
      [`Limit on ${symbol}, expected`, band(of("coupling_limit_expected"))],
      ["Best fit of σ × BR", `${text.number(of("poi_hat"))} ± ${text.number(of("poi_hat_error"))} fb`],
      ["Local significance", of("z_local") === null ? "–" : `${of("z_local").toFixed(2)} σ`],
      ["Local p-value p₀", text.number(of("p0"))],
      ["Efficiency", text.number(of("efficiency"), 4)],
      ["K = σ(ISR) / σ(Born)", text.number(of("k_factor"), 4)],
      ["BR(X → μ⁺μ⁻)", text.number(of("branching_fraction"), 4)],
      ["Status", text.status(of("status"))],
    ];
    byId("window-numbers").replaceChildren(
      ...rows
        .filter(([, value]) => value)
        .map(([name, value]) =>
          element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, value)),
        ),
    );
  }

  #show(fit) {
    this.#fit = fit;
    this.#plot.show(fit);
    this.#point(null);
    const events = (column) => column.reduce((sum, value) => sum + value, 0);
    byId("fit-summary").replaceChildren(
      ...descriptions([
        ["Candidates", String(events(fit.observed))],
        ["Background", text.number(events(fit.background_only), 4)],
        ["Fitted signal", text.number(events(fit.signal))],
        ["Signal at the limit", text.number(events(fit.signal_at_limit))],
      ]),
    );
    byId("fit-bins").replaceChildren(
      ...fit.bin_low.map((low, bin) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, binName(fit, bin)),
          element("td", {}, String(fit.observed[bin])),
          ...FIT_CURVES.map(({ key }) => element("td", {}, text.number(fit[key][bin]))),
        ),
      ),
    );
  }

  #point(bin) {
    const fit = this.#fit;
    if (fit === null || bin === null) {
      byId("fit-readout").textContent = HINT;
      return;
    }
    const curves = FIT_CURVES.map(
      ({ key, label }) => `${label.toLowerCase()} ${text.number(fit[key][bin])}`,
    );
    const parts = [`${fit.observed[bin]} observed`, ...curves];
    byId("fit-readout").textContent = `${binName(fit, bin)} GeV: ${parts.join(", ")}`;
  }

  #save() {
    if (this.#fit === null) return;
    const fit = this.#fit;
    const lines = [
      CSV_COLUMNS.join(","),
      ...fit.bin_low.map((_, bin) => CSV_COLUMNS.map((name) => fit[name][bin]).join(",")),
    ];
    saveAs(`${fit.window}_${fit.model}_fit.csv`, "text/csv", `${lines.join("\n")}\n`);
  }
}

const binName = (fit, bin) => `${fit.bin_low[bin].toFixed(4)} – ${fit.bin_high[bin].toFixed(4)}`;
