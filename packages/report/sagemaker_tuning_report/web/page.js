// The menus and the page that they select.

const DATA = JSON.parse(document.getElementById("data").textContent);
const MENUS = { account: "account", region: "region", job: "tuning-job", definition: "definition" };
/** The menu value for all definitions together. No definition can have this name. */
const ALL = "*";
const MANY_JOBS = 20;
const menu = (name) => document.getElementById(MENUS[name]);

/** The current selection. Names that no longer exist are ignored. */
function chosen() {
  const given = settings();
  const account = known(given.get("account"), [...DATA.scopes, ...DATA.jobs].map((row) => row.account));
  const region = known(given.get("region"), [...DATA.scopes, ...DATA.jobs].filter(inScope(account, "")).map((row) => row.region));
  const job = DATA.jobs.filter(inScope(account, region)).find((row) => row.key === given.get("job"));
  const choices = choicesOf(job);
  const definition = choices.find((row) => row.name === given.get("definition")) ?? choices[0];
  return { account, region, job, definition };
}

/** The definitions to choose from. All of them together come first if they share an objective. */
function choicesOf(job) {
  if (!job?.view) return job?.definitions ?? [];
  return [...(job.view.together ? [job.view.together] : []), ...job.view.definitions];
}

const known = (value, values) => (values.includes(value) ? value : "");
const inScope = (account, region) => (row) => (!account || row.account === account) && (!region || row.region === region);

/** The address of a page: the current selection with changes. */
function address(changes) {
  const now = chosen();
  const next = { account: now.account, region: now.region, job: now.job?.key ?? "", definition: "", ...changes };
  const given = Object.entries(next).filter(([, value]) => value);
  return `#${new URLSearchParams(given)}`;
}

function fill(select, options, value) {
  select.replaceChildren(...options.map(([name, text]) => el("option", { value: name }, text)));
  select.value = value;
}

/** Fills the menu of tuning jobs with those whose name has the words that the reader looks for. */
function fillJobs({ account, region, job }) {
  const jobs = DATA.jobs.filter(inScope(account, region));
  const scopes = new Set(jobs.map((row) => `${row.account} ${row.region}`));
  const nameOf = (row) => [row.name, ...(scopes.size > 1 ? [row.account, row.region] : [])].join(" · ");
  const openable = jobs.filter((row) => row.view || row === job);
  const find = document.getElementById("find");
  find.hidden = openable.length <= MANY_JOBS;
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = openable.filter((row) => row === job || words.every((word) => nameOf(row).toLowerCase().includes(word)));
  const all = words.length ? `${counted(found.length)} of ${plural(openable.length, "tuning job")}` : `All tuning jobs (${counted(jobs.length)})`;
  fill(menu("job"), [["", all], ...found.map((row) => [row.key, nameOf(row)])], job?.key ?? "");
  return found;
}

function fillMenus({ account, region, job, definition }) {
  const places = [...DATA.scopes, ...DATA.jobs];
  const distinct = (name, rows) => [...new Set(rows.map((row) => row[name]))].sort().map((value) => [value, value]);
  fill(menu("account"), [["", "All accounts"], ...distinct("account", places)], account);
  fill(menu("region"), [["", "All regions"], ...distinct("region", places.filter(inScope(account, "")))], region);
  fillJobs({ account, region, job });
  const choices = choicesOf(job);
  document.getElementById("definition-label").hidden = choices.length < 2;
  fill(menu("definition"), choices.map((row) => [row.name ?? "", row.name === ALL ? "All definitions" : row.name ?? "(none)"]), definition?.name ?? "");
}

/** When the page was made, and how old its data were then. It does not depend on the reader's clock. */
function age(scopes) {
  if (!isNumber(DATA.made)) return "";
  const made = `Made on ${instant(DATA.made)} UTC.`;
  if (!scopes.length) return made;
  const never = scopes.filter((scope) => !isNumber(scope.complete_as_of)).length;
  const times = scopes.map((scope) => scope.complete_as_of).filter(isNumber);
  const oldest = times.length ? `${scopes.length > 1 ? "The data of the oldest scope were" : "Its data were"} ${ago(DATA.made - Math.min(...times))} old then.` : null;
  return [made, oldest, never ? `${plural(never, "scope was", "scopes were")} never complete.` : null].filter(Boolean).join(" ");
}

function render() {
  const choice = chosen();
  const { account, region, job } = choice;
  clearPictures();
  describeTrial = () => null;
  if (!job) overview = location.hash || "#";
  fillMenus(choice);
  const content = document.getElementById("content");
  content.replaceChildren(...pageOf(choice).filter(Boolean));
  document.getElementById("age").textContent = age(DATA.scopes.filter(inScope(account, region)));
  content.dataset.page = job ? "job" : "fleet";
  document.title = job ? `${job.name} · SageMaker tuning` : "SageMaker tuning";
  say(job ? `Tuning job ${job.name}, ${plural(job.trials, "trial")}` : `All tuning jobs${account ? ` of ${account}` : ""}${region ? ` in ${region}` : ""}`);
}

function pageOf({ account, region, job, definition }) {
  if (!job) {
    return fleetPage(DATA, DATA.jobs.filter(inScope(account, region)), { account, region });
  }
  const back = el("p", { class: "back" }, el("a", { href: overview ?? address({ job: "" }) }, "← All tuning jobs"));
  if (!job.view) {
    return [el("div", {}, back, el("h2", {}, job.name)), el("p", { class: "notice" }, "This page includes only the trials of newer tuning jobs. Generate one with --tuning-job and this name, or with a larger --most-trials.")];
  }
  if (!definition) return [el("div", {}, back, el("h2", {}, job.name)), nothing("Trials", "This tuning job has not launched a trial yet.")];
  return jobPage(job, definition, back);
}

menu("account").addEventListener("change", (event) => go(address({ account: event.target.value, region: "", job: "" })));
menu("region").addEventListener("change", (event) => go(address({ region: event.target.value, job: "" })));
menu("job").addEventListener("change", (event) => go(address({ job: event.target.value })));
menu("definition").addEventListener("change", (event) => go(address({ definition: event.target.value })));
document.getElementById("summary").addEventListener("click", () => {
  document.body.classList.add("summary");
  window.addEventListener("afterprint", () => document.body.classList.remove("summary"), { once: true });
  window.print();
});
document.getElementById("skip").addEventListener("click", () => {
  document.querySelector("[data-table='trials'] tbody tr, [data-table='jobs'] tbody a")?.focus();
});
document.getElementById("find").addEventListener("input", () => fillJobs(chosen()));
document.getElementById("menu").addEventListener("submit", (event) => {
  event.preventDefault();
  const [first] = fillJobs({ ...chosen(), job: undefined });
  if (first) go(address({ job: first.key }));
});
window.addEventListener("hashchange", () => {
  render();
  const target = recall("at") && document.querySelector(`[data-section="${CSS.escape(recall("at"))}"]`);
  if (target && !history.state) target.scrollIntoView();
  else window.scrollTo(0, history.state?.scroll ?? 0);
});
NARROW.addEventListener("change", () => { if (!matchMedia("print").matches) render(); });
listenToRows(document.getElementById("content"));
render();
