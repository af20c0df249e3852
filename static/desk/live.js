// Numbers that stay fresh while somebody looks at the page: <nav data-live-url="…"> with
// <span data-live="name">. Nothing moves: a number changes where it stands.
"use strict";

(() => {
  const root = document.querySelector("[data-live-url]");
  if (!root) return;
  const EVERY = 20_000;
  const SLOWEST = 300_000;
  let wait = EVERY;
  let timer = 0;
  let etag = "";
  let asking = false;

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

  async function ask() {
    clearTimeout(timer);
    if (asking || document.hidden) return;
    asking = true;
    try {
      const headers = { Accept: "application/json", ...(etag && { "If-None-Match": etag }) };
      const answer = await fetch(root.dataset.liveUrl, { headers, cache: "no-store", redirect: "error" });
      if (answer.status === 403) return;  // no longer ours to ask: the next page says why
      if (answer.status === 200) {
        etag = answer.headers.get("ETag") ?? "";
        show(await answer.json());
      }
      wait = answer.status < 400 ? EVERY : Math.min(wait * 2, SLOWEST);
    } catch {
      wait = Math.min(wait * 2, SLOWEST);
    } finally {
      asking = false;
    }
    if (!document.hidden) timer = setTimeout(ask, wait);
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden) ask();
  });
  timer = setTimeout(ask, EVERY);
})();
