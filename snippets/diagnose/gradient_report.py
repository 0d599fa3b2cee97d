"""Look at one training step: where gradients vanish or explode, and what is dead.

    with GradientReport(model) as report:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
    print(report)  # or report.layers, report.notes, report.to_dict(), report.plot()

Explained at diagnose/. SPDX-License-Identifier: MIT. Version: 2026-12-01.
Needs Python 3.10 or newer, torch 2.1 or newer; tested with Python 3.11 and torch 2.13
only; older versions are untested.

Source: Glorot & Bengio 2010, section 4 (the gradient of each layer's output); Lu et al.
2019, arXiv:1903.06733 (dead units). The page justifies the thresholds.
"""

import math
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import dropwhile, groupby, pairwise, takewhile
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import module as hooks
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.overrides import TorchFunctionMode

COMPILING = getattr(torch.compiler, "is_compiling", lambda: False)  # not in 2.1
RECOMPUTES: Any = getattr(  # are we in a checkpoint, which must see the same again
    torch._C._autograd, "_top_saved_tensors_default_hooks", lambda _: None
)
PAGE = "diagnose/"  # a copy from the site has the whole address

VANISHING = 1e-3  # of a gradient nearer to the loss
EXPLODING = 1e2  # times the gradient near the loss
ALIKE = 1e-2  # spread across inputs, relative to the size of the output
DEAD = 0.5  # share of the units
SATURATED = 0.5  # share of the values
FLAT = 0.05  # of the largest slope: below it, a value counts as saturated
LARGE_STEP = 0.1  # change of the weights in this step, relative to the weights
SMALL_STEP = 1e-5  # the same, if no layer's is larger
STUCK = 0.1  # share of the weights with a gradient that the step changed
CLOSED = 0.03  # of the usual size of weights: lets hardly any gradient through
FEWEST_INPUTS = 16  # before a unit can be called dead
FEWEST_CALLS = 8  # of one layer, before they are read as steps in time
FEWEST_VALUES = 3  # that normalization averages over
MANY = 40  # layers, beyond which a run of equal verdicts is printed as one line
COARSE = 1e-4  # spacing of numbers near 1, as of bfloat16: small updates round away

MEANING = {  # the gravest first, with the next step
    "not finite": "NaN or infinity in its output, gradient or weights; see the notes",
    "frozen": "requires_grad is off; as you wanted?",
    "no gradient": "the backward pass did not reach it; unused, or detach()ed?",
    "waits for a zero weight": "a weight after it is (nearly) 0; look some steps later",
    "zero gradient": "all 0; look for dead units, a factor of 0 or an empty batch",
    "exploding": "over 100 times the gradient near the loss; smaller weights, or "
    "normalization",
    "vanishing": "under 1/1000 of a gradient nearer to the loss; ReLU with He "
    "initialization, normalization or residual connections",
    "explodes in time": "first step over 100 times the last one; smaller recurrent "
    "weights, clip",
    "vanishes in time": "first step under 1/1000 of the last one; a larger forget "
    "bias, or orthogonal recurrent weights",
    "inputs alike": "its outputs differ by under 1% from input to input; check the "
    "weights and biases before it",
    "dead units": "half of the units or more are off for every input; lower the "
    "learning rate, check the biases",
    "saturated": "half of the values or more lie where the slope is flat; smaller "
    "weights or inputs",
    "step too large": "this step changed the weights by over 10%; lower the learning "
    "rate, or clip",
    "did not move": "has a gradient, yet the step left it as it was; is it in the "
    "optimizer, with a learning rate above 0?",
}
FINE = {"ok", "frozen", "waits for a zero weight"}
NOTES = {  # what no single layer shows; the summary names CAUSES
    "no parameters": "the model has no parameters",
    "elsewhere": "other processes hold {}: watch them there",
    "unseen": "what could not be looked at: {} operations or parameters",
    "no forward": "the forward pass was not seen (compiled, scripted, or outside the "
    "block): judged by the gradients of the weights, which tell less",
    "no backward": "no backward pass in the block",
    "cut off": "the backward pass reached no parameter: argmax(), item() or detach() "
    "on the way to the loss",
    "first": "first NaN or infinity: {}",
    "swallowed": "NaN or infinity that went no further: {}",
    "skipped": "the scaler skips such a step and lowers its scale; worry if it goes on",
    "scaled": "the loss was scaled by {:.0f}: taken out here; give the report the "
    "scaler, and step with scaler.step(optimizer)",
    "unscaled": "the optimizer took gradients still × {:.0f}: use scaler.step()",
    "jump": "the gradient grows × {:.0e} from {} back to {}: look for a large factor "
    "or tiny divisor in between",
    "masked": "attention in {} may look at nothing in some row: leave it one entry",
    "single": "softmax over a single output is always 1: use sigmoid with "
    "binary_cross_entropy, or two outputs",
    "relu": "a ReLU makes the output, {:.0%} of it 0 and without gradient: leave it "
    "out, or use softplus",
    "shapes": "the loss compares {} with {}: give both the same shape",
    "guess": "the loss is {:.1f}, guessing among {} classes gives {:.1f}: the scores "
    "are too large; smaller last weights, or scaled inputs, if it stays so",
    "few": "{} averages over {}: use group or layer normalization",
    "drift": "frozen batch_norm still updates its statistics: call eval() on it",
    "strangers": "{1} tensors that learn are not in model.parameters(): {0}; keep "
    "layers in nn.ModuleList, and others as nn.Parameter",
    "not held": "not in the optimizer: {}; give it their parameters, unless another "
    "one holds them, as in a GAN",
    "stale": "the gradients of earlier steps were still there and add up, in {}: call "
    "optimizer.zero_grad() before backward(), unless that is what you want",
    "alike": "all units of {} are the same, and stay so: start with random numbers",
    "locked": "{} are all 0 and keep each other's gradient at 0 for ever: start one "
    "of them with random numbers",
    "all zero": "every gradient is exactly 0, so nothing learns: look at what is "
    "between the last layer and the loss",
    "dead": "every unit of {} is off for every input: no gradient gets through; start "
    "again with a lower learning rate or other biases",
    "rounded": "too coarse a type: the updates of {} round away; keep weights in "
    "float32, and compute under autocast",
    "no step": "no weight moved: no optimizer.step() in the block, or skipped",
    "no rate": "no weight moved: the learning rate is 0",
    "no change": "no weight moved: the updates are too small for the type, and round "
    "away, or the step raised an error",
    "not fed": "no weight moved: the optimizer holds other parameters, or their "
    "gradients were cleared between backward() and step()",
    # Operations that end a forward pass, as their gradients are called.
    "LogSoftmax of Softmax": "softmax before cross_entropy, which applies it, too: "
    "give it the scores",
    "LogSoftmax of Sigmoid": "sigmoid before cross_entropy, which wants the scores: "
    "leave it out",
    "LogSoftmax of LogSoftmax": "log_softmax twice: harmless, but cross_entropy "
    "wants the scores",
    "NllLoss of Softmax": "nll_loss wants log_softmax, and got softmax",
    "BinaryCrossEntropyWithLogits of Sigmoid": "sigmoid before "
    "binary_cross_entropy_with_logits, which applies it, too: give it the scores",
    "tiny step": f"no layer changed by more than {SMALL_STEP:.0e} of its weights: a "
    "tiny learning rate, warm-up, convergence, or clipping before scaler.unscale_()",
    "flat": "the output's activation is flat at {:.0%} of its values: smaller last "
    "weights and biases, or a loss that takes scores",
}


def _set(words: str) -> set[str]:
    return set(words.split())


CAUSES = _set("scaled unscaled shapes few single relu strangers stale locked alike")
# Operations, as torch calls them, without underscores around the name.
RECURRENT = _set("lstm gru rnn_tanh rnn_relu")
STARTS = RECURRENT | {"backward", "grad"}
LAYERS = RECURRENT | _set(  # whose first argument is the input
    "linear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d "
    "batch_norm layer_norm group_norm instance_norm rms_norm "
    "multi_head_attention_forward"
)
AVERAGED: dict[str, Callable[[Tensor, Any], int]] = {  # values with one mean
    "batch_norm": lambda x, _: x.numel() // x.shape[1],
    "layer_norm": lambda _, more: math.prod(more[0]),
    "group_norm": lambda x, more: x[0].numel() // more[0],
    "instance_norm": lambda x, _: math.prod(x.shape[2:]),
}
CUTS = _set("relu relu6 threshold clamp clamp_min clip maximum")
SLOPE: dict[str, Callable[[Tensor, Tensor], Tensor]] = {  # over the largest
    "tanh": lambda x, y: 1 - y.square(),
    "rnn_tanh": lambda x, y: 1 - y.square(),
    "sigmoid": lambda x, y: 4 * y * (1 - y),
    "hardsigmoid": lambda x, y: 4 * y * (1 - y),
    "softmax": lambda x, y: 4 * y.amax(-1) * (1 - y.amax(-1)),
    "softsign": lambda x, y: (1 - y.abs()).square(),
    "hardtanh": lambda x, y: (x == y).float(),
}
ADDS = _set("add radd iadd sub rsub isub cat")
COMPARES = _set("mse_loss l1_loss smooth_l1_loss huber_loss")
DIVIDES = _set("div true_divide reciprocal rsqrt truediv rtruediv itruediv rdiv")
LOGS = _set("log log2 log10 log1p logit xlogy")
VECTORS = _set("svd linalg_svd eigh linalg_eigh eig linalg_eig")
DETS = _set("logdet slogdet linalg_slogdet")
CASTS = _set("to half bfloat16 float type tensor")
ROOTS = _set(
    "sqrt pow rpow float_power norm hypot dist cdist linalg_norm normalize "
    "linalg_vector_norm linalg_matrix_norm pairwise_distance cosine_similarity"
)
ARCS = _set("acos arccos asin arcsin acosh atanh atan2 erfinv")
HINTS = [  # what to do about the first NaN or infinity that one of them gives
    (DIVIDES, "the divisor is 0 or tiny: add a small number to it"),
    (LOGS, "its input must be above 0: use a loss that takes scores"),
    (DETS, "a matrix without inverse: add a multiple of the identity matrix"),
    (ROOTS, "its slope is infinite at 0: add a small number to its input"),
    (ARCS, "its slope is infinite at the ends: use atan2"),
    (_set("exp expm1 cosh sinh"), "too large: log_softmax, logsumexp or softplus"),
    (VECTORS, "equal values: use the values alone, or make them differ"),
    (_set("weight_norm"), "a row of the weights is 0: start it elsewhere"),
    (_set("std var std_mean var_mean"), "of a single value: correction=0, and an eps"),
    (_set("mean nanmean"), "of no value at all, or of values that are too large"),
    (_set("ctc_loss"), "an input is shorter than its target: zero_infinity=True"),
    (_set("prod where logsumexp cross_entropy nll_loss"), ""),
]
HINT = {name: hint and f"; {hint}" for names, hint in HINTS for name in names}
PASS_ON = _set(
    "View UnsafeView Squeeze Unsqueeze Reshape ToCopy Transpose Permute Select Slice "
    "Clone T Alias Expand Clamp ClampMin"
)


class Call:
    """One operation of the forward pass, with its tensors."""

    def __init__(self, name: str, args: Any, kwargs: Any, out: Any) -> None:
        self.name, self.args, self.kwargs = name, args, kwargs
        self.is_layer = name in LAYERS
        self.inputs = list(_tensors((args, kwargs)))
        numbers = [t for t in _tensors(out) if not nn.parameter.is_lazy(t)]
        self.outputs = [t for t in numbers if t.is_floating_point() or t.is_complex()]
        self.out: Any = self.outputs[0].detach() if self.outputs else None


@dataclass(eq=False)
class Weight:
    """One parameter, and what the step did with it."""

    name: str
    value: nn.Parameter
    before: Tensor | None = None  # a copy, if it may learn
    norm: float | None = None  # before the step; None: not looked at yet
    gradient: float | None = None  # its norm, unclipped
    entries: int = 0  # of a coarse gradient, those that are not 0
    fresh: bool = False  # has a gradient since the last step
    old: bool = False  # has one from before that
    fed: bool = False  # an optimizer stepped by its gradient
    stale: bool = False  # by an old one

    @property
    def is_bias(self) -> bool:
        """Whether it adds a number to each unit."""
        return self.name.rpartition(".")[2].startswith("bias")

    def has_like_rows(self) -> bool:
        """Return whether its first, middle and last rows are the same, and not 0."""
        if self.before is None or min((*self.before.shape, 1, 1)[:2]) < 2:
            return False
        rows = _real(self.before[[0, len(self.before) // 2, -1]])
        return bool(rows.any()) and bool((rows == rows[0]).all())

    def has_gradient(self) -> bool:
        """Return whether any entry of it is not 0."""
        return self.value.grad is not None and bool(_real(self.value.grad).any())


@dataclass(eq=False)
class Use:
    """One use of layers in the forward pass."""

    layers: list["Layer"]
    spread: float | None  # of the output across inputs, relative to its rms
    rows: int  # values of each unit
    starts: bool  # whether it reads data, not other layers
    adds: bool  # whether the weights do not multiply what came in
    turn: int  # backward passes before it
    ends: bool = False  # whether a loss reads it, with no layer in between
    gradients: list[float] = field(default_factory=list)  # norms, of the outputs
    by_time: list[float] = field(default_factory=list)  # of a recurrent layer's input


@dataclass(eq=False)
class Layer:
    """What the step showed of the parameters that one module owns; None: not seen."""

    name: str
    kind: str
    verdict: str = "not judged"
    spread: float | None = None  # of the output across inputs, over its rms
    output_gradient: float | None = None  # norm, with respect to the output
    gradient: float | None = None  # with respect to parameters, unclipped
    pull: float | None = None  # the same, without biases
    update: float | None = None  # of the weights, over their usual norm
    moved: float | None = None  # share of weights with a gradient
    dead: float | None = None  # share of the units after it
    saturated: float | None = None  # share of the values after it
    through_time: float | None = None  # first step's gradient over the last's
    steady: bool = False  # falls, or grows, at nearly every step
    finite: bool = True  # output, gradient and weights
    size: float | None = None  # of the weights, over the root of their number of rows
    readers: set["Layer"] = field(default_factory=set)  # next along the graph
    chain: int = 0  # the most uses that feed one another, if it has many
    weights: list[Weight] = field(default_factory=list)  # empty after the step
    uses: list[Use] = field(default_factory=list)
    off: list[tuple[Any, Tensor, int]] = field(default_factory=list)  # node, units,
    flat: list[tuple[Any, float]] = field(default_factory=list)  # inputs; node, share


class GradientReport(TorchFunctionMode):
    """Watch one training step of a model and judge each layer.

    It watches the operations that use the model's parameters, however the model calls
    them, and leaves the step as it is: the same numbers, and nothing stays behind. It
    copies the weights for the time of the step. A compiled model runs this one step
    uncompiled, and so rounds a little differently.

    Args:
        model: any module.
        scaler: the GradScaler of mixed precision; its scale is then taken out.
    """

    def __init__(self, model: nn.Module, scaler: Any = None) -> None:
        super().__init__()
        self.model, self.scaler = model, scaler
        self.layers: list[Layer] = []
        self.notes: list[str] = []
        """The first NaN or infinity, faults of the loop, what was not seen."""
        self.summary = ""
        """What was found, in one line, and where to read on."""
        self._forget()

    def _forget(self) -> None:
        """Let go of all tensors and nodes of the graph."""
        self.order: list[Layer] = []  # as the forward pass used them
        self.latest: Layer | None = None  # whose output was seen last
        self.unit_axis, self.rank = -1, 0  # of that output
        self.weights: dict[int, Weight] = {}  # by the parameter's id
        self.owners: dict[int, tuple[Layer, ...]] = {}  # of all made of them, by id
        self.kept: list[Tensor] = []  # so that no id is given twice
        self.given: set[int] = set()  # what the model was called with, by id
        self.inside = 0  # calls of the model that are running
        self.strangers: dict[int, tuple[Tensor, str]] = {}  # no parameters of it, by id
        self.nodes: dict[Any, Use] = {}  # of the graph, by the layer's output
        self.roots: list[Any] = []  # of the graph: what backward() was called on
        self.active: dict[Any, float] = {}  # nodes not read yet: values of an input
        self.walked: set[Any] = set()  # nodes that lead to a layer, or are one's
        self.read: set[Any] = set()  # those of activations that a layer reads
        self.last: set[Any] = set()  # nodes that a loss reads, with no layer between
        self.broken: list[tuple[str, bool]] = []  # not finite, in order of time
        self.turn, self.failed = 0, False  # backward passes; is the loss not finite
        self.held: set[int] = set()  # parameters of optimizers that stepped, by id
        self.rounded: list[str] = []  # names of those whose update rounds away
        self.rates: list[float] = []  # learning rates
        self.stepped, self.unseen = False, 0  # did weights move; failed looks
        self.masked = ""  # an attention with a row that is masked as a whole
        self.causes: list[str] = []  # notes that explain what layers show
        for layer in self.layers:
            layer.weights, layer.uses, layer.off, layer.flat = [], [], [], []
            layer.readers = set()

    def __enter__(self) -> "GradientReport":
        """Start to watch."""
        self._forget()
        self.layers, self.notes = _layers(self.model), []
        self.exits = ExitStack()
        self.scale = float(self.scaler.get_scale()) if self.scaler else 1.0
        for name, buffer in self.model.named_buffers():
            self.owners[id(buffer)] = ()
            if not nn.parameter.is_lazy(buffer):
                self._quietly(self._test, f"{name} before the step", buffer, True)
        for layer in self.layers:
            self.owners |= {id(w.value): (layer,) for w in layer.weights}
            self.weights |= {id(w.value): w for w in layer.weights}
        names = self.model.named_parameters()
        if elsewhere := [name for name, p in names if _is_elsewhere(p)]:
            self._note("elsewhere", _some(elsewhere))
        self._quietly(self._watch_parameters)
        self._hook(register_optimizer_step_pre_hook, self._see_step)
        compiled = any(
            type(module).__name__ == "OptimizedModule"
            or getattr(module, "_compiled_call_impl", None)
            for module in self.model.modules()
        )
        if stance := compiled and getattr(torch.compiler, "set_stance", None):
            self.exits.enter_context(stance("force_eager"))
        if stance or not compiled:  # else the compiler would take us for the model
            fsdp = any(hasattr(p, "to_local") for p in self.model.parameters())
            if not (compiled or fsdp):  # which puts others in their place
                self._quietly(self._watch_forward)
            super().__enter__()  # type: ignore[no-untyped-call]
            self.exits.push(super().__exit__)
        return self

    def __exit__(self, *error: Any) -> None:
        """Stop watching and judge, even if the step raised an error."""
        self.exits.__exit__(*error)
        self._quietly(self._follow_graph)
        for layer in self.layers:
            self._quietly(self._measure, layer)
        self._quietly(self._judge)
        self._quietly(self._write_notes)
        self.summary = self._sum_up()
        self._forget()

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Run one operation, and look at it."""
        kwargs = kwargs or {}
        if COMPILING() or not torch.is_grad_enabled():
            return func(*args, **kwargs)
        name = getattr(func, "__name__", "").strip("_")
        if name in STARTS:
            args = self._quietly(self._look_before, name, args) or args
        out = func(*args, **kwargs)
        if isinstance(out, Tensor | tuple | list) and "empty" not in name:
            self._quietly(lambda: self._look_after(Call(name, args, kwargs, out)))
        return out

    def _quietly(self, look: Callable[..., Any], *args: Any) -> Any:
        """Look, but never let looking stop the step."""
        try:
            with torch.no_grad():
                return look(*args)
        except Exception:
            self.unseen += 1

    def _hook(self, register: Any, look: Any, *args: Any, **options: Any) -> Any:
        """Register a hook that looks quietly, until the end of the step."""
        handle = register(partial(self._quietly, look, *args), **options)
        self.exits.callback(handle.remove)
        return handle

    def _note(self, key: str, *values: Any) -> None:
        text = NOTES.get(key, "").format(*values)
        if text and text not in self.notes:
            self.notes.append(text)
            self.causes += [text.partition(": ")[0]] * (key in CAUSES or " of " in key)

    # The step as a whole: parameters, losses, optimizers.

    def _watch_parameters(self) -> None:
        """Keep the parameters' values, and wait for their gradients."""
        for layer in self.layers:
            for weight in layer.weights:
                if weight.norm is not None or nn.parameter.is_lazy(weight.value):
                    continue
                weight.norm = norm = _norm(weight.value)
                if not math.isfinite(norm):
                    cause = "an earlier step broke it (lower the rate, clip), or a file"
                    place = f"{weight.name} before the step; {cause}"
                    self.broken.append((place, True))
                if not weight.is_bias:
                    size = norm / math.sqrt(_rows(weight.value))
                    layer.size = max(layer.size or 0.0, size)
                if weight.value.requires_grad:
                    weight.before = weight.value.detach().clone()
                    register = weight.value.register_post_accumulate_grad_hook
                    self._hook(register, self._see_gradient, weight)

    def _watch_forward(self) -> None:
        """Know when the model itself is called, and with what."""
        # Hooks of its own would go into copies, and could not be saved.
        self._hook(hooks.register_module_forward_pre_hook, self._enter_model)
        options = {"with_kwargs": True, "always_call": True}
        register = hooks.register_module_forward_hook
        handle = self._hook(register, self._leave_model, **options)
        left = hooks._global_forward_hooks_with_kwargs  # remove() forgets this one
        self.exits.callback(left.pop, handle.id, None)

    def _enter_model(self, module: nn.Module, _: Any) -> None:
        self.inside += module is self.model

    def _leave_model(self, module: nn.Module, *values: Any) -> None:
        if module is self.model:
            self.inside -= 1
            self.kept += _tensors(values)
            self.given |= {id(t) for t in _tensors(values)}

    def _see_gradient(self, weight: Weight, parameter: Tensor) -> None:
        if (gradient := parameter.grad) is None:
            return
        weight.fresh, weight.gradient = True, _norm(gradient)
        if _is_coarse(gradient):
            weight.entries = int((_real(gradient) != 0).sum())
        if not math.isfinite(weight.gradient):
            self.broken.append((f"the gradient of {weight.name}", True))

    def _see_step(self, optimizer: Any, *_: Any) -> None:
        """Note which parameters step, and by which gradients."""
        by_itself = getattr(optimizer, "grad_scale", None) is None
        for group in optimizer.param_groups:
            self.rates.append(float(group.get("lr", 1)))
            ids = {id(p) for p in group["params"]}
            self.held |= ids
            for weight in [self.weights[key] for key in ids & self.weights.keys()]:
                if weight.has_gradient():
                    weight.fed, weight.stale = True, weight.stale or weight.old
                    scaled = self.scale != 1 and by_itself and weight.gradient
                    if scaled and _norm(weight.value.grad) > scaled / self.scale**0.5:
                        self._note("unscaled", self.scale)
        for weight in self.weights.values():
            weight.fresh = False

    def _look_before(self, name: str, args: Any) -> Any:
        """Look at a loss, or make a recurrent layer's input show its time steps."""
        x: Any = args[0] if args else None
        if name in ("backward", "grad"):
            for loss in [*_tensors(x)][:1]:
                self._look_at_loss(name, loss)
        elif _has_steps(name, args) and any(w.requires_grad for w in args[2]):
            if not (x.requires_grad or RECOMPUTES(True)):
                x = x.detach().requires_grad_()
                self.given.add(id(x))
            return (x, *args[1:])
        return args

    def _look_at_loss(self, name: str, loss: Tensor) -> None:
        """Find what ends the forward pass, before the backward pass starts."""
        if name == "backward":
            self.failed |= not self._test("the loss", loss)
            if not self.turn:
                self._watch_parameters()  # those of lazy layers
            for weight in self.weights.values():
                weight.old = weight.old if weight.fresh else weight.has_gradient()
            self.turn += 1
        if not (root := loss.grad_fn):
            return
        self.roots.append(root)
        self._look_at_scale(root)
        reached = _walk([root], self.nodes)
        self.last |= reached
        for node in reached:
            self._look_at_end(node)

    def _look_at_scale(self, root: Any) -> None:
        """Take out the scale of mixed precision, if the scaler is not given."""
        factor = getattr(root, "_saved_other", None) if _op(root) == "Mul" else None
        if self.scaler or not isinstance(factor, Tensor) or factor.numel() != 1:
            return
        fraction, power = math.frexp(float(factor))
        by_tensor = factor.dtype == torch.float32  # a scaler's; not just a number
        if by_tensor and fraction == 0.5 and power > 7 and self.scale == 1:
            self.scale = float(factor)
            self._note("scaled", self.scale)

    def _look_at_end(self, node: Any) -> None:
        """Note an activation that does not belong before the loss."""
        source = _source(node)
        name = _op(node).replace("2D", "")
        self._note(f"{name} of {_op(source)}")
        one = {"Softmax": 1.0, "LogSoftmax": 0.0}.get(name)
        if one is not None and float(node._saved_result.mean()) == one:
            self._note("single")
        last = self.order[-1].uses[-1:] if self.order else []
        if name == "Relu" and [self.nodes.get(source)] == last:
            off = float((node._saved_result <= 0).float().mean())
            if off > (0.05 if node._saved_result.shape[-1:] == (1,) else 0.9):
                self._note("relu", off)

    # One operation of the forward pass.

    def _look_after(self, call: Call) -> None:
        """Look at the output: is it finite, and is it that of a layer."""
        if not call.outputs:
            return
        whose = call.inputs[1:] if call.is_layer else call.inputs
        if call.name in ADDS:  # a number that is added may be a penalty
            whose = [t for t in whose if t.dim()]
        found = [self.owners.get(id(t), ()) for t in whose]
        layers = list(dict.fromkeys(layer for owners in found for layer in owners))
        after = f", after {self.latest.name}" if self.latest else ""
        place = f"{layers[0].name} ({call.name})" if layers else call.name + after
        if call.name != "get" and not self._find_fault(call, place):  # as of .grad
            for layer in layers:
                layer.finite = False
        if call.name in HINT:
            self._watch_backward(call, place)
        if call.inputs and all(id(t) in self.owners for t in call.inputs):
            for t in call.outputs:  # made of weights alone, it is a weight, too
                self.owners.setdefault(id(t), tuple(layers))
                self.kept.append(t)
            return
        y = call.outputs[0]
        if "attention" in call.name and _masks_a_row(call):
            self.masked = place.partition(" (")[0]
        if layers and (call.is_layer or (y.dim() and y.requires_grad)):
            self._see_use(call, layers)
        self._look_at_activation(call)
        self._find_strangers(call)
        self._look_for_misuse(call)

    def _test(self, place: str, tensor: Tensor, mask: bool = False) -> bool:
        """Return whether it is finite; if it may be a mask, -inf is no fault."""
        finite = _finite(tensor, mask)
        if not finite:
            self.broken.append((place, tensor.requires_grad))
        return finite

    def _find_fault(self, call: Call, place: str) -> bool:
        """Return whether the outputs are finite; else note where that came from."""
        if all(_finite(t) or _is_given(call, t) for t in call.outputs):
            return True
        where = f"the output of {place}"
        if not self.broken:
            where += _cause(call)
            for i, t in enumerate(call.inputs):  # or did it come in from outside?
                known = id(t) in self.owners or any(t is y for y in call.outputs)
                mask = not call.is_layer or ("attention" in call.name and i > 2)
                if not known and not _finite(t, mask):
                    where = f"an input of {place}; look at your data and targets"
        self.broken.append((where, any(t.requires_grad for t in call.outputs)))
        return False

    def _watch_backward(self, call: Call, place: str) -> None:
        """Look whether a gradient goes in finite, and comes out otherwise."""
        ends = {t.grad_fn for t in call.outputs if t.grad_fn}
        stop = {t.grad_fn for t in call.inputs} | self.nodes.keys()
        if ends & stop:  # in place: the input is the output
            stop = {next for node in ends for next, _ in node.next_functions}
        for node in _walk(ends, stop) - stop:
            if _op(node) != "AccumulateGrad":
                hint = HINT[call.name]
                self._hook(node.register_hook, self._see_backward, place, hint)

    def _see_backward(self, place: str, hint: str, after: Any, before: Any) -> None:
        bad = [t for t in after if t is not None and not _finite(t)]
        came = [t for t in before if t is not None]
        if bad and all(_finite(t) for t in came):
            same = [t for t in came if t.shape == bad[0].shape]
            if any(bool(((t == 0) & ~bad[0].isfinite()).any()) for t in same):
                hint += ", before any where()"
            self.broken.append((f"the backward pass of {place}{hint}", True))

    def _look_at_activation(self, call: Call) -> None:
        """See which units are off, or at which values it is flat."""
        layer, y, node = self.latest, call.out, call.outputs[0].grad_fn
        if not (layer and node and y.numel() and y.dim()) or y.is_complex():
            return
        if call.name in CUTS and (call.name == "relu" or float(y.amin()) == 0):
            axis = self.unit_axis if y.dim() == self.rank else -1
            others = [dim for dim in range(y.dim()) if dim != axis % y.dim()]
            off = (y.amax(others) if others else y) <= 0
            layer.off.append((node, off, y.numel() // off.numel()))
            self.active[node] = math.inf
        elif call.name in SLOPE:
            flat = (SLOPE[call.name](call.inputs[0], y) < FLAT).float().mean()
            layer.flat.append((node, float(flat)))
            self.active[node] = _width(y)

    def _see_use(self, call: Call, layers: list[Layer]) -> None:
        """Note that layers were used, and wait for the gradient of the output."""
        data = [t for t in call.inputs if id(t) not in self.owners]
        if self.active:
            narrowest = max(map(_width, data), default=0)  # else it is that of a head
            new = _walk([t.grad_fn for t in data], self.walked)
            read = {n for n in new if self.active.get(n, -1) >= narrowest}
            self.active = {n: w for n, w in self.active.items() if n not in read}
            self.read |= read
            self.walked |= new
        name, y = call.name, call.out
        turned = name == "matmul" and id(call.inputs[0]) in self.owners  # W @ x
        if name.startswith("conv"):
            self.unit_axis = 1 - call.inputs[1].dim()
        elif name not in ADDS:
            channels = name in AVERAGED and name != "layer_norm"
            self.unit_axis = 1 if channels else -2 if turned else -1
        self.rank, self.latest = y.dim(), layers[-1]
        use = Use(
            layers,
            spread=_spread(y, -1 if turned else 0),
            rows=y.numel() // (y.shape[self.unit_axis] or 1) if y.dim() else 1,
            starts=not any(t.requires_grad for t in data),
            adds=name in ADDS,
            turn=self.turn,
        )
        for layer in layers:
            layer.uses.append(use)
        self.order += [layer for layer in layers if layer not in self.order]
        for t in call.outputs:
            if t.requires_grad:
                self.nodes[t.grad_fn] = use
                self.walked.add(t.grad_fn)
                self._hook(t.register_hook, self._see_output, use, layers[0].name)
        if _has_steps(name, call.args) and call.args[0].requires_grad:
            axis = 1 if call.args[8] else 0
            self._hook(call.args[0].register_hook, self._see_steps, use, axis)

    def _see_output(self, use: Use, place: str, gradient: Tensor) -> None:
        use.gradients.append(_norm(gradient))
        if not math.isfinite(use.gradients[-1]):
            self.broken.append((f"the gradient of {place}'s output", True))

    def _see_steps(self, use: Use, axis: int, gradient: Tensor) -> None:
        use.by_time = [_norm(step) for step in gradient.unbind(axis)]

    def _find_strangers(self, call: Call) -> None:
        """Find what learns inside the model without being a parameter of it."""
        for t in call.inputs if self.inside else []:
            if id(t) not in self.owners and t.is_leaf and t.requires_grad:
                self.strangers.setdefault(id(t), (t, f"{call.name} {[*t.shape]}"))

    def _look_for_misuse(self, call: Call) -> None:
        """Note what is wrong with an operation that raises no error."""
        shapes = [tuple(t.shape) for t in call.inputs[:2]]
        if call.name in COMPARES and len({*shapes} - {()}) == 2:
            self._note("shapes", *shapes)
        elif call.name == "cross_entropy" and not call.out.dim():
            loss, classes = float(call.out), shapes[0][:2][-1]
            if call.kwargs.get("reduction") == "sum":
                loss /= call.inputs[0].numel() / classes
            guess = math.log(classes)
            if 0 < 3 * guess < loss < math.inf:
                self._note("guess", loss, classes, guess)
        elif call.name in AVERAGED:
            self._look_at_norm(call)

    def _look_at_norm(self, call: Call) -> None:
        """Note why a normalization does not do what one expects of it."""
        x, more = call.inputs[0], call.args[1:]
        count, batch = AVERAGED[call.name](x, more), call.name == "batch_norm"
        weight = call.kwargs.get("weight")
        if batch and not call.kwargs.get("training"):
            return  # it averages over nothing
        if count < FEWEST_VALUES or (batch and len(x) == 1):
            few = "one sample" if count >= FEWEST_VALUES else f"only {count}"
            self._note("few", call.name, few)
        elif batch and more[0] is not None and weight is not None:
            self._note("" if weight.requires_grad else "drift")

    # After the step: numbers, verdicts, notes.

    def _follow_graph(self) -> None:
        """Find which layers read the output of which."""
        many = {x for x in self.layers if len(x.uses) >= FEWEST_CALLS}
        found: dict[Any, tuple[frozenset[Layer], dict[Layer, int]]] = {}
        for node, after in _in_order(self.roots):
            seen = readers, chains = found.pop(node, (frozenset(), {}))
            if use := self.nodes.get(node):
                use.ends = node in self.last
                for layer in use.layers:
                    layer.readers |= readers
                    layer.chain = max(layer.chain, chains.get(layer, 0) + 1)
                longer = {
                    x: chains.get(x, 0) + 1 for x in many.intersection(use.layers)
                }
                seen = frozenset(use.layers), chains | longer
            for next in after:
                old = found.setdefault(next, seen)
                if old is not seen:
                    found[next] = old[0] | seen[0], _longest(old[1], seen[1])

    def _measure(self, layer: Layer) -> None:
        """Turn what was seen of a layer into numbers."""
        norms = {
            weight: _norm(weight.value.grad) if norm is None else norm
            for weight in layer.weights
            if weight.value.requires_grad
            and ((norm := weight.gradient) is not None or weight.value.grad is not None)
        }
        if norms:
            pulls = [norm for weight, norm in norms.items() if not weight.is_bias]
            layer.gradient = math.hypot(*norms.values()) / self.scale
            layer.pull = math.hypot(*pulls) / self.scale
        self._measure_step(layer)
        uses = [use for use in layer.uses if use.gradients]
        if uses:
            back = [math.hypot(*use.gradients) / self.scale for use in uses]
            layer.output_gradient = math.hypot(*back)
            self._measure_time(layer, uses, back)
        spreads = [use.spread for use in layer.uses if use.spread is not None]
        layer.spread = statistics.median(spreads) if spreads else None
        cuts = [(off, n) for node, off, n in layer.off if node in self.read]
        if sum(inputs for _, inputs in cuts) >= FEWEST_INPUTS:
            off = cuts[0][0]
            for other, _ in cuts[1:]:
                off = off & other if off.shape == other.shape else off
            layer.dead = float(off.float().mean())
        flat = [n for node, n in layer.flat if node in self.read - self.last]
        layer.saturated = statistics.mean(flat) if flat else None
        for number in (layer.output_gradient, layer.gradient, layer.update):
            layer.finite &= number is None or math.isfinite(number)

    def _measure_time(self, layer: Layer, uses: list[Use], back: list[float]) -> None:
        """Compare the first time step with the last one."""
        turns = zip(back, uses, strict=True)
        steps = [norm for norm, use in turns if use.turn == uses[0].turn]
        steps = steps if min(layer.chain, len(steps)) >= FEWEST_CALLS else []
        for use in uses:
            steps = use.by_time if len(use.by_time) > 1 else steps
        while steps and not steps[-1]:  # padding
            steps.pop()
        if len(steps) > 1:
            layer.through_time = steps[0] / steps[-1]
            n = len(steps)
            grows = steps[n // 4] > 2 * steps[n // 2] > 4 * steps[3 * n // 4]
            rises = sum(a < b for a, b in pairwise(steps))
            falls = sum(a > b for a, b in pairwise(steps))
            # Up and down, or large at the ends only: each step has its own loss.
            layer.steady = 4 * min(rises, falls) < rises + falls
            layer.steady &= grows or steps[0] <= steps[-1]

    def _measure_step(self, layer: Layer) -> None:
        """See how far the step moved the weights."""
        changes, sizes, shares = [], [], []
        matrices = any(weight.value.dim() > 1 for weight in layer.weights)
        for weight in layer.weights:
            if weight.before is None or weight.norm is None:
                continue
            p, change = weight.value, weight.value.detach() - weight.before
            changed, coarse = _norm(change), _is_coarse(weight.value)
            self.stepped |= changed != 0
            if not math.isfinite(changed):
                cause = "a lower learning rate, clip, or a new optimizer"
                if p.dtype == torch.float16:
                    cause = "Adam's eps is 0 in float16: keep weights in float32"
                place = f"{weight.name} after the step; {cause}"
                layer.finite &= self._test(place, p)
            share = float(changed != 0)
            if changed and weight.entries:
                share = int((_real(change) != 0).sum()) / weight.entries
            if share < STUCK and weight.fed and coarse:
                self.rounded.append(weight.name)
            if p.dim() > 1 or not matrices:
                changes.append(changed)
                usual = math.sqrt(_rows(p) / 3)  # PyTorch's default
                sizes.append(max(weight.norm, usual))
                if weight.gradient != 0 and not (weight.is_bias and coarse):
                    shares.append(share)
        layer.moved = max(shares, default=None)
        if any(sizes):
            layer.update = math.hypot(*changes) / math.hypot(*sizes)

    def _judge(self) -> None:
        """Give each layer its verdict, the gravest that holds."""
        exploding, vanishing = self._judge_depth()
        alike, closed, stuck = self._alike(), self._closed(vanishing), self._stuck()
        for layer in self.layers:
            time = layer.through_time if layer.steady else None
            tests = {
                "not finite": not layer.finite,
                "frozen": not any(w.value.requires_grad for w in layer.weights),
                "no gradient": layer.gradient is None and not layer.moved,
                "waits for a zero weight": layer in closed
                and (layer.gradient == 0 or layer in vanishing),
                "zero gradient": layer.gradient == 0 and layer not in vanishing,
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

    def _judge_depth(self) -> tuple[set[Layer], set[Layer]]:
        """Return the layers whose gradients explode, and those whose vanish."""
        seen = {x: x.output_gradient for x in self.order}
        if not any(seen.values()):  # the weights' gradients tell less, but something
            seen = {x: x.gradient for x in self.layers}
            if any(seen.values()) and self.turn:
                self._note("no forward")
            for layer, reader in pairwise(seen):
                layer.readers.add(reader)
        sizes = {x: n for x, n in seen.items() if n is not None and math.isfinite(n)}
        plain, jumps = _extremes(sizes)
        # Averages over positions thin gradients out, broadcasts add them up.
        rows = {x: max([use.rows for use in x.uses] or [1]) for x in sizes}
        spread, _ = _extremes({x: size * rows[x] ** 0.5 for x, size in sizes.items()})
        exploding = {x for x in sizes if plain[x] == spread[x] == "exploding"}
        vanishing = {x for x in sizes if plain[x] == spread[x] == "vanishing"}
        if exploding and self.masked:
            self._note("masked", self.masked)
        for layer, after, factor in jumps:
            if layer in exploding and layer.finite:
                names = [x.name for x in sizes if x in after]
                self._note("jump", factor, _some(names), layer.name)
        inner = {x for layer in sizes for x in layer.readers if x is not layer}
        fed, lost = set(sizes) - inner, set()
        for layer in sizes:  # from the input on, or a branch is weak on purpose
            starts = layer in fed or any(use.starts for use in layer.uses[:1])
            if starts and layer in vanishing:
                lost.add(layer)
                fed |= layer.readers
        return exploding, lost

    def _alike(self) -> set[Layer]:
        """Return the last layers, if their outputs hardly depend on the input."""
        spreads = {x: x.spread for x in reversed(self.order) if x.spread is not None}
        limit = min(ALIKE, max(spreads.values(), default=0) / 10)
        alike = set(takewhile(lambda layer: spreads[layer] < limit, spreads))
        return alike if len(alike) > 1 else set()  # else an offset of the output alone

    def _closed(self, vanishing: set[Layer]) -> set[Layer]:
        """Return the layers whose gradient weights near 0 keep small, for now."""
        sizes = [x.size for x in self.layers if x.size]
        usual = min(1, statistics.median(sizes or [1]))
        small = {
            x: x.size / usual
            for x in self.layers
            if x.size is not None and x.size < CLOSED * usual and x.gradient
            if x.uses and not x.uses[0].adds
        }
        if not small:
            return set()
        uses = [(n, u) for n, u in self.nodes.items() if not (u.adds or u.starts)]
        gates = {node for node, use in uses if small.keys() & set(use.layers)}
        open_uses = map(self.nodes.get, _walk(self.roots, gates))
        closed = set(self.order) - {x for use in open_uses if use for x in use.layers}
        if 0 in small.values() and not any(x.dead == 1 for x in self.layers):
            closed |= {x for x in self.layers if x.gradient == 0}
        factors = [size for x, size in small.items() if not x.uses[0].starts]
        most = max([x.output_gradient or 0 for x in self.order], default=0)
        least = VANISHING * min(factors, default=math.inf) * most
        closed |= {x for x in vanishing if (x.output_gradient or 0) > least}
        return closed - set(self._locked())

    def _locked(self) -> list[Layer]:
        """Return the layers of zeros that keep each other at zero."""
        zeros = [x for x in self.layers if x.size == 0 and x.pull == 0]
        return zeros if zeros[1:] and any(x.output_gradient for x in zeros) else []

    def _stuck(self) -> set[Layer]:
        """Return the layers with a gradient like others', that did not move."""
        still = [x for x in self.layers if x.moved is not None and x.moved < STUCK]
        moved = [x.gradient for x in self.layers if x.gradient and x not in still]
        limit = VANISHING * statistics.median(moved or [0.0])
        return {x for x in still if self.stepped and (x.gradient or 0) > limit}

    def _write_notes(self) -> None:
        """Say what no single layer shows."""
        broken = any(not layer.finite for layer in self.layers)
        ran = any(x.output_gradient for x in self.layers) or any(
            weight.gradient is not None for weight in self.weights.values()
        )
        swallowed = [place for place, learns in self.broken if learns]
        if not self.layers:
            self._note("no parameters")
        elif self.broken and (broken or self.failed or not ran):
            self.notes.insert(0, NOTES["first"].format(self.broken[0][0]))
        elif swallowed:
            self._note("swallowed", swallowed[0])
        if broken and self.scaler:
            self._note("skipped")
        if self.layers and not ran:
            self._note("cut off" if self.turn else "no backward")
        for key, names in self._suspects().items():
            if names:
                self._note(key, _some(names), len(names))
        if ran:
            self._note_step()
        if self.unseen:
            self._note("unseen", self.unseen)

    def _suspects(self) -> dict[str, list[str]]:
        """Return the names that a note is about."""
        by_hand = self.stepped and not self.rates  # without an optimizer
        held, stale, known = set(), [], self.held | self.given
        for layer in self.layers:
            if any(id(w.value) in self.held for w in layer.weights):
                held.add(layer)
            if any(w.stale or (by_hand and w.old) for w in layer.weights):
                stale.append(layer.name)
        left = [x.name for x in self.layers if x.gradient and x not in held]
        return {
            "strangers": [x for n, (_, x) in self.strangers.items() if n not in known],
            "not held": left if held else [],
            "stale": stale,
            "alike": [w.name for w in self.weights.values() if w.has_like_rows()],
            "locked": [x.name for x in self._locked()],
            "dead": [x.name for x in self.layers if x.dead == 1],
        }

    def _note_step(self) -> None:
        """Say what is wrong with the step as a whole."""
        updates = [x.update for x in self.layers if x.pull and x.update is not None]
        gradients = [x.gradient for x in self.layers if x.gradient is not None]
        if gradients and not any(gradients):
            self._note("" if self._locked() or self.failed else "all zero")
        elif self.rounded:
            self._note("rounded", _some(self.rounded))
        elif self.stepped and max(updates, default=1) < SMALL_STEP:
            flat = [n for x in self.layers for node, n in x.flat if node in self.last]
            most = max(flat, default=0.0)
            self._note("flat" if most >= SATURATED else "tiny step", most)
        elif not self.stepped:
            causes = {
                "no step": not self.rates,
                "no rate": not any(self.rates),
                "no change": any(weight.fed for weight in self.weights.values()),
                "not fed": True,
            }
            self._note(next(key for key, holds in causes.items() if holds))

    def _sum_up(self) -> str:
        """Say in one line what was found, and where to read on."""
        counts = Counter(layer.verdict for layer in self.layers)
        bad = [name for name in MEANING if counts[name] and name not in FINE]
        layers = f"{len(self.layers)} layer" + "s" * (len(self.layers) != 1)
        first = self.notes[0] if self.notes else ""
        if first.startswith("first NaN") and "not finite" not in bad:
            return f"{first.partition(';')[0]} → {PAGE}#non-finite"
        anchor = (*bad, "")[0].replace(" ", "-")
        total = sum(counts[name] for name in bad)
        found = [f"{counts[name]} {name}{self._rate(name)}" for name in bad]
        if len(bad) == 1:
            found = [f"{bad[0]}{self._rate(bad[0])}"]
        line = f"{total} of {layers}: {', '.join(found)}"
        if not bad:
            waits = counts["waits for a zero weight"]
            rest = f", {waits} wait for a zero weight: look some steps later"
            line = f"{layers}: nothing found" + (rest if waits else "")
        if self.causes and not self.broken:
            return f"{self.causes[0]}; {line} → {PAGE}#notes"
        if self.notes and "not finite" not in bad:
            line += "; see the notes" if bad else ", but see the notes"
        return line + (f" → {PAGE}#{anchor}" if bad else "")

    def _rate(self, name: str) -> str:
        """Return by how much the gradient shrinks or grows from layer to layer."""
        if name == "not finite" and self.broken:
            return f": first {self.broken[0][0].partition(';')[0]}"
        if name not in ("vanishing", "exploding"):
            return ""
        rest = dropwhile(lambda x: x.verdict != name, self.order or self.layers)
        sizes = [x.output_gradient or x.gradient or 0 for x in rest]
        ends = [size for size in sizes if math.isfinite(size) and size]
        if len(ends) < 2:
            return ""
        return f" × {(ends[0] / ends[-1]) ** (1 / (len(ends) - 1)):.2f} a layer"

    def __str__(self) -> str:
        """Return a summary, the table, the meaning of its verdicts, and the notes."""
        width = max([len(f"{x.name} {x.kind}") for x in self.layers] + [5])
        lines = [self.summary]
        lines += [f"{'layer':{width}}  spread  grad out    grad w    update  verdict"]
        for verdict, group in groupby(self.layers, lambda layer: layer.verdict):
            rows = [f"{f'{x.name} {x.kind}':{width}} {_cells(x)}" for x in group]
            if len(self.layers) > MANY and (more := len(rows) - 4) > 1:
                rows[2:-2] = [f"{'...':{width}}  {more} more layers, all {verdict}"]
            lines += rows
        found = {layer.verdict for layer in self.layers}
        lines += [f"{name}: {text}" for name, text in MEANING.items() if name in found]
        return "\n".join(lines + [f"note: {note}" for note in self.notes])

    __repr__ = __str__  # a notebook shows it, too

    def to_dict(self) -> dict[str, Any]:
        """Return all as plain data, to log or to save as JSON."""
        names = "kind verdict spread output_gradient gradient update dead saturated"
        columns = [*names.split(), "through_time"]
        layers = {x.name: {c: getattr(x, c) for c in columns} for x in self.layers}
        return {"summary": self.summary, "layers": layers, "notes": self.notes}

    @staticmethod
    def history(
        reports: Iterable["GradientReport"], column: str = "output_gradient"
    ) -> dict[str, list[Any]]:
        """Return one column of each layer over several reports."""
        found: dict[str, list[Any]] = {}
        for report in reports:
            for layer in report.layers:
                found.setdefault(layer.name, []).append(getattr(layer, column))
        return found

    def plot(self, *later: "GradientReport", column: str = "output_gradient") -> Any:
        """Draw a column by layer, one line for each report; needs matplotlib."""
        import matplotlib.pyplot as plt

        axes = plt.figure(layout="constrained").gca()
        table = self.history((self, *later), column)
        rows = [[math.nan if x is None else x for x in row] for row in table.values()]
        axes.semilogy(rows, "o-", markersize=3, label=range(len(rows[0])))
        axes.set_xticks(range(len(table)), list(table), rotation=90)
        axes.set_ylabel(column)
        axes.legend(title="report")
        return axes


def _layers(model: nn.Module) -> list[Layer]:
    """Return a layer for each module that is one, and for each other parameter."""
    modules, layers = dict(model.named_modules()), dict[str, Layer]()
    for name, parameter in model.named_parameters():
        if _is_elsewhere(parameter):
            continue
        place = name.rpartition(".")[0].partition(".parametrizations")[0]
        owner = modules[place]
        other = "^(Parametrized|NonDynamicallyQuantizable)"
        kind = re.sub(other, "", type(owner).__name__)
        if not _is_whole(owner):
            place, kind = name, "Parameter"
        layer = layers.setdefault(place, Layer(place or "(model)", kind))
        layer.weights.append(Weight(name, parameter))
    return [*layers.values()]


def _is_whole(module: nn.Module) -> bool:
    """Return whether it is one layer: torch.nn's kind, or one matrix and vectors."""
    kinds = [kind for kind in type(module).__mro__ if kind is not nn.Module]
    places = [kind.__module__ for kind in kinds]
    if "torch.nn.modules.container" in places:  # ParameterList
        return False
    own = [p for p in module.parameters() if not nn.parameter.is_lazy(p)]
    alone = len(own) > 1 and not any(module.children())
    of_torch = any(place.startswith("torch.nn.") for place in places)
    return of_torch or (alone and sum(p.dim() > 1 for p in own) < 2)


def _extremes(
    sizes: dict[Layer, float],
) -> tuple[dict[Layer, str], list[tuple[Layer, list[Layer], float]]]:
    """Return verdicts on gradients, from the loss back, and where they jump."""
    jumps, found = [], dict[Layer, str]()
    strongest, usual = dict[Layer, float](), dict[Layer, float]()
    for layer in reversed(sizes):
        size, after = sizes[layer], [x for x in layer.readers if x in found]
        most = max([strongest[x] for x in after], default=0.0)
        near = max([usual[x] for x in after], default=size)
        if size > EXPLODING * most:
            if not most or any(use.ends for use in layer.uses):
                near = size  # the first one, or that of another loss
            else:
                jumps.append((layer, after, size / most))
        strongest[layer], usual[layer] = max(most, size), near
        small = size < VANISHING * most  # exactly 0 only where it underflows
        small &= size > 0 or any(found[x] == "vanishing" for x in after)
        large = size > EXPLODING * near
        found[layer] = "exploding" if large else "vanishing" if small else ""
    return found, jumps


def _op(node: Any) -> str:
    """Return the operation whose gradient a node of the graph computes."""
    return str(node.name()).partition("Backward")[0].rpartition("::")[2] if node else ""


def _source(node: Any) -> Any:
    """Return what a node's input came from, through changes of shape and type."""
    while node.next_functions and (node := node.next_functions[0][0]):
        if _op(node) not in PASS_ON:
            return node
    return None


def _in_order(roots: Iterable[Any]) -> list[tuple[Any, list[Any]]]:
    """Return the nodes of the graph and their next ones, after all that read them."""
    seen, found = set(), list[tuple[Any, list[Any]]]()
    todo: list[tuple[Any, Any]] = [(root, None) for root in roots]
    while todo:
        node, after = todo.pop()
        if after is not None:
            found.append((node, after))
        elif node not in seen:
            seen.add(node)
            after = [next for next, _ in node.next_functions if next]
            todo += [(node, after), *[(next, None) for next in after]]
    return found[::-1]


def _longest(one: dict[Layer, int], two: dict[Layer, int]) -> dict[Layer, int]:
    """Return the larger count of each layer."""
    if one is two or not two:
        return one
    return two | {x: max(n, two.get(x, 0)) for x, n in one.items()}


def _walk(roots: Iterable[Any], stop: Any) -> set[Any]:
    """Return the nodes that are reached from others without going through `stop`."""
    seen, todo = set(), list(roots)
    while todo:
        if (node := todo.pop()) and node not in seen:
            seen.add(node)
            if node not in stop:
                todo += [next for next, _ in node.next_functions]
    return seen


def _cause(call: Call) -> str:
    """Return why its output is not finite, although its input is."""
    nan = any(bool(t.isnan().any()) for t in call.outputs)
    if _masks_a_row(call):
        return "; a whole row is masked: leave it one entry, or drop the row"
    if call.name in ("cross_entropy", "nll_loss"):
        x, y = call.inputs[:2]
        return _cause_of_labels(x, y, call.kwargs.get("ignore_index", -100))
    if call.name in ROOTS and nan:
        return "; of a negative number: clamp(min=0) it, or take abs()"
    if call.name not in ROOTS and (hint := HINT.get(call.name)):
        return hint
    x, limit = call.inputs[0], torch.finfo(call.out.dtype).max
    same = call.name in ROOTS and x.shape == call.out.shape
    if same and bool((call.out.isinf() & (x == 0)).any()):  # a negative power
        return HINT["div"]
    if call.name in AVERAGED and float(x.abs().max()) < limit**0.5:
        return "; all values are the same: give it an eps above 0"
    if nan and not call.is_layer:
        return ""
    return f"; over {limit:.0e}, too large: smaller weights or inputs, or another type"


def _cause_of_labels(x: Tensor, y: Tensor, ignored: int) -> str:
    """Return why cross entropy is not finite, if that can be seen."""
    if bool((y == ignored).all()):
        return "; all labels are ignored: skip such a batch"
    if bool((x == -math.inf).any()):
        return "; the class of a label is masked with -inf"
    return "; all classes present have weight 0" if _finite(x) else ""


def _is_given(call: Call, y: Tensor) -> bool:
    """Return whether it is finite but for a mask of -inf that the operation got."""
    values = (*call.args, *call.kwargs.values())
    given = any(isinstance(value, float) and value == -math.inf for value in values)
    given |= call.name in CASTS or any(not _finite(t) for t in call.inputs)
    return given and not call.is_layer and _finite(y, True)


def _masks_a_row(call: Call) -> bool:
    """Return whether softmax or attention got a row in which all is masked."""
    args, kwargs = call.args, call.kwargs
    if "softmax" in call.name and args:
        dim = kwargs.get("dim", args[1] if len(args) > 1 else -1)
        return bool((args[0].amax(-1 if dim is None else dim) == -math.inf).any())
    keeps = "multi" not in call.name  # what a boolean mask means
    found = (kwargs.get("key_padding_mask"), kwargs.get("attn_mask"), *args[3:4])
    masks = [t for t in found if isinstance(t, Tensor) and "attention" in call.name]
    off = [t ^ keeps if t.dtype == torch.bool else t == -math.inf for t in masks]
    if len(off) == 2 and off[1].dim() == 2:  # padding, and one mask for all
        off.append(off[0][:, None] | off[1])
    return any(bool(mask.all(-1).any()) for mask in off)


def _is_coarse(tensor: Tensor) -> bool:
    """Return whether updates may round away, as in bfloat16."""
    return tensor.is_floating_point() and torch.finfo(tensor.dtype).eps > COARSE


def _is_elsewhere(parameter: Any) -> bool:
    """Return whether other processes hold all of it, as with FSDP."""
    return hasattr(parameter, "to_local") and not parameter.to_local().numel()


def _rows(parameter: Tensor) -> int:
    """Return the number of units; of positions, if it is (1, positions, width)."""
    shape = parameter.shape
    return (*shape[len(shape) == 3 and shape[0] == 1 :], 1)[0] or 1


def _some(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if names[4:] else "")


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
    """Return whether it is a recurrent layer that reads steps one way, not packed."""
    return name in RECURRENT and len(args) == 9 and not args[7] and args[0].dim() == 3


def _width(tensor: Tensor) -> int:
    """Return how many values belong to one input."""
    return tensor[:1].numel() if tensor.dim() else 1


def _spread(y: Tensor, inputs: int) -> float | None:
    """Return how much outputs differ from input to input, relative to their size."""
    if y.dim() < 2 or y.shape[inputs] < 2 or not y.numel():
        return None
    some = _real(y.narrow(inputs, 0, min(64, y.shape[inputs]))).float()
    some = some / some.abs().max()
    spread = float((some.var(inputs).mean() / some.square().mean()).sqrt())
    return spread if math.isfinite(spread) else None


def _real(tensor: Any) -> Tensor:
    """Return as real numbers the entries that this process holds, if sparse or not."""
    if hasattr(tensor, "to_local"):  # FSDP
        tensor = tensor.to_local()
    tensor = tensor.coalesce().values() if tensor.is_sparse else tensor
    real = tensor.is_floating_point() or tensor.is_complex()
    tensor = tensor if real and tensor.element_size() > 1 else tensor.float()
    return torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor


def _finite(tensor: Tensor, mask: bool = False) -> bool:
    """Return whether all is finite; if it may be a mask, -inf is no fault."""
    tensor = _real(tensor.detach())
    if math.isfinite(tensor.sum()):  # else it may be the sum that is too large
        return True
    fine = tensor.isfinite()
    return bool((fine | (tensor == -math.inf) if mask else fine).all())


def _norm(tensor: Any) -> float:
    """Return the norm, at float64 where float32 cannot hold the squares."""
    tensor = _real(tensor.detach())
    dtype = torch.promote_types(tensor.dtype, torch.float32)
    norm = float(torch.linalg.vector_norm(tensor, dtype=dtype))
    if not 1e-15 < norm < 1e15 and tensor.device.type != "mps":
        norm = float(torch.linalg.vector_norm(tensor, dtype=torch.float64))
    return norm


def _cells(layer: Layer) -> str:
    """Return a layer's row of the table, after its name."""
    extra = [layer.verdict]
    for share, word in ((layer.dead, "dead"), (layer.saturated, "saturated")):
        if share and share >= 0.005:
            extra.append(f"{share:.0%} {word}")
    if layer.kind in ("RNN", "LSTM", "GRU") and layer.through_time is None:
        extra.append("time not seen")
    if layer.through_time is not None:
        extra.append(f"time {layer.through_time:.1e}")
    numbers = (layer.spread, layer.output_gradient, layer.gradient, layer.update)
    cells = ["-" if number is None else f"{number:.1e}" for number in numbers]
    return f"{cells[0]:>7} {' '.join(f'{c:>9}' for c in cells[1:])}  {', '.join(extra)}"
