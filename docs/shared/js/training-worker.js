// Trains what it is told to, in a worker, or on the page where a browser forbids workers.

"use strict";

globalThis.TrainingSession = class {
  /** How finely the plane is drawn: points along each side. */
  static GRID = 24;
  static REACH = 2.4;
  static MOST = 2000;

  /** `post` gets what there is to show; `piece` is for how long it may compute at a time, in ms. */
  constructor(post, piece) {
    this.post = post;
    this.piece = piece;
  }

  /** Obey: new runs to train side by side, steps to take, play or pause. */
  receive({ settings, samples, alone, id, steps, play, quietly }) {
    this.id = id; // of what was asked for last
    if (settings) {
      globalThis.trainingSamples ??= samples;
      this.runs = settings.map((each) => new globalThis.TrainingEngine.Run(each));
      this.losses = this.runs.map(() => []);
      this.first = id;
      this.work = null;
      this.left = 0;
      this.drawn = -Infinity;
    }
    if (alone) this.runs.length = this.losses.length = 1; // without the one beside it
    if (play !== undefined) this.left = play ? Infinity : 0;
    if (steps) this.left = steps;
    this.quietly = quietly;
    this.work ??= this.training(); // else it ends the step that it is in
    clearTimeout(this.timer);
    this.tick();
  }

  /** Compute for a moment, and go on after a pause. */
  tick() {
    const end = performance.now() + this.piece;
    for (;;) {
      const { done, value: pause } = this.work.next();
      if (done) return (this.work = null);
      if (pause || performance.now() > end) return (this.timer = setTimeout(() => this.tick(), pause ?? 0));
    }
  }

  /** Train all runs step by step, and show them; yield how long to wait, or nothing. */
  *training() {
    do {
      while (this.left > 0 && this.runs[0].steps < TrainingSession.MOST) {
        const began = performance.now();
        for (let n = 0; this.left > 0 && (this.quietly || (n < 5 && performance.now() - began < 25)); n++) {
          for (const [i, run] of this.runs.entries()) this.losses[i].push(yield* run.stepping());
          this.left--;
          const over = this.runs[0].steps >= TrainingSession.MOST;
          if (over || this.runs.every(({ loss }) => !Number.isFinite(loss))) this.left = 0;
        }
        if (this.left > 0) {
          yield* this.show(false);
          yield Math.max(1, 50 - (performance.now() - began));
        }
      }
      this.left = 0;
      yield* this.show(true);
    } while (this.left > 0); // asked for while it was showing
  }

  /** Post losses, layers and verdict; the plane and what was held out less often. */
  *show(done) {
    const sides = [];
    for (const run of this.runs) sides.push(run.steps ? { ...(yield* run.looking()) } : {});
    const now = performance.now();
    if (done || now - this.drawn > 10 * this.cost + 200) {
      for (const [i, run] of this.runs.entries()) {
        sides[i].heldOut = yield* run.heldOut();
        sides[i].plane = yield* this.plane(run, sides[i].heldOut);
      }
      this.drawn = performance.now();
      this.cost = this.drawn - now;
    }
    sides.forEach((side, i) => (side.losses = this.losses[i]));
    this.losses = this.runs.map(() => []);
    this.post({ run: this.first, id: this.id, step: this.runs[0].steps, sides, done: done && !this.left });
  }

  /** Return the network's scores over the plane, along the line, or of what was held out. */
  *plane(run, heldOut) {
    const { GRID, REACH } = TrainingSession;
    const along = (i, count) => (2 * REACH * (i + 0.5)) / count - REACH;
    const { columns } = run.data.train.x;
    if (columns > 2) return heldOut.scores;
    if (columns === 1) return yield* run.scoresOf(Array.from({ length: 96 }, (_, i) => [along(i, 96)]));
    const rows = Array.from({ length: GRID * GRID }, (_, i) => [along(i % GRID, GRID), -along(Math.floor(i / GRID), GRID)]);
    return yield* run.scoresOf(rows);
  }
};

/** Return what obeys messages and posts: a worker, or where there can be none a session here. */
globalThis.trainer = (post) => {
  const local = () => {
    const session = new TrainingSession((frame) => setTimeout(() => post(frame)), 12);
    return (message) => session.receive(message);
  };
  // From text, not from its file: so it starts from a disk and in a frame with a sandbox, too.
  const source = `"use strict";
globalThis.TrainingEngine = (${trainingEngine})();
globalThis.TrainingSession = ${TrainingSession};
const session = new TrainingSession((frame) => postMessage(frame), 40);
onmessage = ({ data }) => session.receive(data);`;
  try {
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    worker.onmessage = ({ data }) => post(data);
    return (message) => worker.postMessage(message);
  } catch {
    return local();
  }
};
