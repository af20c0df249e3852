// The ticket list: up and down by keyboard, choosing rows, and only the fields that a change needs.
"use strict";

(() => {
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const boxOf = (link) => link?.closest("tr")?.querySelector("input[name=number]");

  document.addEventListener("keydown", (event) => {
    if (event.shiftKey || !window.deskKeys.free(event)) return;
    const links = rows();
    const here = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
    if (event.key === "j" || event.key === "k") {
      const next = event.key === "j" ? Math.min(here + 1, links.length - 1) : Math.max(here - 1, 0);
      links[next]?.focus();
      links[next]?.scrollIntoView({ block: "nearest" });
      event.preventDefault();
    } else if (event.key === "x" && here >= 0) {
      boxOf(links[here])?.click();
      event.preventDefault();
    }
  });

  const counter = document.querySelector("[data-chosen]");
  function count() {
    const chosen = document.querySelectorAll("input[name=number]:checked").length;
    if (counter) counter.textContent = chosen ? `${counter.dataset.chosen} ${chosen}` : "";
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-choose-all]")) {
      document.querySelectorAll("input[name=number]").forEach((box) => { box.checked = event.target.checked; });
    }
    if (event.target.type === "checkbox") count();
    if (event.target.name === "do") needed();
  });

  // Fields of the other changes stay out of the way.
  function needed() {
    const chosen = document.querySelector("select[name=do]");
    if (!chosen) return;
    for (const field of document.querySelectorAll("[data-for]")) {
      field.hidden = !field.dataset.for.split(" ").includes(chosen.value);
    }
  }
  window.addEventListener("pageshow", () => { count(); needed(); });
})();
