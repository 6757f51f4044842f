// The page of all scopes and tuning jobs that the menus let through.

const NEWEST = 15;

const outcomesOf = (job) => OUTCOMES.filter((outcome) => job.outcomes[outcome]);
const secondsOf = (job) => sum(outcomesOf(job).map((outcome) => job.outcomes[outcome].seconds));
const costOf = (job) => sumKnown(outcomesOf(job).map((outcome) => job.outcomes[outcome].cost));
const coveredOf = (jobs) => sum(jobs.flatMap((job) => outcomesOf(job).map((outcome) => job.outcomes[outcome].with_cost)));
const spentOf = (jobs) => sum(jobs.flatMap((job) => outcomesOf(job).map((outcome) => job.outcomes[outcome].trials)));
/** How much of the trials a cost covers. */
const coverage = (jobs) => `${coveredOf(jobs).toLocaleString("en-US")} of ${plural(spentOf(jobs), "trial")} covered`;
const countOf = (jobs, outcome) => sum(jobs.map((job) => job.outcomes[outcome]?.trials));
const countsOf = (jobs) => Object.fromEntries(OUTCOMES.map((outcome) => [outcome, countOf(jobs, outcome)]));

/** Costs by currency: amounts of two currencies are never added. */
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

function fleetPage(page, jobs, scopes, failures) {
  const trials = sum(jobs.map((job) => job.trials));
  const failed = countOf(jobs, "failed");
  const incomplete = scopes.filter((scope) => scope.status !== "complete");
  const done = scopes.length - incomplete.length;
  return [
    el("div", {},
      el("h2", {}, "All tuning jobs"),
      el("p", { class: "subtitle" }, "Every account and region that was read. Times are UTC. Choose a tuning job above, or in the table.")),
    ...(page.scopes.length || page.jobs.length ? [] : [el("div", { class: "notice" }, "Nothing is loaded yet: run the tap, build the models, and make this page anew.")]),
    ...(page.missing.length ? [el("div", { class: "notice" }, `These models are missing, and what they say is left out here: ${page.missing.join(", ")}. Build transform/ with dbt.`)] : []),
    el("dl", { class: "tiles" },
      tile("Scopes complete", `${done} of ${scopes.length}`, incomplete.length ? "see below" : null),
      tile("Tuning jobs", jobs.length.toLocaleString("en-US"), page.unlisted ? `the newest; ${page.unlisted.toLocaleString("en-US")} older ones are not counted here` : null),
      tile("Trials", trials.toLocaleString("en-US"), countOf(jobs, "running") ? `${countOf(jobs, "running")} running` : null),
      tile("Failed trials", failed.toLocaleString("en-US"), trials ? `${(100 * failed / trials).toFixed(1)} % of all` : null),
      tile("Training time", duration(sum(jobs.map(secondsOf)))),
      tile("Cost", costText(costs(jobs)), costs(jobs).size ? coverage(jobs) : "needs training_job_details and prices")),
    scopesCard(scopes),
    jobsCard(jobs),
    ...spending(jobs),
    failuresCard(failures),
  ];
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
    ["Complete as of", (scope) => (isNumber(scope.complete_as_of)
      ? el("time", { datetime: new Date(scope.complete_as_of).toISOString() }, `${instant(scope.complete_as_of)} · ${age(scope.complete_as_of)}`)
      : "never yet")],
    ["Still open", (scope) => scope.open ?? "–", "number"],
    ["Calls", (scope) => scope.calls?.toLocaleString("en-US") ?? "–", "number"],
    ["Error", (scope) => scope.error ?? "", "wrap"],
  ];
  const note = "Whatever was final before “complete as of” is in the tables as it ended.";
  if (!scopes.length) return card("Scopes", note, el("p", { class: "empty" }, "No scope has been read here."));
  return card("Scopes", note, table(columns, scopes, { label: "Scopes", attributes: () => ({ class: "scope" }) }));
}

function bestText(job) {
  const known = job.definitions.filter((definition) => isNumber(definition.best));
  if (!known.length) return "–";
  return known.flatMap((definition, index) => [index ? " · " : null, exact(definition.best)]);
}

function mix(job) {
  const known = outcomesOf(job);
  const words = known.map((outcome) => `${job.outcomes[outcome].trials} ${spoken(outcome)}`).join(", ");
  return [`${job.trials.toLocaleString("en-US")} `, el("span", { class: "mix", role: "img", "aria-label": words, title: words },
    known.map((outcome) => el("i", { style: `flex:${job.outcomes[outcome].trials};background:var(--${outcome})` })))];
}

function jobsCard(jobs) {
  const metric = (job) => [...new Set(job.definitions.map((definition) =>
    [definition.metric ?? "no metric yet", { Maximize: "↑", Minimize: "↓" }[definition.direction] ?? ""].join(" ").trim()))].join(" · ");
  const columns = [
    ["Tuning job", (job) => el("a", { href: address({ job: job.key }) }, job.name)],
    ["Best", bestText, "number"],
    ["Objective", metric, "clip"],
    ["Trials", mix],
    ["Failed", (job) => countOf([job], "failed").toLocaleString("en-US"), "number"],
    ["Time", (job) => duration(secondsOf(job)), "number"],
    ["Cost", (job) => money(costOf(job), job.currency), "number"],
    ["Created", (job) => instant(job.created)],
    ["Account · region", (job) => `${job.account} · ${job.region}`],
    ["Loaded", (job) => (job.deleted ? el("span", { class: "badge plain" }, "deleted") : job.complete === false ? el("span", { class: "badge bad" }, "incomplete") : job.complete ? "all" : "–")],
  ];
  const note = "The newest first. ↑ larger is better, ↓ smaller is better; without an arrow the direction is not known, and there is no best.";
  if (!jobs.length) return card("Tuning jobs", note, el("p", { class: "empty" }, "No tuning jobs here."));
  return card("Tuning jobs", note, key(countsOf(jobs)),
    table(columns, jobs, { label: "Tuning jobs", tall: true, attributes: (job) => ({ class: "job", "data-key": job.key }) }));
}

/** Hours, and money where it is known in one currency, of the newest tuning jobs. */
function spending(jobs) {
  const newest = jobs.filter((job) => job.trials).slice(0, NEWEST);
  if (!newest.length) return [];
  const names = new Map();
  for (const job of newest) names.set(job.name, (names.get(job.name) ?? 0) + 1);
  const rows = newest.flatMap((job, index) => outcomesOf(job).map((outcome) => ({
    job: names.get(job.name) > 1 ? `${job.name} (${job.account} ${job.region})` : job.name,
    index,
    outcome,
    rank: OUTCOMES.indexOf(outcome),
    hours: (job.outcomes[outcome].seconds ?? 0) / 3600,
    cost: job.outcomes[outcome].cost ?? 0,
  })));
  const gaps = gapsOf(newest, rows);
  const height = 24 * newest.length;
  const given = { labelWidth: NARROW.matches ? 130 : 210 };
  const tell = (amount) => newest.slice(0, 5).map((job) => `${job.name}: ${amount(job)}`).join("; ");
  const which = `The ${newest.length === 1 ? "newest tuning job" : `newest ${newest.length} tuning jobs`}, by outcome.`;
  const figures = [picture("fleet-hours", {
    title: "Hours of training", note: which, data: { jobs: rows }, kind: "card half", height, given,
    text: `Hours of training by tuning job and outcome. ${tell((job) => duration(secondsOf(job)))}`,
  })];
  const currencies = costs(newest);
  if (currencies.size === 1) {
    const [currency] = currencies.keys();
    figures.push(picture("fleet-cost", {
      title: `Cost in ${currency}`, note: `${which} Hatched: trials whose cost is not known, however much it is.`, data: { jobs: rows, gaps }, kind: "card half", height, given,
      text: `Cost by tuning job and outcome. ${tell((job) => `${money(costOf(job), currency)}, ${coverage([job])}`)}`,
    }));
  } else {
    figures[0].classList.remove("half");
  }
  return figures;
}

/** A hatched piece behind each bar that does not cover all trials. */
function gapsOf(jobs, rows) {
  const totals = jobs.map((_, index) => sum(rows.filter((row) => row.index === index).map((row) => row.cost)));
  const room = (Math.max(...totals) || 1) / 12;
  return jobs.flatMap((job, index) => (coveredOf([job]) < spentOf([job])
    ? [{ job: rows.find((row) => row.index === index).job, index, from: totals[index], to: totals[index] + room }] : []));
}

/** A count with a bar beside it. */
function frequency(count, most) {
  return [el("span", { class: "bar", style: `width:${80 * count / most}px`, "aria-hidden": "true" }), count.toLocaleString("en-US")];
}

function failuresCard(failures) {
  const most = Math.max(...failures.map((row) => row.trials));
  const columns = [
    ["What the script said", (row) => row.failure, "wrap"],
    ["Trials", (row) => frequency(row.trials, most)],
    ["Tuning jobs", (row) => row.tuning_jobs.toLocaleString("en-US"), "number"],
    ["Time lost", (row) => duration(row.seconds), "number"],
    ["Account · region", (row) => `${row.account} · ${row.region}`],
    ["Last", (row) => instant(row.last)],
  ];
  const note = "Grouped by the line that tells, the most frequent first.";
  if (!failures.length) return card("Failures", note, el("p", { class: "empty" }, "No trial has failed."));
  return card("Failures", note, table(columns, failures, { label: "Failures", tall: true, attributes: () => ({ class: "failure" }) }));
}
