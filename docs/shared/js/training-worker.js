// Trains in a worker, or in pieces on the page where a browser forbids workers (file://).

"use strict";

globalThis.TrainingSession = class {
  /** How finely the plane is drawn: points along each side. */
  static GRID = 24;
  static REACH = 2.4;
  static MOST = 2000;

  /** `post` gets what there is to show. */
  constructor(post) {
    this.post = post;
    this.playing = false;
  }

  /** Obey: a new run, steps to take, play or pause. */
  receive({ settings, id, steps, play, quietly }) {
    this.id = id; // of what was asked for last
    const { Run } = globalThis.TrainingEngine;
    if (settings) {
      this.run = new Run(settings);
      this.first = id;
      this.losses = [];
      this.left = 0;
      this.map = null;
    }
    if (play !== undefined) this.left = play ? Infinity : 0;
    if (steps) this.left = steps;
    this.quietly = quietly;
    clearTimeout(this.timer);
    if (this.left) this.tick();
    else this.show(true);
  }

  /** Train for a moment, show it, and go on. */
  tick() {
    const { run } = this;
    const begin = performance.now();
    const most = this.quietly ? Infinity : 5;
    for (let n = 0; n < most && this.left && performance.now() - begin < 25; n++) {
      this.losses.push(run.step());
      this.left--;
      if (run.steps >= TrainingSession.MOST || !Number.isFinite(run.loss)) this.left = 0;
    }
    if (!this.left || !this.quietly) this.show(!this.left);
    const spent = performance.now() - begin;
    if (this.left) this.timer = setTimeout(() => this.tick(), this.quietly ? 0 : Math.max(0, 50 - spent));
  }

  /** Post losses, layers and verdict; the plane and what was held out less often. */
  show(done) {
    const { run } = this;
    const frame = { run: this.first, id: this.id, step: run.steps, losses: this.losses, done };
    this.losses = [];
    if (run.steps) Object.assign(frame, run.health());
    const now = performance.now();
    if (done || !(now - this.drawn < 10 * (this.cost ?? 0) + 200)) {
      frame.heldOut = run.heldOut();
      frame.plane = this.plane();
      this.drawn = performance.now();
      this.cost = this.drawn - now;
    }
    this.post(frame);
  }

  /** Return the network's scores over the plane, or along the line. */
  plane() {
    const { GRID, REACH } = TrainingSession;
    const along = (i, count) => (2 * REACH * (i + 0.5)) / count - REACH;
    if (!this.run.data.classes) return this.run.scoresOf(Array.from({ length: 96 }, (_, i) => [along(i, 96)]));
    const rows = Array.from({ length: GRID * GRID }, (_, i) => [along(i % GRID, GRID), -along(Math.floor(i / GRID), GRID)]);
    return this.run.scoresOf(rows);
  }
};

if (typeof document === "undefined") {
  importScripts("training-engine.js");
  const session = new TrainingSession((frame) => postMessage(frame));
  onmessage = ({ data }) => session.receive(data);
}
