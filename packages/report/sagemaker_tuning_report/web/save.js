// Saves tables and pictures as files, without a request.

function save(name, blob) {
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

const fileName = (title, ending) => `${title.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 80) || "data"}.${ending}`;

const IN_SECONDS = new Set(["Duration", "Time", "Time lost", "Time to best"]);

/** A table as CSV. Numbers are complete; times and texts are as shown. */
function csvOf(columns, rows) {
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text);
  // A spreadsheet would run a text that begins like a formula.
  const safe = (text) => quoted(/^[=+\-@\t\r]/.test(text) && !NUMERIC.test(text) ? `'${text}` : text);
  const cell = (row) => ([, show, kind, value]) => {
    const stored = value?.(row);
    return kind === "number" && typeof stored === "number" ? String(stored) : safe(textOf(show(row)).replace(/^–$/, ""));
  };
  return [columns.map(([heading]) => safe(IN_SECONDS.has(heading) ? `${heading} (seconds)` : heading)), ...rows.map((row) => columns.map(cell(row)))].map((line) => `${line.join(",")}\r\n`).join("");
}

/** A chart as an SVG document that does not depend on this page: colors and patterns are its own. */
function svgOf(plot) {
  const drawn = plot.querySelector("svg");
  const copy = drawn.cloneNode(true);
  const { width, height } = drawn.getBoundingClientRect();
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  const originals = drawn.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((part, at) => {
    for (const name of ["fill", "stroke"]) {
      if (part.getAttribute(name)?.startsWith("color-mix")) part.setAttribute(name, plainColour(getComputedStyle(originals[at])[name]));
    }
  });
  const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).filter((rule) => rule.selectorText?.startsWith(".patterns"));
  const patterns = document.querySelector(".patterns defs").cloneNode(true);
  patterns.setAttribute("class", "patterns");
  copy.prepend(svg("style", {}, rules.map((rule) => rule.cssText).join("\n")), patterns, svg("rect", { width: "100%", height: "100%", fill: "var(--paper)" }));
  const look = getComputedStyle(document.documentElement);
  const text = new XMLSerializer().serializeToString(copy).replace(/var\((--[\w-]+)\)/g, (_, name) => look.getPropertyValue(name).trim());
  return { text, width, height };
}

/** A color that every program reads, from one with shares of red, green and blue. */
function plainColour(colour) {
  const shares = colour.match(/^color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)/);
  return shares ? `rgb(${shares.slice(1).map((share) => Math.round(255 * share)).join(", ")})` : colour;
}

const SHARP = 2;

function savePng(title, plot) {
  const { text, width, height } = svgOf(plot);
  const image = new Image();
  image.addEventListener("load", () => {
    const canvas = el("canvas", { width: SHARP * width, height: SHARP * height });
    const brush = canvas.getContext("2d");
    brush.scale(SHARP, SHARP);
    brush.drawImage(image, 0, 0, width, height);
    canvas.toBlob((blob) => save(fileName(title, "png"), blob));
  });
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}

/** Buttons that save a picture, and the table behind it if there is one. */
function saving(title, plot, columns = null, rows = []) {
  const button = (name, click) => el("button", { type: "button", "aria-label": `Save as ${name}: ${title}`, click }, name);
  return el("p", { class: "saving" }, "Save as ",
    columns ? button("CSV", () => save(fileName(title, "csv"), new Blob(["\ufeff", csvOf(columns, rows)], { type: "text/csv" }))) : null,
    plot ? [" ", button("SVG", () => save(fileName(title, "svg"), new Blob([svgOf(plot).text], { type: "image/svg+xml" }))),
      " ", button("PNG", () => savePng(title, plot))] : null);
}
