// The filter of a table: words, and conditions on columns such as `max_depth > 5` or
// `outcome = failed`. All must hold.

const TERM = /("[^"]*"|[^\s"<>=!]+)\s*(<=|>=|!=|=|<|>)\s*("[^"]*"|[^\s"]+)|"([^"]*)"|(\S+)/g;
const OPERATORS = {
  "=": (order) => order === 0, "!=": (order) => order !== 0, "<": (order) => order < 0,
  "<=": (order) => order <= 0, ">": (order) => order > 0, ">=": (order) => order >= 0,
};
const SECONDS = { s: 1, min: 60, h: 3600, d: 86400 };
const NUMERIC = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

const plain = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
const unquoted = (text) => text.replace(/^"(.*)"$/, "$1");

/** The number that a text stands for: 5, $3, 90s, 10min, 2h, 2026-03-02. NaN if it stands for none. */
function measured(text) {
  const bare = text.replace(/^\$|,/g, "");
  if (NUMERIC.test(bare)) return Number(bare);
  const [, amount, unit] = bare.match(/^([\d.]+)(s|min|h|d)$/) ?? [];
  if (unit) return Number(amount) * SECONDS[unit];
  return /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text.length > 10 ? `${text.replace(" ", "T")}Z` : text) : NaN;
}

/**
 * Reads a filter. Each column has a name, and functions for a row's value and text.
 * Returns a test for rows, and the names that are no column.
 */
function queryOf(text, columns) {
  const unknown = [];
  const tests = [...text.matchAll(TERM)].map(([whole, name, operator, value, quoted, word]) => {
    if (operator) {
      const column = columnNamed(unquoted(name), columns);
      if (!column) unknown.push(unquoted(name));
      return column ? condition(column, operator, unquoted(value)) : () => false;
    }
    return containing((quoted ?? word ?? whole).toLowerCase(), columns);
  });
  return { passes: (row) => tests.every((test) => test(row)), unknown };
}

function columnNamed(name, columns) {
  const wanted = plain(name);
  const exact = columns.find((column) => column.names.some((own) => plain(own) === wanted));
  const starting = columns.filter((column) => column.names.some((own) => plain(own).startsWith(wanted)));
  return exact ?? (starting.length === 1 ? starting[0] : undefined);
}

function condition(column, operator, wanted) {
  const target = measured(wanted);
  return (row) => {
    const value = column.value(row);
    if (!isNumber(value) || value === "") return operator === "!=";
    if (typeof value === "number" && !Number.isNaN(target)) return OPERATORS[operator](value - target);
    const text = column.text(row).toLowerCase();
    if (operator === "=" || operator === "!=") return OPERATORS[operator](plain(text) === plain(wanted) ? 0 : 1);
    return OPERATORS[operator](text.localeCompare(wanted.toLowerCase(), "en", { numeric: true }));
  };
}

/** A test for a word. A number is a whole cell, or a whole part of a name: 12 is not in 0.12. */
function containing(word, columns) {
  if (!NUMERIC.test(word)) return (row) => columns.some((column) => column.text(row).toLowerCase().includes(word));
  return (row) => columns.some((column) => {
    const value = column.value(row);
    return value === Number(word) || column.text(row).toLowerCase() === word
      || (typeof value !== "number" && column.text(row).toLowerCase().split(/[^\p{L}\p{N}.]+/u).includes(word));
  });
}
