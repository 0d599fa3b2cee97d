"""The engine of the explorer that trains does what PyTorch does, number by number."""

import base64
import importlib.util
import itertools
import math
import os
import random
import sys

import pytest
from project import PROJECT

pytestmark = pytest.mark.torch
SCRIPTS = PROJECT.docs / "shared" / "js"
SEED = int(os.environ.get("EXPLORER_SEED", "1"))
"""Of the settings that are drawn: another one draws others."""
STEPS = 20
CHOICES = {
    "data": ["spirals", "circles", "xor", "wave", "mnist1d"],
    "depth": [*[1, 2, 2, 3, 3, 4, 5] * 6, *[8, 12, 20] * 4, *[30, 40, 50] * 2],
    "width": [4, 8, 16, 32],
    "activation": ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu"],
    "init": ["normal", "small", "default", "xavier", "he", "orthogonal"],
    "norm": ["none", "batch", "layer", "rms"],
    "residual": ["off", "plain", "scaled", "zero"],
    "optimizer": ["sgd", "momentum", "adam", "adamw"],
    "rate": [0.001, 0.003, 0.01, 0.03, 0.1, 1],
    "warmup": [0, 5, 50],
    "clip": ["none", "value", "norm"],
    "batch": [2, 4, 16, 64, 128],
    "precision": ["float64", "float64", "float64", "float32", "float16", "bfloat16"],
}
RUN = """([settings, steps]) => {
  const pack = (arrays) => {
    const bytes = new Uint8Array(Float64Array.from(arrays.flatMap((a) => [...a])).buffer);
    let text = "";
    for (let i = 0; i < bytes.length; i += 8192) {
      text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    }
    return btoa(text);
  };
  const run = new TrainingEngine.Run(settings);
  const start = pack(run.parameters.map((p) => p.value));
  const found = [];
  for (let step = 0; step < steps; step++) {
    const loss = run.step();
    found.push({
      loss: pack([[loss]]),
      gradients: pack(run.parameters.map((p) => p.gradient)),
      values: pack(run.parameters.map((p) => p.value)),
      layers: step && step < steps - 1 ? null : run.health().layers,
    });
  }
  const heldOut = pack([[TrainingEngine.finished(run.heldOut()).loss]]);
  const running = pack(run.blocks.filter((b) => b.norm?.kind === "batch")
    .flatMap(({ norm }) => [norm.running.mean, norm.running.variance]));
  return { start, found, heldOut, running, code: trainingCode(settings) };
}"""


def drawn(count):
    """Yield settings that together have every choice several times."""
    chance = random.Random(SEED)
    columns = {}
    for name, values in CHOICES.items():
        column = list(itertools.islice(itertools.cycle(values), count))
        chance.shuffle(column)
        columns[name] = column
    for i in range(count):
        settings = {name: column[i] for name, column in columns.items()}
        while settings["depth"] * settings["width"] ** 2 > 13000:
            settings["width"] //= 2  # to compare every number takes time
        yield settings | {"seed": chance.randrange(1000)}


@pytest.fixture(scope="module")
def engine(chromium):
    """Return a page in which the engine is, and nothing else."""
    page = chromium.new_page()
    for name in ("engine", "mnist1d", "code"):
        page.add_script_tag(path=SCRIPTS / f"training-{name}.js")
    yield page
    page.close()


@pytest.fixture(scope="module")
def torch():
    """Return torch, on one thread; generated code changes its default type."""
    import torch

    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_num_threads(threads)
    torch.set_default_dtype(dtype)


def unpacked(torch, text):
    raw = bytearray(base64.b64decode(text))
    return torch.frombuffer(raw, dtype=torch.float64) if raw else torch.zeros(0)


def load(code):
    """Run generated code up to its loop; return what it defined."""
    found = {"__name__": "generated"}
    exec(compile(code, "<generated>", "exec"), found)
    return found


def flat(torch, parameters, what):
    return torch.cat([what(p).detach().flatten() for p in parameters])


def apart(torch, groups, ours, theirs):
    """Return how far one network's numbers are from the other's: the farthest tensor.

    Relative to the tensor's size. What is not finite must be the same.
    """
    known = theirs.isfinite()
    if not ours[known].isfinite().all() or not same(ours[~known], theirs[~known]):
        return math.inf
    groups = groups[: len(theirs)]

    def sizes(values):
        squares = values.masked_fill(~known, 0).square()
        return torch.zeros(int(groups[-1]) + 1).index_add(0, groups, squares).sqrt()

    gaps = sizes(ours - theirs)
    return float((gaps / sizes(theirs)).where(gaps > 0, 0).max())


def distance(ours, theirs):
    """Return how far one tensor is from another, relative to its size."""
    gap = (ours - theirs).norm()
    return float(gap / theirs.norm()) if gap else 0.0


def same(a, b):
    return bool((a.isnan() == b.isnan()).all()) and bool(
        (a.nan_to_num(7) == b.nan_to_num(7)).all()
    )


def trained(torch, code, nudge=0.0):
    """Return what PyTorch finds at every step, its namespace, and its reports."""
    space = load(code)
    model = space["model"]
    parameters = list(model.parameters())
    generator = torch.Generator().manual_seed(0)
    start = flat(torch, parameters, lambda p: p)
    with torch.no_grad():
        for p in parameters if nudge else []:
            signs = torch.randint(0, 2, p.shape, generator=generator) * 2 - 1
            p.mul_(1 + nudge * signs)
    found, reports = [], {}
    for step in range(STEPS):
        if step in (0, STEPS - 1) and not nudge:
            with report_class()(model) as report:
                loss = space["train_step"](step)
            reports[step] = report
        else:
            loss = space["train_step"](step)
        gradients = flat(torch, parameters, lambda p: p.grad)
        found.append(
            (torch.tensor([loss]), gradients, flat(torch, parameters, lambda p: p))
        )
    return start, found, space, reports


def report_class():
    path = PROJECT.snippets / "diagnose" / "gradient_report.py"
    if "the_training_report" not in sys.modules:
        spec = importlib.util.spec_from_file_location("the_training_report", path)
        module = importlib.util.module_from_spec(spec)
        sys.modules["the_training_report"] = module
        spec.loader.exec_module(module)
    return sys.modules["the_training_report"].GradientReport


VERDICTS = {
    "not_finite": "not finite",
    "waits": "waits for a zero weight",
    "zero": "zero gradient",
    "alike": "inputs alike",
    "dead": "dead units",
    "large_step": "step too large",
    "stuck": "did not move",
}
"""Where the engine's name of a verdict is not the report's."""


def test_random_settings_train_as_in_torch(engine, torch):
    chaotic, faults = [], []
    depths = CHOICES["depth"]
    found = len(depths), sum(depth > 5 for depth in depths)
    assert found == (60, 18), "as the page says"
    for settings in drawn(len(depths)):
        faults += differences(engine, torch, settings, chaotic)
    assert not faults, "\n".join(faults)
    assert len(chaotic) <= 6, f"hardly compared: {chaotic}"


def differences(engine, torch, settings, chaotic):
    """Yield where a run in the page is not the run of the code that the page shows.

    Where torch answers the smallest nudge with another run, the two are compared no
    further, and the settings are added to the chaotic ones.
    """
    ours = engine.evaluate(RUN, [settings, STEPS])
    start, theirs, space, reports = trained(torch, ours["code"])
    _, nudged, *_ = trained(torch, ours["code"], nudge=1e-15)
    sizes = torch.tensor([p.numel() for p in space["model"].parameters()])
    groups = torch.arange(len(sizes)).repeat_interleave(sizes)
    if not same(unpacked(torch, ours["start"]), start):
        yield f"{settings}: the first weights differ"
        return
    allowed = 1e-9
    steps = zip(ours["found"], theirs, nudged, strict=True)
    for step, (mine, known, near) in enumerate(steps):
        kinds = ("loss", "gradients", "values")
        gaps, responses = [], []
        for kind, a, b in zip(kinds, known, near, strict=True):
            own = unpacked(torch, mine[kind])
            gaps.append(apart(torch, groups, own, a))
            responses.append(apart(torch, groups, b, a))
        allowed = max(allowed, *(10 * response for response in responses))
        if allowed > 0.01:
            chaotic.append(settings)
            return
        if max(gaps) > allowed:
            yield f"{settings}: step {step}: {gaps}, allowed {allowed:.1e}"
            return
        if step in reports and allowed < 1e-6:
            yield from other_verdicts(settings, step, mine["layers"], reports[step])
    print(f"{allowed:.0e}", settings)  # shown if it fails


SIXTEEN = ("float16", "bfloat16")
"""Precisions that are simulated: the tensors are float64."""


def other_verdicts(settings, step, ours, report):
    """Yield the layers that the report judges otherwise."""
    theirs = {layer.name: layer.verdict for layer in report.layers}
    for layer in ours:
        name = name_in_torch(layer["name"], settings)
        verdict = VERDICTS.get(layer["verdict"], layer["verdict"])
        if verdict == "did not move" and settings["precision"] in SIXTEEN:
            continue  # the report counts the entries that moved only of 16-bit tensors
        if theirs[name] != verdict:
            yield f"{settings}: step {step}: {name}: {verdict}, not {theirs[name]}"


def name_in_torch(name, settings):
    """Return what a layer is called in the generated code's model."""
    low = settings["precision"] != "float64"
    kind, _, number = name.partition(" ")
    if kind == "last":
        return str(settings["depth"])
    place = str(int(number) - 1)
    if settings["residual"] != "off" and number != "1":
        place += ".0" if low else ""
        if kind == "alpha":
            return f"{place}.alpha"
        place += ".branch"
    return f"{place}.{0 if kind == 'linear' else 1 + low}"


APPLY = """([kind, name, arrays]) => {
  const E = TrainingEngine;
  const numbers = (text) => new Float64Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const matrix = ([rows, columns, text]) => E.matrix(rows, columns, numbers(text));
  const pack = (arrays) => arrays.map((a) => {
    const bytes = new Uint8Array(Float64Array.from(a).buffer);
    return btoa([...bytes].map((b) => String.fromCharCode(b)).join(""));
  });
  const [x, g, ...parameters] = arrays.map(matrix);
  const made = {
    activation: () => new E.Activation(name),
    norm: () => new E.Norm(name, x.columns),
    linear: () => new E.Linear(x.columns, g.columns),
  };
  if (kind === "loss") {
    const [loss, gradient] = E.lossOf(x, g.data, name === "classes");
    return pack([[loss], gradient.data]);
  }
  if (kind === "clip") {
    const found = [x, g].map(({ data }) => ({ gradient: data }));
    E.clip(found, name);
    return pack(found.map(({ gradient }) => gradient));
  }
  if (kind === "round") return pack([x.data.map(E.ROUND[name])]);
  const layer = made[kind]();
  layer.parameters.forEach((p, i) => p.value.set(parameters[i].data));
  const y = layer.forward(x);
  const down = layer.backward(g);
  const running = kind === "norm" && name === "batch" ? Object.values(layer.running) : [];
  return pack([y.data, down.data, ...layer.parameters.map((p) => p.gradient), ...running]);
}"""


def applied(engine, torch, kind, name, *tensors):
    """Return what the engine makes of tensors."""

    def packed(t):
        raw = bytes(t.detach().contiguous().flatten().numpy().tobytes())
        rows, columns = t.shape if t.dim() == 2 else (1, t.numel())
        return [rows, columns, base64.b64encode(raw).decode()]

    found = engine.evaluate(APPLY, [kind, name, [packed(t) for t in tensors]])
    return [unpacked(torch, text) for text in found]


def with_gradients(x, g, layer):
    """Return a layer's output and all gradients, as torch finds them."""
    x = x.clone().requires_grad_()
    y = layer(x)
    y.backward(g)
    return [y, x.grad, *(p.grad for p in layer.parameters())]


def test_each_layer_alone_is_what_autograd_finds(engine, torch):
    nn = torch.nn
    torch.manual_seed(0)
    near = torch.cat([torch.linspace(-45, 45, 4001), torch.tensor([0.0, -0.0, 1e-300])])
    wide, top = torch.stack([near, 1e-3 * near]), torch.randn(2, len(near))
    x, g = 3 * torch.randn(16, 5) + 1, torch.randn(16, 5)
    layers = [
        ("activation", "sigmoid", nn.Sigmoid(), wide, top),
        ("activation", "tanh", nn.Tanh(), wide, top),
        ("activation", "relu", nn.ReLU(), wide, top),
        ("activation", "leaky_relu", nn.LeakyReLU(), wide, top),
        ("activation", "elu", nn.ELU(), wide, top),
        ("activation", "gelu", nn.GELU(), wide, top),
        ("activation", "silu", nn.SiLU(), wide, top),
        ("norm", "batch", nn.BatchNorm1d(5), x, g),
        ("norm", "layer", nn.LayerNorm(5), x, g),
        ("norm", "rms", nn.RMSNorm(5, eps=1e-5), x, g),
        ("linear", "", nn.Linear(5, 3), x, g[:, :3]),
    ]
    for kind, name, layer, given, gradient in layers:
        for p in layer.parameters():
            torch.nn.init.normal_(p)
        expected = with_gradients(given, gradient, layer)
        if name == "batch":
            expected += [layer.running_mean, layer.running_var]
        found = applied(engine, torch, kind, name, given, gradient, *layer.parameters())
        for ours, theirs in zip(found, expected, strict=True):
            gap = (ours - theirs.detach().flatten()).abs()
            # Where 1 + erf(x) cancels, both are off by the last bit of 1.
            limit = 2e-14 * theirs.abs().flatten() + 2e-14
            assert (gap <= limit).all(), (kind, name, float(gap.max()))


def test_loss_and_clipping_are_torchs(engine, torch):
    from torch.nn import functional as F

    scores = torch.tensor([[-800.0, -3.0, -0.1, 0.0, 0.2, 40.0, 800.0]]).T
    for name, loss_fn, targets in [
        ("classes", F.binary_cross_entropy_with_logits, [1, 0, 1, 1, 0, 0, 1]),
        ("curve", F.mse_loss, [0.5, -1, 2, 0, 1, 1, 1]),
    ]:
        y = torch.tensor(targets, dtype=torch.float64)
        z = scores.clone().requires_grad_()
        loss = loss_fn(z.squeeze(1), y)
        loss.backward()
        ours = applied(engine, torch, "loss", name, scores, y)
        assert distance(ours[0], loss.detach()[None]) < 1e-14
        assert distance(ours[1], z.grad.flatten()) < 1e-14
    for scale in (1e-3, 1, 1e3):
        x, g = scale * torch.randn(3, 4), scale * torch.randn(2, 2)
        for name in ("value", "norm"):
            parameters = [torch.nn.Parameter(t.clone()) for t in (x, g)]
            for p in parameters:
                p.grad = p.detach().clone()
            clip = getattr(torch.nn.utils, f"clip_grad_{name}_")
            clip(parameters, 1.0)
            for ours, p in zip(
                applied(engine, torch, "clip", name, x, g), parameters, strict=True
            ):
                assert distance(ours, p.grad.flatten()) < 1e-14


def test_rounding_is_torchs_cast_exactly(engine, torch):
    generator = torch.Generator().manual_seed(SEED)
    patterns = torch.randint(-(2**63), 2**63 - 1, (3000,), generator=generator)
    steps = torch.arange(-3000, 3000) * 2.0**-25  # ties between subnormal numbers
    powers = torch.randint(-30, 20, (6000,), generator=generator)
    ties = (2048 + torch.arange(6000) % 4096 + 0.5) * 2.0**powers
    whole = torch.arange(65400.0, 65600.0, 0.5)
    odd = [0.0, -0.0, math.inf, -math.inf, math.nan, 65519.999999, 3.4e38, 3.5e38]
    special = torch.tensor(odd)
    near = torch.cat([ties * (1 + 1e-16), ties * (1 + 1e-9), ties * (1 - 1e-9)])
    values = torch.cat(
        [patterns.view(torch.float64), steps, ties, near, whole, -whole, special]
    )
    for name in ("float16", "bfloat16", "float32"):
        [ours] = applied(engine, torch, "round", name, values[None])
        theirs = values.to(getattr(torch, name)).double()
        known = ~theirs.isnan()
        assert bool((ours.isnan() == theirs.isnan()).all()), name
        bits = [t[known].view(torch.int64) for t in (ours, theirs)]
        assert bool((bits[0] == bits[1]).all()), name
