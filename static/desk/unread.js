// The number of unread notices in the header, kept fresh while somebody looks at the page.
"use strict";

(() => {
  const link = document.querySelector("[data-unread-url]");
  if (!link) return;
  const EVERY = 30_000;
  const SLOWEST = 300_000;
  let wait = EVERY;
  let timer = 0;
  let etag = "";
  let asking = false;

  function show(count) {
    const number = link.querySelector("[data-unread-count]");
    if (number.textContent === String(count)) return;
    number.textContent = String(count);
    link.querySelector(".desk-count").hidden = count === 0;
  }

  async function ask() {
    clearTimeout(timer);
    if (asking || document.hidden) return;
    asking = true;
    try {
      const headers = { Accept: "application/json", ...(etag && { "If-None-Match": etag }) };
      const answer = await fetch(link.dataset.unreadUrl, { headers, cache: "no-store", redirect: "error" });
      if (answer.status === 403) return;  // no longer ours to ask: the next page says why
      if (answer.status === 200) {
        etag = answer.headers.get("ETag") ?? "";
        show((await answer.json()).unread);
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
