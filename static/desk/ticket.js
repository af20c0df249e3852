// Queue and ticket page: links that lead to a folded action, and no double sending.
"use strict";

(() => {
  // A link to an action leads to its form, also when that is folded.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#action-"]');
    const target = link && document.querySelector(link.getAttribute("href"));
    if (!target) return;
    event.preventDefault();
    window.deskKeys.use(target);
  });

  // One click, one sending: a second one while the first is on its way would act twice.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-once]");
    if (!form) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    setTimeout(() => form.querySelectorAll("button").forEach((b) => { b.disabled = true; }));
  });

  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.querySelectorAll("form[data-once]").forEach((form) => {
      delete form.dataset.sent;
      form.querySelectorAll("button").forEach((b) => { b.disabled = false; });
    });
  });
})();
