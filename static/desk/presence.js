// Who else has this ticket open, and whether it has changed, while somebody looks at the page.
"use strict";

(() => {
  const line = document.querySelector("[data-here-url]");
  if (!line) return;
  const EVERY = 10_000;
  const SLOWEST = 120_000;
  const STILL_WRITING = 30_000;
  let wait = EVERY;
  let timer = 0;
  let asking = false;
  let typedAt = 0;

  document.addEventListener("input", (event) => {
    if (!event.target.closest(".ticket-action form")) return;
    const began = Date.now() - typedAt > STILL_WRITING;
    typedAt = Date.now();
    if (began) report();  // others should know before they begin, too
  });

  function show({ others, news }) {
    const place = line.querySelector("[data-here-others]");
    if (place.textContent !== others) place.textContent = others;
    const words = line.querySelector("[data-here-words]");
    if (words.textContent !== news) words.textContent = news;
    line.querySelector("[data-here-news]").hidden = !news;
  }

  async function report() {
    clearTimeout(timer);
    if (asking || document.hidden) return;
    asking = true;
    try {
      const answer = await fetch(line.dataset.hereUrl, {
        method: "POST",
        headers: { "X-CSRFToken": document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "" },
        body: new URLSearchParams({
          seen: line.dataset.seen,
          writing: Date.now() - typedAt < STILL_WRITING ? "1" : "0",
        }),
        cache: "no-store",
        redirect: "error",
      });
      if (answer.status === 403 || answer.status === 404) return;  // no longer ours: the next page says why
      if (answer.ok) show(await answer.json());
      wait = answer.ok ? EVERY : Math.min(wait * 2, SLOWEST);
    } catch {
      wait = Math.min(wait * 2, SLOWEST);
    } finally {
      asking = false;
    }
    if (!document.hidden) timer = setTimeout(report, wait);
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden) report();
  });
  report();
})();
