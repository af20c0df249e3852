// What somebody types outlives a reload and the end of their session: kept in this tab alone
// (sessionStorage), for this person, address and form; gone once the desk has it, when they log
// out, and when somebody else logs in. Never kept: passwords, codes, files, searches, data-not-kept.
"use strict";

(() => {
  const told = document.getElementById("desk-draft");
  if (!told) return;
  const PREFIX = "desk:draft:";
  const MINE = `${PREFIX}${told.dataset.person}:`;
  const ON_ITS_WAY = "desk:sent";
  const WAIT_MS = 300;
  const WAY_SECONDS = 60;
  const SECRET = /passw|secret|token|csrf|totp|(^|_)key$/i;

  // --- the store ----------------------------------------------------------------------------------
  let store = null;
  try { store = window.sessionStorage; } catch { return; /* forbidden: everything works without */ }

  const keys = () => Object.keys(store).filter((key) => key.startsWith(PREFIX));
  const forget = (key) => store.removeItem(key);
  const forgetAll = () => { keys().forEach(forget); forget(ON_ITS_WAY); };

  keys().filter((key) => !key.startsWith(MINE)).forEach(forget);

  function read(key) {
    try { return JSON.parse(store.getItem(key) ?? "null"); } catch { return null; }
  }

  function write(key, value) {
    try { store.setItem(key, JSON.stringify(value)); } catch { /* full: the form itself still has it */ }
  }

  // --- which forms, which fields ------------------------------------------------------------------
  const TEXT = "textarea, input:is([type=text], [type=tel], [type=number], [type=email], [type=url], " +
    "[type=date], [type=time], [type=datetime-local], :not([type]))";
  const ANY = `${TEXT}, select, input:is([type=checkbox], [type=radio])`;

  // By attribute: a field may be called "method" or "id", and would be what the property gives.
  const isKept = (form) => form instanceof HTMLFormElement &&
    form.getAttribute("method")?.toLowerCase() === "post" &&
    !form.closest("[data-not-kept], [role=search]") && fields(form).some((field) => field.matches(TEXT));

  const fields = (form) => [...form.elements].filter((field) =>
    field.name && field.matches(ANY) && !SECRET.test(field.name) &&
    !/password|one-time-code|cc-/.test(field.autocomplete ?? "") && !field.closest("[data-not-kept]"));

  /** The same form after a reload: its id, or where it goes to and what it does there. */
  function keyOf(form) {
    const does = [...form.elements].filter((field) => field.type === "hidden" && /^(action|act|node|do)$/.test(field.name));
    const goes = new URL(form.getAttribute("hx-post") || form.getAttribute("action") || "", location.href).pathname;
    const name = form.dataset.keeps || form.getAttribute("id") || [goes, ...does.map((field) => field.value)].join("|");
    return `${MINE}${location.pathname}:${name}`;
  }

  function valuesOf(form, which = ANY) {
    const values = {};
    for (const field of fields(form)) {
      if (!field.matches(which)) continue;
      const list = values[field.name] ??= [];
      if (field.matches("[type=checkbox], [type=radio]")) { if (field.checked) list.push(field.value); }
      else if (field.multiple) list.push(...[...field.selectedOptions].map((option) => option.value));
      else list.push(field.value);
    }
    return values;
  }

  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const textIn = (form) => fields(form).some((field) => field.matches(TEXT) && field.value.trim());

  // --- keeping ------------------------------------------------------------------------------------
  const began = new WeakMap();
  const waiting = new Map();

  function keep(form) {
    clearTimeout(waiting.get(form));
    waiting.delete(form);
    if (!form.isConnected) return;
    // What was only ticked or chosen is quickly done again, and may be meant for another list.
    if (same(valuesOf(form, TEXT), began.get(form).text)) forget(keyOf(form));
    else write(keyOf(form), { values: valuesOf(form) });
  }

  function typed(event) {
    const form = event.target.form;
    if (event.isComposing || !form || event.target.closest("[data-not-kept]") || !isKept(form)) return;
    if (!began.has(form)) return;
    form.setAttribute("data-typed-in", "");
    clearTimeout(waiting.get(form));
    waiting.set(form, setTimeout(() => keep(form), WAIT_MS));
  }

  const keepNow = () => { for (const form of [...waiting.keys()]) keep(form); };

  for (const name of ["input", "change", "compositionend"]) document.addEventListener(name, typed, true);
  window.addEventListener("pagehide", keepNow);
  document.addEventListener("visibilitychange", keepNow);

  // --- putting back -------------------------------------------------------------------------------
  function fill(form, values) {
    const taken = {};
    for (const field of fields(form)) {
      const list = values[field.name];
      if (!list) continue;
      const before = field.type === "checkbox" || field.type === "radio" ? field.checked : field.value;
      if (field.matches("[type=checkbox], [type=radio]")) field.checked = list.includes(field.value);
      else if (field.multiple) for (const option of field.options) option.selected = list.includes(option.value);
      else {
        const place = taken[field.name] = (taken[field.name] ?? -1) + 1;
        const value = list[place];
        // An option that is no longer there cannot be chosen again.
        const fits = !(field instanceof HTMLSelectElement) || [...field.options].some((option) => option.value === value);
        if (value !== undefined && fits) field.value = value;
      }
      const after = field.type === "checkbox" || field.type === "radio" ? field.checked : field.value;
      if (before !== after) field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  function unfold(form) {
    for (let menu = form.closest("details"); menu; menu = menu.parentElement?.closest("details")) menu.open = true;
  }

  function tell(form, before) {
    const notice = told.content.firstElementChild.cloneNode(true);
    notice.querySelector("[data-draft-drop]").addEventListener("click", () => {
      fill(form, before);
      forget(keyOf(form));
      form.removeAttribute("data-typed-in");
      notice.remove();
      form.querySelector(TEXT)?.focus();
    });
    form.prepend(notice);
  }

  function putBack(form) {
    if (began.has(form) || !isKept(form)) return;
    const before = valuesOf(form);
    began.set(form, { text: valuesOf(form, TEXT) });
    const kept = read(keyOf(form));
    if (!kept?.values) return;
    if (keyOf(form) === refused) {
      // The desk has given back what was typed, perhaps beside what somebody else has saved. It is
      // nowhere else, so it is a draft even when it is sent once more as it stands.
      write(refused, { values: before });
      began.set(form, { text: null });
      form.setAttribute("data-typed-in", "");
      return;
    }
    fill(form, kept.values);
    if (same(valuesOf(form), before)) return;
    form.setAttribute("data-typed-in", "");
    unfold(form);
    tell(form, before);
  }

  function lookAt(area) {
    const forms = [...area.querySelectorAll?.("form") ?? []];
    const around = area.closest?.("form");
    for (const form of [area, ...forms, ...(around ? [around] : [])]) {
      if (form instanceof HTMLFormElement) putBack(form);
    }
  }

  // --- the desk has it ----------------------------------------------------------------------------
  // A form sent the plain way: whether it was taken shows in what comes back.
  const REFUSED = [400, 409, 422];
  let refused = "";

  function arrived() {
    const sent = read(ON_ITS_WAY);
    forget(ON_ITS_WAY);
    const [way] = performance.getEntriesByType("navigation");
    if (!sent || !way || way.type !== "navigate" || Date.now() - sent.at > WAY_SECONDS * 1000) return;
    const isFine = !way.responseStatus || way.responseStatus < 400;
    if (REFUSED.includes(way.responseStatus)) refused = sent.key;
    if (isFine && (way.redirectCount > 0 || location.pathname === sent.to)) forget(sent.key);
  }

  // Sent by htmx: what goes is kept as it goes, not as it was a moment before.
  const isSent = ({ elt, requestConfig }) => elt instanceof HTMLFormElement && requestConfig?.verb !== "get";

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isSent(event.detail) && began.has(event.detail.elt)) keep(event.detail.elt);
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (isSent(event.detail) && REFUSED.includes(event.detail.xhr.status)) refused = keyOf(event.detail.elt);
  });

  document.addEventListener("htmx:afterSettle", () => { refused = ""; });

  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, xhr } = event.detail;
    // To htmx an answer that it may swap in is a success: 401 and 422, too.
    if (!isSent(event.detail) || !xhr.status || xhr.status >= 400) return;
    if (new URL(xhr.responseURL || location.href).pathname.endsWith("/login/")) return;
    clearTimeout(waiting.get(elt));
    waiting.delete(elt);
    forget(keyOf(elt));
    elt.removeAttribute("data-typed-in");
  });

  // --- logging out: here, and in the other tabs ------------------------------------------------------
  const others = "BroadcastChannel" in window ? new BroadcastChannel("desk:drafts") : null;
  others?.addEventListener("message", (event) => { if (event.data === told.dataset.person) forgetAll(); });

  // --- sending: not into the void --------------------------------------------------------------------
  // A form sent by nobody comes back as the login page. So before it goes, the desk is asked whether
  // we are still logged in. Logging in again changes the CSRF token; the cookie has the present one.
  const asked = document.querySelector("[data-unread-url]")?.dataset.unreadUrl;
  const boxOut = () => document.querySelector("[data-logged-out]") ?? document.getElementById("desk-logged-out");
  const boxOff = () => document.getElementById("desk-offline");

  function show(box) {
    for (const each of [boxOut(), boxOff()]) if (each) each.hidden = each !== box;
    box?.scrollIntoView({ block: "center" });
  }

  async function mayGo() {
    if (!asked || !boxOut()) return true;
    try {
      const answer = await fetch(asked, { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(8000) });
      const isOut = answer.type === "opaqueredirect" || answer.status === 401;
      show(isOut ? boxOut() : null);
      return !isOut;
    } catch {
      if (boxOff()) show(boxOff());
      else document.dispatchEvent(new CustomEvent("desk:toast", { detail: { text: told.dataset.unreachable, tone: "bad" } }));
      return false;
    }
  }

  function renewToken(form) {
    const token = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1];
    const field = form.elements.csrfmiddlewaretoken;
    if (token && field) field.value = token;
  }

  let cleared = null;
  let asking = null;

  // On the window and first of all: who marks a form as sent must not see it before it goes.
  window.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.id === "logout-form") {
      forgetAll();
      others?.postMessage(told.dataset.person);
      return;
    }
    if (!isKept(form) || event.submitter?.formMethod === "get" || form.hasAttribute("hx-post")) return;
    if (event.submitter?.hasAttribute("hx-post")) return;
    if (cleared === form) {
      cleared = null;
      const to = new URL(event.submitter?.getAttribute("formaction") || form.getAttribute("action") || "", location.href);
      renewToken(form);
      if (began.has(form)) keep(form);
      write(ON_ITS_WAY, { key: keyOf(form), to: to.pathname, at: Date.now() });
      return;
    }
    if (!textIn(form) && !form.hasAttribute("data-keeps-typed")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (asking === form) return;
    asking = form;
    const button = event.submitter;
    const goes = await mayGo();
    asking = null;
    if (!goes || !form.isConnected) return;
    cleared = form;
    form.requestSubmit(button?.isConnected ? button : null);
    cleared = null;
  }, true);

  // --- begin ----------------------------------------------------------------------------------------
  arrived();
  lookAt(document);
  document.addEventListener("htmx:load", (event) => lookAt(event.target));
})();
