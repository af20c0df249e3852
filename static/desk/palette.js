// The command palette: one field that finds questions, tickets, accounts, pages and what can be done.
// A combobox with a list: the focus stays in the field, aria-activedescendant says what Enter opens.
"use strict";

(() => {
  const dialog = document.getElementById("desk-palette");
  if (!dialog || !window.deskKeys) return;
  const field = dialog.querySelector("[role=combobox]");
  const list = dialog.querySelector("[role=listbox]");
  const state = dialog.querySelector("[role=status]");
  const texts = dialog.dataset;

  const PAUSE_MS = 120;
  const RECENT = "klingdesk.palette";
  const MOST_RECENT = 8;
  const MAY_BE_KEPT = /^(place|do|question):[\w-]+$/;
  // What may be an account ID or a telephone number goes by POST: it must stand in no address.
  const PERSONAL = /\p{Nd}[\s-]*\p{Nd}[\s-]*\p{Nd}/u;
  const TICKET = /^[Tt]\d+$/;

  let options = [];
  let active = -1;
  let timer = 0;
  let asked = null;      // AbortController of the question that is on its way
  let shownFor = null;   // what the list answers
  let openWhenFound = null;
  let atRest = null;     // the answer to the empty field, once a page

  // --- what was chosen lately: keys of pages, actions and questions, never of tickets or people -------
  function recent() {
    try {
      const kept = JSON.parse(localStorage.getItem(RECENT) ?? "[]");
      return kept.filter((key) => typeof key === "string" && MAY_BE_KEPT.test(key)).slice(0, MOST_RECENT);
    } catch {
      return [];
    }
  }

  function remember(key) {
    if (!key || !MAY_BE_KEPT.test(key)) return;
    const kept = [key, ...recent().filter((each) => each !== key)].slice(0, MOST_RECENT);
    try { localStorage.setItem(RECENT, JSON.stringify(kept)); } catch { /* private mode: not kept */ }
    atRest = null;
  }

  // --- what the page itself can do --------------------------------------------------------------------
  const DOINGS = { theme: ".theme-toggle", language: ".desk-language button", logout: "#logout-form button" };
  const KEYS = "keys";
  const performer = (name) => document.querySelector(`[data-palette="${CSS.escape(name)}"]`) ??
    (DOINGS[name] ? document.querySelector(DOINGS[name]) : null);
  const possible = (item) => !item.key.startsWith("do:") || item.key === `do:${KEYS}` || performer(item.key.slice(3));

  const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();

  function ownActions(typed) {
    const keyed = window.deskKeys.offered();
    const primary = [...document.querySelectorAll("#content .button:not(.button--quiet, [data-key], details *)")]
      .filter((each) => each.getClientRects().length && !each.disabled)
      .map((element) => ({ element, keys: [], words: window.deskKeys.words(element) }));
    const wanted = plain(typed).split(" ");
    const known = new Set();
    const begins = (item) => Number(plain(item.label).startsWith(plain(typed)));
    const items = [...keyed, ...primary]
      .filter(({ words }) => words && !known.has(words) && known.add(words))
      .filter(({ words }) => wanted.every((word) => plain(words).includes(word)))
      .map(({ element, keys, words }) => ({ element, label: words, hint: "", press: keys[0] ?? "", url: "", key: "" }))
      .sort((one, other) => begins(other) - begins(one));
    return { kind: "here", label: texts.here, items };
  }

  // --- asking the desk --------------------------------------------------------------------------------
  const token = () => /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";

  function ask(typed, signal) {
    const given = new URLSearchParams(typed ? { q: typed } : { recent: recent().join(",") });
    const common = { signal, cache: "no-store", redirect: "manual", headers: { Accept: "application/json" } };
    if (!PERSONAL.test(typed) || TICKET.test(typed)) return fetch(`${texts.url}?${given}`, common);
    return fetch(texts.url, { ...common, method: "POST", body: given, headers: { ...common.headers, "X-CSRFToken": token() } });
  }

  /** { groups } or { trouble }; null when another question has taken its place. */
  async function answer(typed) {
    asked?.abort();
    const mine = asked = new AbortController();
    try {
      const response = await ask(typed, mine.signal);
      if (response.type === "opaqueredirect" || [401, 403].includes(response.status)) return { trouble: texts.ended };
      if (response.status === 429) return { trouble: (await response.json()).detail };
      if (!response.ok) return { trouble: texts.failed };
      const { groups } = await response.json();
      return mine === asked ? { groups } : null;
    } catch (error) {
      if (error.name === "AbortError" || mine !== asked) return null;
      return { trouble: error instanceof TypeError ? texts.offline : texts.failed };
    }
  }

  async function look() {
    clearTimeout(timer);
    const typed = field.value.trim();
    const own = ownActions(typed);
    if (!typed) show(typed, atRest ? merged(atRest, own, typed) : [own], "");
    if (!typed && atRest) return;
    list.setAttribute("aria-busy", "true");
    const got = await answer(typed);
    if (!got || !dialog.open) return;
    list.removeAttribute("aria-busy");
    if (!typed && got.groups) atRest = got.groups;
    show(typed, merged(got.groups ?? [], own, typed), got.trouble ?? "");
    if (openWhenFound && openWhenFound.typed === typed && options.length) choose(options[0].item, openWhenFound.beside);
    openWhenFound = null;
  }

  // What the page can do stands first where nothing is typed or its words begin with what is.
  function merged(groups, own, typed) {
    const fitting = groups.map((group) => ({ ...group, items: group.items.filter(possible) }));
    const first = !typed || own.items.some((item) => plain(item.label).startsWith(plain(typed)));
    const exact = (group) => ["tickets", "account", "recent"].includes(group.kind);
    const before = fitting.filter((group) => exact(group));
    const after = fitting.filter((group) => !exact(group));
    return (first ? [...before, own, ...after] : [...before, ...after, own]).filter((group) => group.items.length);
  }

  // --- the list ---------------------------------------------------------------------------------------
  function made(name, className, text, attributes = {}) {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text) element.textContent = text;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  }

  function option(item) {
    const number = options.length;
    const element = made("div", "palette-option", "", { role: "option", id: `desk-palette-${number}`, "aria-selected": "false" });
    element.append(made("span", "palette-label", item.label));
    const hint = opensBeside(item) ? [item.hint, texts.beside].filter(Boolean).join(" · ") : item.hint;
    if (hint) element.append(made("span", "palette-hint", hint));
    if (item.press) {
      const keys = made("span", "palette-press", "", { "aria-hidden": "true" });
      keys.append(...item.press.split(" ").map((key) => made("kbd", "", key)));
      element.append(keys);
    }
    options.push({ item, element });
    return element;
  }

  function show(typed, groups, trouble) {
    options = [];
    active = -1;
    shownFor = typed;
    list.replaceChildren(...groups.map((group, place) => {
      const box = made("div", "palette-group", "", { role: "group", "aria-labelledby": `desk-palette-group-${place}`, "data-kind": group.kind });
      box.append(made("div", "palette-heading", group.label, { id: `desk-palette-group-${place}`, role: "presentation" }));
      box.append(...group.items.map(option));
      return box;
    }));
    list.hidden = options.length === 0;
    field.setAttribute("aria-expanded", String(options.length > 0));
    state.className = trouble ? "palette-state palette-state--bad" : "palette-state";
    state.textContent = trouble || (options.length ? typed && texts.found.replace("#", options.length) : texts.none);
    activate(options.length ? 0 : -1);
    list.scrollTop = 0;
  }

  function activate(number) {
    options[active]?.element.setAttribute("aria-selected", "false");
    active = number;
    const now = options[active]?.element;
    now?.setAttribute("aria-selected", "true");
    now?.scrollIntoView({ block: "nearest" });
    if (now) field.setAttribute("aria-activedescendant", now.id);
    else field.removeAttribute("aria-activedescendant");
  }

  // --- choosing ---------------------------------------------------------------------------------------
  // A contact that is running stays where it is: the question opens beside it.
  function opensBeside(item) {
    const contact = document.getElementById("contact");
    return Boolean(contact) && contact.dataset.stage !== "ended" && item.key.startsWith("question:");
  }

  function choose(item, beside) {
    remember(item.key);
    dialog.close();
    if (item.element) window.deskKeys.use(item.element);
    else if (item.key === `do:${KEYS}`) document.dispatchEvent(new CustomEvent("desk:keys"));
    else if (item.key.startsWith("do:")) performer(item.key.slice(3))?.click();
    else if (beside || opensBeside(item)) window.open(item.url, "_blank", "noopener");
    else location.assign(item.url);
  }

  function enter(beside) {
    const typed = field.value.trim();
    if (shownFor === typed && options[active]) choose(options[active].item, beside);
    else if (shownFor !== typed) {
      openWhenFound = { typed, beside };
      look();
    }
  }

  const MOVES = {
    ArrowDown: () => (active + 1) % options.length,
    ArrowUp: () => (active - 1 + options.length) % options.length,
    PageDown: () => Math.min(active + 8, options.length - 1),
    PageUp: () => Math.max(active - 8, 0),
  };

  field.addEventListener("keydown", (event) => {
    // 229: an input method is at work, whose keys are not ours.
    if (event.isComposing || event.keyCode === 229 || event.altKey) return;
    if (event.key === "Enter") enter(event.ctrlKey || event.metaKey);
    else if (MOVES[event.key] && options.length) activate(MOVES[event.key]());
    else return;
    event.preventDefault();
  });

  function typing() {
    openWhenFound = null;
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  }

  field.addEventListener("input", (event) => { if (!event.isComposing) typing(); });
  field.addEventListener("compositionend", typing);

  const optionAt = (event) => options.findIndex(({ element }) => element.contains(event.target));
  list.addEventListener("pointermove", (event) => {
    const number = optionAt(event);
    if (number >= 0 && number !== active) activate(number);
  });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the field
  list.addEventListener("click", (event) => {
    const number = optionAt(event);
    if (number >= 0) choose(options[number].item, event.ctrlKey || event.metaKey);
  });

  // --- opening and closing ----------------------------------------------------------------------------
  function toggle() {
    if (dialog.open) {
      dialog.close();
      return;
    }
    field.value = "";
    dialog.showModal();
    look();
  }

  document.addEventListener("desk:palette", toggle);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => {
    clearTimeout(timer);
    asked?.abort();
    openWhenFound = null;
  });
  for (const button of document.querySelectorAll("[data-palette-open]")) {
    button.hidden = false;
    button.addEventListener("click", toggle);
  }
})();
