// The page of one tuning job.

/** The trials of a definition as rows; the page's data has them as columns. */
function trialRows(definition) {
  const columns = definition.trials;
  const most = Math.max(1, definition.last_place);
  const names = Object.keys(columns);
  return columns.name.map((trial, index) => {
    const row = { trial, index };
    for (const name of names) row[name] = columns[name].of ? columns[name].of[columns[name].at[index]] : columns[name][index];
    row.group ??= row.failure;
    row.until ??= row.ended;
    row.waited_until = row.started ?? row.until;
    row.created = isNumber(row.waited) ? row.waited_until - 1000 * row.waited : null;
    row.goodness = isNumber(row.place) ? (most === 1 ? 1 : 1 - (row.place - 1) / (most - 1)) : null;
    return row;
  });
}

function jobPage(job, definition, back) {
  const { view } = job;
  const all = trialRows(definition);
  const trials = definition.drawn ? definition.drawn.map((index) => all[index]) : all;
  const about = { job, definition, view, all, trials, parameters: definition.parameters, isOne: job.definitions.length === 1 };
  const byName = new Map(all.map((row) => [row.trial, row]));
  describeTrial = (name) => describe(about, byName.get(name));
  pinnable = new Set(byName.keys());
  const trialsTable = allTrials(about);
  return [
    el("div", {},
      back,
      el("h2", {}, job.name),
      el("p", { class: "links" }, el("a", { href: DATA.consoles[job.region].tuning_job.replace("{name}", encodeURIComponent(job.name)), target: "_blank", rel: "noopener noreferrer" }, "Open in the SageMaker console")),
      el("p", { class: "subtitle" }, [
        `${job.account} · ${job.region}`, `created ${instant(job.created)} UTC`, job.deleted ? "deleted" : job.status,
        definition.metric ? `${{ Maximize: "maximizes ", Minimize: "minimizes " }[definition.direction] ?? "objective "}${definition.metric}` : "no trial has a metric",
        definition.name && definition.name !== ALL ? `definition ${definition.name}` : null,
      ].filter(Boolean).join(" · "))),
    ...tiles(about),
    ...notices(about),
    winner(about),
    comparison(about),
    key(definition.outcomes),
    // On one axis: both have the same margins and the same span of time.
    el("section", { class: "card", "data-section": "progress" }, progress(about), timeline(about)),
    ...learningCurves(about),
    parallel(about, trialsTable),
    pairOf(about),
    importance(about),
    ...nextRanges(about),
    ...effects(about),
    ...moneyAndHours(about),
    ...familyOf(job),
    jobFailures(about),
    trialsTable,
  ];
}

function describe({ job, parameters }, row) {
  if (!row) return null;
  return description(row.trial, [
    ["Outcome", spoken(row.outcome)],
    ["Objective", figure(row.value)],
    ["Place", row.place ?? "–"],
    ["Started", startText(row)],
    ["Waited", duration(row.waited)],
    ["Duration", duration(row.seconds)],
    ...(isNumber(row.cost) ? [["Cost", money(row.cost, job.currency)]] : []),
    ...(row.instance ? [["Instance", row.instance]] : []),
    ...parameters.filter((parameter) => isNumber(parameter.values[row.index])).slice(0, 14)
      .map((parameter) => [parameter.name, valueText(parameter.values[row.index])]),
  ], row.failure);
}

const valueText = (value) => (typeof value === "number" ? figure(value) : String(value));

/** The number of trials in a definition, drawn or not. */
const total = ({ outcomes }) => sum(Object.values(outcomes));

/** Tiles for the definition, and for the whole tuning job if it has several definitions. */
function tiles({ job, definition, view, isOne }) {
  const [used] = view.facts.utilisation;
  const [saved] = view.facts.early_stopping;
  const spot = sum(ofEach([job], "spot_saved"));
  const many = total(definition);
  const failed = definition.outcomes.failed;
  const left = many - definition.ended;
  const best = tile("Best", exact(definition.best),
    definition.best_trials.length > 1 ? `shared by ${definition.best_trials.length} trials` : definition.best_trials[0] ?? (definition.direction ? "no metric yet" : "direction unknown"));
  const toBest = job.to_best ? tile("To reach the best", plural(job.to_best.trials, "trial"), [duration(job.to_best.seconds), isNumber(job.to_best.cost) ? `${money(job.to_best.cost, job.currency)}, ${covers(job.to_best.with_cost, job.to_best.trials)}` : null].filter(Boolean).join(" · ")) : null;
  const whole = [
    toBest,
    used && isNumber(used.utilisation) ? tile("Slots in use", `${Math.round(100 * used.utilisation)}%`, `${brief(used.average_parallel)} of ${used.max_parallel} on average`) : null,
    saved?.stopped_early_trials ? tile("Early stopping saved", duration(saved.saved_seconds), `${plural(saved.stopped_early_trials, "trial")}${saved.is_estimate ? "; an estimate, because details are missing" : ""}`) : null,
  ];
  const own = [
    best,
    tile("Trials", counted(many), failed ? `${counted(failed)} failed` : "none failed"),
    tile("Training time", duration(definition.seconds), [left ? `without ${plural(left, "unfinished trial")}` : "all trials have ended", definition.never_started ? `${counted(definition.never_started)} never started` : null, isOne && spot ? `spot saved ${duration(spot)}` : null].filter(Boolean).join("; ")),
    tile("Cost", money(definition.cost, job.currency), isNumber(definition.cost) ? covers(definition.with_cost, many) : "needs details and prices"),
  ];
  if (isOne) return [el("dl", { class: "tiles" }, own, whole)];
  return [
    group("The whole tuning job",
      tile("Trials", counted(job.trials), `in ${job.definitions.length} definitions`),
      tile("Training time", duration(secondsOf(job)), [timed([job]), spot ? `spot saved ${duration(spot)}` : null].filter(Boolean).join("; ")),
      tile("Cost", money(costOf(job), job.currency), isNumber(costOf(job)) ? coverage([job]) : "needs details and prices"),
      ...whole),
    group(definition.name === ALL ? "All definitions together" : `Definition ${definition.name}`, ...own),
  ];
}

const group = (title, ...content) => el("section", { class: "group" }, el("h3", {}, title), el("dl", { class: "tiles" }, content));

function notices({ job, definition, view, trials, all, parameters }) {
  const [complete] = view.facts.completeness;
  const [fresh] = view.facts.freshness;
  const edges = parameters.filter((parameter) => parameter.edge);
  const many = total(definition);
  const lines = [
    complete && complete.is_complete === false ? `Only ${complete.loaded_trials} of its ${complete.counted_trials} trials are loaded.` : null,
    job.deleted ? "This tuning job was deleted before all its trials had ended. Data that was read before is kept. The bar of a trial with no known end stops when a sync last saw it." : null,
    fresh?.running_trials ? `As of ${instant(view.as_of)} UTC, ${plural(fresh.running_trials, "trial is", "trials are")} not final yet.` : null,
    view.namesakes ? `${plural(view.namesakes, "trial")} of a deleted tuning job with this name ${view.namesakes === 1 ? "is" : "are"} left out.` : null,
    trials.length < many ? `Charts show ${counted(trials.length)} of ${plural(many, "trial")}: the best, and a sample of the others spread evenly over time. Totals and ${all.length < many ? `most lists count all of them; the table has ${counted(all.length)}` : "the table include all of them"}.` : null,
    !definition.direction && definition.metric ? "It is unknown whether larger or smaller is better, so there are no places and no best trial. Load tuning_job_details, or set the models’ variable sagemaker_tuning_objective_directions." : null,
    edges.length ? `Most of the best trials lie at the edge of a range: ${edges.map((parameter) => `${parameter.name} (${parameter.edge})`).join(", ")}. Consider widening it.` : null,
    ...view.facts.lineage.map((row) => `Warm-started from ${row.parent_tuning_job_name}${isNumber(row.parent_best) ? `, whose best was ${figure(row.parent_best)}` : ""}${row.is_better === true ? "; this one is better." : row.is_better === false ? "; this one is not better." : "."}`),
  ];
  const said = lines.filter(Boolean).map((line) => el("p", {}, line));
  return said.length ? [el("div", { class: "notice" }, said)] : [];
}

/** The time span of the trials, which is the time axis of two charts. */
const timeOf = (trials) => spanOf("time", trials.flatMap((row) => [row.created, row.started, row.until]).filter(isNumber));

/** When a trial started, or why it did not. */
const startText = (row) => (isNumber(row.started) ? instant(row.started) : isNumber(row.ended) ? "never started" : row.outcome === "running" ? "waiting" : "–");

const valuesOf = (trials) => trials.map((row) => row.value).filter(isNumber);

/** The columns of a table of trials, without the hyperparameters. */
const trialColumns = ({ job, definition }, format = figure) => [
  ["Trial", (row) => row.trial, "name"],
  [definition.metric ?? "Objective", (row) => exact(row.value, format), "number", (row) => row.value],
  ["Outcome", (row) => spoken(row.outcome)],
  ["Started", startText, "", (row) => row.started],
  ["Ended", (row) => instant(row.ended), "", (row) => row.ended],
  ["Duration", (row) => duration(row.seconds), "number", (row) => row.seconds],
  ["Cost", (row) => money(row.cost, job.currency), "number", (row) => row.cost],
];

const STRIP = 26;

function progress(about) {
  const { definition, trials } = about;
  const shown = trials.filter((row) => isNumber(row.ended)).sort((a, b) => a.ended - b.ended);
  const curve = definition.curve.map(([ended, value, number]) => ({ ended, value, number }));
  const title = `${curve.length ? "Best so far" : "Objective over time"}${definition.metric ? `: ${definition.metric}` : ""}`;
  if (!valuesOf(shown).length) return nothing(title, shown.length ? "No trial has a metric." : "No trial has ended yet.", "plain");
  const last = shown.at(-1).ended;
  const said = curve.length ? `The best improved from ${figure(curve[0].value)} to ${figure(curve.at(-1).value)} in ${plural(curve.length - 1, "step")}, the last at trial ${curve.at(-1).number}.` : "There is no best, because the direction is unknown.";
  if (curve.length) curve.push({ ...curve.at(-1), ended: Math.max(last, curve.at(-1).ended) });
  const unmeasured = shown.filter((row) => !isNumber(row.value)).length;
  return picture(definition.is_log ? "progress-log" : "progress-linear", {
    title,
    note: `Each trial is shown at its end.${unmeasured ? ` The strip below shows ${plural(unmeasured, "trial")} without a metric.` : ""}${definition.is_log ? " Logarithmic axis." : ""}`,
    text: `Objective of each trial at its end${curve.length ? ", with the best so far" : ""}. ${plural(shown.length, "trial")} ended, ${unmeasured} without a metric. ${said}`,
    data: { trials: shown, curve, strip: unmeasured ? [{ label: "no metric" }] : [] },
    given: { ...timeOf(trials), ...spanOf("value", [...valuesOf(shown), ...curve.map((row) => row.value)], definition.is_log), strip: unmeasured ? STRIP : 0 },
    height: 300, kind: "plain",
    stops: shown.map((row) => row.trial),
    numbers: [trialColumns(about), shown],
  });
}

function timeline(about) {
  const { definition: { slots }, trials } = about;
  const shown = trials.filter((row) => isNumber(row.slot)).sort((a, b) => a.created - b.created);
  const title = "When each trial ran";
  if (!shown.length) return nothing(title, "No trial has been created yet.", "plain");
  const waiting = shown.filter((row) => !isNumber(row.started) && !isNumber(row.ended)).length;
  const never = shown.filter((row) => !isNumber(row.started) && isNumber(row.ended)).length;
  const unstarted = [never ? `${plural(never, "trial")} never started` : null, waiting ? `${plural(waiting, "trial is", "trials are")} waiting` : null].filter(Boolean);
  const { timeLow, timeHigh } = timeOf(trials);
  return picture("timeline", {
    title,
    note: `One bar per trial, ${slots === 1 ? "one at a time" : `at most ${slots} at once`}; the dotted line before it is the wait for its machines.${unstarted.length ? ` Only a line: ${unstarted.join(", ")}.` : ""} Times are in UTC.`,
    text: `When each of ${plural(shown.length, "trial")} ran, at most ${slots} at once, from ${instant(timeLow)} to ${instant(timeHigh)} UTC.`,
    data: { trials: shown },
    given: { timeLow, timeHigh },
    height: Math.max(70, Math.min(320, 32 * slots + 30)), kind: "plain",
    stops: shown.map((row) => row.trial),
    numbers: [trialColumns(about), shown],
  });
}

function nothing(title, why, kind = "card") {
  return el("section", { class: kind }, el("div", { class: "caption" }, el("h3", {}, title)), el("p", { class: "empty" }, why));
}

function moneyAndHours({ job, isOne }) {
  const known = outcomesOf(job);
  if (!known.length) return [];
  const whole = isOne ? "" : ", whole tuning job";
  const numbers = [[
    ["Outcome", (outcome) => spoken(outcome)],
    ["Trials", (outcome) => counted(job.outcomes[outcome].trials), "number", (outcome) => job.outcomes[outcome].trials],
    ["Time", (outcome) => duration(job.outcomes[outcome].seconds), "number", (outcome) => job.outcomes[outcome].seconds],
    ["Cost", (outcome) => money(job.outcomes[outcome].cost, job.currency), "number", (outcome) => job.outcomes[outcome].cost],
    ["Trials with a cost", (outcome) => counted(job.outcomes[outcome].with_cost), "number", (outcome) => job.outcomes[outcome].with_cost],
  ], known];
  const draw = (unit, title, amount, label) => {
    const rows = known.map((outcome) => ({
      outcome, [unit]: amount(job.outcomes[outcome]) ?? 0, label: label(job.outcomes[outcome]), key: `outcome:${outcome}`,
    }));
    return picture(`outcome-${unit}`, {
      title: `${title}${whole}`, kind: "card half", height: 32 * rows.length, numbers,
      data: { outcomes: rows },
      given: { amountLow: 0, amountHigh: (NARROW.matches ? 3.4 : 2.1) * Math.max(...rows.map((row) => row[unit])) || 1 },
      text: `${title}. ${rows.map((row) => `${spoken(row.outcome)}: ${row.label}`).join("; ")}.`,
      stops: rows.map((row) => row.key),
      tells: Object.fromEntries(known.map((outcome) => [`outcome:${outcome}`, [spoken(outcome), [
        ["Trials", counted(job.outcomes[outcome].trials)], ["Time", duration(job.outcomes[outcome].seconds)],
        ["Cost", `${money(job.outcomes[outcome].cost, job.currency)}, ${covers(job.outcomes[outcome].with_cost, job.outcomes[outcome].trials)}`]]]])),
    });
  };
  const hours = draw("hours", "Hours by outcome", ({ seconds }) => (seconds ?? 0) / 3600,
    ({ seconds, trials }) => `${duration(seconds)} · ${plural(trials, "trial")}`);
  if (!isNumber(costOf(job))) return [hours, nothing(`Money by outcome${whole}`, "Costs need the streams training_job_details and training_instance_prices.", "card half")];
  return [hours, draw("cost", `Money by outcome, in ${job.currency}`, ({ cost }) => cost,
    (group) => [group.with_cost ? `${money(group.cost, job.currency)} · ${plural(group.with_cost, "trial")}` : null, unpricedText([group])].filter(Boolean).join(" "))];
}

/** All tuning jobs of its family. */
function familyOf(job) {
  if (!job.family) return [];
  const all = DATA.jobs.filter(({ family }) => family === job.family).sort((a, b) => b.created - a.created);
  if (all.length < 2) return [];
  const columns = [
    ["Tuning job", (run) => (run === job ? [el("strong", {}, run.name), " (this one)"] : jobLink(run)), "name", (run) => run.name],
    ["Created", (run) => instant(run.created), "", (run) => run.created],
    ["Best", bestText, "number", bestOf],
    ["Trials", (run) => counted(run.trials), "number", (run) => run.trials],
    ["Failed", (run) => counted(countOf([run], "failed")), "number", (run) => countOf([run], "failed")],
    ["Trials to best", (run) => (run.to_best ? counted(run.to_best.trials) : "–"), "number", (run) => run.to_best?.trials],
    ["Time to best", (run) => duration(run.to_best?.seconds), "number", (run) => run.to_best?.seconds],
    ["Time", (run) => duration(secondsOf(run)), "number", secondsOf],
    ["Cost", costCell, "number", costOf],
  ];
  const runs = isNumber(bestOf(job)) ? comparable(all.filter((run) => isNumber(bestOf(run)) && isNumber(run.created))) : [];
  const drawn = runs.includes(job) && runs.length > 1;
  return [card(`Family ${job.family}`, `The ${plural(all.length, "tuning job")} of this family, newest first.`,
    drawn ? runsPicture("Best, run by run", runs, { heading: "h4", kind: "plain", height: 150 }, job.key) : null,
    table(columns, all, { label: `Family ${job.family}`, id: "family", tall: true, attributes: () => ({ class: "run" }) }))];
}

function jobFailures({ definition, all }) {
  const rows = definition.failures;
  if (!rows.length) return nothing("Failures", "No trial has failed.");
  const columns = [
    ["Error", (row) => row.failure, "wrap", (row) => row.failure],
    ["Trials", (row) => frequency(row.trials, rows[0].trials), "", (row) => row.trials],
    ["Time lost", (row) => duration(row.seconds), "number", (row) => row.seconds],
    ["Newest", (row) => row.newest, "name"],
  ];
  const byGroup = new Map();
  for (const row of all) if (row.group) byGroup.set(row.group, [row.trial, ...(byGroup.get(row.group) ?? [])]);
  return card("Failures", "Grouped by the most informative line of the failure reason, most frequent first.",
    table(columns, rows, { label: "Failures of this tuning job", id: "failures", tall: true, attributes: ({ failure }) => ({ class: "failure", ...standsFor(...(byGroup.get(failure) ?? [])) }) }));
}

/** The table of all trials: best place first, then newest first. */
function allTrials(about) {
  const { job, definition, all, parameters } = about;
  const rows = [...all].sort((a, b) => compare(a.place, b.place, 1) || isNumber(b.value) - isNumber(a.value) || compare(a.started, b.started, -1) || compare(a.trial, b.trial, 1));
  const hasPlaces = rows.some((row) => isNumber(row.place));
  const has = (name) => rows.some((row) => isNumber(row[name]));
  const [trial, value, outcome, started, , took, cost] = trialColumns(about, uniform(rows.map((row) => row.value)));
  const columns = [
    ...(hasPlaces ? [["Place", (row) => row.place ?? "–", "number", (row) => row.place]] : []),
    trial, value, outcome, took,
    ...(has("cost") ? [cost] : []),
    ...parameters.map((parameter) => {
      const format = parameter.kind === "category" ? valueText : uniform(parameter.values);
      return [
        parameter.name, (row) => (isNumber(parameter.values[row.index]) ? format(parameter.values[row.index]) : "–"),
        parameter.kind === "category" ? "clip" : "number", (row) => parameter.values[row.index]];
    }),
    started,
    ...(has("instance") ? [["Instance", (row) => row.instance ?? "–"]] : []),
    ...(has("failure") ? [["Failure", (row) => row.failure ?? "", "wrap", (row) => row.failure]] : []),
  ];
  const many = total(definition);
  const list = table(columns, rows, { label: "Trials", id: "trials", tall: true, attributes: (row) => ({ class: "trial", "data-pin": row.trial, title: "Click or press Enter to pin", ...standsFor(row.trial) }) });
  const made = card("Trials", [
    hasPlaces ? "Best first." : "Newest first.",
    rows.length < many ? `${counted(rows.length)} of ${counted(many)}: the best, and a sample of the others spread evenly over time.` : `All ${counted(many)}.`,
    job.definitions.length > 1 && definition.name === ALL ? "Places rank the trials of all definitions together." : null,
  ].filter(Boolean).join(" "), list);
  made.only = list.only;
  return made;
}
