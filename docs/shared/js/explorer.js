// The explorer: choose a network, see its gradient and its signal layer by layer.
//
// It calculates nothing: PyTorch did (snippets/explorer/grid.py), sitetools/render/explorer.py
// cut the results into parts, one per activation and normalization, and this looks up and draws.
// Until a part has arrived, and where none ever does, the figure in the page stays.

const SVG = "http://www.w3.org/2000/svg";
const CONTROLS = ["activation", "init", "norm", "residual", "depth"];
const FLOAT16 = [Math.log10(2 ** -24), Math.log10(65504)];
// The chart in its own units; CSS scales it. The vertical axis always shows these powers
// of ten, so that a level line looks level and two networks can be compared.
const BOX = { width: 340, height: 236, left: 60, right: 326, top: 8, bottom: 192 };
const LEAST = [-8, 6];

const parts = new Map();

/** Fetch the results of an activation and a normalization, once. */
function part({ activation, norm }) {
  const name = `${activation}-${norm}.json`;
  if (!parts.has(name)) {
    // On a disk and in a frame they are in the script: alone() in sitetools/render/explorer.py.
    const found = globalThis.explorerParts
      ? Promise.resolve(globalThis.explorerParts[name])
      : fetch(new URL(`../explorer/${name}`, import.meta.url)).then((answer) => {
          if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
          return answer.json();
        });
    found.catch(() => parts.delete(name)); // the next change tries again
    parts.set(name, found);
  }
  return parts.get(name);
}

/** Look up one network: powers of ten by layer, factor, verdict, ranges. */
async function network(state) {
  const results = (await part(state))[state.residual][state.init];
  const index = Object.keys(results.factor).indexOf(state.depth);
  return {
    gradient: decode(results.gradient[index]),
    signal: decode(results.signal).slice(0, Number(state.depth)),
    factor: results.factor[state.depth],
    verdict: results.verdict.split(" ")[index],
    leaves: results.leaves,
  };
}

/** Undo the snippet's encode(): the first value and differences, in hundredths. */
function decode(text) {
  let sum = 0;
  return text.split(" ").map((step) => (sum += Number(step)) / 100);
}

/** Write a whole power of ten: 10⁻⁸. */
function powerOfTen(exponent) {
  return "10" + String(exponent).replace(/./g, (sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign]));
}

/** Write the number whose logarithm this is, with two digits: 0.83, 12, 3.2×10⁻⁸. */
function written(logarithm) {
  const [mantissa, e] = (10 ** logarithm).toExponential(1).split("e");
  const exponent = Number(e);
  if (Math.abs(exponent) > 2) return `${mantissa}×${powerOfTen(exponent)}`;
  return Number(`${mantissa}e${e}`).toFixed(Math.max(0, 1 - exponent));
}

/** Make an element with attributes and children; text becomes text, never markup. */
function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function shape(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Return the step that leaves at most `most` marks on an axis of this length. */
function stepOf(length, most) {
  return [1, 2, 5, 10, 20, 50, 100].find((step) => length / step <= most);
}

/** Draw one curve, and faintly the one before the last change. */
function chart(label, axis, layers, band, now, before) {
  const depth = now.length;
  const all = [...LEAST, ...now, ...(before ?? [])];
  const step = stepOf(Math.max(...all) - Math.min(...all), 7);
  const low = Math.floor(Math.min(...all) / step) * step;
  const high = Math.ceil(Math.max(...all) / step) * step;
  const x = (layer) => BOX.left + ((layer - 1) / (depth - 1)) * (BOX.right - BOX.left);
  const y = (power) => BOX.bottom - ((power - low) / (high - low)) * (BOX.bottom - BOX.top);
  const points = (curve) => curve.map((power, i) => `${x(i + 1).toFixed(1)},${y(power).toFixed(1)}`);
  const drawn = shape("svg", { viewBox: `0 0 ${BOX.width} ${BOX.height}`, role: "img", "aria-label": label });

  const [top, bottom] = [y(FLOAT16[1]), y(FLOAT16[0])];
  drawn.append(
    shape("rect", { class: "band", x: BOX.left, y: top, width: BOX.right - BOX.left, height: bottom - top }),
  );
  for (let power = low; power <= high; power += step) {
    drawn.append(
      shape("line", { class: "grid", x1: BOX.left, x2: BOX.right, y1: y(power), y2: y(power) }),
      shape("text", { x: BOX.left - 5, y: y(power) + 4, "text-anchor": "end" }, power ? powerOfTen(power) : "1"),
    );
  }
  const every = stepOf(depth, 6);
  const marks = [1];
  for (let layer = every > 1 ? every : 2; layer <= depth; layer += every) marks.push(layer);
  for (const layer of marks) {
    drawn.append(
      shape("line", { class: "axis", x1: x(layer), x2: x(layer), y1: BOX.bottom, y2: BOX.bottom + 4 }),
      shape("text", { x: x(layer), y: BOX.bottom + 17, "text-anchor": "middle" }, String(layer)),
    );
  }
  const middle = (BOX.left + BOX.right) / 2;
  drawn.append(
    shape("line", { class: "axis", x1: BOX.left, x2: BOX.right, y1: BOX.bottom, y2: BOX.bottom }),
    shape("text", { x: middle, y: BOX.height - 8, "text-anchor": "middle" }, layers),
    shape(
      "text",
      { transform: `translate(14 ${(BOX.top + BOX.bottom) / 2}) rotate(-90)`, "text-anchor": "middle" },
      axis,
    ),
    // On the left, where the curve is not.
    shape("text", { class: "note", x: BOX.left + 5, y: now[0] < 0 ? top + 13 : bottom - 5 }, band),
  );
  if (before) drawn.append(shape("polyline", { class: "before", points: points(before).join(" ") }));
  drawn.append(shape("polyline", { class: "now", points: points(now).join(" ") }));
  if (depth <= 30) {
    for (const point of points(now)) {
      const [cx, cy] = point.split(",");
      drawn.append(shape("circle", { class: "now", cx, cy, r: 2.5 }));
    }
  }
  return drawn;
}

class GradientExplorer extends HTMLElement {
  connectedCallback() {
    if (this.observer) return;
    ({ words: this.words, choices: this.choices } = JSON.parse(this.dataset.explorer));
    this.controls = this.getAttribute("controls")?.split(" ") ?? CONTROLS;
    this.charts = this.getAttribute("charts")?.split(" ") ?? ["gradient", "signal"];
    // The page's own explorer has all controls; its state is the address.
    this.whole = !this.hasAttribute("controls");
    this.state = this.whole ? this.stateIn(location.search) : this.stateIn("");
    if (this.whole) {
      addEventListener("popstate", () => this.change(this.stateIn(location.search)));
      document.addEventListener("click", (event) => this.follow(event));
    }
    // Nothing is fetched before the reader comes near.
    this.observer = new IntersectionObserver(
      (entries) => {
        // A jump to the explorer while the page loads reports before and after at once.
        if (!entries.some((entry) => entry.isIntersecting)) return;
        this.observer.disconnect();
        this.begin();
      },
      { rootMargin: "600px" },
    );
    this.observer.observe(this);
  }

  /** Read a state from a query; what is not there or not known is the element's default. */
  stateIn(query) {
    const given = new URLSearchParams(query);
    const chosen = CONTROLS.map((name) => {
      const value = given.get(name);
      return [name, this.choices[name].includes(value) ? value : this.getAttribute(name)];
    });
    return Object.fromEntries(chosen);
  }

  word(name, values = {}) {
    return this.words[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
  }

  /** Take the figure's place as soon as there is something to show. */
  async begin() {
    try {
      await network(this.state);
    } catch {
      return; // offline, or a file without a server: the figure stays
    }
    const link = this.querySelector("a[href$='#explorer']")?.closest("p");
    const focused = this.contains(document.activeElement) ? document.activeElement : null;
    this.build();
    this.replaceChildren(...this.built, ...(link ? [link] : []));
    focused?.focus({ preventScroll: true }); // the link: what moves in a page loses it
    this.link = link?.querySelector("a");
    this.change(this.state);
  }

  build() {
    const settings = element("fieldset", {}, element("legend", {}, this.word("settings")));
    this.inputs = {};
    for (const name of this.controls) settings.append(this.control(name));
    settings.addEventListener("input", () => this.chosen());
    this.verdict = element("p", { class: "verdict", role: "status" });
    this.drawing = element("div", { class: "charts" });
    this.key = element("p", { class: "key" });
    this.ranges = element("div");
    this.values = element("details", {}, element("summary", {}, this.word("table")));
    this.values.addEventListener("toggle", () => this.fillValues());
    this.built = [settings, this.verdict, this.drawing, this.key, this.ranges, this.values];
  }

  /** Make the native control of one setting. */
  control(name) {
    const label = element("label", { class: name }, element("span", {}, this.word(name)));
    let input;
    if (name === "residual") {
      input = element("input", { type: "checkbox" });
      label.prepend(input);
    } else if (name === "depth") {
      input = element("input", { type: "range", min: 0, max: this.choices.depth.length - 1 });
      this.layers = element("span", { "aria-hidden": "true" });
      label.append(this.layers, input);
    } else {
      const options = this.choices[name].map((value) => element("option", { value }, this.word(`${name}_${value}`)));
      input = element("select", {}, ...options);
      label.append(input);
    }
    input.name = name;
    this.inputs[name] = input;
    return label;
  }

  /** Read the controls: the reader changed one. */
  chosen() {
    const state = { ...this.state };
    for (const [name, input] of Object.entries(this.inputs)) {
      if (name === "residual") state[name] = input.checked ? "on" : "off";
      else state[name] = name === "depth" ? this.choices.depth[input.value] : input.value;
    }
    this.change(state);
    if (this.whole) history.replaceState(history.state, "", `?${new URLSearchParams(state)}#explorer`);
  }

  /** Let a link in the text to this very explorer change it, without loading the page again. */
  follow(event) {
    const link = event.target.closest?.("a[href]");
    const here = link && link.pathname === location.pathname && link.host === location.host;
    if (!here || !link.search || link.hash !== "#explorer" || !this.built) return;
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    history.replaceState(history.state, "", link.search + location.hash);
    location.hash = link.hash; // scrolls there, below the page's header
    this.change(this.stateIn(link.search));
  }

  /** Show another network, and the one before it for comparison. */
  async change(state) {
    const same = CONTROLS.every((name) => name === "depth" || state[name] === this.state[name]);
    if (!same) this.previous = this.state;
    this.state = state;
    if (!this.built) return; // not begun: begin() will show it
    for (const [name, input] of Object.entries(this.inputs)) {
      if (name === "residual") input.checked = state.residual === "on";
      else input.value = name === "depth" ? this.choices.depth.indexOf(state.depth) : state[name];
    }
    if (this.layers) {
      this.layers.textContent = this.word("layers", state);
      this.inputs.depth.setAttribute("aria-valuetext", this.word("layers", state));
    }
    if (this.link) this.link.search = new URLSearchParams(state);
    const before = this.previous && { ...this.previous, depth: state.depth };
    this.setAttribute("aria-busy", "true");
    try {
      const found = await Promise.all([network(state), before && network(before)]);
      if (state !== this.state) return; // the reader was faster
      this.draw(...found);
    } catch {
      this.verdict.textContent = this.word("failed");
    }
    this.removeAttribute("aria-busy");
  }

  draw(now, before) {
    const { depth } = this.state;
    this.now = now;
    this.dataset.verdict = now.verdict;
    const verdict = this.word(`verdict_${now.verdict}`);
    const [factor, ratio] = [now.factor.toPrecision(3), written(now.gradient[0])];
    this.verdict.replaceChildren(
      element("strong", {}, verdict),
      verdict.endsWith("。") ? "" : " ",
      this.word("verdict", { factor, ratio, depth }),
    );
    const figures = this.charts.map((kind) => {
      const title = this.word(`${kind}_title`, { depth });
      const [first, last] = [written(now[kind][0]), written(now[kind].at(-1))];
      const label = this.word("described", { title, first, last, depth });
      const layers = this.word(`${kind}_layers`, { depth });
      const drawn = chart(label, this.word(`${kind}_axis`), layers, this.word("float16"), now[kind], before?.[kind]);
      return element("div", { class: kind }, element("p", {}, title), drawn);
    });
    this.drawing.replaceChildren(...figures);
    this.key.replaceChildren(element("span", { class: "now" }, this.word("now", { state: this.named(this.state) })));
    if (before) {
      const state = this.named({ ...this.previous, depth });
      this.key.append(element("span", { class: "before" }, this.word("before", { state })));
    }
    if (this.whole) this.fillRanges();
    this.fillValues();
  }

  /** Name a network: sigmoid, Xavier, 30 layers. */
  named(state) {
    const names = [this.word(`activation_${state.activation}`), this.word(`init_${state.init}`)];
    if (state.norm !== "none") names.push(this.word(`with_${state.norm}`));
    if (state.residual === "on") names.push(this.word("with_residual"));
    return [...names, this.word("layers", state)].join(this.word("separator"));
  }

  /** Say after how many layers gradient and signal leave what float16 and float32 hold. */
  fillRanges() {
    const cell = (layers) => {
      const name = layers < 0 ? "too_small" : layers ? "too_large" : "never";
      return element("td", {}, this.word(name, { layers: Math.abs(layers) || this.choices.depth.at(-1) }));
    };
    const row = (kind, ...layers) =>
      element("tr", {}, element("th", { scope: "row" }, this.word(kind)), ...layers.map(cell));
    const head = ["ranges", "float16_column", "float32_column"].map((name) =>
      element("th", { scope: "col" }, this.word(name)),
    );
    const [gradient16, gradient32, signal16, signal32] = this.now.leaves;
    this.ranges.replaceChildren(
      element(
        "table",
        {},
        element("thead", {}, element("tr", {}, ...head)),
        element("tbody", {}, row("gradient", gradient16, gradient32), row("signal", signal16, signal32)),
      ),
      element("p", { class: "key" }, this.word("ranges_note", { depth: this.choices.depth.at(-1) })),
    );
  }

  /** Fill the table behind the charts, but only while it is open. */
  fillValues() {
    this.values.querySelector("table")?.remove();
    if (!this.values.open) return;
    const kinds = this.charts;
    const head = ["layer", ...kinds.map((kind) => `${kind}_axis`)].map((name) =>
      element("th", { scope: "col" }, this.word(name)),
    );
    const rows = this.now[kinds[0]].map((_, i) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, String(i + 1)),
        ...kinds.map((kind) => element("td", {}, written(this.now[kind][i]))),
      ),
    );
    this.values.append(
      element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)),
    );
  }
}

customElements.define("gradient-explorer", GradientExplorer);
