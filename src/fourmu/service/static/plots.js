// The two plots of the scan: limits, and below them the local significance, against the same mass.

import { axis, edge, line } from "./axes.js";
import { limitRange, significanceRange } from "./curves.js";
import { drawCurve, drawVertical, fillIntervals, hatch } from "./layers.js";
import { nearest } from "./scan.js";
import { colour } from "./theme.js";

/** Narrower than this, in pixels, axes have no labels: headings say the same. */
const NARROW = 560;
/** Drags shorter than this are clicks, in pixels. */
const SHORTEST_DRAG = 6;

export class ScanPlots {
  #places;
  #actions;
  #content = null;
  #options = null;
  #plots = [];
  #pointed = null; // place of the crosshair
  #held = null; // the same where keys put it: it stays on its mass, not on its pixel

  /**
   * @param places elements for the upper and the lower plot
   * @param actions {zoom([low, high] | null), point(place | null), choose(place)}
   */
  constructor(places, actions) {
    this.#places = places;
    this.#actions = actions;
    new ResizeObserver(() => this.#resize()).observe(places[0]);
    for (const place of places) {
      place.addEventListener("mousemove", () => (this.#held = null), { capture: true });
    }
  }

  /** Make both plots anew: other curves, axes or colours. */
  show(content, options) {
    const started = performance.now();
    this.#content = content;
    this.#options = options;
    for (const plot of this.#plots) plot.destroy();
    const upper = this.#plot(0, content.upper, {
      logY: options.logY,
      rangeY: () => limitRange(content, this.range, options.logY),
    });
    const lower = this.#plot(1, content.lower, {
      logY: false,
      rangeY: () => significanceRange(content, this.range),
    });
    this.#plots = [upper, lower];
    this.#pointAgain();
    measure("fourmu: plots made", started);
  }

  /** Interval of mass that is shown. */
  get range() {
    return this.#options.zoom ?? this.full;
  }

  /** Interval of the whole scan, with some air. */
  get full() {
    const { masses } = this.#content;
    return [masses[0] * 0.94, masses[masses.length - 1] * 1.03];
  }

  get options() {
    return this.#options;
  }

  /** Where a position on the screen is across the plots, 0 at their left end, 1 at the right. */
  share(clientX) {
    const { left, width } = this.#plots[0].over.getBoundingClientRect();
    return (clientX - left) / width;
  }

  /** Show another interval of mass, or mark another window, with the same curves. */
  update(options) {
    const started = performance.now();
    const moved = String(options.zoom) !== String(this.#options.zoom);
    this.#options = options;
    const [min, max] = this.range;
    for (const plot of this.#plots) {
      if (moved) plot.setScale("x", { min, max });
      else plot.redraw(false);
    }
    this.#pointAgain();
    measure("fourmu: plots redrawn", started);
  }

  /** Put the crosshair on a window. */
  point(place) {
    this.#pointed = this.#held = place;
    const gev = this.#content.masses[place];
    const [upper] = this.#plots;
    const value = this.#content.upper.lines.find((curve) => curve.hovered)?.values[place];
    const top = value > 0 ? upper.valToPos(value, "y") : 0.5 * upper.over.clientHeight;
    upper.setCursor({ left: upper.valToPos(gev, "x"), top });
  }

  #pointAgain() {
    const held = this.#held;
    // when what was asked for is drawn
    if (held !== null) queueMicrotask(() => this.point(held));
  }

  #plot(which, layers, { logY, rangeY }) {
    const place = this.#places[which];
    const { masses } = this.#content;
    const { logX } = this.#options;
    const isLower = which === 1;
    const data = [masses];
    const series = [{}];
    const bands = [];
    for (const { low, high, colour: name } of layers.areas) {
      data.push(low, high);
      series.push(edge(), edge());
      bands.push({ series: [data.length - 1, data.length - 2], fill: colour(name) });
    }
    const hovered = new Set();
    for (const { values, colour: name, width, dash, fill, hovered: isHovered } of layers.lines) {
      data.push(values);
      series.push({ ...line(colour(name), width, dash), fill: fill && colour(fill) });
      if (isHovered) hovered.add(data.length - 1);
    }
    const [min, max] = this.range;
    const roomy = place.clientWidth >= NARROW;
    const plot = new uPlot(
      {
        ...this.#size(which),
        legend: { show: false },
        padding: [10, 14, 0, 0],
        scales: {
          x: { time: false, distr: logX ? 3 : 1, min, max, range: () => this.range },
          y: { distr: logY ? 3 : 1, range: rangeY },
        },
        axes: [
          axis({ log: logX, label: isLower ? "Mass of X [GeV]" : null, hidden: !isLower }),
          axis({ log: logY, label: roomy ? layers.label : null, vertical: true }),
        ],
        series,
        bands,
        cursor: {
          y: !isLower,
          drag: { x: true, y: false, setScale: false, dist: SHORTEST_DRAG },
          sync: { key: "mass", scales: ["x", null], setSeries: false },
          // windows, also where the curves have none: at vetoed masses
          dataIdx: (_plot, _series, closest) => closest,
          points: { size: 8, show: (_plot, index) => hovered.has(index) && cursorPoint() },
          bind: { dblclick: () => () => this.#actions.zoom(null) },
        },
        hooks: {
          drawAxes: [(self) => fillIntervals(self, this.#content.vetoed, colour("veto"))],
          draw: [(self) => this.#drawAbove(self, layers)],
          setSelect: [(self) => this.#select(self)],
          setCursor: [(self) => this.#moveTo(self)],
        },
      },
      data,
      place,
    );
    this.#bindClick(plot);
    return plot;
  }

  #drawAbove(plot, { curves }) {
    const { hatched, masses } = this.#content;
    for (const { intervals, colour: name, rising } of hatched) {
      fillIntervals(plot, intervals, hatch(plot, colour(name), rising));
    }
    const ground = colour("surface");
    for (const curve of curves) drawCurve(plot, { ...curve, colour: colour(curve.colour), ground });
    const { marked } = this.#options;
    if (marked !== null) drawVertical(plot, masses[marked], colour("marker"));
  }

  #select(plot) {
    const { left, width } = plot.select;
    if (width < SHORTEST_DRAG) return;
    const [low, high] = [left, left + width].map((x) => plot.posToVal(x, "x"));
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.#actions.zoom([low, high]);
  }

  #moveTo(plot) {
    // both plots report what one of them has seen; the upper one speaks
    if (plot !== this.#plots[0] || this.#held !== null) return;
    const { left, idx } = plot.cursor;
    const place = left < 0 || idx === null || idx === undefined ? null : idx;
    if (place === this.#pointed) return;
    this.#pointed = place;
    this.#actions.point(place);
  }

  #bindClick(plot) {
    // the first click of a double click, which resets the zoom, opens no window
    let waiting;
    plot.over.addEventListener("click", (event) => {
      clearTimeout(waiting);
      if (event.detail > 1) return;
      const left = event.clientX - plot.over.getBoundingClientRect().left;
      const place = nearest(this.#content.masses, plot.posToVal(left, "x"));
      waiting = setTimeout(() => this.#actions.choose(place), 250);
    });
  }

  #size(which) {
    const width = Math.max(this.#places[which].clientWidth, 240);
    const height = width < NARROW ? [270, 150] : [350, 165];
    return { width, height: height[which] };
  }

  #resize() {
    if (this.#plots.length === 0) return;
    if (this.#plots[0].width === this.#size(0).width) return;
    this.show(this.#content, this.#options);
  }
}

/** uPlot colours it and moves it about. */
const cursorPoint = () => document.createElement("div");

/** Tell profilers what drawing took: uPlot draws in microtasks, and this one comes after them. */
function measure(name, start) {
  queueMicrotask(() => performance.measure(name, { start, end: performance.now() }));
}
