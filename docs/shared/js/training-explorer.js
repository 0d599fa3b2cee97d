// The explorer that trains: controls, charts and missions around training-engine.js.
//
// It says what docs/<language>/labels.yml says; sitetools/render/training.py puts the words
// into the page. Where no script runs, the figure in the page stays.

"use strict";

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const { samplesSrc: SAMPLES } = document.currentScript.dataset;
  const CONTROLS = {
    network: {
      data: ["spirals", "circles", "xor", "wave", "mnist1d"],
      depth: [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50],
      width: [4, 8, 16, 32],
      activation: ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu"],
      init: ["normal", "small", "default", "xavier", "he", "orthogonal"],
      norm: ["none", "batch", "layer", "rms"],
      residual: ["off", "plain", "scaled", "zero"],
    },
    training: {
      optimizer: ["sgd", "momentum", "adam", "adamw"],
      rate: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      warmup: [0, 10, 50, 100],
      clip: ["none", "value", "norm"],
      batch: [2, 4, 8, 16, 32, 64, 128],
      precision: ["float64", "float32", "float16", "bfloat16"],
      seed: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    },
  };
  const CHOICES = { ...CONTROLS.network, ...CONTROLS.training };
  const START = {
    data: "spirals",
    depth: 20,
    width: 16,
    activation: "sigmoid",
    init: "xavier",
    norm: "none",
    residual: "off",
    optimizer: "adam",
    rate: 0.01,
    warmup: 0,
    clip: "none",
    batch: 64,
    precision: "float64",
    seed: 0,
  };
  // Missions: a broken run, the right prediction, and what counts as a rescue by one change.
  const BROKEN = { data: "circles", depth: 10, width: 8, batch: 32 };
  const RELU = { ...BROKEN, activation: "relu", init: "he" };
  const MISSIONS = [
    { settings: BROKEN, answer: "c", accuracy: 0.9, within: 300 },
    { settings: { ...RELU, optimizer: "sgd", rate: 1 }, answer: "a", accuracy: 0.95, within: 300, keep: "rate" },
    { settings: { ...RELU, depth: 6, norm: "batch", batch: 2 }, answer: "b", accuracy: 0.9, within: 200 },
    { settings: { ...BROKEN, width: 16, activation: "tanh", init: "normal" }, answer: "b", accuracy: 0.9, within: 200 },
    {
      settings: { ...BROKEN, depth: 8, activation: "elu", init: "small", precision: "float16" },
      answer: "b",
      accuracy: 0.65,
      within: 400,
      only: "precision",
    },
    { settings: { ...RELU, depth: 30, residual: "plain" }, answer: "a", accuracy: 0.9, within: 150 },
  ].map((mission, i) => ({ ...mission, settings: { ...START, ...mission.settings }, name: `mission_${i + 1}` }));
  // Charts in their own units; CSS scales them. Their axes never move: powers of ten, or a share.
  const BOX = { width: 320, height: 170, left: 46, right: 312, top: 8, bottom: 134 };
  const CHARTS = {
    loss: { low: -3, high: 1, step: 1 },
    gradient: { low: -18, high: 6, step: 6 },
    share: { low: 0, high: 1, step: 0.5 },
    update: { low: -9, high: 3, step: 3 },
    spread: { low: -6, high: 6, step: 3 },
  };

  function filled(made, attributes, children) {
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  /** Make an element with attributes and children; text becomes text, never markup. */
  function element(name, attributes = {}, ...children) {
    return filled(document.createElement(name), attributes, children);
  }

  function shape(name, attributes = {}, ...children) {
    return filled(document.createElementNS(SVG, name), attributes, children);
  }

  function powerOfTen(exponent) {
    if (!exponent) return "1";
    return "10" + String(exponent).replace(/./g, (sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign]));
  }

  /** Write a number with two digits: 0.83, 12, 3.2×10⁻⁸. */
  function written(number) {
    if (number === null || number === undefined) return "–";
    if (!number || !Number.isFinite(number)) return String(number);
    const [mantissa, e] = number.toExponential(1).split("e");
    if (Math.abs(e) > 2) return `${mantissa}×${powerOfTen(Number(e))}`;
    return Number(`${mantissa}e${e}`).toFixed(Math.max(0, 1 - e));
  }

  function percent(share) {
    return `${Math.round(100 * share)}%`;
  }

  /** What a chart of layers shows of one. */
  function valueOf(kind, layer) {
    return kind === "share" ? (layer.dead ?? layer.saturated) : layer[kind];
  }

  /** Say what that share is, with these settings. */
  function counted({ activation, batch }) {
    if (activation === "relu") return batch < 16 ? "few" : "dead";
    return activation === "sigmoid" || activation === "tanh" ? "flat" : "none";
  }

  /** A chart with a fixed axis; only its curve changes. */
  class Chart {
    constructor(kind, axis) {
      const { low, high, step } = CHARTS[kind];
      this.range = { low, high };
      this.linear = kind === "share";
      this.svg = shape("svg", { viewBox: `0 0 ${BOX.width} ${BOX.height}`, role: "img" });
      for (let power = Math.ceil(low / step) * step; power <= high; power += step) {
        const y = this.y(this.linear ? power : 10 ** power);
        this.svg.append(
          shape("line", { class: "grid", x1: BOX.left, x2: BOX.right, y1: y, y2: y }),
          shape("text", { x: BOX.left - 5, y: y + 4, "text-anchor": "end" }, this.linear ? percent(power) : powerOfTen(power)),
        );
      }
      const middle = (BOX.left + BOX.right) / 2;
      const line = { class: "axis", x1: BOX.left, x2: BOX.right, y1: BOX.bottom, y2: BOX.bottom };
      this.first = shape("text", { x: BOX.left, y: BOX.bottom + 16, "text-anchor": "middle" });
      this.end = shape("text", { x: BOX.right, y: BOX.bottom + 16, "text-anchor": "end" });
      this.now = shape("path", { class: `now ${kind}` });
      this.mark = shape("path", { class: "mark" });
      const name = shape("text", { x: middle, y: BOX.height - 6, "text-anchor": "middle" }, axis);
      this.svg.append(shape("line", line), this.first, this.end, name, this.now, this.mark);
    }

    /** Where a number is; what the axis does not hold is at its end. */
    y(value) {
      const { low, high } = this.range;
      const place = this.linear ? value : Math.log10(Math.abs(value));
      const inside = Number.isNaN(place) ? high : Math.min(high, Math.max(low, place));
      return BOX.bottom - ((inside - low) / (high - low)) * (BOX.bottom - BOX.top);
    }

    /** Draw values by layer as bars, with room for so many layers. */
    bars(values, layers) {
      const room = (BOX.right - BOX.left) / layers;
      const x = (i) => BOX.left + (i + 0.5) * room;
      const bar = (value, i) => `M${x(i).toFixed(1)} ${BOX.bottom}V${this.y(value).toFixed(1)}`;
      this.now.setAttribute("stroke-width", (0.7 * room).toFixed(1));
      this.now.setAttribute("d", values.map(bar).join(""));
      this.label(x(0), 1, layers > 1 ? layers : "");
    }

    label(at, first, last) {
      this.first.setAttribute("x", at);
      this.first.textContent = first;
      this.end.textContent = last;
    }

    /** Draw losses by step, and a mark at an earlier step that is looked at. */
    curve(values, step) {
      const most = Math.max(values.length, 100);
      const x = (i) => (BOX.left + (i / (most - 1)) * (BOX.right - BOX.left)).toFixed(1);
      const every = Math.ceil(most / 400);
      const points = [];
      for (let i = 0; i < values.length; i += every) points.push(`${x(i)} ${this.y(values[i]).toFixed(1)}`);
      this.now.setAttribute("d", points.length ? `M${points.join("L")}` : "");
      this.mark.setAttribute("d", step && step < values.length ? `M${x(step - 1)} ${BOX.top}V${BOX.bottom}` : "");
      this.label(BOX.left, 1, most);
    }
  }

  /** The plane of the data, colored by what the network says; or the line and its curve. */
  class Plane {
    constructor() {
      this.canvas = element("canvas", { width: 480, height: 480, role: "img" });
    }

    draw(scores, { train, heldOut, classes }, again) {
      if (scores === this.drawn && !again) return;
      this.drawn = scores;
      const size = 240;
      const pen = this.canvas.getContext("2d");
      const style = getComputedStyle(this.canvas);
      const [cool, warm] = ["--fig-0", "--fig-1"].map((name) => style.getPropertyValue(name).trim());
      const { GRID, REACH } = TrainingSession;
      const { columns } = train.x;
      const at = (v) => ((v / REACH + 1) / 2) * size;
      const high = (v) => size / 2 - (v * size) / 4;
      const share = (score) => 1 / (1 + Math.exp(-score));
      const cell = (left, top, width, height, likely) => {
        pen.fillStyle = likely > 0.5 ? warm : cool;
        pen.globalAlpha = Number.isNaN(likely) ? 0 : 0.08 + 0.6 * Math.abs(likely - 0.5);
        pen.fillRect(left, top, width, height);
      };
      const point = (x, y, square) => {
        pen.fillStyle = square ? warm : cool;
        pen.beginPath();
        if (square) pen.rect(x - 2.5, y - 2.5, 5, 5);
        else pen.arc(x, y, 2.8, 0, 7);
        pen.fill();
      };
      pen.setTransform(2, 0, 0, 2, 0, 0);
      pen.clearRect(0, 0, size, size);
      const side = size / GRID;
      if (columns === 2) scores.forEach((s, i) => cell((i % GRID) * side, Math.floor(i / GRID) * side, side, side, share(s)));
      if (columns > 2) for (const i of [0, 1]) cell((i * size) / 2, 0, size / 2, size, 0.3 + 0.4 * i);
      pen.globalAlpha = 1;
      if (columns > 2) {
        const row = size / scores.length;
        return scores.forEach((s, i) => point(6 + share(s) * (size - 12), (i + 0.5) * row, heldOut.y[i]));
      }
      train.y.forEach((y, i) => {
        if (classes) point(at(train.x.data[2 * i]), at(-train.x.data[2 * i + 1]), y);
        else point(at(train.x.data[i]), high(y), 0);
      });
      if (classes) return;
      pen.strokeStyle = warm;
      pen.lineWidth = 3;
      pen.beginPath();
      scores.forEach((score, i) => pen.lineTo(((i + 0.5) / scores.length) * size, high(Math.max(-9, Math.min(9, score)))));
      pen.stroke();
    }
  }

  /** What is shown of one run: its name, numbers, verdict and drawings. */
  class Side {
    constructor(axis) {
      this.head = element("p", { class: "head" });
      this.numbers = element("p", { class: "numbers" });
      this.verdict = element("p", { class: "verdict", role: "status" });
      this.summary = element("div", {}, this.head, this.numbers, this.verdict);
      this.charts = Object.fromEntries(Object.keys(CHARTS).map((kind) => [kind, new Chart(kind, axis(kind))]));
      this.plane = new Plane();
      this.boxes = {};
      for (const kind of [...Object.keys(CHARTS), "plane"]) {
        const which = element("p", { class: "which" });
        const note = element("p", { class: "note" });
        this.boxes[kind] = { which, note, box: element("div", {}, which, this.charts[kind]?.svg ?? this.plane.canvas, note) };
      }
    }
  }

  const differences = (a, b) => Object.keys(CHOICES).filter((name) => a[name] !== b[name]);

  class TrainingExplorer extends HTMLElement {
    static missions = MISSIONS;

    connectedCallback() {
      if (this.words) return;
      this.words = JSON.parse(this.dataset.words);
      this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.turn = 0; // counts what the trainer is asked for
      this.build();
      this.trainer = trainer((frame) => this.show(frame));
      Object.assign(this, { settings: START, kept: null });
      const { settings, kept } = this.stateIn(location.search);
      this.restart(settings, kept);
      addEventListener("popstate", () => this.open());
      document.addEventListener("click", (event) => this.follow(event));
      new MutationObserver(() => this.drawPlanes(true)).observe(document.body, {
        attributeFilter: ["data-md-color-scheme"],
      });
    }

    word(name, values = {}) {
      return this.words[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
    }

    /** Read the settings, and those of a kept run; what is not known is as at the start. */
    stateIn(query) {
      const given = new URLSearchParams(query);
      const read = (find, otherwise) => {
        const chosen = Object.entries(CHOICES).map(([name, values]) => {
          return [name, values.find((value) => String(value) === find(name)) ?? otherwise[name]];
        });
        return Object.fromEntries(chosen);
      };
      const settings = read((name) => given.get(name), START);
      if (!given.has("kept")) return { settings, kept: null };
      const other = given.get("kept").split("-").map((part) => part.split(/\.(.*)/)); // name.value
      return { settings, kept: read((name) => new Map(other).get(name), settings) };
    }

    /** Write what differs from the start; of a kept run, what differs from the new one. */
    queryOf(settings = this.settings, kept = this.kept) {
      const query = new URLSearchParams(differences(settings, START).map((name) => [name, settings[name]]));
      if (kept) query.set("kept", differences(kept, settings).map((name) => `${name}.${kept[name]}`).join("-"));
      return String(query);
    }

    address() {
      return `${location.pathname}${this.queryOf() ? `?${this.queryOf()}` : ""}${location.hash}`;
    }

    remember() {
      history.replaceState(history.state, "", this.address());
    }

    /** Be as the address says; where only its heading is another one, go on. */
    open() {
      const { settings, kept } = this.stateIn(location.search);
      if (this.queryOf(settings, kept) !== this.queryOf()) this.restart(settings, kept);
    }

    // What is on the page.

    build() {
      this.inputs = {};
      const fields = Object.entries(CONTROLS).map(([group, controls]) => {
        const fields = Object.keys(controls).map((name) => this.control(name));
        return element("fieldset", {}, element("legend", {}, this.word(group)), ...fields);
      });
      for (const fieldset of fields) fieldset.addEventListener("change", () => this.chosen());
      const [network, training] = fields;
      this.more = element("details", { class: "more" }, element("summary", {}, this.word("more")), training);
      this.more.open = matchMedia("(min-width: 45em)").matches;
      this.missions = this.missionBox();
      this.play = this.button("play", () => this.toggle());
      const one = this.button("one", () => this.advance({ steps: 1 }));
      const many = this.button("many", () => this.advance({ steps: 100, quietly: true }));
      this.drop = this.button("drop", () => this.keep(null));
      const others = [
        this.button("keep", () => this.keep(this.settings)),
        this.drop,
        this.button("reset", () => this.restart(this.settings, this.kept)),
        this.button("share", () => this.share()),
      ];
      this.play.hidden = this.calm; // what moves by itself
      this.movers = [this.play, one, many];
      this.said = element("p", { class: "said", role: "status" });
      this.back = element("input", { type: "range", name: "back", min: 0 });
      this.back.addEventListener("input", () => this.draw(this.frames[this.back.value]));
      this.backLabel = element("label", { class: "back" }, element("span", {}, this.word("back")), this.back);
      const axis = (kind) => this.word(kind === "loss" ? "steps" : "layers");
      this.sides = [new Side(axis), new Side(axis)]; // the run, and the one that is kept
      const [now, before] = this.sides;
      const kinds = Object.keys(now.boxes);
      this.pairs = [[before.summary, now.summary], ...kinds.map((kind) => [before.boxes[kind].box, now.boxes[kind].box])];
      const drawings = kinds.map((kind) => {
        const title = element("p", { class: "title" }, this.word(`${kind}_title`));
        return element("div", { class: `pair ${kind}` }, title, now.boxes[kind].box);
      });
      drawings.splice(1, 0, drawings.pop()); // the plane beside the loss
      this.table = this.folded("table", () => this.fillTable());
      this.code = this.folded("code", () => this.fillCode());
      const copy = this.button("copy", () => this.copyText(trainingCode(this.settings), "copied", "not_copied"));
      this.code.append(copy);
      this.replaceChildren(
        this.missions,
        network,
        this.more,
        element("div", { class: "buttons movers" }, ...this.movers),
        element("div", { class: "buttons" }, ...others),
        this.said,
        this.outcome,
        element("div", { class: "pair summary" }, now.summary),
        this.backLabel,
        element("div", { class: "charts" }, ...drawings),
        this.table,
        this.code,
      );
      this.dataset.ready = "";
    }

    button(name, act) {
      const made = element("button", { type: "button", name }, this.word(name));
      made.addEventListener("click", act);
      return made;
    }

    folded(name, fill) {
      const made = element("details", { class: name }, element("summary", {}, this.word(name)));
      made.addEventListener("toggle", fill);
      return made;
    }

    control(name) {
      const options = CHOICES[name].map((value) => element("option", { value }, this.words[`${name}_${value}`] ?? String(value)));
      const select = element("select", { name }, ...options);
      this.inputs[name] = select;
      return element("label", {}, element("span", {}, this.word(name)), select);
    }

    // Missions: first a prediction, then the rescue.

    missionBox() {
      this.done = new Map(); // by mission: was the prediction right
      const names = MISSIONS.map(({ name }, i) => element("option", { value: i }, this.word(name)));
      this.missionChoice = element("select", { name: "mission" }, element("option", { value: "" }, this.word("free")), ...names);
      this.missionChoice.addEventListener("change", () => this.begin(MISSIONS[this.missionChoice.value]));
      this.task = element("div", { class: "task" });
      this.outcome = element("p", { class: "outcome", role: "status" });
      const label = element("label", {}, element("span", {}, this.word("mission")), this.missionChoice);
      return element("div", { class: "missions" }, label, this.task);
    }

    /** Show a mission: its task, and the question that comes before it. */
    begin(mission) {
      this.mission = mission;
      this.predicted = null;
      this.outcome.textContent = "";
      this.task.replaceChildren();
      this.enable();
      if (!mission) return;
      const { name, accuracy, within } = mission;
      const answers = ["a", "b", "c"].map((letter) => {
        const input = element("input", { type: "radio", name: "prediction", value: letter });
        input.addEventListener("change", () => this.predict(letter));
        return element("label", {}, input, element("span", {}, this.word(`${name}_${letter}`)));
      });
      const goal = this.word("goal", { accuracy: Math.round(100 * accuracy), within });
      this.task.append(
        element("p", {}, `${this.word(`${name}_task`)} ${goal}`),
        element("fieldset", {}, element("legend", {}, this.word(`${name}_question`)), ...answers),
      );
      this.restart(mission.settings, null);
      this.remember();
    }

    /** Nothing trains before a prediction, nor before the data is there. */
    enable() {
      const waits = Boolean(this.loading) || (this.mission && !this.predicted);
      for (const button of this.movers) button.disabled = waits;
    }

    predict(letter) {
      this.predicted ??= letter; // the first one counts
      for (const input of this.task.querySelectorAll("input")) input.disabled = true;
      this.enable();
      this.outcome.textContent = this.word("go");
    }

    /** Say how far the mission is: a look at held-out samples is what counts. */
    judge({ step, sides: [{ heldOut }] }) {
      const { mission, settings } = this;
      if (!mission || !this.predicted || !heldOut || !step || this.done.has(mission)) return;
      const changed = differences(settings, mission.settings);
      const [only] = changed;
      const fair = !["data", "seed", mission.keep].includes(only) && (!mission.only || only === mission.only);
      const allowed = changed.length === 1 && fair;
      if (!changed.length) this.outcome.textContent = this.word("unchanged");
      else if (!allowed) this.outcome.textContent = this.word("too_many");
      else if (step > mission.within) this.outcome.textContent = this.word("too_late", { within: mission.within });
      else if (heldOut.accuracy < mission.accuracy) this.outcome.textContent = this.word("not_yet");
      else this.succeed(mission, Math.round(100 * heldOut.accuracy), step);
    }

    succeed(mission, accuracy, step) {
      const right = this.predicted === mission.answer;
      this.done.set(mission, right);
      const score = { done: this.done.size, all: MISSIONS.length, right: [...this.done.values()].filter(Boolean).length };
      const said = [
        this.word("rescued", { accuracy, step }),
        this.word(right ? "right" : "wrong"),
        this.word(`${mission.name}_why`),
        this.word("score", score),
      ];
      this.outcome.textContent = said.join(" ");
      const option = this.missionChoice.options[MISSIONS.indexOf(mission) + 1];
      option.textContent = `✓ ${this.word(mission.name)}`;
    }

    // What the reader does.

    chosen() {
      const chosen = Object.entries(CHOICES).map(([name, values]) => {
        return [name, values.find((value) => String(value) === this.inputs[name].value)];
      });
      // A mission's network stays beside the one that is to be saved.
      if (this.mission && !this.kept) this.kept = this.mission.settings;
      this.restart(Object.fromEntries(chosen), this.kept);
      this.remember();
    }

    /** Begin again. */
    restart(settings, kept) {
      for (const [name, select] of Object.entries(this.inputs)) select.value = settings[name];
      const runs = [settings, ...(kept && differences(kept, settings).length ? [kept] : [])];
      if (!globalThis.trainingSamples && runs.some(({ data }) => data === "mnist1d")) return this.load(settings, kept);
      Object.assign(this, { settings, kept, frames: [], losses: [[], []], playing: false });
      this.data = [settings, kept ?? settings].map(TrainingEngine.dataset);
      this.inputs.residual.disabled = settings.depth === 1;
      this.more.open ||= this.mission || differences(settings, START).some((name) => name in CONTROLS.training);
      this.said.textContent = "";
      delete this.dataset.step;
      this.send({ settings: runs, samples: globalThis.trainingSamples });
      this.first = this.turn;
      this.fillCode();
    }

    /** Load the samples that only those need who choose them, and begin then. */
    load(settings, kept) {
      this.wanted = [settings, kept]; // the last wish counts
      if (this.loading) return;
      const script = element("script", { src: SAMPLES });
      const loaded = (act) => () => {
        this.loading = null;
        act();
        this.enable();
      };
      script.onload = loaded(() => {
        this.restart(...this.wanted);
        this.remember();
      });
      script.onerror = loaded(() => {
        this.restart(this.settings, this.kept);
        this.said.textContent = this.word("not_loaded");
      });
      this.loading = script;
      this.enable();
      document.head.append(script);
    }

    /** Keep a run to compare the next one with, or none. */
    keep(settings) {
      this.kept = settings;
      for (const frame of this.frames) frame.sides.length = 1;
      this.data[1] = this.data[0];
      this.send({ alone: true });
      if (settings) this.said.textContent = this.word("is_kept");
      this.remember();
    }

    send(message) {
      this.trainer({ ...message, id: ++this.turn });
    }

    toggle() {
      this.playing = !this.playing;
      this.play.textContent = this.word(this.playing ? "pause" : "play");
      this.send({ play: this.playing });
    }

    advance(message) {
      this.playing = false;
      this.send(message);
    }

    share() {
      this.remember();
      this.copyText(location.href, "shared", "address");
    }

    /** Copy a text and say so; where a browser forbids it, say what to do. */
    async copyText(text, done, failed) {
      const copied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
      const said = this.word(copied ? done : failed, { address: text });
      if (copied && window.alert$) window.alert$.next(said); // the theme's dialog
      else this.said.textContent = said;
    }

    /** Let a link in the text set this explorer, without loading the page again. */
    follow(event) {
      const link = event.target.closest?.("a[href]");
      const here = link && link.pathname === location.pathname && link.host === location.host;
      if (!here || !link.search || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      history.replaceState(history.state, "", link.search + location.hash);
      if (link.hash) location.hash = link.hash; // scrolls there
      this.open();
    }

    // What the training says.

    show(frame) {
      if (frame.run !== this.first) return; // of a run that was given up
      frame.done &&= frame.id === this.turn; // there may be a newer wish
      if (!this.kept || !differences(this.kept, this.settings).length) frame.sides.length = 1;
      const last = this.frames.at(-1);
      this.judge(frame);
      frame.sides.forEach((side, i) => {
        this.losses[i].push(...side.losses);
        side.plane ??= last?.sides[i].plane; // they come less often
        side.heldOut ??= last?.sides[i].heldOut;
      });
      this.frames.push(frame);
      if (frame.done) this.playing = false;
      if (frame.done && frame.step === TrainingSession.MOST) this.said.textContent = this.word("enough", { step: frame.step });
      this.back.max = this.frames.length - 1;
      this.back.value = this.back.max;
      requestAnimationFrame(() => {
        if (this.frames.length) this.draw(this.frames.at(-1)); // else it began again meanwhile
      });
    }

    /** Draw what was at a step: mostly the last one. */
    draw(frame) {
      const { kept } = this;
      this.frame = frame;
      this.play.textContent = this.word(this.playing ? "pause" : "play");
      this.dataset.step = frame.step;
      this.drop.hidden = !kept;
      this.toggleAttribute("data-kept", Boolean(kept));
      this.backLabel.hidden = this.frames.length < 3;
      this.back.setAttribute("aria-valuetext", this.word("at_step", { step: frame.step }));
      const layers = Math.max(this.settings.depth, kept?.depth ?? 0);
      for (const [own, next] of this.pairs) {
        if (!kept) own.remove();
        else if (!own.isConnected) next.before(own);
      }
      this.sides.forEach((side, i) => {
        if (!i || kept) this.drawSide(side, i, frame, layers);
      });
      this.drawPlanes();
      if (!this.playing) this.fillTable();
    }

    drawSide(side, i, frame, layers) {
      const settings = i ? this.kept : this.settings;
      const from = frame.sides[i] ? i : 0; // a kept run without a change is the same run
      const { hidden = [], verdict, heldOut } = frame.sides[from];
      const losses = this.losses[from];
      const name = this.kept ? this.word(i ? "kept" : "new") : "";
      side.head.textContent = this.kept ? `${name} · ${this.named(i)}` : "";
      const accuracy = heldOut && this.data[i].classes && frame.step ? ` (${percent(heldOut.accuracy)})` : "";
      const said = `${written(frame.step ? heldOut?.loss : null)}${accuracy}`;
      side.numbers.textContent = this.word("numbers", { step: frame.step, loss: written(losses[frame.step - 1]), heldOut: said });
      this.sayVerdict(side, verdict);
      side.charts.loss.curve(losses, frame.step);
      for (const kind of ["gradient", "share", "update", "spread"]) {
        const values = hidden.map((layer) => valueOf(kind, layer)).filter((value) => value !== null);
        side.charts[kind].bars(values, layers);
        if (!this.playing) this.describe(side, kind, values, name);
      }
      if (!this.playing) {
        const described = { first: written(losses[0]), last: written(losses[frame.step - 1]), step: frame.step };
        side.charts.loss.svg.setAttribute("aria-label", this.label(name, this.word("loss_described", described)));
      }
      for (const { which } of Object.values(side.boxes)) which.textContent = name;
      side.boxes.share.note.textContent = this.word(`share_${counted(settings)}`);
      const columns = this.data[i].train.x.columns;
      side.boxes.plane.note.textContent = this.word(columns > 2 ? "plane_samples" : columns > 1 ? "plane_points" : "plane_curve");
      side.plane.canvas.setAttribute("aria-label", this.label(name, `${this.word("plane_title")} ${accuracy}`));
    }

    label(name, text) {
      return name ? `${name}: ${text}` : text;
    }

    /** Say what a chart of layers shows, for those who do not see it. */
    describe(side, kind, values, name) {
      const title = this.word(`${kind}_title`);
      const depth = values.length;
      const ends = { title, depth, first: written(values[0]), last: written(values.at(-1)) };
      const most = Math.max(...values);
      const shares = { title, depth, most: percent(most), layer: values.indexOf(most) + 1, clear: values.filter((v) => !v).length };
      const said = kind === "share" && depth ? this.word("share_described", shares) : this.word("described", ends);
      side.charts[kind].svg.setAttribute("aria-label", this.label(name, said));
    }

    sayVerdict(side, verdict) {
      const name = verdict?.name ?? "none";
      const text = this.word(`verdict_${name}`, verdict ?? {});
      side.verdict.dataset.verdict = name;
      side.verdict.setAttribute("aria-live", this.playing ? "off" : "polite"); // not ten times a second
      if (side.verdict.textContent !== text) side.verdict.textContent = text;
    }

    drawPlanes(again = false) {
      this.sides.forEach((side, i) => {
        const { plane } = this.frame?.sides[i] ?? this.frame?.sides[0] ?? {};
        if (plane && (!i || this.kept)) side.plane.draw(plane, this.data[i], again);
      });
    }

    /** Name that in which a run and the other differ. */
    named(i) {
      const { settings, kept } = this;
      const shown = i ? kept : settings;
      const value = (key) => this.words[`${key}_${shown[key]}`] ?? String(shown[key]);
      const differ = differences(settings, kept).map((key) => `${this.word(key)}: ${value(key)}`);
      return differ.join(this.word("separator")) || this.word("no_change");
    }

    fillTable() {
      for (const old of this.table.querySelectorAll("div")) old.remove();
      if (!this.table.open || !this.frame.sides[0].hidden) return;
      const columns = ["gradient", "update", "spread", "dead", "saturated"];
      const head = ["layer", ...columns].map((name) => element("th", { scope: "col" }, this.word(`${name}_column`)));
      const cell = (layer, name) => {
        const share = name === "dead" || name === "saturated";
        return element("td", {}, share && layer[name] !== null ? percent(layer[name]) : written(layer[name]));
      };
      for (const [i, { hidden }] of [...this.frame.sides.entries()].reverse()) {
        const rows = hidden.map((layer, at) => {
          return element("tr", {}, element("th", { scope: "row" }, String(at + 1)), ...columns.map((name) => cell(layer, name)));
        });
        const title = this.kept ? [element("caption", {}, this.sides[i].head.textContent)] : [];
        const top = element("thead", {}, element("tr", {}, ...head.map((th) => th.cloneNode(true))));
        const table = element("table", {}, ...title, top, element("tbody", {}, ...rows));
        this.table.append(element("div", { class: "md-typeset__scrollwrap" }, table));
      }
    }

    fillCode() {
      this.code.querySelector("pre")?.remove();
      if (!this.code.open) return;
      this.code.append(element("pre", {}, element("code", { tabindex: 0 }, trainingCode(this.settings))));
    }
  }

  customElements.define("training-explorer", TrainingExplorer);
})();
