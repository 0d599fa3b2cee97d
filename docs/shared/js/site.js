// Keep the place on the page, and what the explorer shows, when the reader changes the language.
for (const link of document.querySelectorAll("[data-language]")) {
  link.addEventListener("click", () => {
    link.search = location.search;
    link.hash = location.hash;
  });
}

// The theme scrolls its contents and tabs smoothly, also for readers who want less motion.
for (const name of ["scrollTo", "scrollBy"]) {
  const scroll = Element.prototype[name];
  Element.prototype[name] = function (to, ...more) {
    const calm = to?.behavior && matchMedia("(prefers-reduced-motion)").matches;
    scroll.call(this, calm ? { ...to, behavior: "instant" } : to, ...more);
  };
}

// The theme searches when a key is released; pasted and composed text comes without one,
// and the button that empties the field would leave the results.
const query = document.querySelector("[data-md-component=search-query]");
const search = () => query.dispatchEvent(new Event("keyup"));
query?.addEventListener("input", search);
query?.form.addEventListener("reset", () => setTimeout(search));

// The theme's keys are single letters, which who speaks to a computer presses by accident
// (WCAG 2.1.4); sitetools/publish/theme.py takes them away.
query?.setAttribute("aria-keyshortcuts", "Control+K Meta+K");
addEventListener("keydown", (event) => {
  if (!query || event.key !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  query.focus();
  query.select();
});

// Where nothing is found, say where else to look. The arrow keys lead there as to results;
// the theme would take the first link for one on Enter, too.
const found = document.querySelector(".md-search-result__meta");
if (found) {
  const help = found.nextElementSibling;
  new MutationObserver(() => {
    document.querySelector(".nothing-found")?.remove();
    if (found.textContent === help.dataset.after) help.after(help.content.cloneNode(true));
  }).observe(found, { childList: true });
  query.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !document.querySelector(".nothing-found")) return;
    event.preventDefault();
    event.stopPropagation();
  });
}

// The theme opens everything that is folded for printing: four of ten sheets would be the
// code of figures. What the reader opened is printed open.
addEventListener("beforeprint", (event) => event.stopImmediatePropagation(), true);

// Copy the page as Markdown, where the browser can: over https, not from a disk. The text
// is promised within the click, which Safari asks for. The theme's dialog says that it is
// done; as a status, it says so to a screen reader, too, also when code was copied.
document.querySelector("[data-md-component=dialog]")?.setAttribute("role", "status");
const copy = document.querySelector("[data-copied]");
if (copy && navigator.clipboard && location.protocol !== "file:") {
  copy.classList.add("ready");
  copy.addEventListener("click", async () => {
    const source = document.querySelector("a[type='text/markdown']").href;
    const text = fetch(source).then(async (answer) => {
      if (!answer.ok) throw new Error(`${source}: ${answer.status}`);
      return new Blob([await answer.text()], { type: "text/plain" });
    });
    try {
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
      window.alert$.next(copy.dataset.copied);
    } catch {
      location.assign(source); // offline, or forbidden: there the reader can copy it
    }
  });
}

// The theme follows the system's scheme without checking its radio button. Only what a
// reader chose is remembered.
const schemes = [...document.querySelectorAll("[data-md-component=palette] input")];
const check = () => {
  const { mdColorScheme } = document.body.dataset;
  for (const option of schemes) option.checked = option.dataset.mdColorScheme === mdColorScheme;
  // Scrollbars, too.
  document.querySelector("meta[name=color-scheme]").content = mdColorScheme === "slate" ? "dark" : "light";
};
check();
new MutationObserver(check).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
for (const [index, option] of schemes.entries()) {
  option.addEventListener("change", ({ detail }) => detail !== "system" && __md_set("__scheme", { index }));
}
// Where the system changes, the theme goes back to what it began with.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ({ matches }) => {
  const index = __md_get("__scheme")?.index ?? Number(matches);
  schemes[index]?.dispatchEvent(new CustomEvent("change", { detail: "system" }));
});

// What opens the menu of narrow screens, and their search, is a label: nothing to a keyboard
// or screen reader. A button takes its place.
function button(toggle, name, open) {
  const label = document.querySelector(`.md-header [for=${toggle.id}]`);
  const opener = document.createElement("button");
  opener.innerHTML = label.innerHTML;
  opener.className = label.className;
  opener.setAttribute("for", toggle.id); // the theme's styles know it by this
  opener.setAttribute("aria-label", name);
  opener.setAttribute("aria-expanded", toggle.checked);
  opener.addEventListener("click", open);
  toggle.addEventListener("change", () => opener.setAttribute("aria-expanded", toggle.checked));
  label.replaceWith(opener);
  return opener;
}
if (query) {
  const search = document.getElementById("__search");
  const name = query.closest("[role=dialog]").getAttribute("aria-label");
  // The theme opens search when its field has the focus.
  button(search, name, () => query.focus());
  // The arrow in it, which closes it on a phone; the keyboard has Escape.
  const arrow = document.querySelector(".md-search__form [for=__search]");
  arrow.setAttribute("role", "button");
  arrow.setAttribute("tabindex", -1);
  arrow.setAttribute("aria-label", name);
  arrow.setAttribute("aria-expanded", true);
  const say = () => arrow.setAttribute("aria-hidden", !search.checked);
  search.addEventListener("change", say);
  say();
}
{
  const drawer = document.getElementById("__drawer");
  const menu = document.querySelector(".md-nav--primary");
  const opener = button(drawer, menu.getAttribute("aria-label"), () => drawer.click());
  // Two labels for each switch in it are a name that is read twice.
  for (const toggle of menu.querySelectorAll(".md-nav__toggle")) {
    toggle.setAttribute("aria-label", toggle.nextElementSibling.textContent.trim());
  }
  drawer.addEventListener("change", () => (drawer.checked ? menu.querySelector("a") : opener).focus());
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape" && drawer.checked) drawer.click();
  });
}

// The menu of languages opens for the pointer and the focus, by style alone; Escape closes it.
for (const menu of document.querySelectorAll(".md-select")) {
  const [opener, list] = menu.children;
  const show = (shown) => {
    list.hidden = !shown;
    opener.setAttribute("aria-expanded", shown && menu.matches(":hover, :focus-within"));
  };
  for (const type of ["focusin", "focusout", "mouseenter", "mouseleave", "click"]) {
    menu.addEventListener(type, () => show(true));
  }
  addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || opener.getAttribute("aria-expanded") === "false") return;
    if (menu.contains(document.activeElement)) opener.focus();
    show(false);
  });
  show(true);
}

// Two faults of the theme that a screen reader or keyboard would meet: each code block's
// buttons are a landmark without a name, and what scrolls can't be scrolled by keyboard.
function repair() {
  for (const buttons of document.querySelectorAll("nav.md-code__nav:not([role])")) {
    buttons.setAttribute("role", "none");
  }
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap, .tabbed-labels")) {
    const scrolls = box.scrollWidth > box.clientWidth;
    const said = scrolls && box.matches(".md-typeset__scrollwrap");
    const attributes = { tabindex: scrolls && 0, role: said && "region", "aria-label": said && tableName(box) };
    for (const [name, value] of Object.entries(attributes)) {
      if (value === false) box.removeAttribute(name);
      else box.setAttribute(name, value);
    }
  }
}

/** Name a table as a landmark: its section, and its columns. */
function tableName(box) {
  const headings = [...document.querySelectorAll("article :is(h1, h2, h3, h4)")];
  const above = headings.filter((h) => h.compareDocumentPosition(box) & Node.DOCUMENT_POSITION_FOLLOWING);
  const columns = [...box.querySelectorAll("thead th")].map((cell) => cell.textContent.trim());
  return `${above.at(-1)?.textContent.replace(/#$/, "") ?? ""}: ${columns.filter(Boolean).join(", ")}`;
}
repair();
// Explorers redraw often and have neither; asking would cost a layout each time.
new MutationObserver((changes) => {
  if (!changes.every(({ target }) => target.closest("gradient-explorer, training-explorer"))) repair();
}).observe(document.body, { childList: true, subtree: true });
addEventListener("resize", repair);
document.addEventListener("toggle", repair, true);
