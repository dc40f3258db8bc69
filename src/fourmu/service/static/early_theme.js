// Runs before anything is drawn, or a page in the other theme would flash up first.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem("fourmu-theme");
  } catch {
    // a browser that keeps nothing follows the system
  }
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  document.documentElement.dataset.theme = ["light", "dark"].includes(theme) ? theme : system;
})();
