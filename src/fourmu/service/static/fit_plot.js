// Data and fit of one window in bins of M_R.

import { axis, line } from "./axes.js";
import { drawPoints } from "./layers.js";
import { colour } from "./theme.js";

/** Curves of the fit, as the legend names them too. */
export const FIT_CURVES = [
  { key: "background_only", label: "Fit without signal", kind: "dashes", colour: "ink-soft" },
  { key: "total", label: "Fit with signal", kind: "line", colour: "blue" },
  { key: "signal_at_limit", label: "Signal at the limit", kind: "area", colour: "signal" },
];
const DASHES = { dashes: [6, 4] };

/**
 * Central 68.27 % interval of a Poisson mean for a count (Garwood).
 *
 * With the Wilson-Hilferty approximation of the chi-squared, to 1 % at a count of zero and better
 * above: less than a pixel.
 */
export function poissonInterval(count) {
  const end = (n, sign) => (n === 0 ? 0 : n * (1 - 1 / (9 * n) + sign / (3 * Math.sqrt(n))) ** 3);
  return [end(count, -1), end(count + 1, 1)];
}

/**
 * Bins as uPlot's steps: lower edges and values, the last bin closed, nothing where a veto was
 * cut out.
 */
export function steps(low, high, columns) {
  const edges = [];
  const stepped = columns.map(() => []);
  const push = (at, values) => {
    edges.push(at);
    values.forEach((value, i) => stepped[i].push(value));
  };
  const nothing = columns.map(() => null);
  low.forEach((at, bin) => {
    push(at, columns.map((column) => column[bin]));
    const next = low[bin + 1] ?? Infinity;
    const apart = next - high[bin] > 1e-6 * (high[bin] - at);
    if (apart) {
      // a step ends where the next point is: repeat the value there, then nothing
      push(high[bin], columns.map((column) => column[bin]));
      if (next < Infinity) push(high[bin] * (1 + 1e-12), nothing);
    }
  });
  return [edges, ...stepped];
}

export class FitPlot {
  #place;
  #plot = null;
  #shown = null;
  #point;

  /** `point(bin | null)` is called when the cursor is over a bin. */
  constructor(place, point) {
    this.#place = place;
    this.#point = point;
    new ResizeObserver(() => {
      const width = this.#plot?.width;
      if (width && width !== this.#width()) this.#plot.setSize({ width: this.#width(), height: 300 });
    }).observe(place);
  }

  show(fit) {
    this.#shown = fit;
    this.#plot?.destroy();
    this.#plot = fit && this.#make(fit);
  }

  /** Draw the same again, in other colours. */
  redraw() {
    if (this.#shown) this.show(this.#shown);
  }

  #width() {
    return Math.max(this.#place.clientWidth, 240);
  }

  #make(fit) {
    const { bin_low: low, bin_high: high, observed } = fit;
    const ends = observed.map(poissonInterval);
    const points = {
      x: low.map((edge, bin) => 0.5 * (edge + high[bin])),
      y: observed,
      low: ends.map(([end]) => end),
      high: ends.map(([, end]) => end),
    };
    const data = steps(low, high, FIT_CURVES.map(({ key }) => fit[key]));
    const last = high[high.length - 1];
    const most = 1.08 * Math.max(...points.high, ...fit.total, ...fit.signal_at_limit);
    const width = 1e3 * median(low.map((edge, bin) => high[bin] - edge));
    return new uPlot(
      {
        width: this.#width(),
        height: 300,
        legend: { show: false },
        padding: [10, 10, 0, 0],
        scales: {
          x: { time: false, range: () => [low[0], last] },
          y: { range: () => [Math.min(0, 1.1 * Math.min(...fit.total)), most] },
        },
        axes: [
          axis({ label: "Reduced mass M_R [GeV]" }),
          axis({ label: `Candidates / ${width.toPrecision(2)} MeV`, vertical: true }),
        ],
        series: [
          {},
          ...FIT_CURVES.map(({ kind, colour: name }) => ({
            ...line(kind === "area" ? colour("orange") : colour(name), 1.8, DASHES[kind]),
            fill: kind === "area" ? colour(name) : undefined,
            paths: uPlot.paths.stepped({ align: 1 }),
          })),
        ],
        cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
        hooks: {
          drawAxes: [(plot) => drawPoints(plot, points, colour("ink"), colour("bars"))],
          setCursor: [(plot) => this.#point(binAt(plot, low, high))],
        },
      },
      data,
      this.#place,
    );
  }
}

function binAt(plot, low, high) {
  if (!(plot.cursor.left >= 0)) return null;
  const at = plot.posToVal(plot.cursor.left, "x");
  const bin = low.findIndex((edge, place) => edge <= at && at < high[place]);
  return bin < 0 ? null : bin;
}

function median(values) {
  const ordered = [...values].sort((a, b) => a - b);
  return ordered[Math.floor(ordered.length / 2)];
}
