// Pinned trials: marked in every chart and compared in a table. The URL has them.

const LETTERS = ["A", "B", "C", "D", "E", "F"];
const MOST_PINS = LETTERS.length;
/** The trials that this page can pin, and what shows them again when they change. */
let pinnable = new Set();
let showPinned = () => {};

const pins = () => [...new Set(recallAll("pin"))].filter((name) => pinnable.has(name)).slice(-MOST_PINS);

/** Pins a trial, or lets it go. The seventh replaces the first. */
function togglePin(name) {
  if (!pinnable.has(name)) return;
  const now = pins();
  const isNew = !now.includes(name);
  remember("pin", ...(isNew ? [...now, name].slice(-MOST_PINS) : now.filter((other) => other !== name)));
  refreshPins();
  say(isNew ? `Pinned ${name}, ${plural(pins().length, "trial is", "trials are")} pinned.` : `${name} is no longer pinned.`);
}

function refreshPins() {
  const now = pins();
  for (const view of views) view.signal("pinned", now).runAsync();
  for (const row of document.querySelectorAll("tr[data-pin]")) markRow(row, now);
  showPinned();
}

/** Marks a row of a pinned trial with the trial's letter and color. */
function markRow(row, now = pins()) {
  const at = now.indexOf(row.dataset.pin);
  row.classList.toggle("pinned", at >= 0);
  row.style.setProperty("--pin", at >= 0 ? `var(--pin-${at})` : null);
  row.cells[0].dataset.letter = LETTERS[at] ?? "";
}

const badgeOf = (at) => el("span", { class: "letter", style: `--pin: var(--pin-${at})` }, LETTERS[at]);

/** The links of a trial: the console, its logs, and its model if there is one. */
function linksOf({ job, definition }, row) {
  const places = DATA.consoles[job.region];
  const out = (href, text) => el("a", { href, target: "_blank", rel: "noopener noreferrer" }, text);
  const named = (address) => address.replace("{name}", encodeURIComponent(row.trial));
  const model = definition.models[row.model]?.replaceAll("{name}", row.trial);
  const [, bucket, key] = model?.match(/^s3:\/\/([^/]+)\/(.+)$/) ?? [];
  return [
    out(named(places.training_job), "Training job"),
    out(named(places.logs), "Logs"),
    bucket ? out(places.object.replace("{bucket}", bucket).replace("{key}", encodeURIComponent(key)), "Model in S3") : null,
  ].filter(Boolean).flatMap((link, at) => (at ? [" · ", link] : [link]));
}

/** The rows of the comparison: [name, value of a trial as text, element]. */
function comparedFacts(about) {
  const { job, definition, parameters } = about;
  const fact = (name, text) => [name, text, text];
  return [
    [definition.metric ?? "Objective", (row) => String(row.value), (row) => exact(row.value)],
    fact("Place", (row) => String(row.place ?? "–")),
    fact("Outcome", (row) => spoken(row.outcome)),
    ...parameters.map((parameter) => fact(parameter.name, (row) => (isNumber(parameter.values[row.index]) ? valueText(parameter.values[row.index]) : "–"))),
    fact("Started", startText),
    fact("Waited", (row) => duration(row.waited)),
    fact("Duration", (row) => duration(row.seconds)),
    fact("Cost", (row) => money(row.cost, job.currency)),
    fact("Instance", (row) => row.instance ?? "–"),
    fact("Failure", (row) => row.failure ?? "–"),
  ];
}

/** The pinned trials side by side, with the best one if it is not pinned. */
function comparison(about) {
  const { definition, all } = about;
  const byName = new Map(all.map((row) => [row.trial, row]));
  const place = el("section", { class: "card", "data-section": "pinned", hidden: "" });
  showPinned = () => {
    const now = pins();
    place.hidden = !now.length;
    if (!now.length) { place.replaceChildren(); return; }
    const best = definition.best_trials.find((name) => byName.has(name));
    const names = [...now, ...(best && !now.includes(best) ? [best] : [])];
    const rows = names.map((name) => byName.get(name));
    const facts = comparedFacts(about).map(([name, text, show]) => ({ name, show, isSame: new Set(rows.map(text)).size === 1 }));
    const head = (name, at) => el("th", { scope: "col" },
      at < now.length ? badgeOf(at) : null, el("span", { class: "name" }, name),
      at < now.length ? el("button", { type: "button", "aria-label": `Unpin ${name}`, click: () => togglePin(name) }, "Unpin") : el("span", { class: "note" }, "the best"));
    const line = ({ name, show }) => el("tr", {}, el("th", { scope: "row" }, breakable(name)), rows.map((row) => el("td", {}, show(row))));
    const different = facts.filter(({ isSame }) => !isSame || names.length === 1);
    const same = facts.filter(({ isSame }) => isSame && names.length > 1);
    const list = (label, some) => el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
      el("table", { class: "compared" }, el("caption", { class: "unseen" }, label),
        el("thead", {}, el("tr", {}, el("td", {}), names.map(head))), el("tbody", {}, some.map(line),
          el("tr", {}, el("th", { scope: "row" }, "Open in AWS"), rows.map((row) => el("td", {}, linksOf(about, row)))))));
    place.replaceChildren(
      el("div", { class: "caption" }, el("h3", {}, `${plural(now.length, "pinned trial")}`),
        el("p", { class: "note" }, "Click a trial, in a chart or in the table, to pin it or to let it go.",
          " ", el("button", { type: "button", click: () => { remember("pin"); refreshPins(); } }, "Unpin all"))),
      list("Pinned trials: what differs", different),
      same.length ? el("p", { class: "note same" }, `The same in all: ${same.map(({ name, show }) => `${name} ${textOf(show(rows[0]))}`).join(", ")}.`) : "");
  };
  showPinned();
  return place;
}

const MOST_BARS = 12;

/** The best trial against the second and the median: its values on the ranges, and links. */
function winner(about) {
  const { job, definition, trials, parameters } = about;
  const ranked = trials.map((row, at) => ({ row, at })).filter(({ row }) => isNumber(row.place)).sort((a, b) => a.row.place - b.row.place);
  if (!ranked.length) return null;
  const [first, second] = ranked;
  const middle = ranked[Math.floor(ranked.length / 2)];
  const shown = varying(parameters).slice(0, MOST_BARS);
  const legend = (kind, text) => el("li", {}, svg("svg", { width: 16, height: 14, viewBox: "0 0 16 14", "aria-hidden": "true" }, mark(kind, 8)), text);
  return el("section", { class: "card winner", "data-section": "winner" },
    el("div", { class: "caption" }, el("h3", {}, "The best trial"),
      el("p", {}, el("strong", {}, first.row.trial), " · ", exact(first.row.value), " ", definition.metric,
        second ? [` · second ${figure(second.row.value)}`, ` · median ${figure(middle.row.value)}`] : null),
      el("p", { class: "note" }, [spoken(first.row.outcome), `after ${duration(first.row.seconds)}`, isNumber(first.row.cost) ? money(first.row.cost, job.currency) : null, first.row.instance].filter(Boolean).join(" · ")),
      el("p", { class: "links" }, linksOf(about, first.row), " ",
        el("button", { type: "button", click: () => togglePin(first.row.trial) }, "Pin to compare"))),
    shown.length ? [
      el("ul", { class: "key" }, legend("first", "best"), second ? [legend("second", "second"), legend("median", "median of all")] : null),
      el("ul", { class: "bars" }, shown.map((parameter) => {
        const at = (position) => (isNumber(position) ? position : null);
        const places = ranked.map((each) => parameter.positions[each.at]).filter(isNumber).sort((a, b) => a - b);
        return el("li", {}, el("span", { class: "what" }, breakable(parameter.name)),
          el("strong", {}, isNumber(parameter.values[first.row.index]) ? valueText(parameter.values[first.row.index]) : "–"),
          rangeBar([["median", at(places[Math.floor(places.length / 2)])], ["second", second && at(parameter.positions[second.at])], ["first", at(parameter.positions[first.at])]]),
          el("span", { class: "note" }, `${parameter.ticks[0]?.[1]} to ${parameter.ticks.at(-1)?.[1]}`));
      })),
      varying(parameters).length > MOST_BARS ? el("p", { class: "note" }, `The ${MOST_BARS} most important of ${varying(parameters).length} hyperparameters.`) : null,
    ] : null);
}

const BAR = 150;

/** The mark of a trial on a range: a dot, a ring, or a line for the median. */
function mark(kind, x) {
  if (kind === "median") return svg("line", { x1: x, x2: x, y1: 2, y2: 12, stroke: "var(--muted)", "stroke-width": 2 });
  return svg("circle", { cx: x, cy: 7, r: kind === "first" ? 5 : 4, fill: kind === "first" ? "var(--accent)" : "var(--paper)", stroke: "var(--accent)", "stroke-width": 2 });
}

function rangeBar(marks) {
  return svg("svg", { width: BAR, height: 14, viewBox: `0 0 ${BAR} 14`, "aria-hidden": "true" },
    svg("rect", { x: 0, y: 5, width: BAR, height: 4, rx: 2, fill: "var(--line)" }),
    marks.filter(([, position]) => isNumber(position)).map(([kind, position]) => mark(kind, 6 + position * (BAR - 12))));
}
