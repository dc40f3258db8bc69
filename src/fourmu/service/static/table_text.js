// A pasted table of cross sections: CSV, tabs or blanks, with or without a line of names.

const NAMES = ["mass_gev", "xsec_br_fb", "xsec_fb", "br"];
const WITHOUT_NAMES = { 2: ["mass_gev", "xsec_br_fb"], 3: ["mass_gev", "xsec_fb", "br"] };
const EXPECTED = "mass_gev and xsec_br_fb, or mass_gev, xsec_fb and br";

/** What is wrong with the text, and in which line. */
export class TableError extends Error {}

const cells = (line) => line.trim().split(/\s*[,;\t]\s*|\s+/);

/**
 * Columns of numbers by name.
 *
 * Lines that are empty or begin with # are passed over.
 */
export function parseTable(text) {
  const lines = text
    .split(/\r?\n/)
    .map((line, i) => ({ line, number: i + 1 }))
    .filter(({ line }) => line.trim() !== "" && !line.trim().startsWith("#"));
  if (lines.length === 0) throw new TableError("the table is empty");
  const first = cells(lines[0].line);
  const named = Number.isNaN(Number(first[0]));
  const names = named ? first.map((name) => name.toLowerCase()) : WITHOUT_NAMES[first.length];
  if (names === undefined) {
    throw new TableError(`line 1 has ${first.length} columns; expected are ${EXPECTED}`);
  }
  checkNames(names);
  const rows = named ? lines.slice(1) : lines;
  if (rows.length === 0) throw new TableError("the table has names and no numbers");
  const columns = Object.fromEntries(names.map((name) => [name, []]));
  for (const { line, number } of rows) {
    const values = cells(line);
    if (values.length !== names.length) {
      throw new TableError(`line ${number} has ${values.length} columns and not ${names.length}`);
    }
    values.forEach((value, i) => {
      const found = Number(value);
      if (value === "" || !Number.isFinite(found)) {
        throw new TableError(`line ${number}: “${value}” is no number`);
      }
      columns[names[i]].push(found);
    });
  }
  return columns;
}

function checkNames(names) {
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw new TableError(`“${unknown}” is no known column; expected are ${EXPECTED}`);
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new TableError(`the column ${twice} is there twice`);
  const product = names.includes("xsec_br_fb");
  const factors = names.includes("xsec_fb") && names.includes("br");
  if (!names.includes("mass_gev") || product === factors || names.length !== (product ? 2 : 3)) {
    throw new TableError(`the columns are ${names.join(", ")}; expected are ${EXPECTED}`);
  }
}
