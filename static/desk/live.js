// Numbers that stay fresh while somebody looks at the page: <nav data-live-url="…"> with
// <span data-live="name">. Nothing moves: a number changes where it stands.
"use strict";

(() => {
  const root = document.querySelector("[data-live-url]");
  if (!root) return;
  const { poll, unlessKnown } = window.deskPolling;

  function show(counts) {
    let changed = false;
    for (const place of document.querySelectorAll("[data-live]")) {
      const now = counts[place.dataset.live];
      if (now === undefined || place.textContent === now) continue;
      place.textContent = now;
      changed = true;
    }
    const fresh = document.querySelector("[data-live-changed]");
    if (changed && fresh) fresh.querySelector("[hidden]")?.removeAttribute("hidden");
  }

  poll({ every: 20_000, slowest: 300_000, ask: unlessKnown(root.dataset.liveUrl), show });
})();
