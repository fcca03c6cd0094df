// The shell of each page: theme, contents on a telephone, copy buttons, search. No request is made, so that a page works from a file.
"use strict";

const byId = (id) => document.getElementById(id);
const up = document.body.dataset.up;

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  byId("theme").textContent = name === "dark" ? "Light" : "Dark";
  byId("theme").setAttribute("aria-label", name === "dark" ? "Light colours" : "Dark colours");
}
setTheme(document.documentElement.dataset.theme || "light");
byId("theme").addEventListener("click", () => {
  const name = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  setTheme(name);
  try { localStorage.theme = name; } catch { /* a browser that keeps nothing for files */ }
});

byId("menu").addEventListener("click", () => {
  const open = byId("contents").classList.toggle("open");
  byId("menu").setAttribute("aria-expanded", open);
});
byId("contents").addEventListener("click", (event) => {
  if (event.target.closest("a")) byId("contents").classList.remove("open");
});
document.querySelector("#contents [aria-current]")?.scrollIntoView({ block: "center" });
scrollTo({ top: location.hash ? scrollY : 0 });

function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(area);
  area.select();
  document.execCommand("copy"); // for pages that a browser grants no clipboard
  area.remove();
  return Promise.resolve();
}
for (const block of document.querySelectorAll("main .highlight, main pre:not(.highlight pre, .output pre)")) {
  const button = Object.assign(document.createElement("button"), { className: "copy", textContent: "Copy", type: "button" });
  button.addEventListener("click", async () => {
    const code = block.matches("pre") ? block.firstElementChild : block.querySelector("pre");
    await copyText(code.textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  block.append(button);
}

// Search: the index is a script, because a page that was opened from a file may not fetch.
let index;
function loadIndex() {
  index ??= new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: `${up}assets/index.js`, onerror: reject });
    script.onload = () => resolve(window.searchIndex.map((one) => ({ ...one, low: [one.t, one.h, one.x].join("\n").toLowerCase() })));
    document.head.append(script);
  });
  return index;
}

/** The sections that hold all words, those with a word in a title or heading first. */
function search(sections, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = (one) => words.reduce((sum, word) => sum + (one.h.toLowerCase().includes(word) ? 4 : 0) + (one.t.toLowerCase().includes(word) ? 2 : 0), 0);
  return sections.filter((one) => words.every((word) => one.low.includes(word)))
    .map((one) => [rank(one), one]).sort((a, b) => b[0] - a[0]).slice(0, 12).map(([, one]) => ({ ...one, words }));
}

/** A text with the words that were looked for marked, as nodes. */
function marked(text, words) {
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return text.split(new RegExp(`(${escaped.join("|")})`, "i")).map((part, i) =>
    i % 2 ? Object.assign(document.createElement("mark"), { textContent: part }) : part);
}

function entry({ u, t, h, x, words }) {
  const link = Object.assign(document.createElement("a"), { href: up + u });
  const place = Math.max(0, x.toLowerCase().indexOf(words[0]) - 60);
  const [head, page, text] = ["b", "small", "div"].map((name) => document.createElement(name));
  head.textContent = h || t;
  page.textContent = h ? t : "";
  text.append(...marked((place ? "… " : "") + x.slice(place, place + 180), words));
  link.append(head, page, text);
  const item = document.createElement("li");
  item.append(link);
  return item;
}

const query = byId("query"), found = byId("found");
query.addEventListener("focus", loadIndex);
query.addEventListener("input", async () => {
  const text = query.value.trim();
  const sections = await loadIndex();
  if (text !== query.value.trim()) return; // the next letter was quicker
  const entries = text.length < 2 ? [] : search(sections, text).map(entry);
  const nothing = Object.assign(document.createElement("li"), { innerHTML: "<p>Nothing found.</p>" });
  found.replaceChildren(...(entries.length ? entries : [nothing]));
  found.hidden = text.length < 2;
});
document.querySelector(".search").addEventListener("keydown", (event) => {
  const links = [...found.querySelectorAll("a")], here = links.indexOf(document.activeElement);
  if (event.key === "Escape") { found.hidden = true; query.focus(); }
  if (event.key === "Enter" && here < 0 && links.length) location.href = links[0].href;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    (links[here + (event.key === "ArrowDown" ? 1 : -1)] ?? query).focus();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.closest("input, textarea, select")) { event.preventDefault(); query.focus(); }
});
document.addEventListener("click", (event) => { if (!event.target.closest(".search")) found.hidden = true; });
