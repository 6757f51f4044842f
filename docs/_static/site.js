// What the theme leaves out for people who use a keyboard or a screen reader.
"use strict";

document.querySelector(".sidebar-drawer").setAttribute("aria-label", "All pages");
document.querySelector(".toc-drawer").setAttribute("aria-label", "On this page");

// A long name in a table can break between its parts, but not within one.
const IN_PARTS = /(?<=[\w\]]\.)(?=[A-Za-z])|(?<=[a-z])(?=[A-Z])/;
for (const cell of document.querySelectorAll(".table-wrapper td")) {
  const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  const long = [];
  while (texts.nextNode()) {
    if (/\S{21}/.test(texts.currentNode.data)) long.push(texts.currentNode);
  }
  for (const text of long) {
    const words = text.data.split(/(?<=\s)/);
    const parts = words.flatMap((word) => (word.length > 20 ? word.split(IN_PARTS) : word));
    text.replaceWith(...parts.flatMap((part) => [part, document.createElement("wbr")]));
  }
}

// What is wider than the window scrolls: the keyboard can reach it, and then scroll it.
const reach = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const each of document.querySelectorAll("pre, .table-wrapper")) reach.observe(each);
