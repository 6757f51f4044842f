// The page of one tuning job.

const LEADERS = 25;

/** The trials of a definition as rows, out of the columns that the page carries. */
function trialRows(definition, asOf) {
  const columns = definition.trials;
  const most = Math.max(1, definition.last_place);
  return columns.name.map((trial, index) => {
    const at = (name) => columns[name][index];
    return {
      trial,
      index,
      ...Object.fromEntries(Object.keys(columns).map((name) => [name, at(name)])),
      until: at("ended") ?? (isNumber(at("started")) ? (at("outcome") === "deleted" ? at("started") : asOf) : null),
      goodness: isNumber(at("place")) ? (most === 1 ? 1 : 1 - (at("place") - 1) / (most - 1)) : null,
    };
  });
}

function jobPage(job, definition) {
  const { view } = job;
  const trials = trialRows(definition, view.as_of);
  const about = { job, definition, view, trials, parameters: definition.parameters };
  describeTrial = (name) => describe(about, trials.find((row) => row.trial === name));
  return [
    el("div", {},
      el("h2", {}, job.name),
      el("p", { class: "subtitle" }, [
        `${job.account} · ${job.region}`, `created ${instant(job.created)} UTC`, job.deleted ? "deleted" : job.status,
        definition.metric ? `${{ Maximize: "maximizes ", Minimize: "minimizes " }[definition.direction] ?? "objective "}${definition.metric}` : "no trial has a metric",
        definition.name ? `definition ${definition.name}` : null,
      ].filter(Boolean).join(" · "))),
    tiles(about),
    ...notices(about),
    key(definition.outcomes),
    progress(about),
    timeline(about),
    parallel(about),
    ...effects(about),
    ...moneyAndHours(about),
    jobFailures(about),
    leaders(about),
  ];
}

function describe({ job, parameters }, row) {
  if (!row) return null;
  const facts = [
    ["Outcome", spoken(row.outcome)],
    ["Objective", figure(row.value)],
    ["Place", row.place ?? "–"],
    ["Took", duration(row.seconds)],
    ...(isNumber(row.cost) ? [["Cost", money(row.cost, job.currency)]] : []),
    ...(row.instance ? [["Instance", row.instance]] : []),
    ...parameters.filter((parameter) => isNumber(parameter.values[row.index])).slice(0, 14)
      .map((parameter) => [parameter.name, valueText(parameter.values[row.index])]),
  ];
  return [
    el("strong", {}, row.trial),
    el("dl", {}, facts.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
      row.failure ? el("dd", { class: "left" }, row.failure) : null),
  ];
}

const valueText = (value) => (typeof value === "number" ? figure(value) : String(value));

function tiles({ job, definition, view }) {
  const [used] = view.facts.utilisation;
  const [saved] = view.facts.early_stopping;
  const spot = sum(outcomesOf(job).map((outcome) => job.outcomes[outcome].spot_saved));
  const failed = countOf([job], "failed");
  return el("dl", { class: "tiles" },
    tile("Best", exact(definition.best),
      definition.best_trials.length > 1 ? `${definition.best_trials.length} trials share it` : definition.best_trials[0] ?? (definition.direction ? "no metric yet" : "direction not known")),
    tile("Trials", job.trials.toLocaleString("en-US"), failed ? `${failed} failed` : "none failed"),
    tile("Training time", duration(secondsOf(job)), spot ? `spot saved ${duration(spot)}` : null),
    tile("Cost", money(costOf(job), job.currency), isNumber(costOf(job)) ? coverage([job]) : "needs details and prices"),
    used && isNumber(used.utilisation) ? tile("Slots in use", `${Math.round(100 * used.utilisation)} %`, `${brief(used.average_parallel)} of ${used.max_parallel} on average`) : null,
    saved?.stopped_early_trials ? tile("Early stopping saved", duration(saved.saved_seconds), `${plural(saved.stopped_early_trials, "trial")}${saved.is_estimate ? "; an estimate: details are missing" : ""}`) : null);
}

/** How many trials a definition has, drawn or not. */
const total = ({ outcomes }) => sum(Object.values(outcomes));

function notices({ job, definition, view, trials, parameters }) {
  const [complete] = view.facts.completeness;
  const [fresh] = view.facts.freshness;
  const edges = parameters.filter((parameter) => parameter.edge);
  const lines = [
    complete && complete.is_complete === false ? `Not all of its trials are loaded: ${complete.loaded_trials} of ${complete.counted_trials}.` : null,
    job.deleted ? "This tuning job was deleted before all its trials had ended. What had been read of it stays." : null,
    fresh?.running_trials ? `${plural(fresh.running_trials, "trial is", "trials are")} not final yet: as of ${instant(view.as_of)} UTC.` : null,
    view.namesakes ? `${plural(view.namesakes, "trial")} of a deleted tuning job of this name ${view.namesakes === 1 ? "is" : "are"} not drawn.` : null,
    trials.length < total(definition) ? `${trials.length.toLocaleString("en-US")} of ${plural(total(definition), "trial")} are drawn: the best, and the others evenly over time. What is counted here counts them all.` : null,
    !definition.direction && definition.metric ? "It is not known whether larger or smaller is better, so there are no places and no best: load tuning_job_details, or say it in the models’ variables." : null,
    edges.length ? `Most of the best trials lie at an edge of a range: ${edges.map((parameter) => `${parameter.name} (${parameter.edge})`).join(", ")}. Widen it.` : null,
    ...view.facts.lineage.map((row) => `Warm start from ${row.parent_tuning_job_name}${isNumber(row.parent_best) ? `, whose best was ${figure(row.parent_best)}` : ""}${row.is_better === true ? ": this one is better." : row.is_better === false ? ": this one is not better." : "."}`),
  ];
  const said = lines.filter(Boolean).map((line) => el("p", {}, line));
  return said.length ? [el("div", { class: "notice" }, said)] : [];
}

/** From when to when its trials ran: two pictures have that as their axis. */
const timeOf = (trials) => spanOf("time", trials.flatMap((row) => [row.started, row.ended, row.until]).filter(isNumber));

const valuesOf = (trials) => trials.map((row) => row.value).filter(isNumber);

function progress({ definition, trials }) {
  const shown = trials.filter((row) => isNumber(row.ended));
  const title = `Best so far${definition.metric ? `: ${definition.metric}` : ""}`;
  if (!valuesOf(shown).length) return nothing(title, shown.length ? "No trial has a metric." : "No trial has ended yet.");
  const curve = definition.curve.map(([ended, value, number]) => ({ ended, value, number }));
  const last = Math.max(...shown.map((row) => row.ended));
  const said = curve.length ? `The best went from ${figure(curve[0].value)} to ${figure(curve.at(-1).value)} in ${plural(curve.length - 1, "step")}, the last with trial ${curve.at(-1).number}.` : "There is no best.";
  if (curve.length) curve.push({ ...curve.at(-1), ended: Math.max(last, curve.at(-1).ended) });
  const unmeasured = shown.filter((row) => !isNumber(row.value)).length;
  return picture(definition.is_log ? "progress-log" : "progress-linear", {
    title,
    note: `Each trial at its end.${unmeasured ? " Those without a metric lie along the bottom." : ""}${definition.is_log ? " Log axis." : ""}`,
    text: `Objective of each trial at its end, with the best so far. ${plural(shown.length, "trial")} ended, ${unmeasured} without a metric. ${said}`,
    data: { trials: shown, curve },
    given: { ...timeOf(trials), ...spanOf("value", [...valuesOf(shown), ...curve.map((row) => row.value)], definition.is_log) },
    height: 290,
  });
}

function timeline({ definition: { slots }, trials }) {
  const shown = trials.filter((row) => isNumber(row.slot)).map((row) => ({ ...row, started: row.started ?? row.ended }));
  const title = "When each trial ran";
  if (!shown.length) return nothing(title, "No trial has started yet.");
  const { timeLow, timeHigh } = timeOf(trials);
  return picture("timeline", {
    title,
    note: `A bar a trial, ${slots === 1 ? "one at a time" : `at most ${slots} at once`}. Times are UTC.`,
    text: `When each of ${plural(shown.length, "trial")} ran, at most ${slots} at once, from ${instant(timeLow)} to ${instant(timeHigh)} UTC.`,
    data: { trials: shown },
    given: { timeLow, timeHigh },
    height: Math.max(70, Math.min(320, 32 * slots + 30)),
  });
}

function nothing(title, why, kind = "card") {
  return el("section", { class: kind }, el("div", { class: "caption" }, el("h3", {}, title)), el("p", { class: "empty" }, why));
}

function parallel({ definition, trials, parameters }) {
  const title = "Hyperparameters, side by side";
  if (!parameters.length) return nothing(title, "No hyperparameters are loaded.");
  const isFlat = NARROW.matches;
  const axes = parameters.map(({ name, kind, positions, ticks }) => ({ name, kind, positions, ticks }));
  if (valuesOf(trials).length) axes.push(objectiveAxis(definition, trials));
  const ordered = [...trials].sort((a, b) => (a.goodness ?? -1) - (b.goodness ?? -1));
  const strength = strengthAmong(trials.length);
  const points = ordered.flatMap(({ trial, goodness, index }) => axes
    .map(({ positions }, row) => ({ trial, goodness, row, strength: strength(goodness), position: positions[index] }))
    .filter(({ position }) => isNumber(position)));
  const ticks = axes.flatMap((axis, row) => axis.ticks.map(([position, label]) => ({ row, position, label })));
  const letters = isFlat ? 60 : Math.floor(1180 / axes.length / 7.2);
  const names = axes.map(({ name, kind }, row) => ({ row, name: [...wrapped(name, letters), ...(kind === "log" && !isFlat ? ["(log)"] : [])] }));
  const logs = axes.filter(({ kind }) => kind === "log").map(({ name }) => name);
  return picture(isFlat ? "parallel-flat" : "parallel-upright", {
    title,
    note: `A line a trial, through its value on each axis${definition.direction ? "; the stronger, the better" : ""}.${logs.length ? ` Log axes: ${logs.join(", ")}.` : ""}`,
    text: `Parallel coordinates of ${plural(trials.length, "trial")} on ${plural(parameters.length, "hyperparameter")}: ${parameters.map(({ name, kind }) => `${name} (${kind})`).join(", ")}.`,
    data: { points, axes: names, ticks },
    given: { axes: axes.length, trials: trials.length },
    height: isFlat ? 54 * axes.length : 330,
  });
}

/** How strong a trial's line is: among many, only the best stand out. */
function strengthAmong(count) {
  const least = Math.min(0.35, 40 / count);
  const power = Math.max(3, count / 20);
  return (goodness) => least + (isNumber(goodness) ? (1 - least) * goodness ** power : 0);
}

function objectiveAxis({ metric, is_log: isLog }, trials) {
  const values = valuesOf(trials);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const scale = isLog ? Math.log : (value) => value;
  const at = (value) => (high === low ? 0.5 : (scale(value) - scale(low)) / (scale(high) - scale(low)));
  const ends = high === low ? [low] : [low, high];
  return {
    name: metric,
    kind: isLog ? "log" : "linear",
    positions: trials.map(({ value }) => (isNumber(value) ? at(value) : null)),
    ticks: ends.map((value) => [at(value), figure(value)]),
  };
}

/** A name in lines of so many letters, broken where a word ends; three at most. */
function wrapped(name, letters) {
  const lines = [""];
  for (const word of name.match(/[^\s_\-./:@]*[\s_\-./:@]?/g)) {
    if (lines.at(-1) && lines.at(-1).length + word.length > letters) lines.push("");
    lines[lines.length - 1] += word;
  }
  const short = lines.map((line) => (line.length > letters ? `${line.slice(0, letters - 1)}…` : line.trim()));
  return short.length > 3 ? [...short.slice(0, 2), `${short[2].slice(0, letters - 1)}…`] : short;
}

/** A steady scatter for a category's dots. */
const jitter = (index) => ((index * 0.618034) % 1) * 2 - 1;

function effects({ definition, trials, parameters }) {
  const measured = trials.filter((row) => isNumber(row.value));
  if (!parameters.length || !measured.length) return [];
  const figures = parameters.map((parameter) => {
    const { name, kind, values, range, edge, correlation, best_quarter: [low, high] } = parameter;
    const found = [
      isNumber(correlation) ? `rank correlation ${correlation > 0 ? "+" : ""}${correlation.toFixed(2)}` : null,
      isNumber(low) && kind !== "category" ? `best quarter ${brief(low)} to ${brief(high)}` : null,
      edge ? `best at the ${edge} edge` : null,
    ].filter(Boolean).join(" · ");
    const data = {
      trials: [...measured].sort((a, b) => parameter.positions[a.index] - parameter.positions[b.index]).map((row) => ({ ...row, parameter: values[row.index], jitter: jitter(row.index) })),
      ...(kind === "category" ? {} : {
        band: isNumber(low) ? [{ parameter: low, high }] : [],
        edges: (range ?? []).map((end) => ({ parameter: end })),
      }),
    };
    const xs = kind === "category" ? [] : [...measured.map((row) => values[row.index]), ...(range ?? [])].filter(isNumber);
    return picture(`parameter-${kind}-${definition.is_log ? "log" : "linear"}`, {
      title: name, note: found || null, heading: "h4", kind: "small", data, height: 170,
      given: { ...spanOf("value", valuesOf(measured), definition.is_log), ...spanOf("parameter", xs, kind === "log"), slant: parameter.ticks.map(([, label]) => label).join("  ").length > (NARROW.matches ? 14 : 26) ? -30 : 0 },
      text: `${definition.metric} against ${name} of ${plural(measured.length, "trial")}. ${found}`,
    });
  });
  return [card("Objective against each hyperparameter",
    `${definition.metric}, up, against each. The band is where the best quarter lies, dashes are the ends of the range; the strongest correlation comes first, positive where larger values did better.`,
    el("div", { class: "several" }, figures))];
}

function moneyAndHours({ job }) {
  const known = outcomesOf(job);
  if (!known.length) return [];
  const draw = (unit, title, amount, label, gaps) => {
    const rows = known.map((outcome) => ({ outcome, [unit]: amount(job.outcomes[outcome]) ?? 0, label: `${label(job.outcomes[outcome])} · ${plural(job.outcomes[outcome].trials, "trial")}` }));
    return picture(`outcome-${unit}`, {
      title, kind: "card half", data: { outcomes: rows, ...(gaps ? { gaps: gaps(rows) } : {}) },
      given: { amountLow: 0, amountHigh: (NARROW.matches ? 2.2 : 1.4) * Math.max(...rows.map((row) => row[unit])) || 1 },
      height: 32 * rows.length,
      text: `${title}. ${rows.map((row) => `${spoken(row.outcome)}: ${row.label}`).join("; ")}.`,
    });
  };
  const hours = draw("hours", "Hours by outcome", ({ seconds }) => (seconds ?? 0) / 3600, ({ seconds }) => duration(seconds));
  // Unknown is not zero: a hatched piece stands for the trials without a cost.
  const gaps = (rows) => rows.flatMap(({ outcome, cost }) => {
    const { trials, with_cost: covered } = job.outcomes[outcome];
    const room = (Math.max(...rows.map((row) => row.cost)) || 1) / 12;
    return covered < trials ? [{ outcome, from: cost, to: cost + room }] : [];
  });
  if (!isNumber(costOf(job))) return [hours, nothing("Money by outcome", "Costs need the streams training_job_details and training_instance_prices.", "card half")];
  return [hours, draw("cost", `Money by outcome, in ${job.currency}`, ({ cost }) => cost, ({ cost, with_cost: covered, trials }) => `${money(cost, job.currency)}${covered < trials ? `, ${covered} covered` : ""}`, gaps)];
}

function jobFailures({ definition, trials }) {
  const rows = definition.failures;
  if (!rows.length) return nothing("Failures", "No trial has failed.");
  const columns = [
    ["What the script said", (row) => row.failure, "wrap"],
    ["Trials", (row) => frequency(row.trials, rows[0].trials)],
    ["Time lost", (row) => duration(row.seconds), "number"],
    ["Newest", (row) => row.newest],
  ];
  const drawn = (failure) => trials.filter((row) => row.group === failure).map((row) => row.trial).reverse();
  return card("Failures", "Grouped by the line that tells, the most frequent first.",
    table(columns, rows, { label: "Failures of this tuning job", tall: true, attributes: ({ failure }) => ({ class: "failure", ...standsFor(...drawn(failure)) }) }));
}

function leaders({ job, definition, trials, parameters }) {
  const placed = trials.filter((row) => isNumber(row.place)).sort((a, b) => a.place - b.place || (a.trial < b.trial ? -1 : 1));
  const measured = trials.filter((row) => isNumber(row.value));
  const rows = (placed.length ? placed : measured.reverse()).slice(0, LEADERS);
  const title = placed.length ? "Leaders" : "Trials with a metric";
  if (!rows.length) return nothing("Leaders", "No trial has a metric yet.");
  const hasCost = rows.some((row) => isNumber(row.cost));
  const columns = [
    ...(placed.length ? [["Place", (row) => row.place, "number"]] : []),
    ["Trial", (row) => row.trial],
    [definition.metric ?? "Objective", (row) => exact(row.value), "number"],
    ["Outcome", (row) => spoken(row.outcome)],
    ["Took", (row) => duration(row.seconds), "number"],
    ...(hasCost ? [["Cost", (row) => money(row.cost, job.currency), "number"]] : []),
    ...parameters.map((parameter) => [parameter.name, (row) => (isNumber(parameter.values[row.index]) ? valueText(parameter.values[row.index]) : "–"), parameter.kind === "category" ? "clip" : "number"]),
  ];
  const all = placed.length ? definition.ranked : definition.measured;
  return card(title, all > rows.length ? `The first ${rows.length} of ${all.toLocaleString("en-US")}.` : null,
    table(columns, rows, { label: title, attributes: (row) => ({ class: "leader", ...standsFor(row.trial) }) }));
}
