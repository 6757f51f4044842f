// What trials did over time: learning curves and machine utilization.

const MACHINE = { CPUUtilization: "CPU", MemoryUtilization: "memory", GPUUtilization: "GPU", GPUMemoryUtilization: "GPU memory", DiskUtilization: "disk" };
const SELECT = "Select the stream training_job_metrics, then build the models. It has the metrics of trials that ended within the last 63 days.";

function learningCurves(about) {
  const { view, all } = about;
  const title = "Learning curves";
  if (view.series === null) return [nothing(title, "Left out to limit the size of this page. Generate one with --tuning-job and this name.")];
  const names = new Set(all.map((row) => row.trial));
  const series = view.series.filter((each) => each.values.length && names.has(each.trial));
  if (!series.length) return [nothing(title, SELECT)];
  const curves = series.filter((each) => !(each.metric in MACHINE));
  const busy = series.filter((each) => each.metric in MACHINE);
  return [
    curves.length ? choosing(curvesOf(about, curves)) : nothing(title, "The training jobs report no metrics. Define metrics in the algorithm specification."),
    busy.length ? choosing(utilizationOf(about, busy)) : null,
  ];
}

/** A card with a menu that selects what its chart shows. */
function choosing({ label, setting, options, first, draw }) {
  const place = el("div", {});
  const change = () => { remember(setting, select.value); place.replaceChildren(draw(select.value)); };
  const select = el("select", { change }, options.map(([value, text]) => el("option", { value }, text)));
  select.value = options.some(([value]) => value === recall(setting)) ? recall(setting) : first;
  place.append(draw(select.value));
  return el("section", { class: "card" }, el("label", { class: "choice" }, label, select), place);
}

const minutesOf = ({ seconds, values }) => seconds.map((second, at) => ({ minutes: second / 60, value: values[at] }));

/** The trials that have a series, best place first. */
function bestAmong({ all }, series) {
  const having = new Set(series.map((each) => each.trial));
  return all.filter((row) => having.has(row.trial)).sort((a, b) => compare(a.place, b.place, 1) || compare(a.ended, b.ended, -1));
}

function curvesOf(about, series) {
  const { definition, all } = about;
  const metrics = [...new Set(series.map((each) => each.metric))].sort();
  const first = metrics.includes(definition.metric) ? definition.metric : metrics[0];
  const placed = new Map(all.map((row) => [row.trial, row]));
  const draw = (metric) => {
    const of = series.filter((each) => each.metric === metric);
    const [best] = bestAmong(about, of);
    const hasBest = isNumber(best.place);
    const rows = of.flatMap((each) => minutesOf(each).map((point, at) => ({
      ...point, trial: each.trial, is_best: hasBest && each.trial === best.trial,
      is_end: at === each.values.length - 1,
    })));
    const values = rows.map((row) => row.value);
    const isLog = Math.min(...values) > 0 && Math.max(...values) / Math.min(...values) >= 1000;
    const many = total(definition);
    return picture(`curves-${isLog ? "log" : "linear"}`, {
      title: `Learning curves: ${metric}`, kind: "plain", height: 260,
      note: `One line per trial, from its start. ${hasBest ? "The best trial is highlighted. " : ""}${of.length < many ? `Shows ${counted(of.length)} of ${plural(many, "trial")}: those with points in CloudWatch, at most the 20 best and 20 others. ` : ""}Points are averages over a minute or longer, which hide short peaks.`,
      text: `${metric} over time for ${plural(of.length, "trial")}.${hasBest ? ` The best, ${best.trial}, ends at ${figure(of.find((each) => each.trial === best.trial).values.at(-1))}.` : ""}`,
      data: { curves: rows },
      given: { ...spanOf("value", values, isLog), minutesHigh: Math.max(...rows.map((row) => row.minutes)) || 1 },
      stops: bestAmong(about, of).map((row) => row.trial),
      numbers: [[
        ["Trial", (row) => row.trial, "name"], ["Minutes", (row) => brief(row.minutes), "number", (row) => row.minutes],
        [metric, (row) => figure(row.value), "number", (row) => row.value],
        ["Outcome", (row) => spoken(placed.get(row.trial).outcome)]], rows],
    });
  };
  return { label: "Metric ", setting: "metric", options: metrics.map((metric) => [metric, metric]), first, draw };
}

function utilizationOf(about, series) {
  const trials = bestAmong(about, series);
  const draw = (trial) => {
    const of = series.filter((each) => each.trial === trial);
    const hosts = new Set(of.map((each) => each.host));
    const nameOf = (each) => `${MACHINE[each.metric]}${hosts.size > 1 ? ` ${each.host}` : ""}`;
    const rows = of.flatMap((each) => minutesOf(each).map((point, at) => ({ ...point, key: `busy:${trial}:${nameOf(each)}`, name: nameOf(each), kind: MACHINE[each.metric], is_end: at === each.values.length - 1 })));
    const mean = ({ values }) => sum(values) / values.length;
    const tell = (each) => [nameOf(each), [["Average", `${brief(mean(each))}%`], ["Highest", `${brief(Math.max(...each.values))}%`], ["Trial", trial]]];
    return picture("utilization", {
      title: "How busy its machines were", kind: "plain", height: 220,
      note: "In percent, as CloudWatch reports it. CPU and GPU are sums over cores and devices, so four busy cores are 400%.",
      text: `Utilization of ${trial}. ${of.map((each) => `${nameOf(each)}: ${brief(mean(each))}% on average`).join("; ")}.`,
      data: { series: rows },
      given: { valueLow: 0, valueHigh: Math.max(100, ...rows.map((row) => row.value)), minutesHigh: Math.max(...rows.map((row) => row.minutes)) || 1 },
      stops: of.map((each) => `busy:${trial}:${nameOf(each)}`),
      tells: Object.fromEntries(of.map((each) => [`busy:${trial}:${nameOf(each)}`, tell(each)])),
      more: el("ul", { class: "key", "aria-label": "Lines" }, [...new Set(of.map((each) => MACHINE[each.metric]))].map((kind) =>
        el("li", {}, lineSample(Object.values(MACHINE).indexOf(kind)), kind))),
      numbers: [[["Series", (row) => row.name], ["Minutes", (row) => brief(row.minutes), "number", (row) => row.minutes], ["Percent", (row) => figure(row.value), "number", (row) => row.value]], rows],
    });
  };
  return { label: "Trial ", setting: "machine", options: trials.map(({ trial, place }) => [trial, isNumber(place) ? `${trial} (place ${place})` : trial]), first: trials[0].trial, draw };
}

/** A sample of a chart's line. Colors and dashes are in the order of MACHINE. */
function lineSample(at) {
  const colours = ["accent", "stopped_early", "failed", "running", "muted"];
  const dashes = ["none", "6 3", "2 2", "8 3 2 3", "1 4"];
  return svg("svg", { viewBox: "0 0 30 12", width: 30, height: 12, "aria-hidden": "true" },
    svg("line", { x1: 0, x2: 30, y1: 6, y2: 6, stroke: `var(--${colours[at]})`, "stroke-width": 2.5, "stroke-dasharray": dashes[at] }));
}
