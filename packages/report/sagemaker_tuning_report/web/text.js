// Formats numbers and times, and creates elements. Text is always inserted as text, so
// that data from the warehouse is never treated as markup.

const OUTCOMES = ["completed", "stopped_early", "stopped_by_limit", "stopped", "failed", "running", "deleted", "unknown"];
const SHAPES = ["circle", "diamond", "triangle-right", "square", "cross", "triangle-up", "triangle-left", "triangle-down"];

/** Creates an element. Null attributes are left out, and functions become event listeners. */
function el(tag, attributes = {}, ...content) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...content.flat(Infinity).filter((part) => part !== null && part !== undefined));
  return made;
}

const isNumber = (value) => value !== null && value !== undefined;

/** A number with at most five significant digits. */
function figure(value) {
  if (!isNumber(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(3).replace(/\.?0+e/, "e");
  return String(Number(value.toPrecision(5)));
}

/** A format for a column of numbers: all as powers of ten if some are very small or large, else none. */
function uniform(values) {
  const sizes = values.filter((value) => typeof value === "number" && value !== 0).map(Math.abs);
  if (!sizes.some((size) => size < 1e-3 || size >= 1e7)) return figure;
  return (value) => (isNumber(value) && value !== 0 ? value.toExponential(3) : figure(value));
}

/** A number with three significant digits, for running text. */
const brief = (value) => figure(Number(value.toPrecision(3)));

/** A number with five significant digits; the element and its tooltip hold the full value. */
function exact(value, format = figure) {
  return isNumber(value) ? el("data", { value, title: value }, format(value)) : "–";
}

function money(value, currency) {
  if (!isNumber(value)) return "–";
  if (value > 0 && value < 0.005) return currency === "USD" ? "< $0.01" : `< 0.01 ${currency ?? ""}`.trim();
  const amount = value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return currency === "USD" ? `$${amount}` : `${amount} ${currency ?? ""}`.trim();
}

function duration(seconds) {
  if (!isNumber(seconds)) return "–";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  const hours = seconds / 3600;
  return `${hours < 100 ? hours.toFixed(1) : Math.round(hours).toLocaleString("en-US")} h`;
}

/** How long ago something was, from milliseconds: in minutes, hours or days. */
function ago(milliseconds) {
  const minutes = Math.max(0, Math.round(milliseconds / 60000));
  if (minutes < 120) return plural(minutes, "minute");
  return minutes < 2880 ? plural(Math.round(minutes / 60), "hour") : plural(Math.round(minutes / 1440), "day");
}

/** A UTC time, to the minute. */
function instant(time) {
  return isNumber(time) ? `${new Date(time).toISOString().slice(0, 16).replace("T", " ")}` : "–";
}

/** Announces a text to screen readers. */
const say = (text) => { document.getElementById("said").textContent = text; };

const textOf = (content) => el("span", {}, content).textContent;

const counted = (count) => count.toLocaleString("en-US");

const plural = (count, one, many = `${one}s`) =>
  `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;

const spoken = (outcome) => outcome.replaceAll("_", " ");

const sum = (values) => values.reduce((total, value) => total + (value ?? 0), 0);

/** The sum of the known values; null if none is known. */
const sumKnown = (values) => (values.some(isNumber) ? sum(values) : null);

/** A text cut to a few lines, with the full text in its tooltip. */
const clamped = (text) => el("span", { class: "clamp", title: text }, text);

/** A card with a heading, a note and content. */
function card(title, note, ...content) {
  return el("section", { class: "card" },
    el("div", { class: "caption" }, el("h3", {}, title), note ? el("p", { class: "note" }, note) : null),
    ...content);
}

function tile(name, value, more) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, value), more ? el("dd", { class: "more" }, more) : null);
}
