// Tables that can be sorted and filtered, and that print in full.

const FIRST_ROWS = 50;
const MORE_ROWS = 500;
let printed = [];

/** Compares numbers by value and text in natural order. Missing values come last either way. */
function compare(a, b, sign) {
  if (!isNumber(a) || !isNumber(b)) return isNumber(b) - isNumber(a);
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  return sign * String(a).localeCompare(String(b), "en", { numeric: true });
}

/**
 * A table. Each column is [heading, row => cell, class, row => value to sort by].
 * The element has a method `only`, which takes a filter for rows (null shows all rows).
 */
function table(columns, rows, { label, attributes = () => ({}), tall = false } = {}) {
  const made = new Map();
  const state = { column: null, sign: 1, words: [], most: FIRST_ROWS, test: null };
  const cell = (row) => ([, show, kind]) =>
    el("td", { class: kind }, kind === "wrap" ? clamped(show(row)) : kind === "name" ? el("span", { class: "name" }, show(row)) : show(row));
  const rowOf = (row) => {
    if (!made.has(row)) made.set(row, el("tr", attributes(row), columns.map(cell(row))));
    return made.get(row);
  };
  const valueOf = ([, show, , value]) => value ?? ((row) => textOf(show(row)));
  const passes = (row) => {
    if (state.test && !state.test(row)) return false;
    if (!state.words.length) return true;
    const text = rowOf(row).textContent.toLowerCase();
    return state.words.every((word) => text.includes(word));
  };

  const headings = columns.map((column, index) => el("th", { scope: "col", class: column[2], "aria-sort": "none" },
    el("button", { type: "button", title: `Sort by ${column[0]}`, click: () => sort(index) }, column[0]),
    // Buttons are not printed, so the headings at the top of each sheet would be empty.
    el("span", { class: "printed", "aria-hidden": "true" }, column[0])));
  const body = el("tbody");
  const count = el("span", { class: "count", role: "status" });
  const more = el("button", { type: "button", class: "more", click: () => { state.most += MORE_ROWS; show(); } });
  const search = el("input", {
    type: "search", "aria-label": `Filter: ${label}`, placeholder: "Filter",
    input: (event) => { state.words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean); show(); },
  });
  const scroll = el("div", { class: tall ? "scroll tall" : "scroll", tabindex: 0, role: "region", "aria-label": label },
    el("table", {}, el("caption", { class: "unseen" }, label), el("thead", {}, el("tr", {}, headings)), body));
  const hint = el("p", { class: "hint", hidden: "" }, "Scroll sideways for more columns.");

  function sort(index) {
    const first = columns[index][2] === "number" ? -1 : 1;
    state.sign = state.column === index ? -state.sign : first;
    state.column = index;
    headings.forEach((heading, at) => heading.setAttribute("aria-sort", at !== index ? "none" : state.sign > 0 ? "ascending" : "descending"));
    show();
  }

  function show() {
    const found = rows.filter(passes);
    if (state.column !== null) {
      const value = valueOf(columns[state.column]);
      found.sort((a, b) => compare(value(a), value(b), state.sign));
    }
    const shown = found.slice(0, state.most).map(rowOf);
    body.replaceChildren(...shown);
    if (shown[0]?.dataset.trials) for (const each of shown) each.tabIndex = each === shown[0] ? 0 : -1;
    if (!shown.length) body.append(el("tr", {}, el("td", { colspan: columns.length }, "No rows match.")));
    count.textContent = found.length === rows.length ? plural(rows.length, "row") : `${counted(found.length)} of ${plural(rows.length, "row")}`;
    more.hidden = found.length <= state.most;
    more.textContent = `Show ${counted(Math.min(MORE_ROWS, found.length - state.most))} more of ${counted(found.length)}`;
  }

  printed.push((isPrinted) => { state.most = isPrinted ? Infinity : FIRST_ROWS; show(); });
  new ResizeObserver(() => { hint.hidden = scroll.scrollWidth <= scroll.clientWidth + 1; }).observe(scroll);
  show();
  const whole = el("div", { class: "table" },
    rows.length > 7 ? el("div", { class: "tools" }, search, count) : null,
    hint, scroll, rows.length > FIRST_ROWS ? more : null);
  whole.only = (test) => { state.test = test; show(); };
  return whole;
}

/** The numbers behind a chart, in a table that is built when it is opened. */
function behind(title, columns, rows) {
  const details = el("details", { class: "data" },
    el("summary", {}, "Data", el("span", { class: "unseen" }, `: ${title}`)));
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(table(columns, rows, { label: `Data: ${title}`, tall: true }));
  });
  return details;
}

matchMedia("print").addEventListener("change", ({ matches }) => { for (const each of printed) each(matches); });
