// The form of one step: rows come and move, and only what the chosen kind has is shown.
// Everything works without this too.
"use strict";

(() => {
  const list = document.querySelector("[data-rows]");
  const form = list?.closest("form");

  const problem = document.getElementById("flow-problem");
  const wrong = document.querySelector(".flow [aria-invalid=true]");
  wrong?.closest("details")?.setAttribute("open", "");
  (wrong ?? problem)?.focus();

  // On a narrow page the list of steps is closed until it is wanted.
  const jump = document.querySelector(".flow-form-jump details");
  if (jump && window.matchMedia("(max-width: 1099px)").matches) jump.open = false;

  if (!list) return;
  const rows = () => [...list.querySelectorAll(":scope > [data-row]")];
  const touched = () => form.setAttribute("data-typed-in", "");

  // --- only what the kind has ---------------------------------------------------------------------
  function fit(row) {
    const kind = row.querySelector("select[name$='-kind']")?.value;
    for (const part of row.querySelectorAll("[data-only-for]")) {
      part.closest("[data-field]").hidden = !part.dataset.onlyFor.split(" ").includes(kind);
    }
  }

  list.addEventListener("change", (event) => {
    if (event.target.name?.endsWith("-kind")) fit(event.target.closest("[data-row]"));
  });

  // --- order --------------------------------------------------------------------------------------
  function number() {
    rows().forEach((row, index) => {
      row.querySelector("input[name$='-order']").value = String(index + 1);
      row.querySelector("[data-move=up]").disabled = index === 0;
      row.querySelector("[data-move=down]").disabled = index === rows().length - 1;
    });
  }

  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    const row = button.closest("[data-row]");
    if (button.dataset.move === "up") row.previousElementSibling?.before(row);
    else row.nextElementSibling?.after(row);
    number();
    touched();
    (button.disabled ? row.querySelector("[data-move]:not(:disabled)") : button)?.focus();
  });

  function wake(row) {
    for (const button of row.querySelectorAll("[data-move]")) button.hidden = false;
    fit(row);
  }

  // --- another row --------------------------------------------------------------------------------
  const add = form.querySelector("[data-add-row]");
  const total = form.querySelector(`[name="${list.dataset.rows}-TOTAL_FORMS"]`);
  add.hidden = false;
  add.addEventListener("click", () => {
    const holder = document.createElement("template");
    holder.innerHTML = form.querySelector("[data-row-template]").innerHTML.replaceAll("__prefix__", total.value);
    total.value = String(Number(total.value) + 1);
    list.append(holder.content);
    wake(list.lastElementChild);
    number();
    touched();
    list.lastElementChild.querySelector("input[type=text]").focus();
  });

  rows().forEach(wake);
  number();
})();
