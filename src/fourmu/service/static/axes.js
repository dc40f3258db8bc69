// Axes and series of uPlot in the colours and manners of the page.

import { colour } from "./theme.js";
import { labels, ticks } from "./ticks.js";

const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/** Space for the labels of y axes: the same in plots above each other, or their masses would not meet. */
const Y_SIZE = 54;

/** An axis; `label` is left out where there is no room for it. */
export function axis({ log = false, label = null, vertical = false, hidden = false }) {
  const ink = colour("ink-soft");
  const apart = vertical ? 34 : 62;
  return {
    scale: vertical ? "y" : "x",
    stroke: ink,
    font: FONT,
    labelFont: FONT,
    label: label ?? undefined,
    labelSize: 20,
    labelGap: vertical ? 0 : 2,
    size: vertical ? Y_SIZE : hidden ? 8 : 30,
    gap: 4,
    grid: { stroke: colour("grid"), width: 1 },
    ticks: { stroke: colour("grid"), width: 1, size: 5 },
    splits: (plot, _axis, low, high) => {
      const length = (vertical ? plot.bbox.height : plot.bbox.width) / uPlot.pxRatio;
      return ticks(low, high, { log, most: Math.max(3, Math.floor(length / apart)) });
    },
    // uPlot would leave out labels of a logarithmic axis that these ticks need
    filter: (_plot, splits) => splits,
    values: (_plot, splits) => (hidden ? splits.map(() => "") : labels(splits)),
  };
}

/** A line without points. */
export const line = (stroke, width, dash = []) => ({
  stroke,
  width,
  dash,
  spanGaps: false,
  points: { show: false },
});

/** An edge of an area, itself not drawn. */
export const edge = () => ({ ...line("transparent", 0), paths: uPlot.paths.linear() });
