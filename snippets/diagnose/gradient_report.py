"""Look at one training step: where gradients vanish or explode, and what is dead.

    with GradientReport(model) as report:
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
    print(report)

Source: Glorot & Bengio 2010, section 4 (the gradient of each layer's output); Lu et al.
2019, arXiv:1903.06733 (dead units). "Diagnose your own model" justifies the thresholds.
"""

import math
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby, pairwise, takewhile
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

VANISHING = 1e-3  # of a gradient nearer to the loss
EXPLODING = 1e2  # times the gradient near the loss
ALIKE = 1e-2  # spread across inputs, relative to the size of the output
DEAD = 0.5  # share of the units
SATURATED = 0.5  # share of the values
FLAT = 0.05  # of the largest slope: below it, sigmoid and tanh count as saturated
LARGE_STEP = 0.1  # change of the weights in this step, relative to the weights
STUCK = 0.1  # share of the weights with a gradient that the step changed
FEWEST_INPUTS = 16  # before a unit can be called dead
FEWEST_CALLS = 8  # of one layer, before they are read as steps in time
MANY = 40  # layers, beyond which a run of those that are ok is printed as one line

MEANING = {
    "not finite": "NaN or infinity in its output, gradient or weights",
    "no gradient": "the backward pass did not reach it",
    "zero gradient": "every entry of its gradient is exactly 0",
    "exploding": f"over {EXPLODING:.0f} times the gradient near the loss",
    "vanishing": f"under 1/{1 / VANISHING:.0f} of a gradient nearer to the loss",
    "explodes in time": f"first step over {EXPLODING:.0f} times the last one",
    "vanishes in time": f"first step under 1/{1 / VANISHING:.0f} of the last one",
    "inputs alike": f"its outputs differ by under {ALIKE:.0%} from input to input",
    "dead units": f"{DEAD:.0%} or more of the units are off for every input",
    "saturated": f"{SATURATED:.0%} or more of the values lie where the slope is flat",
    "step too large": f"this step changed the weights by over {LARGE_STEP:.0%}",
    "did not move": f"has a gradient, yet the step left over {1 - STUCK:.0%} as it was",
}
# Inputs from which on downwards the slope is zero, or nearly.
OFF_BELOW = {"relu": 0, "relu6": 0, "threshold": 0, "gelu": -3, "hardswish": -3}
OFF_BELOW |= {"elu": -4, "selu": -4, "celu": -4, "softplus": -4, "silu": -6, "mish": -6}
RECURRENT = {"lstm", "gru", "rnn_tanh", "rnn_relu"}
MAKE_INFINITY = {"log", "log2", "log10", "log1p", "logit", "reciprocal"}
MAKE_INFINITY |= {"div", "true_divide", "__truediv__", "__rtruediv__", "__rdiv__"}


@dataclass(eq=False)
class Use:
    """One use of a layer in the forward pass."""

    spread: float | None = None  # of the output across inputs, relative to its rms
    rows: int = 1  # values of each unit
    starts: bool = False  # whether it reads data, not other layers
    turn: int = 0  # backward passes before it
    gradients: list[float] = field(default_factory=list)  # norms, of the outputs
    by_time: list[float] = field(default_factory=list)  # of a recurrent layer's input


@dataclass(eq=False)
class Layer:
    """What the step showed of the parameters that one module owns; None: not seen."""

    name: str
    kind: str
    parameters: dict[str, nn.Parameter] = field(default_factory=dict)
    verdict: str = "not judged"
    spread: float | None = None
    """Standard deviation of the output across inputs, over its root mean square."""
    output_gradient: float | None = None
    """Norm of the gradient of the loss with respect to the output."""
    gradient: float | None = None
    """Norm of the gradient with respect to the parameters, before any clipping."""
    update: float | None = None
    """Norm of the change of the weights, over their norm or PyTorch's default one's."""
    moved: float | None = None
    """Entries of the weights that the step changed, over those with a gradient."""
    dead: float | None = None
    """Share of the units behind the layer that are off for every input."""
    saturated: float | None = None
    """Share of the values behind the layer at which sigmoid or tanh is flat."""
    through_time: float | None = None
    """Gradient of the first time step over that of the last one."""
    finite: bool = True
    """Whether its output, gradient and weights were finite."""
    steady: bool = False
    """Whether the gradient falls, or grows, at nearly every step."""
    uses: list[Use] = field(default_factory=list)
    off: list[tuple[Tensor, int]] = field(default_factory=list)  # (units,), inputs
    flat: list[float] = field(default_factory=list)  # shares
    rows: int = 1  # values of each unit in an output


class GradientReport(TorchFunctionMode):
    """Watch one training step of a model and judge each layer.

    It watches the operations that use the model's parameters, however the model calls
    them, and leaves the step as it is: the same numbers, and nothing stays behind. It
    copies the weights for the time of the step.

    Args:
        model: any module.
        scaler: the GradScaler of mixed precision; its scale is then taken out.
    """

    def __init__(self, model: nn.Module, scaler: Any = None) -> None:
        super().__init__()
        self.model, self.scaler = model, scaler
        self.layers: list[Layer] = []
        self.notes: list[str] = []
        """The first tensor that is not finite, and what could not be seen."""

    def __enter__(self) -> "GradientReport":
        """Start to watch."""
        self.layers, self.notes = list(_layers(self.model)), []
        self.order: list[Layer] = []  # as the forward pass used them
        self.owners: dict[int, tuple[Layer, ...]] = {}  # of weights, by id
        self.kept: list[Tensor] = []  # so that no id is given twice
        self.broken: list[str] = []  # what was not finite, in order of time
        self.waiting: list[tuple[float, Callable[[], None]]] = []  # until a layer
        self.latest: Layer | None = None  # whose output was seen last
        self.turn, self.failed = 0, False  # backward passes; is the loss not finite
        self.unit_axis, self.rank = -1, 0  # of the latest layer's output
        self.norms: dict[int, float] = {}  # of the parameters' gradients, by id
        self.entries: dict[int, int] = {}  # those that are not 0
        self.before: dict[int, Tensor] = {}
        self.unseen, self.stepped = 0, False
        self.scale = float(self.scaler.get_scale()) if self.scaler else 1.0
        self.handles: list[Any] = []
        for buffer in self.model.buffers():
            self.owners[id(buffer)] = ()
        for layer in self.layers:
            for name, parameter in layer.parameters.items():
                self.owners[id(parameter)] = (layer,)
                if parameter.requires_grad and not nn.parameter.is_lazy(parameter):
                    self._quietly(self._watch, name, parameter)
        self.compiled = any(
            type(module).__name__ == "OptimizedModule"
            or getattr(module, "_compiled_call_impl", None)
            for module in self.model.modules()
        )
        if not self.compiled:  # else the compiler would take us for part of the model
            super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: Any) -> None:
        """Stop watching and judge, even if the step raised an error."""
        if not self.compiled:
            super().__exit__(*error)  # type: ignore[no-untyped-call]
        for handle in self.handles:
            handle.remove()
        for layer in self.layers:
            self._quietly(self._measure, layer)
        self._quietly(self._judge)
        self.owners, self.kept, self.before, self.waiting = {}, [], {}, []

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Run one operation, and look at it."""
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        unseen = torch.compiler.is_compiling() or not torch.is_grad_enabled()
        if unseen or name.startswith(("__set", "empty", "new_empty")):
            return func(*args, **kwargs)
        args = self._quietly(self._look_before, name, args) or args
        out = func(*args, **kwargs)
        self._quietly(self._look_after, name, args, kwargs, out)
        return out

    def _quietly(self, look: Callable[..., Any], *args: Any) -> Any:
        """Look, but never let looking stop the step."""
        try:
            with torch.no_grad():
                return look(*args)
        except Exception:
            self.unseen += 1

    def _watch(self, name: str, parameter: nn.Parameter) -> None:
        """Keep the parameter's values, and wait for its gradient."""
        self._test(f"{name} before the step", parameter)
        self.before[id(parameter)] = parameter.detach().clone()
        see = partial(self._quietly, self._see_gradient, name)
        self.handles.append(parameter.register_post_accumulate_grad_hook(see))

    def _test(self, place: str, tensor: Tensor, mask: bool = False) -> bool:
        """Tell whether the tensor is finite; if it may be a mask, -inf is no fault."""
        total = float(_real(tensor.detach()).sum(dtype=_wide(tensor)))
        finite = math.isfinite(total) or (mask and total == -math.inf)
        if not finite:
            self.broken.append(place)
        return finite

    def _look_before(self, name: str, args: Any) -> Any:
        """Look at the input of an activation function or of a recurrent layer."""
        x = args[0] if args else None
        if not isinstance(x, Tensor) or id(x) in self.owners:
            return args
        if name == "backward":
            self.failed |= not self._test("the loss", x)
            self.turn += 1
            self.waiting.clear()
        if name.rstrip("_") in OFF_BELOW and self.latest and x.numel():
            axis = self.unit_axis if x.dim() == self.rank else -1
            others = [dim for dim in range(x.dim()) if dim != axis % x.dim()]
            top = x.detach().amax(others) if others else x.detach()
            off = top <= OFF_BELOW[name.rstrip("_")]
            found = (off, x.numel() // off.numel())
            self.waiting.append((math.inf, partial(self.latest.off.append, found)))
        if _has_steps(name, args) and any(w.requires_grad for w in args[2]):
            x = x if x.requires_grad else x.detach().requires_grad_()
            return (x, *args[1:])  # so that its gradient shows every time step
        return args

    def _look_after(self, name: str, args: Any, kwargs: Any, out: Any) -> None:
        """Look at the output: is it finite, and is it that of a layer."""
        outputs = [t for t in _tensors(out) if t.is_floating_point() or t.is_complex()]
        first, rest = list(_tensors(args[:1])), list(_tensors((args[1:], kwargs)))
        is_layer = name in RECURRENT | {"linear", "multi_head_attention_forward"}
        is_layer |= name.startswith("conv") or name.endswith("_norm")
        is_layer &= not name.startswith("_")
        inputs = first + rest
        if not is_layer and inputs and all(id(t) in self.owners for t in inputs):
            # Made of weights alone, it is a weight, too; a penalty on them is not.
            owners = [layer for t in inputs for layer in self.owners[id(t)]]
            for t in outputs:
                if t.dim():
                    self.owners.setdefault(id(t), tuple(dict.fromkeys(owners)))
                    self.kept.append(t)
            return
        if not outputs or name == "__get__":
            return
        after = f", after {self.latest.name}" if self.latest else ""
        mask, first_fault = not is_layer and name not in MAKE_INFINITY, not self.broken
        place = f"the output of {name}{after}"
        finite = [self._test(place, t, mask) for t in outputs]
        if first_fault and self.broken:  # or did it come in from outside?
            fresh = [t for t in inputs if not any(t is y for y in outputs)]
            place = f"an input of {name}{after}"
            if not all([self._test(place, t, not is_layer) for t in fresh]):
                self.broken.reverse()
        s_shaped = name.rstrip("_") in ("tanh", "sigmoid") and not out.is_complex()
        if s_shaped and self.latest:
            see = partial(self.latest.flat.append, _flat(name, outputs[0]))
            self.waiting.append((_width(outputs[0]), see))
        weights = rest if is_layer else inputs
        layers = [layer for t in weights for layer in self.owners.get(id(t), ())]
        if not layers or not (is_layer or any(t.requires_grad for t in outputs)):
            return
        data = [t for t in inputs if id(t) not in self.owners]
        narrowest = max(map(_width, data), default=0)
        for width, work in self.waiting:  # hidden, not the output of a head
            if width >= narrowest:
                work()
        self.waiting.clear()
        use = self._see_use(name, outputs, first, rest)
        use.starts = not any(t.requires_grad for t in data)
        use.turn, self.latest = self.turn, layers[-1]
        for layer in dict.fromkeys(layers):
            layer.uses.append(use)
            layer.finite &= all(finite)
            if name == "rnn_tanh":
                layer.flat.append(_flat(name, outputs[0]))
            if layer not in self.order:
                self.order.append(layer)
        for t in outputs:
            if t.requires_grad:
                see = partial(self._quietly, self._see_output, use, layers[0].name)
                t.register_hook(see)
        if _has_steps(name, args) and args[0].requires_grad:
            see = partial(self._quietly, self._see_steps, use, 1 if args[8] else 0)
            args[0].register_hook(see)

    def _see_use(
        self, name: str, outputs: list[Tensor], first: list[Tensor], rest: list[Tensor]
    ) -> Use:
        """Find the axes of units and inputs, and the spread across inputs."""
        y, use = outputs[0].detach(), Use()
        self.rank, self.unit_axis, inputs = y.dim(), -1, 0
        if name.startswith("conv"):
            self.unit_axis = 1 - rest[0].dim()
        elif name in ("batch_norm", "group_norm", "instance_norm"):
            self.unit_axis = 1
        elif "matmul" in name and self.owners.get(id(first[0])):  # W @ x: columns
            self.unit_axis, inputs = -2, -1
        if y.dim() and y.numel():
            use.rows = y.numel() // y.shape[self.unit_axis]
        if y.dim() > 1 and y.shape[inputs] > 1 and y.numel():
            some = _real(y.narrow(inputs, 0, min(64, y.shape[inputs])))
            some = some.float() / some.abs().max().float()
            spread = some.var(inputs).mean().sqrt() / some.square().mean().sqrt()
            use.spread = float(spread) if spread.isfinite() else None
        return use

    def _see_output(self, use: Use, place: str, gradient: Tensor) -> None:
        use.gradients.append(_norm(gradient))
        if not math.isfinite(use.gradients[-1]):
            self.broken.append(f"the gradient of {place}'s output")

    def _see_steps(self, use: Use, axis: int, gradient: Tensor) -> None:
        use.by_time = [_norm(step) for step in gradient.unbind(axis)]

    def _see_gradient(self, place: str, parameter: Tensor) -> None:
        if parameter.grad is not None:
            self.norms[id(parameter)] = _norm(parameter.grad)
            self.entries[id(parameter)] = int((_real(parameter.grad) != 0).sum())
            if not math.isfinite(self.norms[id(parameter)]):
                self.broken.append(f"the gradient of {place}")

    def _measure(self, layer: Layer) -> None:
        """Turn what was seen of a layer into numbers."""
        norms, changes, sizes, moved, expected = [], [], [], 0, 0
        matrices = any(p.dim() > 1 for p in layer.parameters.values())
        for name, parameter in layer.parameters.items():
            norm = self.norms.get(id(parameter))
            if norm is None and parameter.grad is not None:
                norm = _norm(parameter.grad)
            if norm is not None:
                norms.append(norm / self.scale)
            if (before := self.before.get(id(parameter))) is not None:
                change = parameter.detach() - before
                self.stepped |= _norm(change) != 0
                if parameter.dim() > 1 or not matrices:
                    changes.append(_norm(change))
                    usual = math.sqrt((*before.shape, 1)[0] / 3)  # PyTorch's default
                    sizes.append(max(_norm(before), usual))
                    moved += int((change != 0).sum())
                    expected += self.entries.get(id(parameter), 1)
                layer.finite &= self._test(f"{name} after the step", parameter)
        if norms:
            layer.gradient = math.hypot(*norms)
        if changes:
            layer.moved = moved / max(expected, 1)
        if any(sizes):
            layer.update = math.hypot(*changes) / math.hypot(*sizes)
        uses = [use for use in layer.uses if use.gradients]
        back = [math.hypot(*use.gradients) / self.scale for use in uses]
        if back:
            layer.output_gradient = math.hypot(*back)
            layer.rows = max(use.rows for use in uses)
        turns = zip(back, uses, strict=True)
        steps = [norm for norm, use in turns if use.turn == uses[0].turn]
        steps = steps if len(steps) >= FEWEST_CALLS else []
        for use in uses:
            if len(use.by_time) > 1:
                steps = use.by_time
        rises = sum(a < b for a, b in pairwise(steps))
        # Up and down: each step has its own loss.
        layer.steady = 4 * min(rises, len(steps) - 1 - rises) < len(steps)
        strongest = max(steps, default=0.0)
        if strongest:
            layer.through_time = steps[0] / (steps[-1] or strongest)
        spreads = [use.spread for use in layer.uses if use.spread is not None]
        if spreads:
            layer.spread = statistics.median(spreads)
        if sum(inputs for _, inputs in layer.off) >= FEWEST_INPUTS:
            off = layer.off[0][0]
            for other, _ in layer.off[1:]:
                off = off & other if off.shape == other.shape else off
            layer.dead = float(off.float().mean())
        if layer.flat:
            layer.saturated = statistics.mean(layer.flat)
        for number in (layer.output_gradient, layer.gradient, layer.update):
            layer.finite &= number is None or math.isfinite(number)

    def _judge(self) -> None:
        """Give each layer its verdict, the gravest that holds."""
        seen = [layer for layer in self.order if layer.output_gradient]
        value = {layer: layer.output_gradient or 0.0 for layer in seen}
        if not seen:  # the weights' gradients tell less, but something
            seen = [layer for layer in self.layers if layer.gradient]
            value = {layer: layer.gradient or 0.0 for layer in seen}
            if seen:
                self.notes.append(
                    "the forward pass was not seen (compiled, scripted, or outside the "
                    "block): judged by the gradients of the weights, which tell less"
                )
        finite = [layer for layer in seen if math.isfinite(value[layer])]
        exploding, vanishing = set(finite), set(finite)
        for power in (0, 0.5):  # averages thin gradients out, broadcasts add them up
            strongest = usual = 0.0
            for layer in reversed(finite):
                size = value[layer] * layer.rows**power
                if size > 100 * strongest:  # the first one, or that of another loss
                    usual = size
                strongest = max(strongest, size)
                if size <= EXPLODING * usual:
                    exploding.discard(layer)
                if size >= VANISHING * strongest:
                    vanishing.discard(layer)
        lost = True  # all the way from the input, else a branch is weak on purpose
        for layer in finite:
            lost |= bool(layer.uses) and layer.uses[0].starts
            lost &= layer in vanishing
            if not lost:
                vanishing.discard(layer)
        spreads = {x: x.spread for x in reversed(self.order) if x.spread is not None}
        limit = min(ALIKE, max(spreads.values(), default=0) / 10)
        alike = set(takewhile(lambda layer: spreads[layer] < limit, spreads))
        if len(alike) == 1:  # an offset of the output alone
            alike.clear()
        stuck = {x for x in self.layers if self.stepped and (x.moved or 0) < STUCK}
        stuck -= {x for x in self.layers if x.moved is None}
        for layer in self.layers:
            trained = any(p.requires_grad for p in layer.parameters.values())
            time = layer.through_time if layer.steady else None
            tests = {
                "not finite": not layer.finite,
                "frozen": not trained,
                "no gradient": layer.gradient is None and not layer.moved,
                "zero gradient": layer.gradient == 0,
                "exploding": layer in exploding,
                "vanishing": layer in vanishing,
                "explodes in time": time is not None and time > EXPLODING,
                "vanishes in time": time is not None and time < VANISHING,
                "inputs alike": layer in alike,
                "dead units": (layer.dead or 0) >= DEAD,
                "saturated": (layer.saturated or 0) >= SATURATED,
                "step too large": (layer.update or 0) > LARGE_STEP,
                "did not move": layer in stuck,
            }
            layer.verdict = next((name for name, holds in tests.items() if holds), "ok")
        self._write_notes()

    def _write_notes(self) -> None:
        if not self.layers:
            self.notes.append("the model has no parameters")
            return
        broken = any(not layer.finite for layer in self.layers)
        ran = self.norms or any(layer.output_gradient for layer in self.layers)
        if self.broken and (broken or self.failed or not ran):
            self.notes.append(f"first tensor that is not finite: {self.broken[0]}")
        if broken and self.scaler:
            self.notes.append(
                "the scaler skips such a step and lowers its scale; worry if it goes on"
            )
        if not ran:
            self.notes.append("no backward pass in the block")
        elif not self.stepped:
            self.notes.append(
                "no weight moved: no optimizer.step() in the block, a learning rate of "
                "0, or a skipped step"
            )
        if self.unseen:
            self.notes.append(f"{self.unseen} operations could not be looked at")

    def __str__(self) -> str:
        """Return the report as a table, the meaning of its verdicts, and the notes."""
        width = max([len(f"{x.name} {x.kind}") for x in self.layers] + [5])
        lines = [f"{'layer':{width}}  spread  grad out    grad w    update  verdict"]
        for ok, group in groupby(self.layers, lambda layer: layer.verdict == "ok"):
            rows = list(group)
            hide = len(rows) - 4 if ok and len(self.layers) > MANY else 0
            for i, layer in enumerate(rows):
                if hide > 1 and 2 <= i < 2 + hide:
                    if i == 2:
                        lines.append(f"{'...':{width}}  {hide} more layers, all ok")
                    continue
                extra = [layer.verdict]
                if layer.dead and layer.dead >= 0.005:
                    extra.append(f"{layer.dead:.0%} dead")
                if layer.saturated and layer.saturated >= 0.005:
                    extra.append(f"{layer.saturated:.0%} saturated")
                if layer.through_time is not None:
                    extra.append(f"time {layer.through_time:.1e}")
                lines.append(
                    f"{f'{layer.name} {layer.kind}':{width}} {_short(layer.spread, 7)} "
                    f"{_short(layer.output_gradient, 9)} {_short(layer.gradient, 9)} "
                    f"{_short(layer.update, 9)}  {', '.join(extra)}"
                )
        found = {layer.verdict for layer in self.layers}
        lines += [f"{name}: {text}" for name, text in MEANING.items() if name in found]
        return "\n".join(lines + [f"note: {note}" for note in self.notes])


def _layers(model: nn.Module) -> Iterator[Layer]:
    """Yield a layer for each of torch.nn's, and for each parameter outside of them."""
    seen: set[int] = set()
    layers: dict[str, Layer] = {}
    modules = dict(model.named_modules())
    for path, module in modules.items():
        owner = path.partition(".parametrizations")[0]
        kind = type(modules.get(owner))
        whole = kind.__module__.startswith("torch.nn.")
        whole &= "container" not in kind.__module__  # ParameterList
        for name, parameter in module.named_parameters(recurse=False):
            if id(parameter) in seen:
                continue
            seen.add(id(parameter))
            place = owner if whole else f"{path}.{name}".strip(".")
            label = kind.__name__ if whole else "Parameter"
            layer = layers.setdefault(place, Layer(place or "(model)", label))
            layer.parameters[f"{path}.{name}".strip(".")] = parameter
    yield from layers.values()


def _tensors(value: Any) -> Iterator[Tensor]:
    """Yield the tensors in nested lists, tuples and dictionaries."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)


def _has_steps(name: str, args: Any) -> bool:
    """Tell whether it is a recurrent layer that reads steps one way, not packed."""
    return name in RECURRENT and len(args) == 9 and not args[7] and args[0].dim() == 3


def _width(tensor: Tensor) -> int:
    """Return how many values belong to one input."""
    return tensor[:1].numel() if tensor.dim() else 1


def _flat(name: str, y: Tensor) -> float:
    """Return the share of outputs of sigmoid or tanh at which the slope is small."""
    slope = 4 * y * (1 - y) if "sigmoid" in name else 1 - y.square()
    return float((slope < FLAT).float().mean())


def _real(tensor: Tensor) -> Tensor:
    """Return the entries as real numbers; those that are stored, if it is sparse."""
    tensor = tensor.coalesce().values() if tensor.is_sparse else tensor
    return torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor


def _wide(tensor: Tensor) -> torch.dtype:
    """Return the type to sum in: squares of small float32 numbers underflow."""
    return torch.float32 if tensor.device.type == "mps" else torch.float64


def _norm(tensor: Tensor) -> float:
    tensor = _real(tensor.detach())
    return float(torch.linalg.vector_norm(tensor, dtype=_wide(tensor)))


def _short(number: float | None, width: int) -> str:
    return f"{'-' if number is None else f'{number:.1e}':>{width}}"
