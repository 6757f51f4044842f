// What the reader chose, in the URL fragment, so that a link or the way back shows it again:
// the page, and the settings of its tables and charts.

const settings = () => new URLSearchParams(location.hash.slice(1));
const recall = (name) => settings().get(name) ?? "";
const recallAll = (name) => settings().getAll(name);

/** Keeps a setting of this page: a text, several, or none. Adds no entry to the history. */
function remember(name, ...values) {
  const now = settings();
  now.delete(name);
  for (const value of values) if (value) now.append(name, value);
  history.replaceState(history.state, "", `#${now}`);
  if (!now.get("job")) overview = location.hash;
}

/** The address of the overview as it was last seen, with its filters. */
let overview = null;

history.scrollRestoration = "manual";

/** Keeps how far this page is scrolled, for the way back to it. */
const rememberScroll = () => history.replaceState({ scroll: window.scrollY }, "");

/** Opens a page. */
function go(hash) {
  rememberScroll();
  location.hash = hash;
}

document.addEventListener("click", (event) => { if (event.target.closest?.("a[href^='#']")) rememberScroll(); }, true);
