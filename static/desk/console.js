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

  // --- keys (those of data-key are in shortcuts.js) ------------------------------------------------
  // Esc goes one step back. In a field it leaves the field first, so that nothing typed is lost
  // by one key, and the keys of the step work again.
  function escape(target) {
    const heading = $("#contact .console-prompt");
    if (isEditable(target) && heading) {
      heading.focus();
      return true;
    }
    const back = $("[data-key=b]");
    back?.click();
    return Boolean(back);
  }

  // The next field of a form; after the last one the button that sends it. A group of radio buttons counts once.
  function onward(form, from) {
    const group = from.type === "radio" ? from.name : null;
    const fields = [...form.elements].filter((each) =>
      each === from ||
      (each.matches("input:not([type=hidden], [type=submit]), textarea, select") && visible(each) && !each.disabled &&
        !(group && each.name === group)));
    const next = fields[fields.indexOf(from) + 1];
    const chosen = next?.type === "radio" && fields.find((each) => each.name === next.name && each.checked);
    (chosen || next || $("button:not([formaction], [type=button])", form))?.focus();
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
    if (event.key === "Escape" && $("#contact")) return !event.repeat && escape(target);
    if (event.key === "Enter" && target === search()) {
      enterInSearch();
      return true;
    }
    return false;
  }

  document.addEventListener("keydown", (event) => {
    if (composing(event) || event.defaultPrevented || window.deskKeys.inDialog()) return;
    const form = event.target.closest?.("form[data-capture]");
    if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!event.repeat) form.requestSubmit($("button:not([formaction], [type=button])", form));
      return;
    }
    // Enter in a one-line field leads to the next one: nothing is handed over by accident.
    if (form && !form.matches("[data-enter]") && event.key === "Enter" && event.target.matches("input")) {
      event.preventDefault();
      if (!event.repeat) onward(form, event.target);
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || !event.target.matches) return;
    if (handled(event)) event.preventDefault();
  });

  // --- what was searched is told to the desk, for its editors: words and choice alone -------------
  // A search is told once it has settled, when one of its results is opened, and when other words
  // take its place. The answer is a token by which the next report goes on with the same entry.
  const SETTLED_MS = 1200;
  const SAME_NEED_MS = 60_000;
  const reports = [];
  let growing = "";
  let waiting = "";
  let timer = 0;
  let last = null;
  let entry = "";
  let sending = false;

  const logAddress = () => $("#console")?.dataset.searchLog;
  const shownWords = () => $("#found [data-typed]")?.dataset.typed ?? "";
  const goesOn = (one, other) => one.startsWith(other) || other.startsWith(one);

  function typing() {
    const words = search().value.trim();
    if (growing && !goesOn(growing, words) && shownWords() === growing) settle(growing);
    if (words && !growing.startsWith(words)) growing = words;
    clearTimeout(timer);
    waiting = words;
    if (words) timer = setTimeout(() => settle(words), SETTLED_MS);
  }

  function settle(words, chosen = "") {
    clearTimeout(timer);
    growing = waiting = "";
    if (!words || !logAddress() || (last?.words === words && (!chosen || last.chosen === chosen))) return;
    const now = Date.now();
    const same = last !== null && (last.words === words || (!last.chosen && goesOn(last.words, words)));
    const again = last !== null && !same && !last.chosen && now - last.at < SAME_NEED_MS;
    reports.push({ words, chosen, same, again });
    last = { words, chosen: chosen || (same ? last.chosen : ""), at: now };
    sendNext();
  }

  function send({ words, chosen, same, again }) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", presentToken());
    body.set("words", words);
    body.set("chosen", chosen);
    if (same || again) body.set("entry", entry);
    if (again) body.set("retyped", "1");
    // Goes out even while the page is being left.
    return fetch(logAddress(), { method: "POST", body, keepalive: true });
  }

  async function sendNext() {
    if (sending || !reports.length) return;
    sending = true;
    try {
      const response = await send(reports.shift());
      entry = response.ok ? (await response.json()).entry : "";
    } catch {
      entry = ""; // no network, or logged out: a search that is not logged troubles nobody
    }
    sending = false;
    sendNext();
  }

  function opened(event) {
    const link = event.target.closest?.("#found a[data-nav]");
    if (!link) return;
    const key = link.pathname.match(/\/questions\/([-\w]+)\/$/)?.[1] ?? "";
    // “Nothing fits” is no choice: it says that there is a gap.
    settle(shownWords(), link.closest(".console-none") ? "" : key);
  }

  document.addEventListener("input", (event) => {
    if (event.target.id === "q" && !event.isComposing) typing();
  }, true);
  document.addEventListener("compositionend", (event) => { if (event.target.id === "q") typing(); });
  document.addEventListener("click", opened, true);
  document.addEventListener("auxclick", opened, true);
  window.addEventListener("pagehide", () => {
    if (waiting && waiting === shownWords()) settle(waiting);
    while (reports.length) send(reports.shift());
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
  function presentToken() {
    const cookie = document.cookie.split("; ").find((pair) => pair.startsWith("csrftoken="));
    return cookie?.slice("csrftoken=".length) ?? "";
  }

  function renewTokens() {
    const token = presentToken();
    if (!token) return;
    for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token;
  }

  const dirty = () => $("form[data-capture][data-typed-in]");

  document.addEventListener("input", (event) => {
    event.target.closest?.("form[data-capture]")?.setAttribute("data-typed-in", "");
  }, true);

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-once]")) return;
    if (tooLong(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    const question = dirty() && form.matches("[data-drops-typing]") && $("#console-drop")?.dataset.question;
    if (form.dataset.sent || (question && !window.confirm(question))) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    renewTokens();
    form.dataset.sent = "yes";
  }, true);

  // More than the desk takes in one request would come back as a mere refusal.
  function tooLong(form) {
    const most = Number(form.dataset.most || 0);
    const over = most > 0 && encodeURIComponent($("textarea", form).value.toWellFormed?.() ?? "").length > most;
    const notice = $("[data-too-long]", form);
    if (notice) notice.hidden = !over;
    return over;
  }

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
    const atLogin = new URL(xhr.responseURL || location.href).pathname.endsWith("/login/");
    const loggedOut = atLogin || xhr.status === 401;
    const ours = xhr.status < 300 || xhr.status === 409 || xhr.status === 422;
    for (const id of ["desk-offline", "desk-too-large", "console-failed", "console-logged-out"]) trouble(id, false);
    if (ours && !loggedOut) return;
    event.detail.shouldSwap = false;
    event.stopPropagation();
    if (xhr.status === 413) reveal("desk-too-large");
    else reveal(loggedOut ? "console-logged-out" : "console-failed");
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
    const contact = $("#contact", area) ?? (area.id === "contact" ? area : null);
    const live = $("#console-live");
    if (contact && live) live.textContent = contact.dataset.announce;
    const wrong = $("[aria-invalid=true]:is(input, textarea, select), [aria-invalid=true] input", area);
    const place = wrong ?? $("[data-focus]", area) ?? (area.matches?.("[data-focus]") ? area : null);
    if (place && (area !== document.body || !search()?.matches(":focus"))) place.focus();
  });
})();
