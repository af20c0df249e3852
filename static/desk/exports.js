// How far the exports are, kept fresh while somebody looks at them; a page that shows an export as
// running is loaded anew when it has ended, so that its file can be fetched.
"use strict";

(() => {
  const list = document.querySelector("[data-exports-url]");
  if (!list) return;
  const { poll, unlessKnown } = window.deskPolling;

  function show({ exports }) {
    for (const known of exports) {
      const row = list.querySelector(`[data-export="${known.id}"]`);
      if (!row || row.dataset.state !== known.state) {
        location.reload();
        return;
      }
      row.querySelector("[data-progress]").textContent = known.progress;
      const bar = row.querySelector("progress");
      if (bar && known.total) {
        bar.max = known.total;
        bar.value = known.done;
      }
    }
  }

  poll({ every: 2_000, slowest: 30_000, ask: unlessKnown(list.dataset.exportsUrl), show });
})();
