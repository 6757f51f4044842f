// Tables that can be sorted and filtered, and that print in full.

const FIRST_ROWS = 50;
const MORE_ROWS = 500;
const SUMMARY_ROWS = 8;
/** Other names of columns in a filter, by heading. */
const ALSO = { Outcome: ["status"], Trial: ["name"], "Tuning job": ["name"] };
let printed = [];

/** Compares numbers by value and text in natural order. Missing values come last either way. */
function compare(a, b, sign) {
  if (!isNumber(a) || !isNumber(b)) return isNumber(b) - isNumber(a);
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  return sign * String(a).localeCompare(String(b), "en", { numeric: true });
}

/** A text that can break after separators, and elsewhere only if a part of it is very long. */
function breakable(text) {
  const parts = String(text).match(/[^\s_\-./:@]*[\s_\-./:@]?/g).filter(Boolean);
  return el("span", { class: parts.some((part) => part.length > 24) ? "long" : null },
    parts.flatMap((part, at) => (at ? [el("wbr"), part] : [part])));
}

/**
 * A table. Each column is [heading, row => cell, class, row => value to sort by].
 * With an `id`, its order and filter are part of the URL.
 * The element has a method `only`, which takes a filter for rows (null shows all rows).
 */
function table(columns, rows, { label, id = null, attributes = () => ({}), tall = false } = {}) {
  const made = new Map();
  const state = { column: null, sign: 1, query: null, most: FIRST_ROWS, test: null };
  const cell = (row) => ([, show, kind]) =>
    el("td", { class: kind }, kind === "wrap" ? clamped(show(row)) : kind === "name" ? el("span", { class: "name" }, show(row)) : show(row));
  const rowOf = (row) => {
    if (!made.has(row)) {
      made.set(row, el("tr", attributes(row), columns.map(cell(row))));
      if (made.get(row).dataset.pin) markRow(made.get(row));
    }
    return made.get(row);
  };
  const valueOf = ([, show, , value]) => value ?? ((row) => textOf(show(row)));
  const searched = columns.map((column, at) => ({
    names: [column[0], ...(ALSO[column[0]] ?? [])], value: valueOf(column), text: (row) => rowOf(row).cells[at].textContent,
  }));
  const passes = (row) => (!state.test || state.test(row)) && (!state.query || state.query.passes(row));

  const headings = columns.map((column, index) => el("th", { scope: "col", class: column[2], "aria-sort": "none" },
    // Only one heading is in the tab order. Arrow keys move to the others.
    el("button", { type: "button", title: `Sort by ${column[0]}`, tabindex: index ? -1 : 0, click: () => sort(index) }, column[0]),
    // Buttons are not printed, so the headings at the top of each sheet would be empty.
    el("span", { class: "printed", "aria-hidden": "true" }, breakable(column[0]))));
  const body = el("tbody");
  const count = el("span", { class: "count", role: "status" });
  const more = el("button", { type: "button", class: "more", click: () => { state.most += MORE_ROWS; show(); } });
  const search = el("input", {
    type: "search", "aria-label": `Filter: ${label}`, placeholder: "Filter: words, or column > value",
    title: "All words must occur. Conditions compare a column: max_depth > 5, outcome = failed, duration > 10min, \"batch size\" != 32",
    input: (event) => { seek(event.target.value); show(); if (id) remember(`${id}.filter`, event.target.value); },
  });
  const scroll = el("div", { class: tall ? "scroll tall" : "scroll", tabindex: 0, role: "region", "aria-label": label },
    el("table", {}, el("caption", { class: "unseen" }, label), el("thead", { keydown: step }, el("tr", {}, headings)), body));
  const hint = el("p", { class: "hint", hidden: "" }, "Scroll sideways for more columns.");

  function step(event) {
    const buttons = headings.map((heading) => heading.firstChild);
    const at = buttons.indexOf(event.target) + ({ ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? NaN);
    if (!buttons[at]) return;
    event.preventDefault();
    for (const button of buttons) button.tabIndex = button === buttons[at] ? 0 : -1;
    buttons[at].focus();
  }

  function seek(text) {
    state.query = text.trim() ? queryOf(text, searched) : null;
  }

  function order(index, sign) {
    [state.column, state.sign] = [index, sign];
    headings.forEach((heading, at) => heading.setAttribute("aria-sort", at !== index ? "none" : sign > 0 ? "ascending" : "descending"));
  }

  function sort(index) {
    const first = columns[index][2] === "number" ? -1 : 1;
    order(index, state.column === index ? -state.sign : first);
    show();
    if (id) remember(`${id}.sort`, `${state.sign < 0 ? "-" : ""}${columns[index][0]}`);
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
    const unknown = state.query?.unknown ?? [];
    count.textContent = unknown.length ? `There is no column ${unknown.join(", ")}.`
      : found.length === rows.length ? plural(rows.length, "row") : `${counted(found.length)} of ${plural(rows.length, "row")}`;
    more.hidden = found.length <= state.most;
    more.textContent = `Show ${counted(Math.min(MORE_ROWS, found.length - state.most))} more of ${counted(found.length)}`;
  }

  function restore() {
    const sorted = recall(`${id}.sort`);
    const index = columns.findIndex(([heading]) => heading === sorted.replace(/^-/, ""));
    if (index >= 0) order(index, sorted.startsWith("-") ? -1 : 1);
    search.value = recall(`${id}.filter`);
    seek(search.value);
  }

  printed.push((isPrinted) => { state.most = !isPrinted ? FIRST_ROWS : document.body.classList.contains("summary") ? SUMMARY_ROWS : Infinity; show(); });
  new ResizeObserver(() => { hint.hidden = scroll.scrollWidth <= scroll.clientWidth + 1; }).observe(scroll);
  if (id) restore();
  show();
  const whole = el("div", { class: "table", "data-table": id },
    rows.length > 7 || search.value ? el("div", { class: "tools" }, search, count) : null,
    hint, scroll, rows.length > FIRST_ROWS ? more : null);
  whole.only = (test) => { state.test = test; show(); };
  return whole;
}

/** The numbers behind a chart, in a table that is built when it is opened, and buttons that save both. */
function behind(title, plot, columns = null, rows = []) {
  const details = el("details", { class: "data" },
    el("summary", {}, columns ? "Data" : "Save", el("span", { class: "unseen" }, `: ${title}`)));
  details.addEventListener("toggle", () => {
    if (!details.open || details.childElementCount > 1) return;
    details.append(saving(title, plot, columns, rows), ...(columns ? [table(columns, rows, { label: `Data: ${title}`, tall: true })] : []));
  });
  return details;
}

matchMedia("print").addEventListener("change", ({ matches }) => { for (const each of printed) each(matches); });
