// Where an axis has ticks: round numbers, of a logarithm or of the number itself.

import { tick } from "./format.js";

const MANTISSAS = [
  [1, 2, 3, 4, 5, 6, 7, 8, 9],
  [1, 2, 3, 5, 7],
  [1, 2, 5],
  [1, 3],
  [1],
];
/** A logarithmic axis over less than this factor has the ticks of a linear one. */
const SHORT_RANGE = 4;

function linear(low, high, most) {
  const rough = (high - low) / Math.max(most, 2);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) {
    ticks.push(k * step);
  }
  return ticks;
}

function logarithmic(low, high, most) {
  if (high / low < SHORT_RANGE) return linear(low, high, most);
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  for (const mantissas of MANTISSAS) {
    const ticks = [];
    for (let power = first; power <= last; power++) {
      ticks.push(...mantissas.map((mantissa) => Number(`${mantissa}e${power}`)));
    }
    const inside = ticks.filter((value) => value >= low * 0.9999 && value <= high * 1.0001);
    if (inside.length <= most) return inside;
  }
  const every = Math.ceil((last - first) / most);
  const decades = [];
  for (let power = first; power <= last; power += every) decades.push(10 ** power);
  return decades;
}

/** At most about `most` ticks between two numbers. */
export const ticks = (low, high, { log, most }) =>
  log ? logarithmic(low, high, most) : linear(low, high, most);

/** Their labels, all with the same decimals where they are equally far apart. */
export function labels(values) {
  const apart = values.slice(1).map((value, i) => value - values[i]);
  const step = Math.min(...apart);
  const even = Math.max(...apart) < 1.001 * step;
  const decimals = even ? Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)) : null;
  return values.map((value) => tick(value, decimals));
}
