// Keys and fingers on the plots.

const KEY_STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -50, PageDown: 50 };
const KEY_ZOOMS = { "+": 0.5, "=": 0.5, "-": 2 };

/** @param actions {step(by), first(), last(), choose(), zoom(factor), reset()} */
export function bindKeys(place, actions) {
  place.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    if (key in KEY_STEPS) actions.step(KEY_STEPS[key] * (event.shiftKey ? 10 : 1));
    else if (key in KEY_ZOOMS) actions.zoom(KEY_ZOOMS[key]);
    else if (key === "Home") actions.first();
    else if (key === "End") actions.last();
    else if (key === "Enter" || key === " ") actions.choose();
    else if (key === "Escape" || key === "0") actions.reset();
    else return;
    event.preventDefault();
  });
}

/**
 * Two fingers zoom, one moves what is zoomed; up and down scroll the page (touch-action in the style
 * sheet). Taps come as clicks and are none of this.
 *
 * @param actions {range(), isZoomed(), show([low, high]), done(), at(clientX)}: `show` draws at once,
 *   `done` keeps what is shown, `at` is the share of the plot's width, 0 to 1
 */
export function bindFingers(place, actions) {
  const fingers = new Map();
  let start = null;

  const begin = () => {
    const at = [...fingers.values()];
    start = at.length > 0 ? { at, range: actions.range(), moved: false } : null;
  };
  place.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    fingers.set(event.pointerId, actions.at(event.clientX));
    begin();
  });
  place.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, actions.at(event.clientX));
    const now = [...fingers.values()];
    if (now.length === 1 && !actions.isZoomed()) return;
    start.moved = true;
    actions.show(start.range, start.at, now);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    place.addEventListener(end, (event) => {
      if (!fingers.delete(event.pointerId)) return;
      if (start.moved) actions.done();
      begin();
    });
  }
}
