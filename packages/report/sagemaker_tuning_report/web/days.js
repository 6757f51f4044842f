// Trials and cost by day, and the cost of idle machines.

const DAY = 86400000;
const dayOf = (time) => instant(time).slice(0, 10);

/** Charts of the last days: trials, failures and, if known in one currency, cost. */
function byDay(page, through) {
  const rows = page.days.filter(through);
  if (!rows.length) return [];
  const every = [...new Set(rows.map((row) => row.day))].sort((a, b) => a - b);
  const total = (day, outcome) => {
    const of = rows.filter((row) => row.day === day && (!outcome || row.outcome === outcome));
    return {
      day, outcome, trials: sum(of.map((row) => row.trials)), cost: sumKnown(of.map((row) => row.cost)),
      with_cost: sum(of.map((row) => row.with_cost)),
    };
  };
  const parts = every.flatMap((day) => OUTCOMES.map((outcome) => total(day, outcome)).filter((part) => part.trials));
  const days = every.map((day) => ({ ...total(day), failed: total(day, "failed").trials }));
  const currencies = [...new Set(rows.filter((row) => isNumber(row.cost)).map((row) => row.currency))];
  const [currency] = currencies;
  const behindIt = [[
    ["Day", (row) => dayOf(row.day), "", (row) => row.day],
    ["Trials", (row) => counted(row.trials), "number", (row) => row.trials],
    ["Failed", (row) => counted(row.failed), "number", (row) => row.failed],
    ["Cost", (row) => (currencies.length > 1 ? "several currencies" : money(row.cost, currency)), "number", (row) => row.cost],
    ["Trials with a cost", (row) => counted(row.with_cost), "number", (row) => row.with_cost],
  ], days];
  const draw = (unit, title, note, chosen, amount) => {
    const bars = every.flatMap((day) => stacked(chosen.filter((part) => part.day === day), amount))
      .map((part) => ({ ...part, key: `day:${unit}:${part.day}:${part.outcome}`, day: part.day + DAY / 16, next: part.day + DAY * 15 / 16, date: part.day }));
    const most = Math.max(0, ...bars.map((bar) => bar.to)) || 1;
    const unpriced = unit !== "cost" ? [] : days.filter((day) => day.with_cost < day.trials)
      .map(({ day }) => ({ day: day + DAY / 2, end: bars.filter((bar) => bar.date === day).at(-1)?.to ?? 0 }));
    return picture("days", {
      title, note, heading: "h4", kind: "small", height: 170, data: { days: bars, unpriced },
      given: { timeLow: every[0], timeHigh: every.at(-1) + DAY, dayTicks: every.filter((_, at) => at % Math.ceil(every.length / 8) === 0).map((day) => day + DAY / 2), amountLow: 0, amountHigh: unpriced.length ? 1.15 * most : most },
      text: `${title}, ${plural(every.length, "day")} with trials from ${dayOf(every[0])} to ${dayOf(every.at(-1))}. ${note}`,
      stops: bars.map((bar) => bar.key),
      tells: Object.fromEntries(bars.map((bar) => [bar.key, [dayOf(bar.date), [
        ["Outcome", spoken(bar.outcome)], ["Trials", counted(bar.trials)],
        ["Cost", `${money(bar.cost, currency)}, ${covers(bar.with_cost, bar.trials)}`]]]])),
      numbers: behindIt,
    });
  };
  const failed = parts.filter((part) => part.outcome === "failed");
  const all = sum(days.map((day) => day.trials));
  const figures = [
    draw("trials", "Trials by day", `${plural(all, "trial")} by outcome.`, parts, (part) => part.trials),
    draw("failed", "Failed trials by day", `${counted(sum(days.map((day) => day.failed)))} of ${plural(all, "trial")}.`, failed, (part) => part.trials),
  ];
  if (currencies.length === 1) {
    const covered = sum(days.map((day) => day.with_cost));
    figures.unshift(draw("cost", `Cost by day, in ${currency}`, `${money(sumKnown(days.map((day) => day.cost)), currency)}, ${covers(covered, all)}.${covered < all ? " ?: some trials of that day have no price." : ""}`, parts, (part) => part.cost));
  }
  return [card("Day by day", `By the UTC day on which each trial ended. Trials ended on ${plural(every.length, "day")} between ${dayOf(every[0])} and ${dayOf(every.at(-1))}.`,
    el("div", { class: "several wide" }, figures))];
}

/** The cost of idle machines, by instance type. */
function idleMachines(machines, jobs) {
  const keys = new Set(jobs.map((job) => job.key));
  const known = machines.filter((row) => keys.has(row.job));
  const title = "Idle machines";
  if (!known.some((row) => row.measured)) {
    return nothing(title, "No utilization is loaded. Select the stream training_job_metrics (for costs, also training_job_details and training_instance_prices), then build the models.");
  }
  const rows = [...new Set(known.map((row) => row.instance))].map((instance) => {
    const of = known.filter((row) => row.instance === instance);
    const priced = of.filter((row) => isNumber(row.idle) && isNumber(row.cost));
    // An average over tuning jobs, weighted by the number of measured trials.
    const average = (at) => {
      const with_it = of.filter((row) => isNumber(row.average[at]) && row.measured);
      return with_it.length ? sum(with_it.map((row) => row.average[at] * row.measured)) / sum(with_it.map((row) => row.measured)) : null;
    };
    return {
      instance, trials: sum(of.map((row) => row.trials)), measured: sum(of.map((row) => row.measured)),
      cost: sumKnown(priced.map((row) => row.cost)), idle: sumKnown(priced.map((row) => row.idle)),
      currency: priced[0]?.currency, currencies: new Set(priced.map((row) => row.currency)).size,
      averages: [0, 1, 2, 3].map(average),
    };
  }).sort((a, b) => (b.idle ?? -1) - (a.idle ?? -1) || compare(a.instance, b.instance, 1));
  const percent = (share) => (isNumber(share) ? `${Math.round(100 * share)}%` : "–");
  const behindIt = [[
    ["Instance type", (row) => row.instance],
    ["Trials", (row) => counted(row.trials), "number", (row) => row.trials],
    ["Measured", (row) => counted(row.measured), "number", (row) => row.measured],
    ["Cost", (row) => money(row.cost, row.currency), "number", (row) => row.cost],
    ["Idle", (row) => money(row.idle, row.currency), "number", (row) => row.idle],
    ...["CPU", "Memory", "GPU", "GPU memory"].map((name, at) => [name, (row) => percent(row.averages[at]), "number", (row) => row.averages[at]]),
  ], rows];
  const drawn = rows.filter((row) => isNumber(row.idle) && row.currencies === 1);
  if (!drawn.length || new Set(drawn.map((row) => row.currency)).size > 1) {
    return card(title, "The cost is unknown or in several currencies. Averages are shares of the whole machine.", table(...behindIt, { label: title }));
  }
  const most = Math.max(...drawn.map((row) => row.cost)) || 1;
  const label = (row) => `${money(row.idle, row.currency)} of ${money(row.cost, row.currency)}${NARROW.matches ? "" : ` · ${row.measured} of ${plural(row.trials, "trial")}`}`;
  const bars = drawn.flatMap((row, index) => [
    { instance: row.instance, index, part: "idle", from: 0, to: row.idle, end: row.cost, label: label(row), key: `idle:${row.instance}` },
    { instance: row.instance, index, part: "busy", from: row.idle, to: row.cost, end: row.cost, label: "", key: `idle:${row.instance}` },
  ]);
  return picture("idle", {
    title, note: "Cost by instance type. Striped: the idle share, judged by the CPU or the GPU, whichever was busier. Covers measured trials with a known cost. A GPU that waits may still be the right choice.",
    height: 32 * drawn.length, data: { machines: bars }, given: { amountLow: 0, amountHigh: (NARROW.matches ? 2.8 : 1.7) * most, labelWidth: NARROW.matches ? 90 : 200 },
    text: `Cost of idle machines. ${drawn.map((row) => `${row.instance}: ${label(row)}`).join("; ")}.`,
    stops: drawn.map((row) => `idle:${row.instance}`),
    tells: Object.fromEntries(drawn.map((row) => [`idle:${row.instance}`, [row.instance, [
      ["Idle", `${money(row.idle, row.currency)} of ${money(row.cost, row.currency)}`], ["Measured", `${row.measured} of ${plural(row.trials, "trial")}`],
      ["CPU", percent(row.averages[0])], ["GPU", percent(row.averages[2])]]]])),
    numbers: behindIt,
    more: idleByJob(known, jobs),
  });
}

/** Idle money by tuning job, most first, with a link to each. */
function idleByJob(known, jobs) {
  const named = new Map(jobs.map((job) => [job.key, job]));
  const rows = [...new Set(known.map((row) => row.job))].map((key) => {
    const of = known.filter((row) => row.job === key && isNumber(row.idle));
    return { job: named.get(key), idle: sumKnown(of.map((row) => row.idle)), cost: sumKnown(of.map((row) => row.cost)), measured: sum(of.map((row) => row.measured)), trials: sum(of.map((row) => row.trials)), currency: of[0]?.currency };
  }).filter((row) => isNumber(row.idle)).sort((a, b) => b.idle - a.idle);
  const columns = [
    ["Tuning job", (row) => jobLink(row.job), "name", (row) => row.job.name],
    ["Idle", (row) => money(row.idle, row.currency), "number", (row) => row.idle],
    ["Share", (row) => (row.cost ? `${Math.round(100 * row.idle / row.cost)}%` : "–"), "number", (row) => row.idle / row.cost],
    ["Cost", (row) => money(row.cost, row.currency), "number", (row) => row.cost],
    ["Measured", (row) => `${counted(row.measured)} of ${plural(row.trials, "trial")}`, "number", (row) => row.measured],
  ];
  return el("details", { class: "data" }, el("summary", {}, "By tuning job"), table(columns, rows, { label: "Idle machines by tuning job", id: "idle", tall: true }));
}
