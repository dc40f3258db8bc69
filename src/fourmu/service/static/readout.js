// What stands at one mass, in a line per model.

import { columnsOf } from "./curves.js";
import * as text from "./format.js";

const UNITS = { xsec: " fb", coupling: "" };

/** Lines about a window: the first says where, one for each model follows. */
export function describe(place, quantity, limits) {
  const columns = Object.values(limits);
  const { mass_gev: masses, window: windows } = columns[0];
  return [
    `${text.mass(masses[place])}, window ${windows[place]}`,
    ...columns.map((column) => ofModel(column, place, quantity)),
  ];
}

function ofModel(column, place, quantity) {
  const name = text.symbol(column.model);
  const chosen = columnsOf(quantity);
  const observed = column[chosen.observed][place];
  const band = column[chosen.expected][place];
  const status = column.status[place];
  if (observed === null || observed === undefined) return `${name}: ${text.status(status)}`;
  const unit = UNITS[quantity];
  const what = quantity === "xsec" ? "σ × BR" : text.couplingSymbol(column.model);
  const parts = [`${name}: ${what} < ${text.number(observed)}${unit}`];
  if (band) {
    const [, low, median, high] = band.map((value) => text.number(value));
    parts.push(`expected ${median}${unit} (1σ: ${low} – ${high})`);
  }
  parts.push(`local significance ${column.z_local[place].toFixed(2)} σ`);
  if (status !== "ok") parts.push(text.status(status));
  return parts.join(", ");
}
