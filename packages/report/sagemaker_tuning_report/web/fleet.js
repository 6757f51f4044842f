// The overview page: the scopes and tuning jobs that match the menus.

const NEWEST = 15;
const MOST_FAMILIES = 9;

const outcomesOf = (job) => OUTCOMES.filter((outcome) => job.outcomes[outcome]);
const ofEach = (jobs, name) => jobs.flatMap((job) => outcomesOf(job).map((outcome) => job.outcomes[outcome][name]));
const secondsOf = (job) => sum(ofEach([job], "seconds"));
const costOf = (job) => sumKnown(ofEach([job], "cost"));
const coveredOf = (jobs) => sum(ofEach(jobs, "with_cost"));
const spentOf = (jobs) => sum(ofEach(jobs, "trials"));
const countOf = (jobs, outcome) => sum(jobs.map((job) => job.outcomes[outcome]?.trials));
const countsOf = (jobs) => Object.fromEntries(OUTCOMES.map((outcome) => [outcome, countOf(jobs, outcome)]));

/** Says how many of the trials a cost covers. */
const covers = (covered, trials) => (covered === trials ? `all ${plural(trials, "trial")} covered` : `${counted(covered)} of ${plural(trials, "trial")} covered`);
const coverage = (jobs) => covers(coveredOf(jobs), spentOf(jobs));
/** Says how many trials a total time leaves out, because they have not ended. */
const timed = (jobs) => {
  const without = countOf(jobs, "running") + countOf(jobs, "deleted");
  return without ? `without ${plural(without, "unfinished trial")}` : "all trials have ended";
};

/** Costs by currency. Amounts in different currencies are never added. */
function costs(jobs) {
  const totals = new Map();
  for (const job of jobs) {
    const cost = costOf(job);
    if (isNumber(cost)) totals.set(job.currency, (totals.get(job.currency) ?? 0) + cost);
  }
  return totals;
}

const costText = (totals) =>
  totals.size ? [...totals].map(([currency, cost]) => money(cost, currency)).join(" + ") : "–";

function fleetPage(page, jobs, { account, region }) {
  const through = inScope(account, region);
  const scopes = page.scopes.filter(through);
  const trials = sum(jobs.map((job) => job.trials));
  const failed = countOf(jobs, "failed");
  const done = scopes.filter((scope) => scope.status === "complete").length;
  const isWrong = done < scopes.length;
  return [
    el("div", {},
      el("h2", {}, "All tuning jobs"),
      el("p", { class: "subtitle" }, isWrong || !scopes.length ? "All accounts and regions that were read." : scopesLine(scopes), " Times are in UTC.")),
    ...(page.scopes.length || page.jobs.length ? [] : [el("div", { class: "notice" }, "Nothing is loaded yet. Run the tap, build the models, and generate this page again.")]),
    ...(page.missing.length ? [el("div", { class: "notice" }, `This page is incomplete, because these models are missing: ${page.missing.join(", ")}. Build transform/ with dbt.`)] : []),
    findingsCard(page.findings[`${account} ${region}`] ?? []),
    jobsCard(page, jobs),
    el("dl", { class: "tiles" },
      tile("Scopes complete", `${done} of ${scopes.length}`, isWrong ? "see below" : null),
      tile("Tuning jobs", counted(jobs.length), page.unlisted ? `the newest; ${counted(page.unlisted)} older ones are left out` : null),
      tile("Trials", counted(trials), countOf(jobs, "running") ? `${counted(countOf(jobs, "running"))} running` : null),
      tile("Failed trials", counted(failed), trials ? `${(100 * failed / trials).toFixed(1)}% of all` : null),
      tile("Training time", duration(sum(jobs.map(secondsOf))), timed(jobs)),
      tile("Cost", costText(costs(jobs)), costs(jobs).size ? coverage(jobs) : "needs training_job_details and prices")),
    ...byDay(page, through),
    ...families(jobs),
    ...spending(jobs),
    section("idle", idleMachines(page.machines, jobs)),
    failuresCard(page, page.failures.filter(through)),
    isWrong || !scopes.length ? scopesCard(scopes) : null,
  ];
}

/** Marks a card as the target of links from findings. */
function section(name, card) {
  if (card) card.dataset.section = name;
  return card;
}

/** The scopes in one line, if nothing is wrong with them. */
function scopesLine(scopes) {
  const oldest = Math.min(...scopes.map((scope) => scope.complete_as_of));
  const where = scopes.length === 1 ? `${scopes[0].account} · ${scopes[0].region} is complete` : `All ${scopes.length} scopes are complete`;
  return `${where} as of ${instant(oldest)}: every trial that was final by then is loaded in its final form.`;
}

const SAID = {
  count: (value) => counted(value),
  share: (value) => `${brief(100 * value)}%`,
  figure: (value) => figure(value),
  duration: (value) => duration(value),
  money: (value, currency) => money(value, currency),
};

/** A part of a sentence: text, a number, or a link to a tuning job. */
function saidPart(part) {
  if (!Array.isArray(part)) return part;
  const [kind, ...values] = part;
  if (kind !== "job") return el("strong", {}, SAID[kind](...values));
  const [key, name] = values;
  return DATA.jobs.some((job) => job.key === key && job.view) ? el("a", { href: address({ job: key }) }, name) : name;
}

const SECTIONS = { scopes: "Scopes", jobs: "Tuning jobs", failures: "Failures", idle: "Idle machines", families: "Families" };

function findingsCard(findings) {
  if (!findings.length) return null;
  const link = ({ at, job }) => {
    if (at) return el("a", { href: address({ at }) }, SECTIONS[at]);
    return DATA.jobs.some((row) => row.key === job && row.view) ? el("a", { href: address({ job }) }, "Its page") : null;
  };
  return section("findings", card("Findings", null,
    el("ol", { class: "findings" }, findings.map((finding) =>
      el("li", { "data-kind": finding.kind }, finding.text.map(saidPart), " ", link(finding))))));
}

/** When a scope's tables were last complete; the text does not depend on the reader's clock. */
function completeAsOf({ complete_as_of: asOf, status }) {
  if (!isNumber(asOf)) return "never";
  const words = status === "complete" ? "last sync" : "earlier sync";
  return el("time", { datetime: new Date(asOf).toISOString() }, `${instant(asOf)} · ${words}`);
}

function scopesCard(scopes) {
  const state = (scope) => {
    const kind = scope.status === "complete" ? "good" : scope.status === "failed" ? "bad" : "plain";
    return el("span", { class: `badge ${kind}` }, scope.status ?? "unknown");
  };
  const columns = [
    ["Account", (scope) => scope.account],
    ["Region", (scope) => scope.region],
    ["Last sync", state],
    ["Complete as of", completeAsOf, "", (scope) => scope.complete_as_of],
    ["Still open", (scope) => scope.open ?? "–", "number", (scope) => scope.open],
    ["Calls", (scope) => (isNumber(scope.calls) ? counted(scope.calls) : "–"), "number", (scope) => scope.calls],
    ["Error", (scope) => scope.error ?? "", "wrap", (scope) => scope.error],
  ];
  const note = "Every trial that was final before “complete as of” is loaded in its final form.";
  if (!scopes.length) return card("Scopes", note, el("p", { class: "empty" }, "No scopes have been read."));
  return section("scopes", card("Scopes", note, table(columns, scopes, { label: "Scopes", id: "scopes", tall: true, attributes: () => ({ class: "scope" }) })));
}

/** The best value of a tuning job; null if there is none, or if its definitions have different objectives. */
function bestOf({ definitions }) {
  const aims = new Set(definitions.map(({ metric, direction }) => `${metric} ${direction}`));
  const known = definitions.map(({ best }) => best).filter(isNumber);
  if (!known.length || aims.size > 1) return null;
  return (definitions[0].direction === "Minimize" ? Math.min : Math.max)(...known);
}

function bestText(job) {
  const known = job.definitions.filter((definition) => isNumber(definition.best));
  if (!known.length) return "–";
  return known.flatMap((definition, index) => [index ? " · " : null, exact(definition.best)]);
}

const mix = (job) => [`${counted(job.trials)} `, mixBar(Object.fromEntries(outcomesOf(job).map((outcome) => [outcome, job.outcomes[outcome].trials])))];

const jobLink = (job) => (job.view
  ? el("a", { href: address({ job: job.key }) }, job.name)
  : [`${job.name} `, el("span", { class: "badge plain", title: "This page does not include its trials." }, "listed only")]);

/** Its status, and a badge if not all of it is loaded or it was deleted. */
function statusOf(job) {
  const badge = job.deleted ? ["plain", "deleted"] : job.complete === false ? ["bad", "not all loaded"] : null;
  return [job.status ?? (badge ? null : "–"), badge ? el("span", { class: `badge ${badge[0]}` }, badge[1]) : null].filter(Boolean).flatMap((part, at) => (at ? [" ", part] : [part]));
}

/** The best trials of a tuning job's definitions, as links that pin them. */
function winners(job) {
  const names = job.definitions.map(({ best_trials: names }) => names[0]).filter(Boolean);
  if (!names.length) return "–";
  const short = (name) => (name.startsWith(job.name) ? `…${name.slice(job.name.length)}` : name);
  return names.flatMap((name, at) => [at ? " · " : null,
    job.view ? el("a", { href: address({ job: job.key, pin: name }), title: name }, short(name)) : el("span", { title: name }, short(name))]);
}

/** The best so far as a small curve. */
function sparkline({ curve }) {
  if (!curve.length) return "–";
  const [width, height] = [90, 24];
  const x = (at) => 1 + at * (width - 4) / 100;
  const y = (value) => height - 3 - value * (height - 6) / 100;
  const [[, first]] = curve;
  const path = curve.reduce((line, [at, value]) => `${line}H${x(at)}V${y(value)}`, `M${x(curve[0][0])} ${y(first)}`);
  const [at, last] = curve.at(-1);
  return svg("svg", { class: "spark", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${plural(curve.length - 1, "improvement")}, the last after ${at}% of the time` },
    svg("path", { d: `${path}H${width - 2}`, fill: "none", stroke: "var(--accent)", "stroke-width": 1.5 }),
    svg("circle", { cx: x(at), cy: y(last), r: 2.5, fill: "var(--accent)" }));
}

function jobsCard(page, jobs) {
  const idle = new Map();
  for (const row of page.machines) if (isNumber(row.idle)) idle.set(row.job, [...(idle.get(row.job) ?? []), row]);
  const idleOf = (job) => sumKnown((idle.get(job.key) ?? []).map((row) => row.idle));
  const failedCost = (job) => job.outcomes.failed?.cost;
  const metric = (job) => [...new Set(job.definitions.map((definition) =>
    [definition.metric ?? "no metric yet", { Maximize: "↑", Minimize: "↓" }[definition.direction] ?? ""].join(" ").trim()))].join(" · ");
  const columns = [
    ["Tuning job", jobLink, "name", (job) => job.name],
    ["Status", statusOf],
    ["Best", bestText, "number", bestOf],
    ["Winner", winners, "clip"],
    ["Best so far", sparkline, "", (job) => job.curve.at(-1)?.[0]],
    ["Trials", mix, "", (job) => job.trials],
    ["Failed", (job) => counted(countOf([job], "failed")), "number", (job) => countOf([job], "failed")],
    ["Failed cost", (job) => money(failedCost(job), job.currency), "number", failedCost],
    ["Idle cost", (job) => money(idleOf(job), job.currency), "number", idleOf],
    ["Cost", (job) => costCell(job), "number", costOf],
    ["Time", (job) => duration(secondsOf(job)), "number", secondsOf],
    ["Created", (job) => instant(job.created), "", (job) => job.created],
    ["Objective", metric, "clip"],
    ["Account · region", (job) => `${job.account} · ${job.region}`],
  ];
  const openable = jobs.filter((job) => job.view).length;
  const note = [
    "Newest first. ↑ larger is better, ↓ smaller is better. Without an arrow, the direction is unknown and there is no best.",
    openable < jobs.length ? `This page has charts for ${openable} of them. To see another, generate a page with --tuning-job and its name, or with a larger --most-trials.` : null,
  ].filter(Boolean).join(" ");
  if (!jobs.length) return card("Tuning jobs", note, el("p", { class: "empty" }, "No tuning jobs."));
  return section("jobs", card("Tuning jobs", note, key(countsOf(jobs)),
    table(columns, jobs, { label: "Tuning jobs", id: "jobs", tall: true, attributes: (job) => ({ class: "job", "data-key": job.key }) })));
}

/** A cost, marked with ≥ if it does not cover all trials. */
function costCell(job) {
  const cost = costOf(job);
  if (!isNumber(cost)) return "–";
  return coveredOf([job]) < spentOf([job]) ? el("span", { title: coverage([job]) }, `≥ ${money(cost, job.currency)}`) : money(cost, job.currency);
}

/** The tuning jobs of each family, run by run. */
function families(jobs) {
  const groups = new Map();
  for (const job of jobs) {
    if (job.family && isNumber(bestOf(job)) && isNumber(job.created)) groups.set(job.family, [...(groups.get(job.family) ?? []), job]);
  }
  const several = [...groups].map(([name, all]) => [name, comparable(all)]).filter(([, runs]) => runs.length > 1)
    .sort(([a, one], [b, other]) => other.length - one.length || compare(a, b, 1));
  if (!several.length) return [];
  const figures = several.slice(0, MOST_FAMILIES).map(([name, runs]) => runsPicture(name, runs, { heading: "h4", kind: "small", height: 150 }));
  const rest = several.length - figures.length;
  return [section("families", card("Families, run by run",
    `The best value of each tuning job in a family, in order of creation.${rest ? ` ${plural(rest, "more family is", "more families are")} left out.` : ""}`,
    el("div", { class: "several" }, figures)))];
}

/** The runs that can be compared: those with the same objective as the newest one. */
function comparable(jobs) {
  const runs = [...jobs].sort((a, b) => a.created - b.created);
  const aim = ({ definitions: [{ metric, direction }] }) => `${metric} ${direction}`;
  return runs.filter((job) => aim(job) === aim(runs.at(-1)));
}

function runsPicture(title, runs, look, current = null) {
  const [{ metric, direction }] = runs[0].definitions;
  const values = runs.map(bestOf);
  const isLog = Math.min(...values) > 0 && Math.max(...values) / Math.min(...values) >= 1000;
  const keyOf = (job) => `run:${job.key}`;
  for (const job of runs) if (job.view) opens.set(keyOf(job), address({ job: job.key }));
  return picture(`runs-${isLog ? "log" : "linear"}`, {
    ...look, title,
    note: `${metric}: ${direction === "Minimize" ? "smaller" : "larger"} is better. ${plural(runs.length, "run")}, the latest at ${figure(values.at(-1))}.`,
    text: `The best ${metric} of ${plural(runs.length, "run")}: ${values.slice(-10).map(figure).join(", ")}.`,
    data: { runs: runs.map((job, at) => ({ key: keyOf(job), created: job.created, value: values[at], is_this: job.key === current })) },
    given: { ...spanOf("time", runs.map((job) => job.created)), ...spanOf("value", values, isLog) },
    stops: runs.map(keyOf),
    tells: Object.fromEntries(runs.map((job, at) => [keyOf(job), [job.name, [
      ["Best", figure(values[at])], ["Created", instant(job.created)], ["Trials", counted(job.trials)], ["Cost", textOf(costCell(job))]]]])),
    numbers: [[["Tuning job", jobLink, "name", (job) => job.name], ["Created", (job) => instant(job.created)], ["Best", bestText, "number", bestOf]], runs],
  });
}

/** Lays bars end to end: each row gets from and to. */
function stacked(rows, amount) {
  let at = 0;
  return rows.map((row) => { const from = at; at += amount(row) ?? 0; return { ...row, from, to: at }; });
}

/** Hours of the newest tuning jobs, and their cost if it is known in one currency. */
function spending(jobs) {
  const newest = jobs.filter((job) => job.trials).slice(0, NEWEST);
  if (!newest.length) return [];
  const names = new Map();
  for (const job of newest) names.set(job.name, (names.get(job.name) ?? 0) + 1);
  const nameOf = (job) => (names.get(job.name) > 1 ? `${job.name} (${job.account} ${job.region})` : job.name);
  const rowsOf = (amount) => newest.flatMap((job, index) => stacked(
    outcomesOf(job).map((outcome) => ({ job: nameOf(job), index, outcome, key: `job:${job.key}:${outcome}`, ...job.outcomes[outcome] })), amount));
  const which = `The ${newest.length === 1 ? "newest tuning job" : `newest ${newest.length} tuning jobs`}, by outcome.`;
  const draw = (unit, title, note, amount, label, unpriced = null) => {
    const rows = rowsOf(amount);
    for (const row of rows) if (newest[row.index].view) opens.set(row.key, address({ job: newest[row.index].key }));
    const words = unpriced?.(rows) ?? [];
    const most = Math.max(...rows.map((row) => row.to)) || 1;
    return picture(`fleet-${unit}`, {
      title, note, kind: "card half", height: 24 * newest.length,
      data: { jobs: rows, ...(unpriced ? { unpriced: words } : {}) },
      // Leaves room for the words after the bars.
      given: { labelWidth: NARROW.matches ? 110 : 210, amountLow: 0, amountHigh: words.length ? 1.8 * most : most },
      text: `${title} by tuning job and outcome. ${newest.slice(0, 5).map((job) => `${job.name}: ${label(job)}`).join("; ")}`,
      stops: rows.map((row) => row.key),
      tells: Object.fromEntries(rows.map((row) => [row.key, [newest[row.index].name, [
        ["Outcome", spoken(row.outcome)], ["Trials", counted(row.trials)], ["Time", duration(row.seconds)],
        ["Cost", `${money(row.cost, newest[row.index].currency)}, ${covers(row.with_cost, row.trials)}`]]]])),
      numbers: [[
        ["Tuning job", (row) => row.job, "name"], ["Outcome", (row) => spoken(row.outcome)],
        ["Trials", (row) => counted(row.trials), "number", (row) => row.trials],
        ["Time", (row) => duration(row.seconds), "number", (row) => row.seconds],
        ["Cost", (row) => money(row.cost, newest[row.index].currency), "number", (row) => row.cost],
        ["Trials with a cost", (row) => counted(row.with_cost), "number", (row) => row.with_cost]], rows],
    });
  };
  const figures = [draw("hours", "Hours of training", which, ({ seconds }) => (seconds ?? 0) / 3600, (job) => duration(secondsOf(job)))];
  const currencies = costs(newest);
  if (currencies.size === 1) {
    const [currency] = currencies.keys();
    const unpriced = (rows) => newest.flatMap((job, index) => {
      const own = rows.filter((row) => row.index === index);
      const label = unpricedText(outcomesOf(job).map((outcome) => job.outcomes[outcome]));
      return label ? [{ job: own[0].job, index, end: own.at(-1).to, label }] : [];
    });
    figures.push(draw("cost", `Cost in ${currency}`, `${which} The bars leave out trials without a known cost: the text after a bar counts them.`,
      ({ cost }) => cost, (job) => `${money(costOf(job), currency)}, ${coverage([job])}`, unpriced));
  } else {
    figures[0].classList.remove("half");
  }
  return figures;
}

/** Names the trials without a known cost: "1,000 trials, 120 h, no price". Empty if there are none. */
function unpricedText(groups) {
  const trials = sum(groups.map((group) => group.trials));
  const without = trials - sum(groups.map((group) => group.with_cost));
  if (!without) return "";
  if (without < trials) return `+ ${plural(without, "trial")}, no price`;
  return [plural(trials, "trial"), duration(sumKnown(groups.map((group) => group.seconds))), "no price"].filter((part) => part !== "–").join(", ");
}

/** A count with a bar next to it. */
function frequency(count, most) {
  return [el("span", { class: "bar", style: `width:${80 * count / most}px`, "aria-hidden": "true" }), counted(count)];
}

const MOST_NAMED = 3;

/** A link to the failed trials of a tuning job. */
function failedIn(key) {
  const job = DATA.jobs.find((row) => row.key === key);
  return job.view ? el("a", { href: address({ job: key, "trials.filter": "outcome = failed" }) }, job.name) : job.name;
}

/** The failures of all scopes. The same failure in several scopes is one row. */
function failuresCard(page, failures) {
  const groups = new Map();
  for (const row of failures) groups.set(row.failure, [...(groups.get(row.failure) ?? []), row]);
  const rows = [...groups].map(([failure, parts]) => ({
    failure,
    trials: sum(parts.map((part) => part.trials)),
    jobs: sum(parts.map((part) => part.tuning_jobs)),
    seconds: sumKnown(parts.map((part) => part.seconds)),
    last: Math.max(...parts.map((part) => part.last ?? 0)) || null,
    most: parts.flatMap((part) => part.most).sort(([, a], [, b]) => b - a).slice(0, MOST_NAMED),
    places: parts.map(({ account, region, trials }) => `${account} · ${region}${parts.length > 1 ? `: ${counted(trials)}` : ""}`).join(", "),
  })).sort((a, b) => b.trials - a.trials || compare(a.failure, b.failure, 1));
  const most = Math.max(...rows.map((row) => row.trials));
  const columns = [
    ["Error", (row) => row.failure, "wrap", (row) => row.failure],
    ["Trials", (row) => frequency(row.trials, most), "", (row) => row.trials],
    ["Tuning jobs", (row) => counted(row.jobs), "number", (row) => row.jobs],
    ["Time lost", (row) => duration(row.seconds), "number", (row) => row.seconds],
    ["Account · region", (row) => row.places, "wrap", (row) => row.places],
    ["Last", (row) => instant(row.last), "", (row) => row.last],
    ["Most in", (row) => row.most.flatMap(([job, trials], at) => [at ? ", " : null, failedIn(job), ` (${counted(trials)})`]), "wrap"],
  ];
  const note = [
    "Grouped across scopes by the most informative line of the failure reason, most frequent first.",
    page.only ? `Only those of ${page.only}.` : null,
    page.other_failures ? `${plural(page.other_failures, "trial")} with rarer failures are left out.` : null,
  ].filter(Boolean).join(" ");
  if (!rows.length) return card("Failures", note, el("p", { class: "empty" }, "No trial has failed."));
  return section("failures", card("Failures", note, table(columns, rows, { label: "Failures", id: "failures", tall: true, attributes: () => ({ class: "failure" }) })));
}
