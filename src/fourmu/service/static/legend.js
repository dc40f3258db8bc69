// What the lines and areas of a plot mean, beside it: as text it can be read, selected and printed.

import { element, svg } from "./dom.js";

const [WIDTH, HEIGHT] = [30, 14];
const MIDDLE = HEIGHT / 2;
const DASHES = { dashes: "6 4", dots: "2 2", "dash-dots": "9 3 2 3", "long dashes": "8 4" };

const paint = (name) => `var(--${name})`;

const bar = (colour, inset) =>
  svg("rect", {
    x: 0,
    width: WIDTH,
    y: inset,
    height: HEIGHT - 2 * inset,
    class: "swatch",
    fill: paint(colour),
  });

const stroke = (colour, dash, path = `M0 ${MIDDLE}H${WIDTH}`) =>
  svg("path", {
    d: path,
    fill: "none",
    stroke: paint(colour),
    "stroke-width": 2,
    "stroke-dasharray": dash,
  });

function stripes(colour, rising) {
  const ends = rising ? [HEIGHT, 0] : [0, HEIGHT];
  const lines = [2, 9, 16].map((x) => `M${x} ${ends[0]}L${x + 12} ${ends[1]}`);
  return stroke(colour, null, lines.join(""));
}

/** Mark of an own model, as on its curve. */
export function markOf(mark, colour) {
  const [x, y, size] = [WIDTH / 2, MIDDLE, 4];
  const fill = paint(colour);
  if (mark === "circle") return svg("circle", { cx: x, cy: y, r: size, fill });
  if (mark === "square") {
    return svg("rect", { x: x - size, y: y - size, width: 2 * size, height: 2 * size, fill });
  }
  const [up, side] = [1.3 * size, mark === "triangle" ? 1.15 * size : 1.3 * size];
  const corners =
    mark === "triangle"
      ? [[x, y - up], [x + side, y + up / 2], [x - side, y + up / 2]]
      : [[x, y - up], [x + side, y], [x, y + up], [x - side, y]];
  return svg("polygon", { points: corners.map((corner) => corner.join(",")).join(" "), fill });
}

/** A sample of a line or an area, in front of its name. */
export function sample(kind, colours, mark = null) {
  const [first, second] = colours;
  const drawn = {
    bands: () => [bar(first, 4), bar(second, 0)].reverse(),
    area: () => [bar(first, 1)],
    "rising hatch": () => [stripes(first, true)],
    "falling hatch": () => [stripes(first, false)],
  };
  const shapes = drawn[kind]?.() ?? [stroke(first, DASHES[kind] ?? null)];
  if (mark) shapes.push(markOf(mark, first));
  const size = { width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}` };
  return svg("svg", { ...size, "aria-hidden": "true", class: "sample" }, ...shapes);
}

export function showLegend(list, entries) {
  list.replaceChildren(
    ...entries.map(({ label, kind, colours }) =>
      element("li", {}, sample(kind, colours), element("span", {}, label)),
    ),
  );
}
