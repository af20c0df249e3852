// Ask a page's address again and again while somebody looks at the page: less and less often
// while it does not answer, never in a hidden tab, and no more once it is not ours to ask.
// Whatever asks so sends `byItself`, or it would keep the session of somebody who has left.
"use strict";

window.deskPolling = (() => {
  const byItself = { "X-Desk-Polling": "1" };

  /**
   * `ask` fetches and returns the Response, or nothing when there is no reason to ask; `show` gets
   * the answered JSON. Returns a function that asks at once.
   */
  function poll({ every, slowest, ask, show, atOnce = false }) {
    let wait = every;
    let timer = 0;
    let asking = false;

    async function turn() {
      clearTimeout(timer);
      if (asking || document.hidden) return;
      asking = true;
      try {
        const answer = await ask();
        if (answer.status === 403 || answer.status === 404) return;  // no longer ours: the next page says why
        if (answer.status === 200) show(await answer.json());
        wait = answer.status < 400 ? every : Math.min(wait * 2, slowest);
      } catch {
        wait = Math.min(wait * 2, slowest);
      } finally {
        asking = false;
      }
      if (!document.hidden) timer = setTimeout(turn, wait);
    }

    document.addEventListener("visibilitychange", () => {
      clearTimeout(timer);
      if (!document.hidden) turn();
    });
    if (atOnce) turn();
    else timer = setTimeout(turn, every);
    return turn;
  }

  /** An `ask` for an address that answers 304 as long as nothing has changed. */
  function unlessKnown(url) {
    let etag = "";
    return async () => {
      const headers = { ...byItself, Accept: "application/json", ...(etag && { "If-None-Match": etag }) };
      const answer = await fetch(url, { headers, cache: "no-store", redirect: "error" });
      if (answer.status === 200) etag = answer.headers.get("ETag") ?? "";
      return answer;
    };
  }

  // htmx asks without an event where [hx-trigger="every …"] does, and with one where a person did something.
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    const isPoll = /\bevery\s/.test(detail.elt.getAttribute("hx-trigger") ?? "");
    if (isPoll && !detail.triggeringEvent) Object.assign(detail.headers, byItself);
  });

  return { byItself, poll, unlessKnown };
})();
