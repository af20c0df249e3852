// The agent's console: everything by keyboard, nothing typed is lost.
"use strict";

(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const search = () => $("#q");
  const visible = (element) => element.getClientRects().length > 0;

  // While an input method composes, keys and input events belong to it (229: older browsers).
  const composing = (event) => event.isComposing || event.keyCode === 229;
  const isEditable = (element) =>
    element.isContentEditable || element.matches("textarea, select, input:not([type=radio], [type=checkbox])");

  // htmx listens on the fields themselves: in the capture phase the half-typed syllables stop here.
  document.addEventListener("input", (event) => {
    if (event.isComposing) event.stopPropagation();
  }, true);

  // --- moving through results and the tree --------------------------------------------------------
  function move(step) {
    const field = search();
    if (!field) return false;
    const items = [...document.querySelectorAll("#found [data-nav]")].filter(visible);
    const here = items.indexOf(document.activeElement);
    if (here < 0 && document.activeElement !== field) return false;
    const next = here + step;
    if (next < 0) field.focus();
    else items[Math.min(next, items.length - 1)]?.focus();
    return true;
  }

  let openWhenFound = false;

  function openFirst() {
    openWhenFound = false;
    $("#found .console-result")?.click();
  }

  function enterInSearch() {
    const field = search();
    const shown = $("#found [data-typed]")?.dataset.typed ?? "";
    if (shown === field.value.trim()) {
      openFirst();
    } else {
      openWhenFound = true;
      field.dispatchEvent(new Event("find-now"));
    }
  }

  function clearSearch() {
    const field = search();
    field.focus();
    if (!field.value) return;
    field.value = "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // --- keys ---------------------------------------------------------------------------------------
  function plainKey(event) {
    if (event.key === "/" && search()) {
      search().focus();
      search().select();
      return true;
    }
    const button = [...document.querySelectorAll("[data-key]")]
      .find((element) => element.dataset.key === event.key.toLowerCase() && visible(element));
    button?.click();
    return Boolean(button);
  }

  function handled(event) {
    const target = event.target;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      return (target === search() || target.matches("[data-nav]")) && move(event.key === "ArrowDown" ? 1 : -1);
    }
    if (event.key === "Escape" && search() && (target === search() || !isEditable(target))) {
      clearSearch();
      return true;
    }
    if (event.key === "Enter" && target === search()) {
      enterInSearch();
      return true;
    }
    return !isEditable(target) && !event.repeat && plainKey(event);
  }

  document.addEventListener("keydown", (event) => {
    if (composing(event) || event.defaultPrevented) return;
    const form = event.target.closest?.("form[data-capture]");
    if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!event.repeat) form.requestSubmit($("button:not([formaction])", form));
      return;
    }
    // Enter in a one-line field must not hand the contact over by accident.
    if (form && event.key === "Enter" && event.target.matches("input")) {
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || !event.target.matches) return;
    if (handled(event)) event.preventDefault();
  });

  // --- the channel is remembered in this browser ----------------------------------------------------
  const CHANNEL = "klingdesk.channel";
  const stored = () => { try { return localStorage.getItem(CHANNEL); } catch { return null; } };

  document.addEventListener("change", (event) => {
    if (event.target.dataset.remember !== "channel") return;
    try { localStorage.setItem(CHANNEL, event.target.value); } catch { /* private mode: not kept */ }
  });

  // --- forms: once, with a token that still holds, and not dropping what was typed ------------------
  // Logging in again (in another tab) changes the CSRF token; the cookie always has the present one.
  function renewTokens() {
    const cookie = document.cookie.split("; ").find((pair) => pair.startsWith("csrftoken="));
    if (!cookie) return;
    const token = cookie.slice("csrftoken=".length);
    for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token;
  }

  const dirty = () => $("form[data-capture][data-typed-in]");

  document.addEventListener("input", (event) => {
    event.target.closest?.("form[data-capture]")?.setAttribute("data-typed-in", "");
  }, true);

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-once]")) return;
    const question = dirty() && form.matches("[data-drops-typing]") && $("#console-drop")?.dataset.question;
    if (form.dataset.sent || (question && !window.confirm(question))) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    renewTokens();
    form.dataset.sent = "yes";
  }, true);

  function sendable() {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  }

  window.addEventListener("pageshow", sendable);
  // A form on its way by plain POST leaves the page, and that is meant.
  window.addEventListener("beforeunload", (event) => {
    if (dirty() && !$("form[data-sent]")) event.preventDefault();
  });

  // --- answers of the desk --------------------------------------------------------------------------
  const trouble = (id, shown) => { const box = document.getElementById(id); if (box) box.hidden = !shown; };

  function reveal(id) {
    trouble(id, true);
    document.getElementById(id)?.scrollIntoView({ block: "center" });
  }

  document.addEventListener("htmx:configRequest", renewTokens, true);

  // Before desk.js, which would load the login page and with it drop what was typed.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (!xhr) return;
    const loggedOut = new URL(xhr.responseURL || location.href).pathname.endsWith("/login/");
    const ours = xhr.status < 300 || xhr.status === 409 || xhr.status === 422;
    for (const id of ["desk-offline", "console-failed", "console-logged-out"]) trouble(id, false);
    if (ours && !loggedOut) return;
    event.detail.shouldSwap = false;
    event.stopPropagation();
    reveal(loggedOut ? "console-logged-out" : "console-failed");
  }, true);

  document.addEventListener("htmx:afterRequest", sendable);
  document.addEventListener("htmx:pushedIntoHistory", markOpened);
  document.addEventListener("htmx:responseError", () => reveal("console-failed"));

  document.addEventListener("htmx:afterSwap", (event) => {
    const area = event.detail.target;
    if (area?.id === "found" && openWhenFound) openFirst();
    if (area?.id === "account-check") markAccount(area);
  });

  function markOpened() {
    for (const link of document.querySelectorAll("#found a[data-nav]")) {
      if (link.pathname === location.pathname) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  function markAccount(area) {
    const field = $("[name=account_id]");
    const state = $("[data-account]", area)?.dataset.account;
    if (state === "bad") field?.setAttribute("aria-invalid", "true");
    else field?.removeAttribute("aria-invalid");
    if (state) document.getElementById("id-account_id-error")?.remove();
  }

  // --- new content: focus where work goes on --------------------------------------------------------
  // htmx:load comes for the page itself too, where the browser's own autofocus is enough.
  document.addEventListener("htmx:load", (event) => {
    const area = event.target;
    markOpened();
    const channel = stored();
    const radio = channel && $(`[data-remember=channel][value="${CSS.escape(channel)}"]`, area);
    if (radio) radio.checked = true;
    const account = $("[name=account_id]", area);
    if (account?.value && !$("#account-check", area)?.childElementCount && !account.hasAttribute("aria-invalid")) {
      account.dispatchEvent(new Event("check-now"));
    }
    if (area.matches?.("#found, #found *, #account-check, #account-check *")) return;
    const wrong = $("[aria-invalid=true]:is(input, textarea, select)", area);
    const place = wrong ?? $("[data-focus]", area) ?? (area.matches?.("[data-focus]") ? area : null);
    if (place && (area !== document.body || !search()?.matches(":focus"))) place.focus();
  });
})();
