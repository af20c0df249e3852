// Queue and ticket page: keys that open or press what carries data-key, and no double sending.
"use strict";

(() => {
  const typing = (element) =>
    element instanceof HTMLElement &&
    (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));

  function use(target) {
    for (let menu = target.parentElement?.closest("details"); menu; menu = menu.parentElement?.closest("details")) {
      menu.open = true;
    }
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
      target.querySelector("input:not([type=hidden]), textarea, select")?.focus();
      target.scrollIntoView({ block: "nearest" });
    } else if (typing(target)) {
      target.focus();
      target.select?.();
    } else {
      target.click();
    }
  }

  document.addEventListener("keydown", (event) => {
    // 229: an input method is at work, whose keys are not ours.
    if (event.isComposing || event.keyCode === 229 || event.repeat) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && typing(event.target)) event.target.blur();
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    if (!/^[a-z/?]$/.test(event.key)) return;
    const target = document.querySelector(`[data-key~="${event.key}"]`);
    if (!target) return;
    event.preventDefault();
    use(target);
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.querySelector(opener.dataset.opens)?.showModal();
  });

  // A link to an action leads to its form, also when that is folded.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#action-"]');
    const target = link && document.querySelector(link.getAttribute("href"));
    if (!target) return;
    event.preventDefault();
    use(target);
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
