// A long list of boxes to tick ({% boxes %}): a field above that leaves what contains its words, and how many are ticked.
// A hidden box stays ticked. Without this script the list scrolls, the ticked ones first.
"use strict";

(() => {
  const MANY = 10;

  for (const list of document.querySelectorAll("[data-boxes]")) {
    const boxes = [...list.querySelectorAll("input[type=checkbox]")];
    if (boxes.length <= MANY) continue;
    const rows = new Map(boxes.map((box) => [box, box.closest("label")]));
    const filter = list.querySelector("[data-boxes-filter]");
    const count = list.querySelector("[data-boxes-count]");
    const none = list.querySelector("[data-boxes-none]");
    const words = count.dataset.words;

    function tell() {
      const ticked = boxes.filter((box) => box.checked).length;
      count.textContent = words.replace("{ticked}", ticked).replace("{all}", boxes.length);
    }

    function narrow() {
      const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      let found = 0;
      for (const [, row] of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !wanted.every((word) => text.includes(word));
        if (!row.hidden) found += 1;
      }
      none.hidden = found > 0;
    }

    filter.addEventListener("input", narrow);
    filter.addEventListener("keydown", (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "Escape" && filter.value) {
        filter.value = "";
        narrow();
      } else if (event.key === "Enter" || event.key === "ArrowDown") {
        // Enter would send the whole form; the list is where one goes on.
        boxes.find((box) => !rows.get(box).hidden)?.focus();
      } else return;
      event.preventDefault();
    });
    // Also what is put back from a draft.
    for (const name of ["input", "change"]) list.addEventListener(name, tell);
    tell();
    list.querySelector("[data-boxes-head]").hidden = false;
  }
})();
