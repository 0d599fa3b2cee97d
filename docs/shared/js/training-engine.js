// The engine of the explorer that trains: data, layers, optimizers, verdicts; no page needed.
//
// It is a function, so that its text can start a worker. What takes long is a generator that
// yields between layers: where there is no worker, the page is never blocked for long.
//
// tests/browser/test_training_engine.py holds it to PyTorch, number by number. Where the order
// of operations matters for the last bit (random numbers, data, first weights), the PyTorch
// code that training-code.js writes has the same order.

"use strict";

globalThis.trainingEngine = () => {
  const EPS = 1e-5; // of every normalization
  const CLIP = 1;

  // Random numbers: mulberry32, 32-bit integers, the same in every language.

  class Random {
    constructor(seed) {
      this.state = seed >>> 0;
    }

    bits() {
      this.state = (this.state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
      t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
      return (t ^ (t >>> 14)) >>> 0;
    }

    uniform() {
      return this.bits() / 2 ** 32;
    }

    below(count) {
      return Math.floor((this.bits() * count) / 2 ** 32);
    }

    /** Twelve random bytes, added up: nearly normal, and exact. */
    normal() {
      let sum = -1530;
      for (let i = 0; i < 3; i++) {
        const b = this.bits();
        sum += (b & 255) + ((b >>> 8) & 255) + ((b >>> 16) & 255) + (b >>> 24);
      }
      return sum / 256;
    }
  }

  // Matrices, row by row.

  function matrix(rows, columns, data = new Float64Array(rows * columns)) {
    return { rows, columns, data };
  }

  function mapped({ rows, columns, data }, change) {
    return matrix(rows, columns, data.map(change));
  }

  function norm(values) {
    let sum = 0;
    for (const value of values) sum += value * value;
    return Math.sqrt(sum);
  }

  function pick({ columns, data }, rows) {
    const picked = matrix(rows.length, columns);
    rows.forEach((row, i) => picked.data.set(data.subarray(row * columns, (row + 1) * columns), i * columns));
    return picked;
  }

  // Data: 300 samples, most of them points between -2 and 2; every third is held out.

  const ROTATE = { cos: 0.9980267284282716, sin: 0.06279051952931337 }; // by π/50

  const DATA = {
    spirals: (random) => winding(random, (arm, k) => ((arm ? -2 : 2) * (k + 1)) / 150, 0.05),
    circles: (random) => winding(random, (ring) => (ring ? 1.6 : 0.7), 0.15),
    xor(random) {
      const points = coordinates(random, 2);
      return [points, points.map(([a, b]) => (a * b > 0 ? 1 : 0))];
    },
    wave(random) {
      const points = coordinates(random, 1);
      return [points, points.map(([a]) => curve(a / 2) + 0.05 * random.normal())];
    },
    /** In turn a 0 and a 3, drawn as a curve of 40 values: training-mnist1d.js. */
    mnist1d() {
      const values = Array.from(trainingSamples.replaceAll("\n", ""), (c) => (c.charCodeAt(0) - 63) / 8);
      return [Array.from({ length: 300 }, (_, i) => values.slice(40 * i, 40 * i + 40)), values.slice(0, 300).map((_, i) => i % 2)];
    },
  };

  function coordinates(random, columns) {
    return Array.from({ length: 300 }, () => Array.from({ length: columns }, () => 4 * random.uniform() - 2));
  }

  /** Chebyshev's polynomial of degree 5: three hills and three valleys between -1 and 1. */
  function curve(a) {
    return ((16 * a * a - 20) * a * a + 5) * a;
  }

  function winding(random, radius, noise) {
    const points = [];
    let [u, v] = [1, 0];
    for (let k = 0; k < 150; k++) {
      for (const arm of [0, 1]) points.push([radius(arm, k) * u, radius(arm, k) * v]);
      [u, v] = [ROTATE.cos * u - ROTATE.sin * v, ROTATE.sin * u + ROTATE.cos * v];
    }
    for (const point of points) for (const i of [0, 1]) point[i] += noise * random.normal();
    return [points, points.map((_, i) => i % 2)];
  }

  function dataset({ data, precision, seed }) {
    const [points, targets] = DATA[data](new Random(3 * seed));
    const part = (wanted) => {
      const rows = points.map((_, i) => i).filter((i) => (i % 3 === 2) !== wanted);
      const x = matrix(rows.length, points[0].length, Float64Array.from(rows.flatMap((i) => points[i])));
      return { x: rounded(x, precision), y: Float64Array.from(rows, (i) => targets[i]) };
    };
    return { train: part(true), heldOut: part(false), classes: data !== "wave" };
  }

  // Precision: numbers of fewer bits are float64 numbers that are rounded to them.

  const word = new Float32Array(1);
  const bits = new Uint32Array(word.buffer);

  const ROUND = {
    float32: Math.fround,
    float16(x) {
      const single = Math.fround(x); // as PyTorch does
      if (!Number.isFinite(single) || single === 0) return single;
      word[0] = single;
      const exponent = Math.max(((bits[0] >>> 23) & 255) - 127, -14);
      const unit = 2 ** (exponent - 10);
      const magic = 2 ** 52 * 1.5; // adding it leaves no bit for a fraction
      const near = (single / unit + magic - magic) * unit;
      if (Math.abs(near) > 65504) return near * Infinity;
      return near === 0 ? 0 * single : near;
    },
    bfloat16(x) {
      word[0] = x;
      if (Number.isNaN(word[0])) return NaN;
      bits[0] = (bits[0] + 0x7fff + ((bits[0] >>> 16) & 1)) & 0xffff0000;
      return word[0];
    },
  };

  function roundValues(values, precision) {
    const round = ROUND[precision];
    if (round) for (let i = 0; i < values.length; i++) values[i] = round(values[i]);
    return values;
  }

  function rounded(m, precision) {
    roundValues(m.data, precision);
    return m;
  }

  // Layers: forward() remembers what backward() needs; that returns the input's gradient.

  function parameter(shape, fill = 0) {
    const size = shape.reduce((a, b) => a * b, 1);
    const value = new Float64Array(size).fill(fill);
    return { shape, value, gradient: new Float64Array(size), m: new Float64Array(size), v: new Float64Array(size) };
  }

  class Linear {
    constructor(inputs, outputs, bias = true) {
      this.weight = parameter([outputs, inputs]);
      this.bias = bias ? parameter([outputs]) : null;
      this.parameters = bias ? [this.weight, this.bias] : [this.weight];
    }

    forward(x) {
      this.x = x;
      const [outputs, inputs] = this.weight.shape;
      const y = matrix(x.rows, outputs);
      const [from, w, to] = [x.data, this.weight.value, y.data];
      for (let row = 0, a = 0; row < x.rows; row++, a += inputs) {
        for (let out = 0, b = 0; out < outputs; out++, b += inputs) {
          let sum = this.bias ? this.bias.value[out] : 0;
          for (let k = 0; k < inputs; k++) sum += from[a + k] * w[b + k];
          to[row * outputs + out] = sum;
        }
      }
      return y;
    }

    backward(gradient) {
      const [outputs, inputs] = this.weight.shape;
      const { rows } = gradient;
      const dx = matrix(rows, inputs);
      const [x, w, dw, from, to] = [this.x.data, this.weight.value, this.weight.gradient, gradient.data, dx.data];
      for (const { gradient } of this.parameters) gradient.fill(0);
      for (let row = 0, a = 0; row < rows; row++, a += inputs) {
        for (let out = 0, b = 0; out < outputs; out++, b += inputs) {
          const g = from[row * outputs + out];
          for (let k = 0; k < inputs; k++) {
            to[a + k] += g * w[b + k];
            dw[b + k] += g * x[a + k];
          }
          if (this.bias) this.bias.gradient[out] += g;
        }
      }
      return dx;
    }
  }

  /** Normalize groups of values: a unit's over the batch, or a sample's over the units. */
  class Norm {
    constructor(kind, width) {
      this.kind = kind;
      this.gain = parameter([width], 1);
      this.bias = kind === "rms" ? null : parameter([width]);
      this.parameters = this.bias ? [this.gain, this.bias] : [this.gain];
      this.running = { mean: new Float64Array(width), variance: new Float64Array(width).fill(1) };
    }

    /** Return groups as [first index, stride, length]. */
    groups({ rows, columns }) {
      if (this.kind === "batch") return Array.from({ length: columns }, (_, unit) => [unit, columns, rows]);
      return Array.from({ length: rows }, (_, row) => [row * columns, 1, columns]);
    }

    forward(x, training = true) {
      const [y, hat] = [matrix(x.rows, x.columns), matrix(x.rows, x.columns)];
      const groups = this.groups(x);
      this.inverse = new Float64Array(groups.length);
      groups.forEach(([start, stride, length], group) => {
        const [mean, variance] =
          this.kind === "batch" && !training
            ? [this.running.mean[group], this.running.variance[group]]
            : this.moments(x.data, start, stride, length, group);
        const inverse = 1 / Math.sqrt(variance + EPS);
        this.inverse[group] = inverse;
        for (let i = start, n = 0; n < length; n++, i += stride) {
          hat.data[i] = (x.data[i] - mean) * inverse;
          const unit = i % x.columns;
          y.data[i] = hat.data[i] * this.gain.value[unit] + (this.bias ? this.bias.value[unit] : 0);
        }
      });
      this.hat = hat;
      return y;
    }

    moments(values, start, stride, length, group) {
      let [mean, variance] = [0, 0];
      const end = start + stride * length;
      if (this.kind !== "rms") {
        for (let i = start; i < end; i += stride) mean += values[i];
        mean /= length;
      }
      for (let i = start; i < end; i += stride) variance += (values[i] - mean) ** 2;
      variance /= length;
      if (this.kind === "batch") {
        const { running } = this;
        running.mean[group] = 0.9 * running.mean[group] + 0.1 * mean;
        running.variance[group] = 0.9 * running.variance[group] + (0.1 * variance * length) / (length - 1);
      }
      return [mean, variance];
    }

    backward(gradient) {
      const { hat, gain, bias } = this;
      const dx = matrix(hat.rows, hat.columns);
      for (const { gradient } of this.parameters) gradient.fill(0);
      gradient.data.forEach((g, i) => {
        const unit = i % hat.columns;
        gain.gradient[unit] += g * hat.data[i];
        if (bias) bias.gradient[unit] += g;
      });
      this.groups(hat).forEach(([start, stride, length], group) => {
        let [mean, product] = [0, 0];
        const end = start + stride * length;
        for (let i = start; i < end; i += stride) {
          const g = gradient.data[i] * gain.value[i % hat.columns];
          mean += g;
          product += g * hat.data[i];
        }
        if (this.kind === "rms") mean = 0;
        for (let i = start; i < end; i += stride) {
          const g = gradient.data[i] * gain.value[i % hat.columns];
          dx.data[i] = this.inverse[group] * (g - mean / length - (hat.data[i] * product) / length);
        }
      });
      return dx;
    }
  }

  /** The error function, as a series of positive terms. */
  function erf(x) {
    if (Math.abs(x) > 6) return Math.sign(x);
    let [sum, term] = [x, x];
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }

  /** Each returns its value and leaves its slope in `slope`. */
  let slope = 0;
  const ACTIVATIONS = {
    sigmoid(x) {
      const y = 1 / (1 + Math.exp(-x));
      slope = y * (1 - y);
      return y;
    },
    tanh(x) {
      const y = Math.tanh(x);
      slope = 1 - y * y;
      return y;
    },
    relu(x) {
      slope = x <= 0 ? 0 : 1;
      return x <= 0 ? 0 : x;
    },
    leaky_relu(x) {
      slope = x > 0 ? 1 : 0.01;
      return x * slope;
    },
    elu(x) {
      slope = x <= 0 ? Math.exp(x) : 1;
      return x <= 0 ? Math.expm1(x) : x;
    },
    gelu(x) {
      const share = 0.5 * (1 + erf(x * Math.SQRT1_2));
      slope = share + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
      return x * share;
    },
    silu(x) {
      const share = 1 / (1 + Math.exp(-x));
      slope = share * (1 + x * (1 - share));
      return x * share;
    },
  };

  class Activation {
    constructor(name) {
      this.name = name;
      this.parameters = [];
    }

    forward(x) {
      const apply = ACTIVATIONS[this.name];
      const y = matrix(x.rows, x.columns);
      this.slopes = new Float64Array(x.data.length);
      for (let i = 0; i < x.data.length; i++) {
        y.data[i] = apply(x.data[i]);
        this.slopes[i] = slope;
      }
      return y;
    }

    backward(gradient) {
      const dx = matrix(gradient.rows, gradient.columns);
      const cuts = this.name === "relu"; // lets not even infinity through
      for (let i = 0; i < dx.data.length; i++) {
        dx.data[i] = cuts && !this.slopes[i] ? 0 : gradient.data[i] * this.slopes[i];
      }
      return dx;
    }
  }

  /** Linear, normalization, activation; and what came in, added to it. */
  class Block {
    constructor(inputs, { width, norm, activation, residual, depth, precision }, first) {
      this.precision = precision;
      this.linear = new Linear(inputs, width, norm !== "batch");
      this.norm = norm === "none" ? null : new Norm(norm, width);
      this.activation = new Activation(activation);
      this.skips = !first && residual !== "off";
      this.scale = residual === "scaled" ? 1 / Math.sqrt(depth - 1) : 1;
      this.alpha = this.skips && residual === "zero" ? parameter([]) : null;
      this.parameters = [
        ...(this.alpha ? [this.alpha] : []),
        ...this.linear.parameters,
        ...(this.norm?.parameters ?? []),
      ];
    }

    *forward(x, training) {
      const round = (m) => rounded(m, this.precision);
      this.z = round(this.linear.forward(x));
      yield;
      this.n = this.norm ? round(this.norm.forward(this.z, training)) : this.z;
      yield;
      const raw = this.activation.forward(this.n);
      this.saturated = share(raw.data, FLAT[this.activation.name]);
      this.y = round(raw);
      this.output = this.y;
      if (!this.skips) return this.y;
      const scale = this.alpha ? this.alpha.value[0] : this.scale;
      this.branch = mapped(this.y, (y) => scale * y);
      this.output = round(mapped(this.branch, (y, i) => x.data[i] + y));
      return this.output;
    }

    *backward(gradient) {
      const round = (m) => rounded(m, this.precision);
      const { data } = round(gradient);
      let down = gradient;
      if (this.skips) {
        this.gradientOfBranch = norm(data);
        const scale = this.alpha ? this.alpha.value[0] : this.scale;
        if (this.alpha) this.alpha.gradient[0] = data.reduce((sum, g, i) => sum + g * this.y.data[i], 0);
        down = round(mapped(gradient, (g) => g * scale));
      }
      down = round(this.activation.backward(down));
      if (this.norm) {
        this.gradientOfNorm = norm(down.data);
        yield;
        down = round(this.norm.backward(down));
      }
      yield;
      this.gradientOfLinear = norm(down.data);
      const dx = this.linear.backward(down);
      if (this.skips) data.forEach((g, i) => (dx.data[i] += g));
      return dx;
    }
  }

  // First weights. The last layer and, for PyTorch's default, all biases are uniform.

  const INITS = {
    normal: () => 1,
    small: () => 0.01,
    xavier: (inputs, outputs) => Math.sqrt(2 / (inputs + outputs)),
    he: (inputs) => Math.sqrt(2 / inputs),
  };

  function initialize(linear, init, random) {
    const { value, shape } = linear.weight;
    const [outputs, inputs] = shape;
    const bound = 1 / Math.sqrt(inputs);
    if (init === "default") {
      for (const { value } of linear.parameters) {
        for (let i = 0; i < value.length; i++) value[i] = (2 * random.uniform() - 1) * bound;
      }
    } else if (init === "orthogonal") {
      const rows = Math.min(inputs, outputs);
      const q = orthogonal(rows, Math.max(inputs, outputs), random);
      value.forEach((_, i) => {
        const [out, k] = [Math.floor(i / inputs), i % inputs];
        value[i] = outputs > inputs ? q[k][out] : q[out][k];
      });
    } else {
      const std = INITS[init](inputs, outputs);
      for (let i = 0; i < value.length; i++) value[i] = std * random.normal();
    }
  }

  /** Return rows of length 1 that are orthogonal: Gram and Schmidt. */
  function orthogonal(count, length, random) {
    const rows = Array.from({ length: count }, () => Float64Array.from({ length }, () => random.normal()));
    rows.forEach((row, i) => {
      let sum = 0;
      for (const value of row) sum += value * value;
      const size = Math.sqrt(sum);
      row.forEach((value, k) => (row[k] = value / size));
      for (const later of rows.slice(i + 1)) {
        let dot = 0;
        row.forEach((value, k) => (dot += later[k] * value));
        row.forEach((value, k) => (later[k] -= dot * value));
      }
    });
    return rows;
  }

  // The loss, and its gradient at the scores.

  function lossOf(scores, targets, classes) {
    const gradient = matrix(scores.rows, 1);
    let sum = 0;
    scores.data.forEach((z, i) => {
      const t = targets[i];
      if (classes) {
        const logSigmoid = Math.min(z, 0) - Math.log1p(Math.exp(-Math.abs(z)));
        sum += (1 - t) * z - logSigmoid; // in PyTorch's order: where z is large, digits cancel
        gradient.data[i] = (1 / (1 + Math.exp(-z)) - t) / scores.rows;
      } else {
        sum += (z - t) ** 2;
        gradient.data[i] = (2 * (z - t)) / scores.rows;
      }
    });
    return [sum / scores.rows, gradient];
  }

  // Clipping and optimizers.

  function clip(parameters, how) {
    if (how === "value") {
      for (const { gradient } of parameters) {
        gradient.forEach((g, i) => (gradient[i] = Math.max(-CLIP, Math.min(CLIP, g))));
      }
    } else if (how === "norm") {
      const total = norm(parameters.map(({ gradient }) => norm(gradient)));
      const factor = Math.min(1, CLIP / (total + 1e-6));
      for (const { gradient } of parameters) gradient.forEach((g, i) => (gradient[i] = g * factor));
    }
  }

  const OPTIMIZERS = {
    sgd: ({ value, gradient }, rate) => value.forEach((_, i) => (value[i] -= rate * gradient[i])),
    momentum({ value, gradient, m }, rate) {
      value.forEach((_, i) => {
        m[i] = 0.9 * m[i] + gradient[i];
        value[i] -= rate * m[i];
      });
    },
    adam({ value, gradient, m, v }, rate, step) {
      const size = rate / (1 - 0.9 ** step);
      const root = Math.sqrt(1 - 0.999 ** step);
      value.forEach((_, i) => {
        m[i] += (1 - 0.9) * (gradient[i] - m[i]);
        v[i] = 0.999 * v[i] + (1 - 0.999) * gradient[i] * gradient[i];
        value[i] -= (size * m[i]) / (Math.sqrt(v[i]) / root + 1e-8);
      });
    },
    adamw(parameter, rate, step) {
      const { value } = parameter;
      value.forEach((_, i) => (value[i] *= 1 - rate * 0.01));
      OPTIMIZERS.adam(parameter, rate, step);
    },
  };

  // Health: the verdicts of gradient_report.py, for these networks.

  const VANISHING = 1e-3;
  const EXPLODING = 1e2;
  const CLOSED = 0.03;
  const STUCK = 0.1;
  const FLAT = { sigmoid: (y) => 4 * y * (1 - y) < 0.05, tanh: (y) => 1 - y * y < 0.05 };

  function share(values, test) {
    if (!test) return null;
    let count = 0;
    for (const value of values) if (test(value)) count++;
    return count / values.length;
  }

  function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const half = sorted.length >> 1;
    return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /** How much outputs differ from sample to sample, relative to their size. */
  function spreadOf({ rows, columns, data }) {
    const some = Math.min(rows, 64);
    let [variance, square] = [0, 0];
    const largest = data.subarray(0, some * columns).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    for (let unit = 0; unit < columns; unit++) {
      let [mean, apart] = [0, 0];
      for (let row = 0; row < some; row++) mean += data[row * columns + unit] / largest / some;
      for (let row = 0; row < some; row++) {
        const value = data[row * columns + unit] / largest;
        apart += (value - mean) ** 2;
        square += value * value;
      }
      variance += apart / (some - 1);
    }
    const spread = Math.sqrt(variance / columns) / Math.sqrt(square / (some * columns));
    return Number.isFinite(spread) ? spread : null;
  }

  function deviation(values) {
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
  }

  function dead({ rows, columns, data }) {
    let count = 0;
    for (let unit = 0; unit < columns; unit++) {
      let row = 0;
      while (row < rows && data[row * columns + unit] <= 0) row++;
      if (row === rows) count++;
    }
    return count / columns;
  }

  function entriesOf(values) {
    let count = 0;
    for (const value of values) if (value !== 0) count++;
    return count;
  }

  /** One row of the report: a layer's parameters and what the step showed of them. */
  function observe(name, parameters, output, outputGradient, block) {
    const matrices = parameters.some(({ shape }) => shape.length > 1);
    const judged = parameters.filter(({ shape }) => shape.length > 1 || !matrices);
    const changes = judged.map(({ value, before }) => value.map((x, i) => x - before[i]));
    const floor = ({ before, shape }) => Math.max(norm(before), Math.sqrt((shape[0] ?? 1) / 3));
    const gradient = norm(parameters.map(({ unclipped }) => unclipped));
    const moved = changes.reduce((sum, change) => sum + entriesOf(change), 0);
    const expected = judged.reduce((sum, { entries }) => sum + entries, 0);
    const [weight] = parameters;
    const update = norm(changes.map(norm)) / norm(judged.map(floor));
    return {
      name,
      gradient,
      outputGradient,
      update,
      spread: spreadOf(output),
      moved: expected ? moved / expected : null,
      stepped: parameters.some(({ value, before }) => value.some((x, i) => x !== before[i])),
      size: norm(weight.before) / Math.sqrt(weight.shape[0] ?? 1),
      dead: block?.activation.name === "relu" && output.rows >= 16 ? dead(block.y) : null,
      saturated: block?.saturated ?? null,
      finite: [gradient, outputGradient, update, norm(output.data)].every(Number.isFinite),
      small: false,
    };
  }

  /** Return the layers of a network in the order of the forward pass. */
  function* layersOf({ blocks, last }, gradientOfScores, scores) {
    const layers = [];
    for (const [i, block] of blocks.entries()) {
      yield;
      const own = (kind) => `${kind} ${i + 1}`;
      const { linear, norm, alpha } = block;
      const ends = norm ? null : block;
      layers.push({ ...observe(own("linear"), linear.parameters, block.z, block.gradientOfLinear, ends), block, i });
      if (norm) {
        layers.push({ ...observe(own("norm"), norm.parameters, block.n, block.gradientOfNorm, block), block, i });
      }
      if (alpha) layers.push({ ...observe(own("alpha"), [alpha], block.branch, block.gradientOfBranch), block, i });
    }
    layers.push(observe("last", last.parameters, scores, gradientOfScores));
    return layers;
  }

  function judge(layers) {
    const { exploding, vanishing } = judgeDepth(layers);
    const alike = judgeAlike(layers);
    const closed = judgeClosed(layers, vanishing);
    const stuck = judgeStuck(layers);
    for (const layer of layers) {
      const tests = {
        not_finite: !layer.finite,
        waits: closed.has(layer) && (layer.gradient === 0 || vanishing.has(layer)),
        zero: layer.gradient === 0,
        exploding: exploding.has(layer),
        vanishing: vanishing.has(layer),
        alike: alike.has(layer),
        dead: (layer.dead ?? 0) >= 0.5,
        saturated: (layer.saturated ?? 0) >= 0.5,
        large_step: layer.update > 0.1,
        stuck: stuck.has(layer),
      };
      layer.verdict = Object.keys(tests).find((name) => tests[name]) ?? "ok";
    }
    return layers;
  }

  function judgeDepth(layers) {
    const seen = layers.filter(({ outputGradient: g }) => g && Number.isFinite(g));
    const [exploding, vanishing] = [new Set(), new Set()];
    let [strongest, usual] = [0, 0];
    for (const layer of [...seen].reverse()) {
      const { outputGradient } = layer;
      if (!strongest) usual = outputGradient; // the one nearest to the loss
      strongest = Math.max(strongest, outputGradient);
      if (outputGradient > EXPLODING * usual) exploding.add(layer);
      if (outputGradient < VANISHING * strongest) vanishing.add(layer);
    }
    let lost = true; // all the way from the input, else a branch is weak on purpose
    for (const layer of seen) {
      lost = (lost || layer === layers[0]) && vanishing.has(layer);
      if (!lost) vanishing.delete(layer);
    }
    return { exploding, vanishing };
  }

  function judgeAlike(layers) {
    const seen = layers.filter(({ spread }) => spread !== null).reverse();
    const limit = Math.min(0.01, Math.max(0, ...seen.map(({ spread }) => spread)) / 10);
    const end = seen.findIndex(({ spread }) => spread >= limit);
    return new Set(end > 1 ? seen.slice(0, end) : []);
  }

  /** Return the layers whose gradient weights near 0 keep small, for now. */
  function judgeClosed(layers, vanishing) {
    const usual = Math.min(median(layers.map(({ size }) => size).filter(Boolean)), 1);
    const isSmall = (layer) => layer.size / usual < CLOSED && layer.gradient;
    const gates = layers.filter((layer, i) => i > 0 && isSmall(layer));
    if (!gates.length) return new Set();
    const reached = new Set();
    let open = true; // does a gradient arrive, going back from the loss
    let branch = true;
    for (const layer of [...layers].reverse()) {
      const { block, name } = layer;
      const enters = !block || name.startsWith(block.alpha ? "alpha" : block.norm ? "norm" : "linear");
      if (enters) branch = open;
      if (branch) reached.add(layer);
      branch = branch && !gates.includes(layer);
      if (!block || (name.startsWith("linear") && !block.skips)) open = branch;
    }
    const closed = new Set(layers.filter((layer) => !reached.has(layer)));
    const found = gates.map(({ size }) => size / usual);
    if (found.includes(0) && !layers.some(({ dead }) => dead === 1)) {
      for (const layer of layers) if (layer.gradient === 0) closed.add(layer);
    }
    const least = VANISHING * Math.min(...found);
    const most = Math.max(0, ...layers.map(({ outputGradient }) => outputGradient || 0));
    for (const layer of vanishing) if (layer.outputGradient > least * most) closed.add(layer);
    return closed;
  }

  function judgeStuck(layers) {
    const moved = layers.filter(({ gradient, moved }) => gradient && (moved ?? 0) >= STUCK);
    const limit = VANISHING * (moved.length ? median(moved.map(({ gradient }) => gradient)) : 0);
    const any = layers.some(({ stepped }) => stepped);
    return new Set(
      layers.filter(({ moved, gradient }) => any && moved !== null && moved < STUCK && gradient > limit),
    );
  }

  const GRAVEST = [
    "not_finite",
    "waits",
    "zero",
    "exploding",
    "vanishing",
    "alike",
    "dead",
    "saturated",
    "large_step",
    "stuck",
  ];

  /** Return the gravest verdict of the layers, and how many have it. */
  function verdictOf(layers) {
    // A weight that starts at zero opens by itself: it is no fault.
    const found = GRAVEST.filter((name) => name !== "waits" && layers.some(({ verdict }) => verdict === name));
    const name = found[0] ?? (layers.some(({ verdict }) => verdict === "waits") ? "waits" : "ok");
    return { name, count: layers.filter(({ verdict }) => verdict === name).length, of: layers.length };
  }

  /** Run a generator to its end; return what it returns. */
  function finished(work) {
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
    }
  }

  /** A network and its training, step by step. */
  class Run {
    constructor(settings) {
      this.settings = settings;
      const { depth, width, init, precision, seed } = settings;
      this.data = dataset(settings);
      const inputs = this.data.train.x.columns;
      this.blocks = Array.from({ length: depth }, (_, i) => new Block(i ? width : inputs, settings, !i));
      this.last = new Linear(width, 1);
      this.parameters = [...this.blocks.flatMap((block) => block.parameters), ...this.last.parameters];
      const random = new Random(3 * seed + 1);
      for (const { linear } of this.blocks) initialize(linear, init, random);
      initialize(this.last, "default", random);
      for (const { value } of this.parameters) roundValues(value, precision);
      this.batches = new Random(3 * seed + 2);
      this.steps = 0;
    }

    *forward(x, training) {
      let h = x;
      for (const block of this.blocks) {
        h = yield* block.forward(h, training);
        yield;
      }
      return rounded(this.last.forward(h), this.settings.precision);
    }

    /** Train on one batch at once. */
    step() {
      return finished(this.stepping());
    }

    /** Train on one batch; return its loss. */
    *stepping() {
      const { batch, precision, rate, warmup, optimizer } = this.settings;
      const { x, y } = this.data.train;
      const rows = Array.from({ length: batch }, () => this.batches.below(y.length));
      this.scores = yield* this.forward(pick(x, rows), true);
      const targets = rows.map((row) => y[row]);
      const [loss, gradient] = lossOf(this.scores, targets, this.data.classes);
      let down = rounded(gradient, precision);
      this.gradientOfScores = norm(down.data);
      down = this.last.backward(down);
      for (const block of [...this.blocks].reverse()) {
        down = yield* block.backward(down);
        yield;
      }
      for (const parameter of this.parameters) {
        yield;
        roundValues(parameter.gradient, precision);
        parameter.unclipped = norm(parameter.gradient);
        parameter.entries = entriesOf(parameter.gradient);
        parameter.before = parameter.value.slice();
      }
      clip(this.parameters, this.settings.clip);
      this.steps++;
      const now = warmup ? rate * Math.min(1, this.steps / warmup) : rate;
      for (const parameter of this.parameters) {
        yield;
        OPTIMIZERS[optimizer](parameter, now, this.steps);
        roundValues(parameter.value, precision);
      }
      this.known = null;
      return (this.loss = loss);
    }

    /** Look at the last step: numbers by layer, and the verdict. */
    health() {
      return finished(this.looking());
    }

    *looking() {
      this.known ??= yield* this.layers(); // other samples leave other outputs behind
      return this.known;
    }

    *layers() {
      const layers = judge(yield* layersOf(this, this.gradientOfScores, this.scores));
      const hidden = this.blocks.map((block, i) => {
        const own = layers.filter((layer) => layer.i === i);
        return {
          gradient: block.gradientOfLinear,
          update: own[0].update,
          spread: deviation(block.output.data),
          dead: own.map(({ dead }) => dead).find((share) => share !== null) ?? null,
          saturated: block.saturated,
        };
      });
      return { layers: layers.map(({ name, verdict }) => ({ name, verdict })), hidden, verdict: verdictOf(layers) };
    }

    /** Return loss and, for classes, accuracy on what was held out, as in model.eval(). */
    *heldOut() {
      const { x, y } = this.data.heldOut;
      const scores = yield* this.forward(x, false);
      const right = scores.data.reduce((sum, z, i) => sum + (z > 0 === y[i] > 0.5), 0);
      return { loss: lossOf(scores, y, this.data.classes)[0], accuracy: right / y.length, scores: scores.data };
    }

    /** Return the scores of points, as in model.eval(), 96 at a time. */
    *scoresOf(points) {
      const scores = [];
      for (let i = 0; i < points.length; i += 96) {
        const some = points.slice(i, i + 96);
        const x = matrix(some.length, some[0].length, Float64Array.from(some.flat()));
        scores.push(...(yield* this.forward(x, false)).data);
      }
      return scores;
    }
  }

  return { Run, dataset, finished, Linear, Norm, Activation, ROUND, lossOf, clip, matrix };
};

globalThis.TrainingEngine = trainingEngine();
