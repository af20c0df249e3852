// The editor's form: rows, keys, and nothing typed is lost. Everything works without this too.
"use strict";

(() => {
  const form = document.getElementById("question-form");
  if (!form) return;
  const $ = (selector, root = document) => root.querySelector(selector);

  // While an input method composes, the half-typed syllables are nobody's business.
  document.addEventListener("input", (event) => {
    if (event.isComposing) event.stopPropagation();
  }, true);
  document.addEventListener("compositionend", (event) => {
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // --- what is typed stays ------------------------------------------------------------------------
  const touched = () => form.setAttribute("data-typed-in", "");
  const isWords = (target) => target.id === "question-words";
  form.addEventListener("input", (event) => { if (!isWords(event.target)) touched(); });
  form.addEventListener("change", (event) => { if (!isWords(event.target)) touched(); });

  window.addEventListener("beforeunload", (event) => {
    if (form.hasAttribute("data-typed-in") && !form.dataset.sent) event.preventDefault();
  });
  window.addEventListener("pageshow", () => { delete form.dataset.sent; });

  // Logging in again (in another window) changes the CSRF token; the cookie has the present one.
  function renewToken() {
    const cookie = document.cookie.split("; ").find((pair) => pair.startsWith("csrftoken="));
    if (!cookie) return;
    const token = cookie.slice("csrftoken=".length);
    for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token;
  }

  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    renewToken();
    form.dataset.sent = "yes";
  });

  const loggedOut = $("#question-logged-out");
  const offline = $("#desk-offline");
  document.addEventListener("htmx:configRequest", renewToken, true);
  // Before desk.js, which would load the login page and with it drop what was typed.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    const atLogin = new URL(xhr.responseURL || location.href).pathname.endsWith("/login/");
    loggedOut.hidden = !atLogin;
    offline.hidden = true;
    if (!atLogin && xhr.status < 400) return;
    event.detail.shouldSwap = false;
    event.stopPropagation();
    if (atLogin) loggedOut.scrollIntoView({ block: "center" });
    else offline.hidden = false;
  }, true);

  // --- keys ---------------------------------------------------------------------------------------
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      const save = $("#question-save");
      if (save && !event.repeat) form.requestSubmit(save);
      return;
    }
    if (event.key !== "Enter" || !event.target.matches?.("#question-form input:not([type=checkbox], [type=file])")) return;
    event.preventDefault();
    if (isWords(event.target)) $("#question-test").click();
  });

  // --- rows ---------------------------------------------------------------------------------------
  for (const button of document.querySelectorAll("[data-add-row]")) {
    const prefix = button.dataset.addRow;
    const total = $(`[name="${prefix}-TOTAL_FORMS"]`, form);
    const template = $("#follow-up-template");
    const list = $("#follow-ups");
    button.hidden = false;
    button.addEventListener("click", () => {
      const holder = document.createElement("template");
      holder.innerHTML = template.innerHTML.replaceAll("__prefix__", total.value);
      total.value = String(Number(total.value) + 1);
      list.append(holder.content);
      touched();
      list.lastElementChild.querySelector("input[type=text]").focus();
    });
  }

  // --- where to look first ------------------------------------------------------------------------
  const place = $("#question-conflict") ?? $("[aria-invalid=true]", form) ?? $("#question-errors");
  place?.focus();
  $("[aria-invalid=true]", form)?.closest("details")?.setAttribute("open", "");
})();
