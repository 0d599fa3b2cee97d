// The run of the explorer that trains, written as PyTorch code: the same numbers, bit by bit
// where arithmetic is exact. tests/browser/test_training_engine.py runs what this writes.

"use strict";

globalThis.trainingCode = (() => {
  const RANDOM = `class Random:
    """mulberry32: the n-th number is a hash of the n-th state."""

    def __init__(self, seed):
        self.state = seed

    def bits(self, count):
        s = (self.state + 0x6D2B79F5 * torch.arange(1, count + 1)) & MASK
        self.state = int(s[-1])
        t = ((s ^ (s >> 15)) * (s | 1)) & MASK
        t = ((t + (((t ^ (t >> 7)) * (t | 61)) & MASK)) & MASK) ^ t
        return t ^ (t >> 14)

    def below(self, limit, count):
        return (self.bits(count) * limit) >> 32

    def uniform(self, *shape):
        return (self.bits(math.prod(shape)) / 2**32).view(shape)

    def normal(self, *shape):
        """Twelve random bytes, added up: nearly normal, and exact."""
        bits = self.bits(3 * math.prod(shape)).view(*shape, 3)
        total = sum((bits >> shift) & 255 for shift in (0, 8, 16, 24)).sum(-1)
        return (total - 1530) / 256
`;

  const WINDING = (radius, noise) => `points, u, v = [], 1.0, 0.0
for k in range(150):
    for arm in range(2):
        r = ${radius}
        points.append([r * u, r * v])
    u, v = COS * u - SIN * v, SIN * u + COS * v
x = torch.tensor(points) + ${noise} * random.normal(300, 2)
y = torch.arange(300) % 2.0`;

  const DATA = {
    spirals: WINDING("(-2 if arm else 2) * (k + 1) / 150", "0.05"),
    circles: WINDING("1.6 if arm else 0.7", "0.15"),
    xor: `x = 4 * random.uniform(300, 2) - 2
y = (x[:, 0] * x[:, 1] > 0).double()`,
    wave: `x = 4 * random.uniform(300, 1) - 2
a = x[:, 0] / 2
y = ((16 * a * a - 20) * a * a + 5) * a + 0.05 * random.normal(300)`,
    mnist1d: `x = torch.tensor(list(SAMPLES.replace("\\n", "").encode())).view(300, 40)
x = (x - 63) / 8
y = torch.arange(300) % 2.0`,
  };

  const ACTIVATION = {
    sigmoid: "nn.Sigmoid()",
    tanh: "nn.Tanh()",
    relu: "nn.ReLU()",
    leaky_relu: "nn.LeakyReLU()",
    elu: "nn.ELU()",
    gelu: "nn.GELU()",
    silu: "nn.SiLU()",
  };
  const NORM = {
    batch: "nn.BatchNorm1d(outputs)",
    layer: "nn.LayerNorm(outputs)",
    rms: "nn.RMSNorm(outputs, eps=1e-5)",
  };
  const STD = { normal: "1", small: "0.01", xavier: "math.sqrt(2 / (inputs + outputs))", he: "math.sqrt(2 / inputs)" };

  const RESIDUAL = {
    plain: ["", "h + self.branch(h)"],
    scaled: ["", "h + self.branch(h) / math.sqrt(DEPTH - 1)"],
    zero: ["\n        self.alpha = nn.Parameter(torch.zeros(()))", "h + self.alpha * self.branch(h)"],
  };

  const OPTIMIZER = {
    sgd: "torch.optim.SGD(model.parameters(), lr=RATE)",
    momentum: "torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9)",
    adam: "torch.optim.Adam(model.parameters(), lr=RATE)",
    adamw: "torch.optim.AdamW(model.parameters(), lr=RATE)",
  };

  const CLIP = {
    value: "    nn.utils.clip_grad_value_(model.parameters(), 1.0)\n",
    norm: "    nn.utils.clip_grad_norm_(model.parameters(), 1.0)\n",
  };

  const ORTHOGONAL = `def orthogonal(count, length, random):
    """Gram and Schmidt: rows of length 1, each orthogonal to all others."""
    rows = random.normal(count, length).tolist()
    for i, row in enumerate(rows):
        square = 0.0
        for value in row:
            square += value * value
        row[:] = [value / math.sqrt(square) for value in row]
        for later in rows[i + 1 :]:
            dot = 0.0
            for a, b in zip(later, row):
                dot += a * b
            later[:] = [a - dot * b for a, b in zip(later, row)]
    return torch.tensor(rows)
`;

  function initialization(init, norm) {
    const zero = norm === "batch" ? "" : "\n    layer.bias.zero_()";
    if (init === "default") {
      return `def initialize(layer, random):
    bound = 1 / math.sqrt(layer.in_features)
    for p in layer.parameters():
        p.copy_((2 * random.uniform(*p.shape) - 1) * bound)
`;
    }
    const uniform = `def initialize_last(layer, random):
    bound = 1 / math.sqrt(layer.in_features)
    for p in layer.parameters():
        p.copy_((2 * random.uniform(*p.shape) - 1) * bound)
`;
    if (init === "orthogonal") {
      return `${ORTHOGONAL}

def initialize(layer, random):
    outputs, inputs = layer.weight.shape
    q = orthogonal(min(inputs, outputs), max(inputs, outputs), random)
    layer.weight.copy_(q.T if outputs > inputs else q)${zero}


${uniform}`;
    }
    return `def initialize(layer, random):
    outputs, inputs = layer.weight.shape
    std = ${STD[init]}
    layer.weight.copy_(std * random.normal(outputs, inputs))${zero}


${uniform}`;
  }

  return (settings) => {
    const { data, depth, width, activation, init, norm, residual, optimizer, precision, seed } = settings;
    const low = precision !== "float64";
    const winds = data === "spirals" || data === "circles";
    const skips = residual !== "off" && depth > 1;
    const round = low ? ["Round()"] : [];
    const bias = norm === "batch" ? ", bias=False" : "";
    const inner = [`nn.Linear(inputs, outputs${bias})`, ...round];
    if (norm !== "none") inner.push(NORM[norm], ...round);
    inner.push(ACTIVATION[activation], ...round);
    const after = skips && low ? "nn.Sequential(Residual(block(WIDTH, WIDTH)), Round())" : "Residual(block(WIDTH, WIDTH))";
    const others = skips ? after : "block(WIDTH, WIDTH)";
    const classes = data !== "wave";
    const columns = { wave: 1, mnist1d: 40 }[data] ?? 2;
    const [own, forward] = RESIDUAL[residual] ?? [];
    const last = init === "default" ? "initialize" : "initialize_last";
    const parts = [
      `"""A run of the explorer that trains: ${data}, seed ${seed}."""

import math

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
DEPTH, WIDTH, BATCH, RATE, STEPS, SEED = ${depth}, ${width}, ${settings.batch}, ${settings.rate}, 200, ${seed}
MASK = 0xFFFFFFFF${winds ? "\nCOS, SIN = 0.9980267284282716, 0.06279051952931337  # of pi / 50" : ""}
`,
      data === "mnist1d" &&
        `# mnist1d (Greydanus and Kobak 2024, Apache License 2.0), the digits 0 and 3 in turn:
# a sample has 40 values, and each value is one character.
SAMPLES = """\\
${trainingSamples}
"""
`,
      RANDOM,
      low &&
        `class Cast(torch.autograd.Function):
    """Round to ${precision}, forward and backward."""

    @staticmethod
    def forward(ctx, x):
        return x.to(torch.${precision}).double()

    @staticmethod
    def backward(ctx, gradient):
        return gradient.to(torch.${precision}).double()


class Round(nn.Module):
    def forward(self, x):
        return Cast.apply(x)
`,
      skips &&
        `class Residual(nn.Module):
    def __init__(self, branch):
        super().__init__()
        self.branch = branch${own}

    def forward(self, h):
        return ${forward}
`,
      `def block(inputs, outputs):
    return nn.Sequential(
${inner.map((line) => `        ${line},\n`).join("")}    )
`,
      initialization(init, norm),
      `random = Random(3 * SEED)
${DATA[data]}
held_out = torch.arange(300) % 3 == 2
x_train, y_train, x_test, y_test = x[~held_out], y[~held_out], x[held_out], y[held_out]
${low ? `x_train, x_test = (t.to(torch.${precision}).double() for t in (x_train, x_test))\n` : ""}
model = nn.Sequential(
    block(${columns}, WIDTH),
    *(${others} for _ in range(DEPTH - 1)),
    nn.Linear(WIDTH, 1),
${low ? "    Round(),\n" : ""})
random = Random(3 * SEED + 1)
linear = [m for m in model.modules() if isinstance(m, nn.Linear)]
with torch.no_grad():
    for layer in linear[:-1]:
        initialize(layer, random)
    ${last}(linear[-1], random)
${low ? "    for p in model.parameters():\n        p.copy_(Cast.apply(p))\n" : ""}
batches = Random(3 * SEED + 2)
loss_fn = nn.${classes ? "BCEWithLogitsLoss" : "MSELoss"}()
optimizer = ${OPTIMIZER[optimizer]}
`,
      `def train_step(step):
    model.train()
    i = batches.below(len(x_train), BATCH)
    loss = loss_fn(model(x_train[i]).squeeze(1), y_train[i])
    optimizer.zero_grad()
    loss.backward()
${low ? "    for p in model.parameters():\n        p.grad.copy_(Cast.apply(p.grad))\n" : ""}${CLIP[settings.clip] ?? ""}${
        settings.warmup ? `    optimizer.param_groups[0]["lr"] = RATE * min(1, (step + 1) / ${settings.warmup})\n` : ""
      }    optimizer.step()
${low ? "    with torch.no_grad():\n        for p in model.parameters():\n            p.copy_(Cast.apply(p))\n" : ""}    return loss.item()
`,
      `if __name__ == "__main__":
    for step in range(STEPS):
        loss = train_step(step)
        if step % 20 == 0 or step == STEPS - 1:
            print(f"step {step:3}: loss {loss:.4g}")
    model.eval()
    with torch.no_grad():
        scores = model(x_test).squeeze(1)
    ${
      classes
        ? 'print(f"held out: accuracy {((scores > 0) == (y_test > 0.5)).double().mean():.2f}")'
        : 'print(f"held out: loss {loss_fn(scores, y_test):.4g}")'
    }
`,
    ];
    return parts.filter(Boolean).join("\n\n");
  };
})();
