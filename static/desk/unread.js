// The number of unread notices in the header, kept fresh while somebody looks at the page.
"use strict";

(() => {
  const link = document.querySelector("[data-unread-url]");
  if (!link) return;
  const { poll, unlessKnown } = window.deskPolling;

  function show({ unread }) {
    const number = link.querySelector("[data-unread-count]");
    if (number.textContent === String(unread)) return;
    number.textContent = String(unread);
    link.querySelector(".desk-count").hidden = unread === 0;
  }

  poll({ every: 30_000, slowest: 300_000, ask: unlessKnown(link.dataset.unreadUrl), show });
})();
