// Shows under each result of the search where its page has the words. Sphinx would fetch
// the page for that, which browsers refuse for files; TEXTS is in a script instead.
"use strict";

const query = new URLSearchParams(location.search).get("q") ?? "";
const words = query.toLowerCase().match(/[\p{L}\p{N}_]{3,}/gu) ?? [];

// A page whose own title has the words comes before one where a section's title does.
Scorer.score = ([, title, , , score]) =>
  score + 10 * words.filter((word) => title.toLowerCase().includes(word)).length;

// Where a text has a word, or the beginning of it, if it only has another form.
function find(text, word) {
  const beginnings = Array.from(word, (_, end) => word.slice(0, end + 1));
  return beginnings.slice(2).map((each) => text.indexOf(each)).findLast((at) => at >= 0);
}

function excerpt(text) {
  const lower = text.toLowerCase();
  const at = words.map((word) => find(lower, word)).find((each) => each !== undefined) ?? 0;
  const found = words.length ? text.slice(at).match(/^[\p{L}\p{N}_]*/u)[0] : "";
  const from = at < 100 ? 0 : text.lastIndexOf(" ", at - 100) + 1;
  const end = text.indexOf(" ", from + 240);
  const to = end < 0 ? text.length : end;
  const paragraph = document.createElement("p");
  const mark = document.createElement("mark");
  mark.append(found);
  paragraph.className = "context";
  paragraph.append(from ? "… " : "", text.slice(from, at), mark);
  paragraph.append(text.slice(at + found.length, to), to < text.length ? " …" : "");
  return paragraph;
}

new MutationObserver((changes) => {
  for (const item of changes.flatMap((change) => [...change.addedNodes])) {
    if (item.tagName !== "LI") continue;
    const [page, anchor] = item.querySelector("a").getAttribute("href").split("#");
    const sections = TEXTS[page.replace(/\.html$/, "")];
    item.append(excerpt(anchor ? sections[anchor] : Object.values(sections).join(" ")));
  }
}).observe(document.getElementById("search-results"), { childList: true, subtree: true });
