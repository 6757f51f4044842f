// How a tuning job's hyperparameters relate to its objective.

/** The hyperparameters with more than one value; the others cannot explain anything. */
const varying = (parameters) => parameters.filter(({ ticks, values }) => new Set(values.filter(isNumber)).size > 1 || ticks.length > 1);

/** The hyperparameters with a single value, in a collapsed list. */
function constants(parameters) {
  const rest = parameters.filter((parameter) => !varying([parameter]).length);
  if (!rest.length) return null;
  return el("details", { class: "data" },
    el("summary", {}, `${plural(rest.length, "hyperparameter")} with a single value`),
    el("ul", {}, rest.map(({ name, values }) => el("li", {}, `${name} = ${valueText(values.find(isNumber) ?? "–")}`))));
}

function parallel({ definition, trials, parameters }, trialsTable) {
  const title = "Hyperparameters, side by side";
  const drawn = varying(parameters);
  if (!parameters.length) return nothing(title, "No hyperparameters are loaded.");
  if (!drawn.length) return card(title, "Every hyperparameter has the same value in all trials.", constants(parameters));
  const isFlat = NARROW.matches;
  const axes = drawn.map(({ name, kind, positions, ticks }) => ({ name, kind, positions, ticks }));
  if (valuesOf(trials).length) axes.push(objectiveAxis(definition, trials));
  const ordered = trials.map((row, at) => ({ row, at })).sort((a, b) => (a.row.goodness ?? -1) - (b.row.goodness ?? -1));
  const strength = strengthAmong(trials.length);
  const brushes = new Map(recallAll("brush").map(readBrush).filter(([axis]) => axis >= 0));
  const passes = (at) => [...brushes].every(([axis, [from, to]]) => isNumber(axes[axis].positions[at]) && axes[axis].positions[at] >= from && axes[axis].positions[at] <= to);
  const points = () => ordered.flatMap(({ row: { trial, goodness }, at }) => {
    const isIn = passes(at);
    const colour = colourOf(goodness ?? 0);
    return axes.map(({ positions }, row) => ({ trial, goodness, row, colour, strength: isIn ? (brushes.size ? Math.max(0.6, strength(goodness)) : strength(goodness)) : 0.04, position: positions[at] }))
      .filter(({ position }) => isNumber(position));
  });
  const ticks = axes.flatMap((axis, row) => axis.ticks.map(([position, label]) => ({ row, position, label })));
  const letters = isFlat ? Math.floor((window.innerWidth - 60) / 7.8) : Math.min(30, Math.floor(1180 / axes.length / 7.2));
  const scales = { log: "(log)", reverse: "(reverse log)" };
  const names = axes.map(({ name, kind }, row) => ({ row, name: [...wrapped(name, letters), ...(scales[kind] && !isFlat ? [scales[kind]] : [])] }));
  const logs = axes.filter(({ kind }) => kind in scales).map(({ name, kind }) => `${name}${kind === "reverse" ? " (reverse)" : ""}`);
  const status = el("span", { role: "status" });
  const clear = el("button", { type: "button", hidden: "" }, "Clear");
  function readBrush(text) {
    const [, from, to, name] = text.match(/^([\d.]+)~([\d.]+)~(.*)$/s) ?? [];
    return [axes.findIndex((axis) => axis.name === name), [Number(from), Number(to)]];
  }
  const apply = (view) => {
    const isOn = brushes.size > 0;
    const inside = new Set(trials.filter((_, at) => passes(at)).map((row) => row.trial));
    view.data("points", points());
    view.data("brushes", [...brushes].map(([row, [from, to]]) => ({ row, from, to }))).runAsync();
    clear.hidden = !isOn;
    status.textContent = isOn ? `${counted(inside.size)} of ${plural(trials.length, "trial")} match, here and in the table of trials. ` : "";
    trialsTable.only?.(isOn ? (row) => inside.has(row.trial) : null);
  };
  const ready = (view, plot) => {
    brushing(view, plot, isFlat, axes.length, (axis, span) => {
      if (span) brushes.set(axis, span); else if (axis === null) brushes.clear(); else brushes.delete(axis);
      remember("brush", ...[...brushes].map(([at, [from, to]]) => `${from.toFixed(3)}~${to.toFixed(3)}~${axes[at].name}`));
      apply(view);
    }, clear);
    if (brushes.size) apply(view);
  };
  return picture(isFlat ? "parallel-flat" : "parallel-upright", {
    title,
    note: `One line per trial, through its value on each axis${definition.direction ? "; stronger lines are better trials" : ""}. Drag along an axis to keep only the trials that cross it there.${logs.length ? ` Logarithmic axes: ${logs.join(", ")}.` : ""}`,
    text: `Parallel coordinates of ${plural(trials.length, "trial")} on ${plural(drawn.length, "hyperparameter")}: ${drawn.map(({ name, kind }) => `${name} (${kind})`).join(", ")}.`,
    data: { points: points(), axes: names, ticks, brushes: [] },
    given: { axes: axes.length, trials: trials.length },
    height: isFlat ? 60 * axes.length : 330,
    stops: [...ordered].reverse().map(({ row }) => row.trial),
    ready,
    more: [el("p", { class: "note" }, status, clear), constants(parameters)],
  });
}

/** The color of a trial by its goodness, from 0 to 1. */
function colourOf(goodness) {
  const share = Math.round(100 * goodness);
  return share > 50 ? `color-mix(in srgb, var(--best) ${2 * share - 100}%, var(--better))` : `color-mix(in srgb, var(--better) ${2 * share}%, var(--worst))`;
}

const CELLS = 5;

/** A parameter's axis for two dimensions: the place of a trial, the ticks, and the edges of the cells. */
function spreadOf({ kind, positions, ticks, values }) {
  const many = kind === "category" ? new Set(values.filter(isNumber)).size : CELLS;
  // Categories are in the middle of their cells.
  const at = (position) => (kind === "category" && many > 1 ? (position * (many - 1) + 0.5) / many : position);
  return {
    many, ticks: ticks.map(([position]) => at(position)), labels: ticks.map(([, label]) => label),
    place: (index, noise) => (isNumber(positions[index]) ? at(positions[index]) + (kind === "category" ? 0.3 * noise / many : 0) : null),
  };
}

/** Two hyperparameters against each other, colored by objective, with the cells that no trial is in. */
function pairOf({ definition, trials, parameters }) {
  const known = varying(parameters);
  if (known.length < 2) return null;
  const named = (name, other) => known.find((parameter) => parameter.name === recall(name)) ?? known[other];
  const place = el("div", {});
  const menus = {};
  const draw = () => {
    const [first, second] = [named("x", 0), named("y", 1)];
    const [x, y] = [spreadOf(first), spreadOf(second)];
    const points = trials.map((row, at) => ({
      trial: row.trial, goodness: row.goodness, x: x.place(at, jitter(at)), y: y.place(at, jitter(at + 7)),
      colour: isNumber(row.goodness) ? colourOf(row.goodness) : null, row,
    })).filter((point) => isNumber(point.x) && isNumber(point.y)).sort((a, b) => (a.goodness ?? -1) - (b.goodness ?? -1));
    const cellOf = (value, many) => Math.min(many - 1, Math.max(0, Math.floor(value * many)));
    const seen = new Set(points.map((point) => `${cellOf(point.x, x.many)} ${cellOf(point.y, y.many)}`));
    const cells = Array.from({ length: x.many * y.many }, (_, at) => [at % x.many, Math.floor(at / x.many)])
      .filter(([column, row]) => !seen.has(`${column} ${row}`))
      .map(([column, row]) => ({ x: column / x.many, x2: (column + 1) / x.many, y: row / y.many, y2: (row + 1) / y.many }));
    const valueOf = (parameter) => (point) => valueText(parameter.values[point.row.index]);
    const note = `${second.name} upwards, ${first.name} to the right, on their scales. ${definition.direction ? "Darker is better; crosses have no place. " : ""}Striped: no trial was there (${counted(cells.length)} of ${counted(x.many * y.many)} cells).`;
    place.replaceChildren(picture("pair", {
      title: "Two hyperparameters", kind: "plain", height: 340, note, text: `${second.name} against ${first.name} of ${plural(points.length, "trial")}. ${note}`,
      data: { points: points.map(({ row, ...point }) => point), cells },
      given: { xTicks: x.ticks, xLabels: x.labels, yTicks: y.ticks, yLabels: y.labels },
      stops: points.map(({ trial }) => trial).reverse(),
      numbers: [[["Trial", (point) => point.trial, "name"], [first.name, valueOf(first), "number", (point) => first.values[point.row.index]],
        [second.name, valueOf(second), "number", (point) => second.values[point.row.index]],
        [definition.metric ?? "Objective", (point) => exact(point.row.value), "number", (point) => point.row.value]], points],
    }));
  };
  for (const [name, other] of [["x", 0], ["y", 1]]) {
    menus[name] = el("select", { change: (event) => { remember(name, event.target.value); draw(); } }, known.map((parameter) => el("option", { value: parameter.name }, parameter.name)));
    menus[name].value = named(name, other).name;
  }
  draw();
  return el("section", { class: "card" },
    el("div", { class: "choices" }, el("label", { class: "choice" }, "Across ", menus.x), el("label", { class: "choice" }, "Upwards ", menus.y)), place);
}

/** Lets the reader select part of an axis by dragging. Calls tell with the axis and the span, or null. */
function brushing(view, plot, isFlat, axes, tell, clear) {
  const places = (event) => {
    const root = plot.querySelector("svg");
    const box = root.getBoundingClientRect();
    const [left, top] = view.origin();
    const zoom = box.width / root.width.baseVal.value || 1;
    const [x, y] = [(event.clientX - box.left) / zoom - left, (event.clientY - box.top) / zoom - top];
    const [along, across] = isFlat ? [view.scale("y").invert(y), view.scale("x").invert(x)] : [view.scale("x").invert(x), view.scale("y").invert(y)];
    // Snaps to the ends of the axis.
    return { along, across: across < 0.02 ? 0 : across > 0.98 ? 1 : across };
  };
  let from = null;
  plot.addEventListener("pointerdown", (event) => {
    const { along, across } = places(event);
    const axis = Math.round(along);
    if (event.button || axis < 0 || axis >= axes || Math.abs(along - axis) > 0.12) return;
    from = { axis, across };
    plot.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  const span = (event) => { const { across } = places(event); return [Math.min(from.across, across), Math.max(from.across, across)]; };
  plot.addEventListener("pointermove", (event) => { if (from) tell(from.axis, span(event)); });
  plot.addEventListener("pointerup", (event) => {
    if (!from) return;
    const [low, high] = span(event);
    tell(from.axis, high - low > 0.01 ? [low, high] : null);
    from = null;
  });
  clear.addEventListener("click", () => tell(null, null));
}

/** The opacity of a trial's line by its goodness. Among many trials, only the best stand out. */
function strengthAmong(count) {
  const least = Math.min(0.35, 40 / count);
  const power = Math.max(3, count / 20);
  return (goodness) => least + (isNumber(goodness) ? (1 - least) * goodness ** power : 0);
}

function objectiveAxis({ metric, is_log: isLog }, trials) {
  const { valueLow: low, valueHigh: high } = spanOf("value", valuesOf(trials), isLog);
  const scale = isLog ? Math.log : (value) => value;
  const at = (value) => (scale(value) - scale(low)) / (scale(high) - scale(low));
  const values = valuesOf(trials);
  const ends = Math.min(...values) === Math.max(...values) ? [values[0]] : [low, high];
  return {
    name: metric,
    kind: isLog ? "log" : "linear",
    positions: trials.map(({ value }) => (isNumber(value) ? at(value) : null)),
    ticks: ends.map((value) => [at(value), figure(value)]),
  };
}

/** Wraps a name into at most three lines of the given length, broken between words. */
function wrapped(name, letters) {
  const lines = [""];
  for (const word of name.match(/[^\s_\-./:@]*[\s_\-./:@]?/g)) {
    if (lines.at(-1) && lines.at(-1).length + word.length > letters) lines.push("");
    lines[lines.length - 1] += word;
  }
  const short = lines.map((line) => (line.length > letters ? `${line.slice(0, letters - 1)}…` : line.trim()));
  return short.length > 3 ? [...short.slice(0, 2), `${short[2].slice(0, letters - 1)}…`] : short;
}

function importance({ definition, parameters, isOne }) {
  const title = "What the objective depends on";
  const known = parameters.filter((parameter) => isNumber(parameter.importance));
  if (!known.length) {
    if (!parameters.length) return null;
    return nothing(title, definition.name === ALL && !isOne ? "Importance is calculated per definition. Choose one above." : "Importance needs at least ten trials with a metric, and hyperparameters with more than one value.");
  }
  const rows = known.map(({ name, kind, importance: weight, chance, trials, correlation }, index) => ({
    name, index, importance: weight, key: `parameter:${name}`, trials, correlation, kind, chance, is_chance: isNumber(chance) && weight <= chance,
    label: [weight.toFixed(2), kind === "category" ? "categorical" : null, isNumber(chance) && weight <= chance ? "no more than chance" : null].filter(Boolean).join(" · "),
  }));
  const hasChance = rows.some((row) => isNumber(row.chance));
  const least = Math.min(...known.map((parameter) => parameter.trials));
  return picture("importance", {
    title,
    note: `How much of ${definition.metric} each hyperparameter explains on its own, from 0 to 1, over ${plural(least, "trial")}. ${hasChance ? "Pale bars are no longer than what one in twenty irrelevant hyperparameters reaches by chance. " : least < 30 ? "With so few trials, up to 0.2 can be chance. " : ""}${definition.is_adaptive ? "The search was adaptive: it crowds its trials, which makes irrelevant hyperparameters look important. " : ""}Hyperparameters that only matter in combination look weak.`,
    text: `Importance of ${plural(rows.length, "hyperparameter")}. ${rows.slice(0, 8).map((row) => `${row.name}: ${row.label}`).join("; ")}.`,
    height: 26 * rows.length, data: { parameters: rows }, given: { labelWidth: NARROW.matches ? 110 : 260 },
    stops: rows.map((row) => row.key),
    tells: Object.fromEntries(rows.map((row) => [row.key, [row.name, [
      ["Importance", row.importance.toFixed(3)], ["Rank correlation", isNumber(row.correlation) ? row.correlation.toFixed(2) : "–"], ["Trials", counted(row.trials)]]]])),
    numbers: [[
      ["Hyperparameter", (row) => row.name, "name"], ["Kind", (row) => (row.kind === "category" ? "categorical" : "numeric")],
      ["Importance", (row) => row.importance.toFixed(3), "number", (row) => row.importance],
      ...(hasChance ? [["By chance", (row) => (isNumber(row.chance) ? row.chance.toFixed(3) : "–"), "number", (row) => row.chance]] : []),
      ["Rank correlation", (row) => (isNumber(row.correlation) ? row.correlation.toFixed(2) : "–"), "number", (row) => row.correlation],
      ["Trials", (row) => counted(row.trials), "number", (row) => row.trials]], rows],
  });
}

/** The ranges to try next, with buttons that copy them as JSON for the API or as Python. */
function nextRanges({ job, definition }) {
  const { ranges } = definition;
  if (!ranges) return [];
  const text = (range) => (range === null ? "–" : typeof range[0] === "number" ? `${figure(range[0])} to ${figure(range[1])}` : range.map((value) => String(value).replace(/^"(.*)"$/, "$1")).join(", "));
  const why = { narrowed: "narrowed to the best trials", widened_low: "widened: the best trials lie at the lower end", widened_high: "widened: the best trials lie at the upper end", kept: "kept" };
  const columns = [
    ["Hyperparameter", (row) => row.name, "name"],
    ["Now", (row) => text(row.now), "wrap", (row) => text(row.now)],
    ["Next", (row) => text(row.next), "wrap", (row) => text(row.next)],
    ["Scale", (row) => row.scale ?? "–"],
    ["Why", (row) => why[row.reason] ?? row.reason],
    ["Ranked trials", (row) => counted(row.trials), "number", (row) => row.trials],
    ["Deciding", (row) => (isNumber(row.best_trials) ? counted(row.best_trials) : "–"), "number", (row) => row.best_trials],
    ["Importance", (row) => (isNumber(row.importance) ? row.importance.toFixed(2) : "–"), "number", (row) => row.importance],
  ];
  const deciding = [...new Set(ranges.rows.map((row) => row.best_trials).filter(isNumber))].sort((a, b) => a - b);
  const drawn = ranges.rows.filter((row) => row.bars);
  const legend = (mark, words) => el("li", {}, svg("svg", { width: 26, height: 14, viewBox: "0 0 26 14", "aria-hidden": "true" }, mark), words);
  return [card("What to try next",
    `A rule of thumb: the span of the best trials${deciding.length ? ` (${deciding.map(counted).join(" or ")} of ${plural(Math.max(...ranges.rows.map((row) => row.trials)), "ranked trial")})` : ""}, plus a margin. It looks at one hyperparameter at a time.`,
    drawn.length ? [
      el("ul", { class: "key" }, legend(svg("rect", { y: 3, width: 26, height: 8, fill: "var(--line)" }), "now"), legend(svg("rect", { y: 3, width: 26, height: 8, fill: "var(--accent)", "fill-opacity": 0.35 }), "next"),
        deciding.length ? legend(svg("circle", { cx: 13, cy: 7, r: 3, fill: "var(--ink)" }), "a trial that decided") : null),
      el("ul", { class: "bars ranges" }, drawn.map((row) => el("li", {}, el("span", { class: "what" }, breakable(row.name)), nextBar(row), el("span", { class: "note" }, text(row.next))))),
    ] : null,
    table(columns, ranges.rows, { label: "What to try next", attributes: () => ({ class: "range" }) }),
    ranges.json ? el("div", { class: "copying" },
      copyButton("Copy as JSON", ranges.json), " ", copyButton("Copy as Python", pythonOf(job, definition)),
      el("details", { class: "data" }, el("summary", {}, "ParameterRanges as JSON"), el("pre", { tabindex: 0 }, ranges.json)),
      el("details", { class: "data" }, el("summary", {}, "A new tuning job with boto3"), el("pre", { tabindex: 0 }, pythonOf(job, definition))))
      : el("p", { class: "note" }, "There is no JSON to copy, because the service accepts at most 30 hyperparameters."))];
}

function copyButton(name, content) {
  const copy = el("button", { type: "button", class: "copy", click: async () => {
    try {
      await navigator.clipboard.writeText(content);
      say("Copied.");
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Cannot copy here: open the text below";
    }
    setTimeout(() => { copy.textContent = name; }, 3000);
  } }, name);
  return copy;
}

/** The old range as a bar, the next one on it, and the trials that decided as dots. */
function nextBar({ bars: [now, next], dots }) {
  const [width, room] = [300, 6];
  const x = (position) => room + position * (width - 2 * room);
  const bar = ([low, high], attributes) => svg("rect", { x: x(low), width: Math.max(2, x(high) - x(low)), ...attributes });
  return svg("svg", { viewBox: `0 0 ${width} 20`, width, height: 20, "aria-hidden": "true" },
    bar(now, { y: 6, height: 8, rx: 2, fill: "var(--line)" }),
    bar(next, { y: 3, height: 14, rx: 3, fill: "var(--accent)", "fill-opacity": 0.35 }),
    dots.map((dot) => svg("circle", { cx: x(dot), cy: 10, r: 3, fill: "var(--ink)", "fill-opacity": 0.75 })));
}

/** Python that starts a new tuning job with the next ranges. */
function pythonOf(job, { name, ranges }) {
  const quoted = JSON.stringify;
  const where = name === null
    ? ["config[\"ParameterRanges\"] = ranges"]
    : ["for definition in old[\"TrainingJobDefinitions\"]:", `    if definition["DefinitionName"] == ${quoted(name)}:`, "        definition[\"HyperParameterRanges\"] = ranges"];
  const key = name === null ? "TrainingJobDefinition" : "TrainingJobDefinitions";
  return [
    "import boto3", "", `ranges = ${ranges.json}`,
    `sagemaker = boto3.client("sagemaker", region_name=${quoted(job.region)})`,
    "old = sagemaker.describe_hyper_parameter_tuning_job(",
    `    HyperParameterTuningJobName=${quoted(job.name)}`, ")",
    "config = old[\"HyperParameterTuningJobConfig\"]", ...where,
    `definitions = ${name === null ? "[old[\"TrainingJobDefinition\"]]" : "old[\"TrainingJobDefinitions\"]"}`,
    "for definition in definitions:  # The service adds this one itself.",
    "    definition.get(\"StaticHyperParameters\", {}).pop(\"_tuning_objective_metric\", None)",
    "sagemaker.create_hyper_parameter_tuning_job(",
    `    HyperParameterTuningJobName=${quoted(`${job.name.slice(0, 27)}-next`.replace(/-+next$/, "-next"))},`,
    "    HyperParameterTuningJobConfig=config,", `    ${key}=old[${quoted(key)}],`, ")", "",
  ].join("\n");
}

/** The same scatter every time, for a category's dots. */
const jitter = (index) => ((index * 0.618034) % 1) * 2 - 1;

const NARROW_BAND = 0.5;
const FEW = 10;

/** Whether the best quarter is informative: it is narrow, and there are enough trials. */
function saysSomething({ kind, best_quarter: [low, high], range, values, trials }) {
  if (kind === "category" || !isNumber(low) || trials < FEW) return false;
  const scale = { log: Math.log, reverse: (value) => -Math.log1p(-value) }[kind] ?? ((value) => value);
  const every = [...values.filter(isNumber), ...(range ?? [])].map(scale);
  const width = every.reduce((a, b) => Math.max(a, b)) - every.reduce((a, b) => Math.min(a, b));
  return width > 0 && (scale(high) - scale(low)) / width <= NARROW_BAND;
}

function effects(about) {
  const { definition, trials, parameters } = about;
  const measured = trials.map((row, at) => ({ row, at })).filter(({ row }) => isNumber(row.value));
  const drawn = varying(parameters);
  if (!drawn.length || !measured.length) return [];
  let hasBand = false;
  const figures = drawn.map((parameter) => {
    const { name, kind, values, range, edge, correlation, best_quarter: [low, high] } = parameter;
    const isBand = saysSomething(parameter);
    hasBand ||= isBand;
    const found = [
      isNumber(correlation) ? `rank correlation ${correlation > 0 ? "+" : ""}${correlation.toFixed(2)}` : null,
      isBand ? `best quarter ${brief(low)} to ${brief(high)}` : null,
      edge ? `best at the ${edge} edge` : null,
      kind === "reverse" ? "reverse log axis" : null,
    ].filter(Boolean).join(" · ");
    // A reverse log axis shows the distance to 1.
    const place = (value) => (kind === "reverse" && isNumber(value) ? 1 - value : value);
    const rows = [...measured].sort((a, b) => parameter.positions[a.at] - parameter.positions[b.at])
      .filter(({ row }) => isNumber(values[row.index]))
      .map(({ row }) => ({ ...row, parameter: place(values[row.index]), jitter: jitter(row.index) }));
    const data = {
      trials: rows,
      ...(kind === "category" ? {} : {
        band: isBand ? [{ parameter: place(low), high: place(high) }] : [],
        edges: (range ?? []).map((end) => ({ parameter: place(end) })),
      }),
    };
    const xs = kind === "category" ? [] : [...rows.map((row) => row.parameter), ...(range ?? []).map(place)].filter(isNumber);
    return picture(`parameter-${kind}-${definition.is_log ? "log" : "linear"}`, {
      title: name, note: found || null, heading: "h4", kind: "small", data, height: 170,
      given: { ...spanOf("value", valuesOf(trials), definition.is_log), ...spanOf("parameter", xs, kind === "log" || kind === "reverse"), slant: parameter.ticks.map(([, label]) => label).join("  ").length > (NARROW.matches ? 14 : 26) ? -30 : 0 },
      text: `${definition.metric} against ${name} of ${plural(rows.length, "trial")}. ${found}`,
      stops: rows.map((row) => row.trial),
      numbers: [[["Trial", (row) => row.trial, "name"], [name, (row) => valueText(values[row.index]), "number", (row) => values[row.index]], [definition.metric, (row) => exact(row.value), "number", (row) => row.value]], rows],
    });
  });
  return [card("Objective against each hyperparameter",
    `${definition.metric} on the vertical axis${drawn.some((each) => isNumber(each.importance)) ? ", the most important hyperparameter first" : ""}.${hasBand ? " A band marks the best quarter of the trials, if it is narrow." : ""} Dashed lines are the ends of the range. A positive rank correlation means that larger values did better.`,
    el("div", { class: "several" }, figures))];
}
