// Who else has this ticket open, and whether it has changed, while somebody looks at the page.
"use strict";

(() => {
  const line = document.querySelector("[data-here-url]");
  if (!line) return;
  const STILL_WRITING = 30_000;
  let typedAt = 0;

  function show({ others, news }) {
    const place = line.querySelector("[data-here-others]");
    if (place.textContent !== others) place.textContent = others;
    const words = line.querySelector("[data-here-words]");
    if (words.textContent !== news) words.textContent = news;
    line.querySelector("[data-here-news]").hidden = !news;
  }

  const ask = () => fetch(line.dataset.hereUrl, {
    method: "POST",
    headers: { ...window.deskPolling.byItself, "X-CSRFToken": document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "" },
    body: new URLSearchParams({
      seen: line.dataset.seen,
      writing: Date.now() - typedAt < STILL_WRITING ? "1" : "0",
    }),
    cache: "no-store",
    redirect: "error",
  });

  const report = window.deskPolling.poll({ every: 10_000, slowest: 120_000, ask, show, atOnce: true });

  document.addEventListener("input", (event) => {
    if (!event.target.closest(".ticket-action form")) return;
    const began = Date.now() - typedAt > STILL_WRITING;
    typedAt = Date.now();
    if (began) report();  // others should know before they begin, too
  });
})();
