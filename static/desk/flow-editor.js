// The text of a flow: line numbers, jumping to findings, the indent, and where the caret was.
// Tab is left alone: it leads out of the text, as everywhere.
"use strict";

(() => {
  const form = document.getElementById("flow-form");
  const area = form?.querySelector("textarea[name=text]");
  if (!area) return;
  const gutter = document.getElementById("flow-gutter");
  const kept = `flow-caret:${location.pathname}`;

  // --- line numbers -------------------------------------------------------------------------------
  function flagged() {
    const lines = new Map();
    for (const item of document.querySelectorAll("#flow-findings [data-finding-line]")) {
      const line = Number(item.dataset.findingLine);
      if (lines.get(line) !== "is-error") {
        lines.set(line, item.classList.contains("is-error") ? "is-error" : "is-warning");
      }
    }
    return lines;
  }

  function number() {
    const marks = flagged();
    const lines = area.value.split("\n").length;
    const parts = [];
    for (let line = 1; line <= lines; line += 1) {
      if (marks.has(line)) {
        const mark = document.createElement("span");
        mark.className = marks.get(line);
        mark.textContent = String(line);
        parts.push(mark, "\n");
      } else {
        parts.push(`${line}\n`);
      }
    }
    gutter.replaceChildren(...parts);
    gutter.scrollTop = area.scrollTop;
  }

  gutter.hidden = false;
  area.addEventListener("input", number);
  area.addEventListener("scroll", () => { gutter.scrollTop = area.scrollTop; });
  document.addEventListener("htmx:afterSwap", number);
  number();

  // --- to a finding -------------------------------------------------------------------------------
  const lineHeight = () => Number.parseFloat(getComputedStyle(area).lineHeight) || 20;

  function goTo(line) {
    const lines = area.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    area.focus();
    area.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
    area.scrollTop = Math.max(0, (line - 1) * lineHeight() - area.clientHeight / 3);
    area.scrollLeft = 0;
    area.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-line]");
    if (button) goTo(Number(button.dataset.line));
  });

  // --- a new line begins below the one before -------------------------------------------------------
  area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const before = area.value.slice(0, area.selectionStart);
    const indent = /^ */.exec(before.slice(before.lastIndexOf("\n") + 1))[0];
    if (!indent) return;
    // insertText keeps the browser's own undo; where it is gone, Enter does what it always does.
    if (document.execCommand("insertText", false, `\n${indent}`)) event.preventDefault();
  });

  // --- where the caret was before the page was sent -----------------------------------------------
  form.addEventListener("submit", () => {
    const place = [area.selectionStart, area.selectionEnd, area.scrollTop];
    try { sessionStorage.setItem(kept, JSON.stringify(place)); } catch { /* only a comfort */ }
  });

  const message = document.getElementById("flow-conflict") ?? document.getElementById("flow-problem");
  let place = null;
  try {
    place = JSON.parse(sessionStorage.getItem(kept));
    sessionStorage.removeItem(kept);
  } catch { /* only a comfort */ }
  if (place) {
    area.setSelectionRange(place[0], place[1]);
    area.scrollTop = place[2];
  }
  // The diagram and the trial lead to the line of a step: #line-12.
  const line = Number(/^#line-([0-9]+)$/.exec(location.hash)?.[1] ?? 0);
  if (message) message.focus();
  else if (line) goTo(line);
  else if (place) area.focus({ preventScroll: true });
})();
