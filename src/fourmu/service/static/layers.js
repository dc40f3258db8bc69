// What uPlot does not draw: intervals of mass, hatches, curves with points of their own, marks.
//
// All of these take a uPlot whose canvas is being drawn, and colours as the canvas knows them.

const within = (plot, draw) => {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw(ctx, bbox, uPlot.pxRatio);
  ctx.restore();
};

/** Fill intervals of the x axis over the whole height. */
export function fillIntervals(plot, intervals, fill) {
  within(plot, (ctx, bbox) => {
    ctx.fillStyle = fill;
    for (const [low, high] of intervals) {
      const left = plot.valToPos(low, "x", true);
      const right = plot.valToPos(high, "x", true);
      ctx.fillRect(left, bbox.top, Math.max(right - left, 1), bbox.height);
    }
  });
}

/** Stripes for {@link fillIntervals}, rising or falling. */
export function hatch(plot, colour, rising) {
  const size = Math.round(9 * uPlot.pxRatio);
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const pen = tile.getContext("2d");
  pen.strokeStyle = colour;
  pen.globalAlpha = 0.55;
  pen.lineWidth = uPlot.pxRatio;
  pen.beginPath();
  // three lines, so that stripes meet at the corners of tiles
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift - 1, rising ? size + 1 : -1);
    pen.lineTo(shift + size + 1, rising ? -1 : size + 1);
  }
  pen.stroke();
  return plot.ctx.createPattern(tile, "repeat");
}

/**
 * A curve that breaks where it has no value, with a mark at each of its points while they are few.
 * Marks have an edge in the colour of the ground; `shift` says where marks begin, as a share of the
 * steps between them. A curve with a `halo` has that edge, too, and is seen over any other.
 */
export function drawCurve(plot, curve) {
  const { mass, values, colour, ground, width, dash = [], mark, shift = 0, halo = false } = curve;
  within(plot, (ctx, bbox, ratio) => {
    ctx.strokeStyle = ctx.fillStyle = colour;
    ctx.lineWidth = width * ratio;
    ctx.lineJoin = "round";
    ctx.setLineDash(dash.map((length) => length * ratio));
    ctx.beginPath();
    let on = false;
    const points = [];
    mass.forEach((gev, i) => {
      const value = values[i];
      if (value === null || !(value > 0)) {
        on = false;
        return;
      }
      const [x, y] = [plot.valToPos(gev, "x", true), plot.valToPos(value, "y", true)];
      if (on) ctx.lineTo(x, y);
      else ctx.moveTo(x, y);
      on = true;
      if (x >= bbox.left && x <= bbox.left + bbox.width) points.push([x, y]);
    });
    if (halo) {
      ctx.setLineDash([]);
      ctx.strokeStyle = ground;
      ctx.lineWidth = (width + 3) * ratio;
      ctx.stroke();
      ctx.setLineDash(dash.map((length) => length * ratio));
      ctx.strokeStyle = colour;
      ctx.lineWidth = width * ratio;
    }
    ctx.stroke();
    if (!mark) return;
    ctx.setLineDash([]);
    // of a curve with a point per window, some points have a mark: they tell it from the others, and
    // those of curves that lie on each other are beside each other
    const few = points.length * 12 * ratio < bbox.width;
    const every = few ? 1 : Math.ceil((points.length * 64 * ratio) / bbox.width);
    ctx.strokeStyle = ground;
    points.forEach(([x, y], i) => {
      if (i % every === Math.floor(every * shift)) drawMark(ctx, mark, x, y, 4 * ratio);
    });
  });
}

function drawMark(ctx, mark, x, y, size) {
  ctx.beginPath();
  if (mark === "circle") ctx.arc(x, y, size, 0, 2 * Math.PI);
  else if (mark === "square") ctx.rect(x - size, y - size, 2 * size, 2 * size);
  else {
    const corners = mark === "triangle" ? 3 : 4;
    for (let i = 0; i < corners; i++) {
      const angle = (2 * Math.PI * i) / corners - Math.PI / 2;
      ctx.lineTo(x + 1.3 * size * Math.cos(angle), y + 1.3 * size * Math.sin(angle));
    }
  }
  ctx.closePath();
  ctx.fill();
  ctx.stroke();
}

/** A vertical line at a value of x. */
export function drawVertical(plot, value, colour) {
  within(plot, (ctx, bbox, ratio) => {
    const x = Math.round(plot.valToPos(value, "x", true));
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.5 * ratio;
    ctx.setLineDash([]); // the last series may have left its own
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  });
}

/** Points with vertical error bars: (n,) arrays of positions, values and ends of the bars. */
export function drawPoints(plot, { x, y, low, high }, colour, barColour) {
  within(plot, (ctx, bbox, ratio) => {
    ctx.strokeStyle = barColour;
    ctx.fillStyle = colour;
    ctx.lineWidth = ratio;
    x.forEach((value, i) => {
      const at = plot.valToPos(value, "x", true);
      ctx.beginPath();
      ctx.moveTo(at, plot.valToPos(low[i], "y", true));
      ctx.lineTo(at, plot.valToPos(high[i], "y", true));
      ctx.stroke();
      ctx.beginPath();
      ctx.arc(at, plot.valToPos(y[i], "y", true), 2 * ratio, 0, 2 * Math.PI);
      ctx.fill();
    });
  });
}
