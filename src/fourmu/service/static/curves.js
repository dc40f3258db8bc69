// From the columns of limits and the state to what the two plots draw; the drawing is in plots.js.

import * as text from "./format.js";
import { expected, extent, flaggedIntervals } from "./scan.js";

/** Colours by name in the style sheet; models and own models keep theirs, marks tell them apart too. */
const MODEL_COLOURS = ["blue", "orange", "purple", "cyan"];
export const OWN_MARKS = [
  { colour: "brown", mark: "circle", shift: 0 },
  { colour: "cyan", mark: "square", shift: 0.25 },
  { colour: "red", mark: "triangle", shift: 0.5 },
  { colour: "grey", mark: "diamond", shift: 0.75 },
];

/** Median expected limits of the first and the second model. */
const MEDIANS = [
  [[6, 4], "dashes"],
  [[2, 3], "dots"],
];

const COLUMNS = {
  xsec: { observed: "xsec_limit_fb", expected: "xsec_limit_expected_fb" },
  coupling: { observed: "coupling_limit", expected: "coupling_limit_expected" },
};

export const columnsOf = (quantity) => COLUMNS[quantity];

/** Model whose expected band is drawn: two would hide each other. */
export function bandModel(state, models) {
  if (state.band === "none") return null;
  return models.includes(state.band) ? state.band : models[0];
}

/**
 * All that is drawn, by layers from the bottom.
 *
 * @param state the state of the page
 * @param archive names of all models, which decides their colours
 * @param limits columns of limits of the models to show, by name
 * @param own own models with their results: {label, mark, colour, result}
 */
export function content(state, archive, limits, own) {
  const models = Object.keys(limits);
  const masses = limits[models[0]].mass_gev;
  const chosen = COLUMNS[state.quantity];
  const inCouplings = state.quantity === "coupling";
  const band = bandModel(state, models);
  const colourOf = (model) => MODEL_COLOURS[archive.indexOf(model) % MODEL_COLOURS.length];
  const areas = [];
  const lines = [];
  const legend = [];
  const say = (label, kind, ...colours) => legend.push({ label, kind, colours });

  if (inCouplings) {
    models.forEach((model, i) => {
      const colour = i === 0 ? "gminus2" : "gminus2-second";
      othersBounds(limits[model], model, colour, state.hide, areas, lines, say);
    });
  }
  if (band !== null) {
    const column = limits[band][chosen.expected];
    for (const [deviation, colour] of [[2, "band-two"], [1, "band-one"]]) {
      areas.push({ low: expected(column, -deviation), high: expected(column, deviation), colour });
    }
    const whose = models.length > 1 ? `${text.symbol(band)} expected` : "Expected";
    say(`${whose} ± 1σ, ± 2σ`, "bands", "band-one", "band-two");
  }
  const hatched = [];
  const medians = []; // above the observed limits, which would hide them
  models.forEach((model, i) => {
    const column = limits[model];
    const whose = models.length > 1 || own.length > 0 ? `${text.symbol(model)} ` : "";
    const colour = colourOf(model);
    lines.push({ values: column[chosen.observed], colour, width: 1.2, hovered: true });
    say(capital(`${whose}observed`), "line", colour);
    const [dash, kind] = MEDIANS[i % MEDIANS.length];
    medians.push({ values: expected(column[chosen.expected], 0), colour: "ink", dash, width: 1.4 });
    say(capital(`${whose}median expected`), kind, "ink");
    const wide = column.status.map((word) => word === "width_not_negligible");
    if (wide.includes(true)) {
      hatched.push({ intervals: flaggedIntervals(masses, wide), colour, rising: i % 2 === 0 });
      say(`${whose || "X "}width not negligible`, i % 2 ? "falling hatch" : "rising hatch", colour);
    }
  });
  lines.push(...medians);
  const curves = own.flatMap((model) => ownCurves(model, inCouplings));
  curves.sort((a, b) => Boolean(a.isPrediction) - Boolean(b.isPrediction)); // above all limits
  if (curves.some((curve) => curve.isPrediction)) {
    say("Prediction of an own model at its coupling", "long dashes", "ink-soft");
  }
  const vetoed = flaggedIntervals(masses, limits[models[0]].vetoed);
  if (vetoed.length > 0) say("Vetoed", "area", "veto");

  // models with similar signals have similar significances: only the first one is filled
  const significance = models.map((model, i) => ({
    values: limits[model].z_local,
    colour: colourOf(model),
    fill: i === 0 ? `${colourOf(model)}-faint` : null,
    width: 1.1,
    hovered: true,
  }));
  return {
    masses,
    legend,
    vetoed,
    hatched,
    upper: { label: quantityLabel(state.quantity, models), areas, lines, curves },
    lower: { label: "Local significance", areas: [], lines: significance, curves: [] },
  };
}

const capital = (words) => words[0].toUpperCase() + words.slice(1);

export function quantityLabel(quantity, models) {
  if (quantity === "xsec") return "σ(e⁺e⁻ → μ⁺μ⁻X) × BR(X → μ⁺μ⁻) [fb]";
  return `Coupling ${models.map(text.couplingSymbol).join(", ")}`;
}

/** The (g-2) band and the trident bound of a model, where it has them. */
function othersBounds(column, model, colour, hidden, areas, lines, say) {
  const band = column.g_minus_2;
  if (band && !hidden.includes("gminus2") && band.coupling_high.some(Number.isFinite)) {
    const name = `(g−2)μ ± 2σ (${band.measurement}), ${text.symbol(model)}`;
    if (band.coupling_low.some((low) => low > 0)) {
      areas.push({ low: band.coupling_low, high: band.coupling_high, colour });
      say(name, "area", colour);
    } else {
      lines.push({ values: band.coupling_high, colour: "red", width: 1.4, dash: [2, 2] });
      say(`${name}, upper edge`, "dots", "red");
    }
  }
  if (column.trident && !hidden.includes("trident")) {
    lines.push({ values: column.trident.coupling, colour: "purple", width: 1.6, dash: [9, 3, 2, 3] });
    say("Neutrino tridents, CCFR 95 % CL", "dash-dots", "purple");
  }
}

/** Limit of an own model, and what it predicts where that can be compared. */
function ownCurves({ result, colour, mark, shift }, inCouplings) {
  const rows = [...result.results].sort((a, b) => a.mass_gev - b.mass_gev);
  const mass = rows.map((row) => row.mass_gev);
  const column = (name) => rows.map((row) => row[name] ?? null);
  const limit = { mass, values: column(inCouplings ? "coupling_limit" : "xsec_limit_fb") };
  // a curve with as many points as the scan is as restless as its limits
  const curves = [{ ...limit, colour, mark, shift, width: rows.length > 200 ? 1.2 : 1.8 }];
  if (!inCouplings) {
    const prediction = { mass, values: column("xsec_br_fb"), colour, dash: [8, 4], width: 2, halo: true };
    curves.push({ ...prediction, isPrediction: true });
  }
  return curves;
}

/** Range of the limits that are drawn within an interval of mass. */
export function limitRange({ masses, upper }, interval, log) {
  // predictions may be far above: they are drawn where they are in reach
  const found = extent(
    [
      ...upper.lines.map(({ values }) => ({ mass: masses, values })),
      ...upper.areas.flatMap(({ low, high }) => [
        { mass: masses, values: low },
        { mass: masses, values: high },
      ]),
      ...upper.curves.filter((curve) => !curve.isPrediction),
    ],
    interval,
  );
  if (found === null) return log ? [0.01, 1] : [0, 1];
  return log ? [found[0] / 1.4, found[1] * 1.4] : [0, 1.08 * found[1]];
}

/** Range of the local significance within an interval of mass. */
export function significanceRange({ masses, lower }, interval) {
  const found = extent(lower.lines.map(({ values }) => ({ mass: masses, values })), interval);
  return [0, Math.max(3.2, 1.08 * (found?.[1] ?? 0))];
}
