// The editor's form of a question: rows, and the phrasing test. Everything works without this too.
"use strict";

(() => {
  const form = document.getElementById("question-form");
  if (!form) return;
  const $ = (selector, root = document) => root.querySelector(selector);

  // --- keys ---------------------------------------------------------------------------------------
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key !== "Enter" || !event.target.matches?.("#question-form input:not([type=checkbox], [type=file])")) return;
    event.preventDefault();
    if (event.target.id === "question-words") $("#question-test").click();
  });

  // --- rows ---------------------------------------------------------------------------------------
  for (const button of document.querySelectorAll("[data-add-row]")) {
    const prefix = button.dataset.addRow;
    const total = $(`[name="${prefix}-TOTAL_FORMS"]`, form);
    const template = $("#follow-up-template");
    const list = $("#follow-ups");
    button.hidden = false;
    button.addEventListener("click", () => {
      const holder = document.createElement("template");
      holder.innerHTML = template.innerHTML.replaceAll("__prefix__", total.value);
      total.value = String(Number(total.value) + 1);
      list.append(holder.content);
      form.setAttribute("data-typed-in", "");
      list.lastElementChild.querySelector("input[type=text]").focus();
    });
  }

  // --- where to look first ------------------------------------------------------------------------
  const place = $("#question-conflict") ?? $("[aria-invalid=true]", form) ?? $("#question-errors");
  place?.focus();
  $("[aria-invalid=true]", form)?.closest("details")?.setAttribute("open", "");
})();
