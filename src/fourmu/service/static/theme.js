// Light and dark: the system's, or the one that was chosen and is remembered.

const KEY = "fourmu-theme"; // also in early_theme.js, which sets the first theme
const root = document.documentElement;

const isDark = () => root.dataset.theme === "dark";

function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function remember(theme) {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // it holds until the page is left
  }
}

/**
 * Let a button change the theme; `changed` is called after every change, the system's included.
 *
 * Paper is light: the canvases are drawn again for it, too.
 */
export function bindTheme(button, changed) {
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  const become = (theme) => {
    root.dataset.theme = theme;
    show();
    changed();
  };
  button.addEventListener("click", () => {
    become(isDark() ? "light" : "dark");
    remember(root.dataset.theme);
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (system) => {
    if (remembered() === null) become(system.matches ? "dark" : "light");
  });
  let onScreen = root.dataset.theme;
  window.addEventListener("beforeprint", () => {
    onScreen = root.dataset.theme;
    become("light");
  });
  window.addEventListener("afterprint", () => become(onScreen));
  show();
}

/** Colour of the style sheet by its name there, for canvases. */
export const colour = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
