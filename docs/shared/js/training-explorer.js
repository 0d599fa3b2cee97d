// The explorer that trains: controls, charts and missions around training-engine.js.
//
// It says what docs/<language>/labels.yml says; sitetools/render/training.py puts the words
// into the page. Where no script runs, the figure in the page stays.

"use strict";

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const SCRIPT = document.currentScript.src;
  const CONTROLS = {
    network: {
      data: ["spirals", "circles", "xor", "wave"],
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
    { settings: BROKEN, answer: "c", accuracy: 0.9, within: 400 },
    { settings: { ...RELU, optimizer: "sgd", rate: 1 }, answer: "a", accuracy: 0.9, within: 300, keep: "rate" },
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
  // Charts in their own units; CSS scales them. Their axes never move.
  const BOX = { width: 320, height: 170, left: 46, right: 312, top: 8, bottom: 134 };
  const CHARTS = {
    loss: { low: -4, high: 2, step: 2 },
    gradient: { low: -15, high: 6, step: 3 },
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

  /** A chart with a logarithmic axis; only its curves change. */
  class Chart {
    constructor(kind, title, axis) {
      const { low, high, step } = CHARTS[kind];
      this.range = { low, high };
      this.svg = shape("svg", { viewBox: `0 0 ${BOX.width} ${BOX.height}`, role: "img" });
      for (let power = Math.ceil(low / step) * step; power <= high; power += step) {
        const y = this.y(10 ** power);
        this.svg.append(
          shape("line", { class: "grid", x1: BOX.left, x2: BOX.right, y1: y, y2: y }),
          shape("text", { x: BOX.left - 5, y: y + 4, "text-anchor": "end" }, powerOfTen(power)),
        );
      }
      const middle = (BOX.left + BOX.right) / 2;
      const line = { class: "axis", x1: BOX.left, x2: BOX.right, y1: BOX.bottom, y2: BOX.bottom };
      this.first = shape("text", { x: BOX.left, y: BOX.bottom + 16, "text-anchor": "middle" });
      this.end = shape("text", { x: BOX.right, y: BOX.bottom + 16, "text-anchor": "end" });
      this.earlier = shape("path", { class: "before" });
      this.now = shape("path", { class: `now ${kind}` });
      const name = shape("text", { x: middle, y: BOX.height - 6, "text-anchor": "middle" }, axis);
      this.svg.append(shape("line", line), this.first, this.end, name, this.now, this.earlier);
      this.box = element("div", { class: kind }, element("p", {}, title), this.svg);
    }

    /** Where a number is; what the axis does not hold is at its end. */
    y(value) {
      const { low, high } = this.range;
      const power = Number.isNaN(value) ? high : Math.min(high, Math.max(low, Math.log10(Math.abs(value))));
      return BOX.bottom - ((power - low) / (high - low)) * (BOX.bottom - BOX.top);
    }

    /** Draw values by layer as bars, those of the run before as marks. */
    bars(values, before, layers) {
      const room = (BOX.right - BOX.left) / layers;
      const x = (i) => BOX.left + (i + 0.5) * room;
      const path = (found, one) => found.map((value, i) => one(x(i).toFixed(1), this.y(value).toFixed(1))).join("");
      this.now.setAttribute("stroke-width", (0.7 * room).toFixed(1));
      this.now.setAttribute("d", path(values, (at, y) => `M${at} ${BOX.bottom}V${y}`));
      const half = (0.45 * room).toFixed(1);
      this.earlier.setAttribute("d", path(before, (at, y) => `M${at} ${y}m-${half} 0h${2 * half}`));
      this.label(x(0), 1, layers > 1 ? layers : "");
    }

    label(at, first, last) {
      this.first.setAttribute("x", at);
      this.first.textContent = first;
      this.end.textContent = last;
    }

    /** Draw losses by step. */
    curve(values, before) {
      const most = Math.max(values.length, before.length, 100);
      const x = (i) => BOX.left + (i / (most - 1)) * (BOX.right - BOX.left);
      const every = Math.ceil(most / 400);
      const path = (all) => {
        const points = [];
        for (let i = 0; i < all.length; i += every) points.push(`${x(i).toFixed(1)} ${this.y(all[i]).toFixed(1)}`);
        return points.length ? `M${points.join("L")}` : "";
      };
      this.now.setAttribute("d", path(values));
      this.earlier.setAttribute("d", path(before));
      this.label(BOX.left, 1, most);
    }
  }

  /** The plane of the data, colored by what the network says; or the line and its curve. */
  class Plane {
    constructor(title) {
      this.canvas = element("canvas", { width: 240, height: 240, role: "img" });
      this.title = element("p", {}, title);
      this.box = element("div", { class: "plane" }, this.title, this.canvas);
    }

    draw(scores, data) {
      const pen = this.canvas.getContext("2d");
      const style = getComputedStyle(this.canvas);
      const [cool, warm] = ["--fig-0", "--fig-1"].map((name) => style.getPropertyValue(name).trim());
      const { width: size } = this.canvas;
      const at = (v) => ((v / TrainingSession.REACH + 1) / 2) * size;
      const { x, y } = data.train;
      pen.globalAlpha = 1;
      pen.clearRect(0, 0, size, size);
      const { GRID } = TrainingSession;
      if (data.classes) {
        const cell = size / GRID;
        scores.forEach((score, i) => {
          const share = 1 / (1 + Math.exp(-score));
          pen.fillStyle = share > 0.5 ? warm : cool;
          pen.globalAlpha = Number.isNaN(share) ? 0 : 0.08 + 0.6 * Math.abs(share - 0.5);
          pen.fillRect((i % GRID) * cell, Math.floor(i / GRID) * cell, cell, cell);
        });
        pen.globalAlpha = 1;
      }
      const high = (v) => size / 2 - (v * size) / 4;
      for (let i = 0; i < y.length; i++) {
        pen.fillStyle = data.classes && y[i] ? warm : cool;
        const [px, py] = data.classes ? [at(x.data[2 * i]), at(-x.data[2 * i + 1])] : [at(x.data[i]), high(y[i])];
        pen.beginPath();
        if (data.classes && y[i]) pen.rect(px - 2.5, py - 2.5, 5, 5);
        else pen.arc(px, py, 2.8, 0, 7);
        pen.fill();
      }
      if (data.classes) return;
      pen.strokeStyle = warm;
      pen.lineWidth = 3;
      pen.beginPath();
      scores.forEach((score, i) => pen.lineTo(((i + 0.5) / scores.length) * size, high(Math.max(-9, Math.min(9, score)))));
      pen.stroke();
    }
  }

  /** Train in a worker where there may be one, else here; the caller sees no difference. */
  function trainer(post) {
    const local = () => {
      const session = new TrainingSession((frame) => setTimeout(() => post(frame)));
      return (message) => session.receive(message);
    };
    if (location.protocol === "file:") return local();
    try {
      const worker = new Worker(new URL("training-worker.js", SCRIPT));
      worker.onmessage = ({ data }) => post(data);
      return (message) => worker.postMessage(message);
    } catch {
      return local();
    }
  }

  const nothing = () => ({ losses: [], hidden: [], step: 0 });

  class TrainingExplorer extends HTMLElement {
    static missions = MISSIONS;

    connectedCallback() {
      if (this.words) return;
      this.words = JSON.parse(this.dataset.words);
      this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.turn = 0; // counts what the trainer is asked for
      this.build();
      this.trainer = trainer((frame) => this.show(frame));
      this.restart(this.stateIn(location.search));
      addEventListener("popstate", () => this.restart(this.stateIn(location.search)));
      document.addEventListener("click", (event) => this.follow(event));
      new MutationObserver(() => this.drawPlanes()).observe(document.body, {
        attributeFilter: ["data-md-color-scheme"],
      });
    }

    word(name, values = {}) {
      return this.words[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
    }

    /** Read settings from a query; what is not there or not known is as at the start. */
    stateIn(query) {
      const given = new URLSearchParams(query);
      const chosen = Object.entries(CHOICES).map(([name, values]) => {
        return [name, values.find((value) => String(value) === given.get(name)) ?? START[name]];
      });
      return Object.fromEntries(chosen);
    }

    queryOf(settings) {
      const changed = Object.entries(settings).filter(([name, value]) => value !== START[name]);
      return `?${new URLSearchParams(changed)}`;
    }

    // What is on the page.

    build() {
      this.inputs = {};
      this.fields = Object.entries(CONTROLS).map(([group, controls]) => {
        const fields = Object.keys(controls).map((name) => this.control(name));
        return element("fieldset", {}, element("legend", {}, this.word(group)), ...fields);
      });
      for (const fieldset of this.fields) fieldset.addEventListener("change", () => this.chosen());
      this.missions = this.missionBox();
      this.play = this.button("play", () => this.toggle());
      const one = this.button("one", () => this.advance({ steps: 1 }));
      const many = this.button("many", () => this.advance({ steps: 100, quietly: true }));
      const reset = this.button("reset", () => this.restart(this.settings));
      this.copy = this.button("share", () => this.share());
      this.play.hidden = this.calm; // what moves by itself
      this.movers = [this.play, one, many];
      const buttons = element("div", { class: "buttons" }, ...this.movers, reset, this.copy);
      this.numbers = element("p", { class: "numbers" });
      this.verdict = element("p", { class: "verdict", role: "status" });
      this.said = element("p", { class: "said", role: "status" });
      this.charts = Object.keys(CHARTS).map((kind) => {
        const axis = this.word(kind === "loss" ? "steps" : "layers");
        return new Chart(kind, this.word(`${kind}_title`), axis);
      });
      this.planes = [new Plane(this.word("plane_title")), new Plane(this.word("plane_before"))];
      this.side = element("div", { class: "planes" }, this.planes[0].box);
      const drawings = element("div", { class: "charts" }, this.side, ...this.charts.map(({ box }) => box));
      this.key = element("p", { class: "key" });
      this.table = this.folded("table", () => this.fillTable());
      this.code = this.folded("code", () => this.fillCode());
      const copy = this.button("copy", () => this.copyText(trainingCode(this.settings), "copied", "not_copied"));
      this.code.append(copy);
      this.replaceChildren(
        this.missions,
        ...this.fields,
        buttons,
        this.said,
        this.numbers,
        this.verdict,
        drawings,
        this.key,
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
      return element("div", { class: "missions" }, label, this.task, this.outcome);
    }

    /** Show a mission: its task, and the question that comes before it. */
    begin(mission) {
      this.mission = mission;
      this.predicted = null;
      this.outcome.textContent = "";
      this.task.replaceChildren();
      for (const button of this.movers) button.disabled = Boolean(mission);
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
      this.restart(mission.settings);
      history.replaceState(history.state, "", this.queryOf(this.settings) + location.hash);
    }

    predict(letter) {
      this.predicted ??= letter; // the first one counts
      for (const input of this.task.querySelectorAll("input")) input.disabled = true;
      for (const button of this.movers) button.disabled = false;
      this.outcome.textContent = this.word("go");
    }

    /** Say how far the mission is: a look at held-out samples is what counts. */
    judge() {
      const { mission, now, settings } = this;
      if (!mission || !this.predicted || !now.heldOut || !now.step || this.done.has(mission)) return;
      const changed = Object.keys(settings).filter((name) => settings[name] !== mission.settings[name]);
      const [only] = changed;
      const fair = !["data", "seed", mission.keep].includes(only) && (!mission.only || only === mission.only);
      const allowed = changed.length === 1 && fair;
      if (!changed.length) this.outcome.textContent = this.word("unchanged");
      else if (!allowed) this.outcome.textContent = this.word("too_many");
      else if (now.step > mission.within) this.outcome.textContent = this.word("too_late", { within: mission.within });
      else if (now.heldOut.accuracy < mission.accuracy) this.outcome.textContent = this.word("not_yet");
      else this.succeed(mission, Math.round(100 * now.heldOut.accuracy));
    }

    succeed(mission, accuracy) {
      const right = this.predicted === mission.answer;
      this.done.set(mission, right);
      const score = { done: this.done.size, all: MISSIONS.length, right: [...this.done.values()].filter(Boolean).length };
      const said = [
        this.word("rescued", { accuracy, step: this.now.step }),
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
      this.restart(Object.fromEntries(chosen));
      history.replaceState(history.state, "", `${this.queryOf(this.settings)}${location.hash}`);
    }

    /** Begin again; if something was changed, remember the run before. */
    restart(settings) {
      const old = this.settings;
      const changed = old && Object.keys(settings).some((name) => settings[name] !== old[name]);
      if (changed && this.now.step) this.earlier = { ...this.now, settings: old, data: this.data, plane: this.plane };
      this.settings = settings;
      this.now = nothing();
      this.data = new TrainingEngine.Run({ ...settings, depth: 1 }).data;
      for (const [name, select] of Object.entries(this.inputs)) select.value = settings[name];
      this.inputs.residual.disabled = settings.depth === 1;
      this.playing = false;
      this.send({ settings });
      this.first = this.turn;
      this.fillCode();
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
      const address = new URL(this.queryOf(this.settings) + location.hash, location.href).href;
      history.replaceState(history.state, "", address);
      this.copyText(address, "shared", "address");
    }

    /** Copy a text and say so in the theme's dialog; where a browser forbids it, say what to do. */
    async copyText(text, done, failed) {
      try {
        await navigator.clipboard.writeText(text);
        window.alert$.next(this.word(done));
      } catch {
        this.said.textContent = this.word(failed, { address: text });
      }
    }

    /** Let a link in the text set this explorer, without loading the page again. */
    follow(event) {
      const link = event.target.closest?.("a[href]");
      const here = link && link.pathname === location.pathname && link.host === location.host;
      if (!here || !link.search || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      history.replaceState(history.state, "", link.search + location.hash);
      location.hash = link.hash;
      this.restart(this.stateIn(link.search));
    }

    // What the training says.

    show(frame) {
      if (frame.run !== this.first) return; // of a run that was given up
      frame.done &&= frame.id === this.turn; // there may be a newer wish
      const { now } = this;
      now.losses.push(...frame.losses);
      Object.assign(now, { ...frame, losses: now.losses });
      if (frame.plane) this.plane = frame.plane;
      if (frame.done) this.playing = false;
      requestAnimationFrame(() => this.draw(frame));
    }

    draw(frame) {
      const { now, earlier: before, settings } = this;
      const { depth } = settings;
      this.play.textContent = this.word(this.playing ? "pause" : "play");
      this.dataset.step = now.step;
      const accuracy = this.data.classes && now.heldOut ? ` (${Math.round(100 * now.heldOut.accuracy)}%)` : "";
      this.numbers.textContent = this.word("numbers", {
        step: now.step,
        loss: written(now.losses.at(-1)),
        heldOut: `${written(now.heldOut?.loss)}${accuracy}`,
      });
      this.sayVerdict();
      const [loss, ...bars] = this.charts;
      loss.curve(now.losses, before?.losses ?? []);
      for (const chart of bars) {
        const kind = chart.box.className;
        const values = (run) => run?.hidden?.map((layer) => layer[kind]) ?? [];
        chart.bars(values(now), values(before), Math.max(depth, before?.settings.depth ?? 0));
        const [first, last] = [values(now)[0], values(now).at(-1)].map(written);
        if (frame.done) chart.svg.setAttribute("aria-label", this.word("described", { title: this.word(`${kind}_title`), first, last, depth }));
      }
      if (frame.done) {
        const label = this.word("loss_described", { first: written(now.losses[0]), last: written(now.losses.at(-1)), step: now.step });
        loss.svg.setAttribute("aria-label", label);
        this.fillTable();
      }
      if (frame.plane) this.drawPlanes();
      this.judge();
      const lines = before ? ["now", "before"].map((name) => element("span", {}, this.word(name, { state: this.named(name) }))) : [];
      this.key.replaceChildren(...lines);
    }

    sayVerdict() {
      const { verdict } = this.now;
      const name = verdict?.name ?? "none";
      const text = this.word(`verdict_${name}`, verdict ?? {});
      this.dataset.verdict = name;
      this.verdict.setAttribute("aria-live", this.playing ? "off" : "polite"); // not ten times a second
      if (this.verdict.textContent !== text) this.verdict.textContent = text;
    }

    drawPlanes() {
      const [own, other] = this.planes;
      const { earlier: before, data, plane } = this;
      if (plane) own.draw(plane, data);
      own.canvas.setAttribute("aria-label", own.title.textContent);
      other.canvas.setAttribute("aria-label", other.title.textContent);
      if (!before?.plane) return other.box.remove();
      this.side.append(other.box);
      other.draw(before.plane, before.data);
    }

    /** Name that in which the run and the one before differ. */
    named(which) {
      const { settings, earlier } = this;
      const shown = which === "now" ? settings : earlier.settings;
      const differ = Object.keys(CHOICES).filter((key) => settings[key] !== earlier.settings[key]);
      const value = (key) => this.words[`${key}_${shown[key]}`] ?? String(shown[key]);
      return differ.map((key) => `${this.word(key)}: ${value(key)}`).join(this.word("separator"));
    }

    fillTable() {
      this.table.querySelector("table")?.remove();
      if (!this.table.open || !this.now.hidden?.length) return;
      const columns = ["gradient", "update", "spread", "dead", "saturated"];
      const head = ["layer", ...columns].map((name) => element("th", { scope: "col" }, this.word(`${name}_column`)));
      const percent = (share) => (share === null ? "–" : `${Math.round(100 * share)}%`);
      const rows = this.now.hidden.map((layer, i) => {
        const cells = columns.map((name) => (name === "dead" || name === "saturated" ? percent(layer[name]) : written(layer[name])));
        return element("tr", {}, element("th", { scope: "row" }, String(i + 1)), ...cells.map((text) => element("td", {}, text)));
      });
      const table = element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
      this.table.append(element("div", { class: "md-typeset__scrollwrap" }, table));
    }

    fillCode() {
      this.code.querySelector("pre")?.remove();
      if (!this.code.open) return;
      this.code.append(element("pre", {}, element("code", { tabindex: 0 }, trainingCode(this.settings))));
    }
  }

  customElements.define("training-explorer", TrainingExplorer);
})();
