// Draws charts, and highlights the trial or bar under the mouse in all of them. Bars are
// identified by a key. Arrow keys move through a chart like the mouse.

const CHARTS = JSON.parse(document.getElementById("charts").textContent);
const NARROW = matchMedia("(max-width: 700px)");
const TEXT = { labelColor: "var(--muted)", labelFontSize: 11 };
const LINES = { gridColor: "var(--line)", domainColor: "var(--line)", tickColor: "var(--line)" };
let views = [];
let drawing = 0;
let hovered = null;
/** The description of each bar by its key: [heading, [[name, value], …]]. */
let told = new Map();
/** The address that Enter or a click on a bar opens, by its key. */
let opens = new Map();
let describeTrial = () => null;

function embedding() {
  const font = getComputedStyle(document.body).fontFamily;
  return {
    actions: false, ast: true, defaultStyle: false, mode: "vega-lite", renderer: "svg", tooltip: false,
    config: {
      background: "transparent",
      font,
      view: { stroke: null },
      // Each chart has one description: a thousand labeled marks would help nobody.
      mark: { aria: false },
      axis: { ...TEXT, ...LINES, labelFont: font, aria: false, labelPadding: 5 },
      text: { font },
    },
  };
}

/** Discards all charts. */
function clearPictures() {
  views.forEach((view) => view.finalize());
  views = [];
  told = new Map();
  opens = new Map();
  pinnable = new Set();
  showPinned = () => {};
  printed = [];
  drawing += 1;
  point(null);
}

/** The two parameters of a scale's domain: the extent of the values, padded if they are all equal. */
function spanOf(name, values, isLog = false) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (!values.length) [low, high] = isLog ? [1, 10] : [0, 1];
  if (low === high) {
    const room = Math.abs(low) / 20 || 1;
    [low, high] = isLog ? [low / 2, high * 2] : [low - room, high + room];
  }
  return { [`${name}Low`]: low, [`${name}High`]: high };
}

/**
 * A figure, whose chart is drawn once the figure is in the page.
 * `data` holds rows by dataset name, and `given` values of the chart's parameters. `stops`
 * are the trials or keys that the arrow keys move through, and `tells` describes each key.
 * `numbers` is the table behind the chart: [columns, rows].
 */
function picture(chart, { title, note, text, data, given = {}, height, heading = "h3", kind = "card", stops = [], tells = {}, numbers = null, ready = () => {}, more = null }) {
  const plot = el("div", { class: "plot", style: `min-height:${height}px` });
  const round = drawing;
  for (const [name, tell] of Object.entries(tells)) told.set(name, tell);
  const spec = structuredClone(CHARTS[chart]);
  given = { pinned: pins(), ...given };
  for (const param of spec.params) if (param.name in given) param.value = given[param.name];
  // Copies the rows, because Vega modifies them.
  spec.datasets = Object.fromEntries(Object.entries(data).map(([name, rows]) => [name, rows.map((row) => ({ ...row }))]));
  Object.assign(spec, { description: text, height, padding: 2 });
  queueMicrotask(async () => {
    const { view } = await vegaEmbed(plot, spec, embedding());
    if (round !== drawing) { view.finalize(); return; }
    const keyOf = (item) => item?.datum?.trial ?? item?.datum?.key ?? null;
    view.addEventListener("mousemove", (event, item) => point(keyOf(item), { at: event }));
    view.addEventListener("click", (event, item) => { point(keyOf(item), { at: event }); choose(keyOf(item)); });
    // Not the view's own mouseout, because the ring around a point comes between it and the mouse.
    plot.addEventListener("mouseleave", () => point(null));
    views.push(view);
    ready(view, plot);
    plot.dataset.drawn = chart;
  });
  return el("figure", { class: kind },
    el("figcaption", {}, el(heading, {}, title), note ? el("p", { class: "note" }, note) : null),
    stops.length ? reachable(plot, title, stops) : plot,
    more,
    behind(title, plot, ...(numbers ?? [])));
}

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };

/** Makes a chart usable with the keyboard: arrow keys move from mark to mark. */
function reachable(plot, title, stops) {
  let at = -1;
  const keydown = (event) => {
    if (event.key === "Escape") { at = -1; point(null); return; }
    if (event.key === "Enter") { choose(hovered); return; }
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    at = at < 0 && Number.isFinite(step) ? (step > 0 ? 0 : stops.length - 1) : Math.min(stops.length - 1, Math.max(0, at + step));
    point(stops[at], { isAloud: true, at: middleOf(event.currentTarget) });
  };
  return el("div", {
    class: "reach", tabindex: 0, role: "application", keydown, focusout: () => point(null),
    "aria-label": `${title}: ${plural(stops.length, "mark")}, use the arrow keys`,
  }, plot);
}

/** Opens the page of a bar, or pins a trial. */
const choose = (name) => (opens.has(name) ? go(opens.get(name)) : togglePin(name));

/** Highlights a trial or a bar in every chart and table, and describes it. Null clears it. */
function point(name, { isAloud = false, at = null } = {}) {
  if (at) keepAway(at);
  if (name === hovered) return;
  hovered = name;
  for (const view of views) view.signal("hovered", name).runAsync();
  for (const row of document.querySelectorAll("tr[data-trials]")) {
    row.classList.toggle("hovered", name !== null && JSON.parse(row.dataset.trials).includes(name));
  }
  const shown = document.getElementById("trial");
  const described = name === null ? null : told.has(name) ? description(...told.get(name)) : describeTrial(name);
  shown.hidden = described === null;
  shown.replaceChildren(...(described ?? []));
  if (isAloud) say(spokenOf(shown));
}

const middleOf = (element) => {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { clientX: left + width / 2, clientY: top + height / 2 };
};

/** Puts the description into the corner opposite to what it describes. */
function keepAway({ clientX, clientY }) {
  const { dataset } = document.getElementById("trial");
  dataset.side = clientX > window.innerWidth / 2 ? "left" : "right";
  dataset.end = clientY > window.innerHeight / 2 ? "top" : "bottom";
}

function description(heading, facts, warning = null) {
  return [
    el("strong", {}, heading),
    el("dl", {}, facts.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
      warning ? [el("dt", { class: "unseen" }, "Failure"), el("dd", { class: "left" }, warning)] : null),
  ];
}

/** A description as text for screen readers. */
const spokenOf = (shown) => [...shown.querySelectorAll("strong, dt, dd")]
  .map((part) => `${part.textContent}${part.tagName === "DT" ? ":" : "."}`).join(" ");

/** Attributes for a table row that stands for trials. The row highlights the first of them. */
function standsFor(...trials) {
  return { "data-trials": JSON.stringify(trials), tabindex: -1 };
}

function listenToRows(root) {
  const rowOf = (event) => event.target.closest?.("tr[data-trials]");
  const first = (event) => JSON.parse(rowOf(event)?.dataset.trials ?? "[]")[0] ?? null;
  root.addEventListener("mouseover", (event) => { if (event.target.closest("table")) point(first(event), { at: event }); });
  root.addEventListener("mouseleave", () => point(null));
  root.addEventListener("focusin", (event) => { if (rowOf(event)) point(first(event), { isAloud: true, at: middleOf(rowOf(event)) }); });
  root.addEventListener("focusout", (event) => { if (rowOf(event)) point(null); });
  // Selecting text in a row does not pin it.
  root.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-pin]");
    if (row && !event.target.closest("a, button") && getSelection().isCollapsed) togglePin(row.dataset.pin);
  });
  // Only one row is in the tab order. Arrow keys move to the others.
  root.addEventListener("keydown", (event) => {
    const row = event.target.matches("tr[data-trials]") ? event.target : null;
    if (event.key === "Enter" && row?.dataset.pin) togglePin(row.dataset.pin);
    const next = { ArrowDown: row?.nextElementSibling, ArrowUp: row?.previousElementSibling }[event.key];
    if (!next) return;
    event.preventDefault();
    row.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}

const PATHS = {
  circle: "M6 1a5 5 0 1 0 .01 0Z",
  diamond: "M6 0 11 6 6 12 1 6Z",
  square: "M1.5 1.5h9v9h-9Z",
  cross: "M4 0h4v4h4v4H8v4H4V8H0V4h4Z",
  "triangle-up": "M6 1 12 11H0Z",
  "triangle-down": "M6 11 0 1H12Z",
  "triangle-left": "M1 6 11 0V12Z",
  "triangle-right": "M11 6 1 12V0Z",
};

function svg(tag, attributes, ...content) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content.flat());
  return made;
}

/** The legend of colors, shapes and patterns. */
function key(counts) {
  const symbol = (outcome) => svg("svg", { viewBox: "0 0 30 12", width: 30, height: 12, "aria-hidden": "true" },
    svg("path", { d: PATHS[SHAPES[OUTCOMES.indexOf(outcome)]], fill: `var(--${outcome})` }),
    svg("rect", { x: 15, width: 15, height: 12, rx: 2, fill: `url(#bar-${outcome})` }));
  const present = OUTCOMES.filter((outcome) => counts[outcome]);
  return el("ul", { class: "key", "aria-label": "Trials by outcome" },
    present.map((outcome) => el("li", {}, symbol(outcome), `${spoken(outcome)} ${counted(counts[outcome])}`)));
}

/** A bar of trials by outcome, for a table cell. */
function mixBar(counts) {
  const present = OUTCOMES.filter((outcome) => counts[outcome]);
  const all = sum(Object.values(counts));
  let at = 0;
  return svg("svg", { class: "mix", width: 120, height: 10, viewBox: "0 0 120 10", role: "img", "aria-label": present.map((outcome) => `${counts[outcome]} ${spoken(outcome)}`).join(", ") || "no trials" },
    svg("rect", { width: 120, height: 10, fill: "var(--line)" }),
    present.map((outcome) => {
      const width = 120 * counts[outcome] / all;
      at += width;
      return svg("rect", { x: at - width, width, height: 10, fill: `url(#bar-${outcome})` });
    }));
}
