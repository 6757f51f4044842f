// What the theme leaves out for people who use a keyboard or a screen reader.
"use strict";

document.querySelector(".sidebar-drawer").setAttribute("aria-label", "All pages");
document.querySelector(".toc-drawer").setAttribute("aria-label", "On this page");

// What is wider than the window scrolls: the keyboard can reach it, and then scroll it.
const reach = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const each of document.querySelectorAll("pre, .table-wrapper")) reach.observe(each);
