// Draws pictures, and marks the trial that the reader points at in all of them.

const CHARTS = JSON.parse(document.getElementById("charts").textContent);
let views = [];
let drawing = 0;
let hovered = null;
const NARROW = matchMedia("(max-width: 700px)");
let describeTrial = () => null;

const COLOURS = ["ink", "muted", "paper", "accent", "line"];
const EMBEDDING = (config) => ({ actions: false, ast: true, config, defaultStyle: false, mode: "vega-lite", renderer: "svg", tooltip: false });

function theme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const font = getComputedStyle(document.body).fontFamily;
  const text = { labelColor: colour("muted"), labelFontSize: 11, labelFont: font };
  return {
    colour,
    config: {
      background: "transparent",
      font,
      view: { stroke: null },
      // Each picture has one text: a thousand marks with a label each help nobody.
      mark: { aria: false },
      axis: { ...text, aria: false, titleColor: colour("muted"), gridColor: colour("line"), domainColor: colour("line"), tickColor: colour("line"), labelPadding: 5 },
      text: { font },
      range: { category: OUTCOMES.map(colour), symbol: SHAPES, ramp: ["worst", "better", "best"].map(colour) },
    },
  };
}

/** Start over: the pictures there were are gone. */
function clearPictures() {
  views.forEach((view) => view.finalize());
  views = [];
  drawing += 1;
  point(null);
}

/** Two parameters that are a scale's domain: all values, and room where they are one. */
function spanOf(name, values, isLog = false) {
  let [low, high] = [Math.min(...values), Math.max(...values)];
  if (!values.length) [low, high] = isLog ? [1, 10] : [0, 1];
  if (low === high) {
    const room = Math.abs(low) / 20 || 1;
    [low, high] = isLog ? [low / 2, high * 2] : [low - room, high + room];
  }
  return { [`${name}Low`]: low, [`${name}High`]: high };
}

/**
 * A figure. Its picture is drawn once the figure is in the page.
 * Data are rows by the name of a dataset, and given are values of the picture's
 * parameters.
 */
function picture(chart, { title, note, text, data, given = {}, height, heading = "h3", kind = "card" }) {
  const plot = el("div", { class: "plot", style: `min-height:${height}px` });
  const round = drawing;
  const { colour, config } = theme();
  const spec = structuredClone(CHARTS[chart]);
  const values = { ...Object.fromEntries(COLOURS.map((name) => [name, colour(name)])), ...given };
  for (const param of spec.params) if (param.name in values) param.value = values[param.name];
  // Each picture has rows of its own: Vega writes into them.
  spec.datasets = Object.fromEntries(Object.entries(data).map(([name, rows]) => [name, rows.map((row) => ({ ...row }))]));
  Object.assign(spec, { description: text, height, padding: 2 });
  queueMicrotask(async () => {
    const { view } = await vegaEmbed(plot, spec, EMBEDDING(config));
    if (round !== drawing) { view.finalize(); return; }
    const pointed = (_, item) => point(item?.datum?.trial ?? null);
    view.addEventListener("mousemove", pointed);
    view.addEventListener("click", pointed);
    // Not the view's own mouseout: the ring around a point comes between it and the mouse.
    plot.addEventListener("mouseleave", () => point(null));
    views.push(view);
    plot.dataset.drawn = chart;
  });
  return el("figure", { class: kind },
    el("figcaption", {}, el(heading, {}, title), note ? el("p", { class: "note" }, note) : null),
    plot);
}

/** Mark a trial in every picture and table; null: none. */
function point(trial) {
  if (trial === hovered) return;
  hovered = trial;
  for (const view of views) view.signal("hovered", trial).runAsync();
  for (const row of document.querySelectorAll("tr[data-trials]")) {
    row.classList.toggle("hovered", trial !== null && JSON.parse(row.dataset.trials).includes(trial));
  }
  const shown = document.getElementById("trial");
  const described = trial === null ? null : describeTrial(trial);
  shown.hidden = described === null;
  shown.replaceChildren(...(described ?? []));
}

/** The attributes of a table's row that stands for trials; the first is pointed at. */
function standsFor(...trials) {
  return { "data-trials": JSON.stringify(trials), tabindex: 0 };
}

function listenToRows(root) {
  const rowOf = (event) => event.target.closest?.("tr[data-trials]");
  const first = (event) => { const row = rowOf(event); point(row ? JSON.parse(row.dataset.trials)[0] ?? null : null); };
  root.addEventListener("mouseover", (event) => { if (event.target.closest("table")) first(event); });
  root.addEventListener("mouseleave", () => point(null));
  root.addEventListener("focusin", first);
  root.addEventListener("focusout", () => point(null));
}

/** The key to colours and shapes. */
function key(counts) {
  const paths = {
    circle: "M6 1a5 5 0 1 0 .01 0Z",
    diamond: "M6 0 11 6 6 12 1 6Z",
    square: "M1.5 1.5h9v9h-9Z",
    cross: "M4 0h4v4h4v4H8v4H4V8H0V4h4Z",
    "triangle-up": "M6 1 12 11H0Z",
    "triangle-down": "M6 11 0 1H12Z",
    "triangle-left": "M1 6 11 0V12Z",
    "triangle-right": "M11 6 1 12V0Z",
  };
  const symbol = (outcome) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("viewBox", "0 0 12 12");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", paths[SHAPES[OUTCOMES.indexOf(outcome)]]);
    path.style.fill = `var(--${outcome})`;
    svg.append(path);
    return svg;
  };
  const present = OUTCOMES.filter((outcome) => counts[outcome]);
  return el("ul", { class: "key", "aria-label": "Trials by outcome" },
    present.map((outcome) => el("li", {}, symbol(outcome), `${spoken(outcome)} ${counts[outcome].toLocaleString("en-US")}`)));
}
