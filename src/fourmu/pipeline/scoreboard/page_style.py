"""Style and behaviour of the page: nothing is loaded from elsewhere."""

from __future__ import annotations

from typing import Final

__all__ = ["SCRIPT", "STYLE"]

STYLE: Final = """
:root {
  --text: #1d2430; --soft: #5b6675; --line: #dfe3e8; --back: #ffffff; --card: #f6f7f9;
  --link: #1f5fa8;
  --agrees: #1d7a46; --close: #8a6d00; --differs: #b3261e; --other-data: #5a4fa0;
  --no-number: #5b6675; --not-measured: #5b6675;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e4e8ee; --soft: #9aa5b4; --line: #323a46; --back: #14181e; --card: #1c222a;
    --link: #8ab8f0;
    --agrees: #62c48b; --close: #d9b84a; --differs: #f28b82; --other-data: #b3a8f5;
    --no-number: #9aa5b4; --not-measured: #9aa5b4;
  }
  figure img { background: #ffffff; }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 3.4rem; }
body {
  margin: 0 auto; max-width: 88rem; padding: 0 1.2rem 3rem;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
  color: var(--text); background: var(--back);
}
a { color: var(--link); }
h1 { font-size: 1.7rem; margin: 1.6rem 0 .3rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
p { max-width: 60rem; }
.soft { color: var(--soft); }
.notice { border-left: 4px solid var(--close); background: var(--card); padding: .6rem .9rem; }
nav {
  position: sticky; top: 0; z-index: 2; background: var(--back); padding: .5rem 0;
  border-bottom: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: .4rem;
  align-items: center;
}
nav button {
  font: inherit; font-size: .88rem; color: inherit; background: var(--card); cursor: pointer;
  border: 1px solid var(--line); border-radius: 1rem; padding: .15rem .7rem;
}
nav button[aria-pressed="true"] { border-color: currentColor; font-weight: 600; }
nav a { margin-left: auto; }
.contents { columns: 20rem; padding-left: 1.1rem; margin: .8rem 0; max-width: 80rem; }
table {
  border-collapse: collapse; width: 100%; table-layout: fixed; font-variant-numeric: tabular-nums;
}
th:nth-child(1) { width: 27%; } th:nth-child(2) { width: 9%; } th:nth-child(3) { width: 12%; }
th:nth-child(4) { width: 19%; } th:nth-child(5) { width: 9%; }
th {
  text-align: left; font-weight: 600; color: var(--soft); font-size: .85rem;
  border-bottom: 2px solid var(--line); padding: .3rem .6rem;
}
table.even { table-layout: auto; }
table.even th { width: auto; }
td {
  vertical-align: top; border-bottom: 1px solid var(--line); padding: .4rem .6rem;
  overflow-wrap: break-word;
}
td.quantity code { display: block; font-size: .74rem; color: var(--soft); }
td.source { color: var(--soft); font-size: .88rem; }
td.verdict { font-weight: 600; }
.agrees { color: var(--agrees); } .close { color: var(--close); }
.differs { color: var(--differs); } .other-data { color: var(--other-data); }
.no-number { color: var(--no-number); } .not-measured { color: var(--not-measured); }
tr:target { background: var(--card); }
.gallery {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(26rem, 1fr)); gap: 1.2rem;
  align-items: start;
}
.gallery figure { margin: 0; border: 1px solid var(--line); border-radius: .4rem; padding: .7rem; }
.gallery figure.wide { grid-column: 1 / -1; }
.gallery img { width: 100%; height: auto; display: block; cursor: zoom-in; }
.gallery .wide img { cursor: zoom-out; }
figcaption { font-size: .9rem; margin-top: .5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; font-size: .88rem; }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 50rem) {
  html { scroll-padding-top: 6.5rem; }
  .gallery { grid-template-columns: 1fr; }
  .contents { columns: 1; }
  thead { display: none; }
  tbody, tr { display: block; }
  tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
  tr[hidden] { display: none; }
  td { display: flex; gap: .6rem; border: 0; padding: .1rem 0; }
  td:empty { display: none; }
  td.quantity { display: block; font-weight: 600; }
  td[data-head]::before { content: attr(data-head); flex: 0 0 6.5rem; color: var(--soft); }
}
@media print {
  nav { display: none; } body { max-width: none; font-size: 10px; }
  tr, figure { break-inside: avoid; }
}
"""

SCRIPT: Final = """
"use strict";
const chosen = new Set();
const buttons = [...document.querySelectorAll("nav button[data-verdict]")];
const rows = [...document.querySelectorAll("tr[data-verdict]")];
function show() {
  for (const row of rows) row.hidden = chosen.size > 0 && !chosen.has(row.dataset.verdict);
  for (const section of document.querySelectorAll("section.group")) {
    section.hidden = [...section.querySelectorAll("tr[data-verdict]")].every((row) => row.hidden);
  }
  for (const button of buttons) {
    button.setAttribute("aria-pressed", String(chosen.has(button.dataset.verdict)));
  }
}
for (const button of buttons) {
  button.addEventListener("click", () => {
    const verdict = button.dataset.verdict;
    if (!chosen.delete(verdict)) chosen.add(verdict);
    show();
  });
}
for (const image of document.querySelectorAll(".gallery img")) {
  image.addEventListener("click", () => image.closest("figure").classList.toggle("wide"));
}
"""
