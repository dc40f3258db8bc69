// Arithmetic on the columns of a scan. Masses increase; null is where there is no number.

/** Place of the mass that is nearest to a given one. */
export function nearest(masses, gev) {
  let [low, high] = [0, masses.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (masses[middle] < gev) low = middle;
    else high = middle;
  }
  return gev - masses[low] <= masses[high] - gev ? low : high;
}

/** Intervals of mass that flagged windows speak for: halfway to their neighbours. */
export function flaggedIntervals(masses, flags) {
  const edge = (place) => {
    if (place <= 0) return masses[0];
    if (place >= masses.length) return masses[masses.length - 1];
    return 0.5 * (masses[place - 1] + masses[place]);
  };
  const intervals = [];
  flags.forEach((flagged, place) => {
    if (!flagged) return;
    if (place > 0 && flags[place - 1]) intervals[intervals.length - 1][1] = edge(place + 1);
    else intervals.push([edge(place), edge(place + 1)]);
  });
  return intervals;
}

/** One of the five columns of an expected limit, -2 ... +2 standard deviations. */
export const expected = (bands, deviation) =>
  bands.map((band) => (band === null ? null : (band[deviation + 2] ?? null)));

/** Smallest positive and largest value within an interval of mass; null where there is none. */
export function extent(curves, [low, high]) {
  let [least, most] = [Infinity, -Infinity];
  for (const { mass, values } of curves) {
    for (let i = 0; i < mass.length; i++) {
      const value = values[i];
      if (value === null || !(value > 0) || mass[i] < low || mass[i] > high) continue;
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  return most > 0 ? [least, most] : null;
}

/** From masses to positions along an axis, and back. */
const along = (log) => (log ? [Math.log, Math.exp] : [(x) => x, (x) => x]);

/** A zoom by a factor about a mass, inside the scan; null when it is all of it. */
export function zoomed([low, high], about, factor, full, log) {
  const [to, from] = along(log);
  const [a, b, c] = [low, high, about].map(to);
  return within([from(c - (c - a) * factor), from(c + (b - c) * factor)], full);
}

/** The interval moved by a share of its length. */
export function moved([low, high], share, full, log) {
  const [to, from] = along(log);
  const [a, b, first, last] = [low, high, ...full].map(to);
  const step = Math.min(Math.max(share * (b - a), first - a), last - b);
  return within([from(a + step), from(b + step)], full);
}

/**
 * The interval after fingers moved: what was under each at first stays under it.
 *
 * @param before, after positions of one or two fingers as shares of the interval, 0 to 1
 */
export function pinched([low, high], before, after, full, log) {
  if (before.length === 1) return moved([low, high], before[0] - after[0], full, log);
  const [to, from] = along(log);
  const [a, b] = [to(low), to(high)];
  const stretch = (after[1] - after[0]) / (before[1] - before[0]);
  // fingers that meet or pass each other
  if (!(stretch > 0.01)) return within([low, high], full);
  const length = (b - a) / stretch;
  const first = a + before[0] * (b - a) - after[0] * length;
  return within([from(first), from(first + length)], full);
}

function within([low, high], [first, last]) {
  const [from, to] = [Math.max(low, first), Math.min(high, last)];
  const all = from <= first * (1 + 1e-9) && to >= last * (1 - 1e-9);
  return all || !(to > from) ? null : [from, to];
}
