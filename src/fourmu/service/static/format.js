// Numbers and names as people read them.

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const SYMBOLS = { zprime: "Z′", scalar: "S" };
const COUPLINGS = { zprime: "g′", scalar: "gₛ" };

const superscript = (power) =>
  (power < 0 ? "⁻" : "") +
  [...String(Math.abs(power))].map((digit) => SUPERSCRIPTS[Number(digit)]).join("");

/** A number with so many significant digits: 0.128, 7.12 × 10⁻⁴; a dash where there is none. */
export function number(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  const power = Number(exponent);
  const text =
    power < -3 || power > 5
      ? `${mantissa} × 10${superscript(power)}`
      : power >= digits
        ? value.toFixed(0)
        : value.toFixed(digits - 1 - power);
  return text.replace(/^-/, "−");
}

/** A number without more digits than it needs. */
export const plain = (value, digits = 4) => String(Number(value.toPrecision(digits)));

/** A mass with the digits that tell neighbouring windows apart. */
export const mass = (gev) => `${gev.toFixed(4)} GeV`;

export const interval = ([low, high]) =>
  low === high ? plain(low) : `${plain(low)} – ${plain(high)}`;

export const percent = (share) => `${Number((100 * share).toFixed(3))} %`;

/** Label of a tick, with so many decimals or, for null, as many as it needs. */
export function tick(value, decimals) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e5) {
    const power = Math.floor(Math.log10(size) + 1e-9);
    const mantissa = Number((value / 10 ** power).toPrecision(6));
    return mantissa === 1 ? `10${superscript(power)}` : `${mantissa}·10${superscript(power)}`;
  }
  return decimals === null ? String(Number(value.toPrecision(6))) : value.toFixed(decimals);
}

/** How the particle of a model is written; a model that is not known here has its own name. */
export const symbol = (model) => SYMBOLS[model] ?? model;

export const couplingSymbol = (model) => COUPLINGS[model] ?? `g(${model})`;

/** Title of a model with the letters it means. */
export const title = (text) =>
  text.replaceAll("_mu", "μ").replaceAll("_tau", "τ").replaceAll(" - ", " − ").replaceAll("'", "′");

/** A process with the letters it means. */
export const process = (text) =>
  text
    .replaceAll("->", "→")
    .replaceAll(/mu\+ ?mu-/g, "μ⁺μ⁻")
    .replaceAll("e+e-", "e⁺e⁻");

/** Statuses in words; the service's own word where it is not known here. */
export const status = (word) =>
  ({
    ok: "ok",
    width_not_negligible: "width of X not negligible: the limit is optimistic",
    vetoed: "vetoed mass: no likelihood",
    not_converged: "the fit did not converge",
  })[word] ?? word;
