// What the archive says of itself.

import * as api from "./api.js";
import { byId, descriptions, element } from "./dom.js";
import * as text from "./format.js";

/** A DOI as a link; anything else as it stands. */
function reference(doi) {
  if (!/^10\.\d{4,9}\/[\w.()/:;-]+$/.test(doi)) return doi;
  return element("a", { href: `https://doi.org/${doi}`, rel: "noreferrer" }, doi);
}

const fileLink = (address, words) => element("a", { href: address, download: true }, words);

export function showArchive(archive, models) {
  const isPseudo = archive.data_kind === "pseudo-data";
  byId("archive-title").textContent = text.process(archive.title);
  byId("data-kind").replaceChildren(
    element("strong", {}, isPseudo ? "Pseudo-data." : "Data of the archive's authors."),
    isPseudo ? " What was fitted is simulated: no Belle II data are shown here." : "",
  );
  byId("data-kind").hidden = false;
  const masses = [archive.mass_min_gev, archive.mass_max_gev].map((gev) => text.number(gev, 4));
  byId("archive-facts").replaceChildren(
    ...descriptions([
      ["Luminosity", `${text.number(archive.luminosity_ifb)} fb⁻¹ at √s = ${archive.sqrt_s_gev} GeV`],
      ["Limits", `${text.percent(archive.confidence_level)} CL, CLs, asymptotic`],
      [
        "Masses",
        `${masses.join(" – ")} GeV: ${archive.windows - archive.vetoed} windows, ` +
          `${archive.vetoed} vetoed`,
      ],
    ]),
  );
  byId("archive-source").replaceChildren(
    ...descriptions(
      [
        ["Licence", archive.licence],
        ["Cite as", archive.citation],
        archive.doi && ["DOI", reference(archive.doi)],
        archive.hepdata && ["HEPData", archive.hepdata],
        [
          "Archive",
          element("code", {}, archive.digest.slice(0, 16)),
          " (SHA-256 of its checksums)",
        ],
      ].filter(Boolean),
    ),
  );
  // what native validation says to a mass outside of the scan is enough
  byId("go-mass").min = (0.99 * archive.mass_min_gev).toFixed(3);
  byId("go-mass").max = (1.01 * archive.mass_max_gev).toFixed(3);
  byId("tables").append(
    ...models.flatMap(({ name }, i) => [
      i > 0 ? ", " : "",
      fileLink(api.limitsFile(name, "csv"), `${text.symbol(name)} (CSV)`),
    ]),
  );
  byId("archive-files").replaceChildren(
    element("li", {}, fileLink("api/archive.tar.gz", "All likelihoods (.tar.gz)")),
    ...models.map(({ name, title }) =>
      element(
        "li",
        {},
        `${text.title(title)}: `,
        fileLink(api.limitsFile(name, "csv"), "limits (CSV)"),
        ", ",
        fileLink(api.limitsFile(name, "lmt"), "couplings (.lmt)"),
      ),
    ),
    element("li", {}, element("a", { href: "openapi.json" }, "Programming interface (OpenAPI)")),
  );
}
