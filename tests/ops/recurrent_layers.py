"""Random recurrent layers for the tests, and the programs that run them."""

from dataclasses import dataclass, field

import numpy as np

from fourfold import _core
from ops import reference_recurrent as recurrent
from ops.one_op import run_op

CELLS = {"lstm": recurrent.lstm, "gru": recurrent.gru, "rnn": recurrent.rnn}
GATES = {"lstm": 4, "gru": 3, "rnn": 1}
DEFAULTS = {"lstm": ["sigmoid", "tanh", "tanh"], "gru": ["sigmoid", "tanh"], "rnn": ["tanh"]}


@dataclass
class Layer:
    """A layer and its input; ``options`` are attributes that both sides read by one name."""

    op: str
    steps: int = 4
    batch: int = 3
    depth: int = 5
    hidden: int = 6
    direction: str = "forward"
    layout: int = 0
    has_bias: bool = True
    has_states: bool = True
    has_peepholes: bool = False
    lengths: tuple[int, ...] | None = None
    seed: int = 0
    options: dict = field(default_factory=dict)
    plain: bool = False  # how weights in int8 are stored

    def __post_init__(self):
        self.rng = np.random.default_rng(self.seed)
        self.directions = 2 if self.direction == "bidirectional" else 1
        rows, n = GATES[self.op] * self.hidden, self.directions
        x, state = (self.steps, self.batch, self.depth), (n, self.batch, self.hidden)
        if self.layout:
            x, state = (x[1], x[0], x[2]), (state[1], state[0], state[2])
        self.x, self.w, self.r = self._draw(x), self._draw((n, rows, self.depth)), None
        self.r = self._draw((n, rows, self.hidden))
        self.b = self._draw((n, 2 * rows)) if self.has_bias else None
        self.h0, self.c0 = (self._draw(state) * self.has_states for _ in range(2))
        self.p = self._draw((n, 3 * self.hidden)) if self.has_peepholes else None

    def _draw(self, shape):
        return self.rng.normal(0, 0.5, shape).astype(np.float32)

    @property
    def outputs(self):
        return 3 if self.op == "lstm" else 2

    def states(self):
        """Return the inputs behind the weights: lengths, initial states, peepholes."""
        lengths = None if self.lengths is None else np.array(self.lengths, np.int32)
        given = (self.h0, self.c0) if self.has_states else (None, None)
        return [lengths, *given, self.p] if self.op == "lstm" else [lengths, given[0]]

    def attributes(self):
        names = {"hidden": self.hidden, "direction": self.direction, "layout": self.layout}
        return names | self.options

    def run(self, constants=(1, 2, 3)):
        """Run it in float32; the inputs numbered are constants."""
        given = tuple(i for i in constants if i != 3 or self.has_bias)
        arrays = [self.x, self.w, self.r, self.b, *self.states()]
        op = {"outputs": self.outputs, "constants": given}
        return run_op(self.op, *arrays, **op, **self.attributes())

    def run_s8(self):
        """Run it in int8."""
        arrays = [self.x, *self.s8_constants(), *self.states()]
        constants = tuple(i for i in range(1, 7) if arrays[i] is not None)
        op = {"outputs": self.outputs, "constants": constants}
        return run_op(f"{self.op}_s8", *arrays, **op, depth=self.depth, **self.attributes())

    def s8_constants(self):
        """Return w, w_scales, b, r, r_scales, r_b, which is of the last gate alone."""
        of_x, of_h = self.biases()
        last = np.ascontiguousarray(of_h[:, -self.hidden :])
        if self.plain:
            (w, w_scales), (r, r_scales) = quantized(self.w), quantized(self.r)
            w, r = (np.ascontiguousarray(q.transpose(0, 2, 1)) for q in (w, r))
            return [w, w_scales, of_x, r, r_scales, last if last.any() else None]
        w, r = packed_s8(self.w, self.hidden), packed_s8(self.r, self.hidden)
        return [*w, self.by_column(of_x), *r, last]

    def biases(self):
        """Return what x's part and the state's part have added: [directions, gates * hidden]."""
        rows = self.w.shape[1]
        both = np.zeros((self.directions, 2 * rows), np.float32) if self.b is None else self.b
        of_x, of_h = both[:, :rows].copy(), both[:, rows:].copy()
        joined = rows - self.hidden if self.options.get("linear_before_reset") else rows
        of_x[:, :joined] += of_h[:, :joined]
        of_h[:, :joined] = 0
        return of_x, of_h

    def by_column(self, values):
        """[directions, gates * hidden] -> [directions, columns], each gate's padded to 16."""
        by_gate = values.reshape(self.directions, -1, self.hidden)
        padded = np.pad(by_gate, [(0, 0), (0, 0), (0, -self.hidden % 16)])
        return np.ascontiguousarray(padded.reshape(self.directions, -1))

    def expected(self, products=None, functions=None, dtype=np.float64):
        """Return what NumPy gives."""
        options = dict(self.options)
        names = options.pop("activations", ",".join(DEFAULTS[self.op] * self.directions))
        alphas, betas = (list(options.pop(f"activation_{n}", ())) for n in ("alpha", "beta"))
        of_all = []
        for name in names.split(","):
            alpha, beta = recurrent.DEFAULTS.get(name, (None, None))
            alpha = alphas.pop(0) if alpha is not None and alphas else alpha
            beta = betas.pop(0) if beta is not None and betas else beta
            of_all.append((functions or recurrent.FUNCTIONS)[name](alpha, beta))
        each = len(DEFAULTS[self.op])
        of_directions = [of_all[d * each : (d + 1) * each] for d in range(self.directions)]
        weights = [None if a is None else a.astype(dtype) for a in (self.w, self.r, self.b)]
        products = products or recurrent.products_of(
            *weights, self.hidden, options.get("linear_before_reset", 0)
        )
        if self.has_peepholes:
            options["p"] = self.p.astype(dtype)
        results = recurrent.run(
            CELLS[self.op],
            self.x.astype(dtype),
            products,
            of_directions,
            [self.h0.astype(dtype), self.c0.astype(dtype)],
            direction=self.direction,
            layout=self.layout,
            lengths=None if self.lengths is None else np.array(self.lengths),
            **options,
        )
        return results[: self.outputs]


def quantized(weight):
    """[directions, rows, depth] -> int8, and a scale for each row."""
    amax = np.abs(weight).max(2, initial=0)
    scales = np.where(amax == 0, 1, amax / np.float32(127)).astype(np.float32)
    return np.rint(weight / scales[..., None]).astype(np.int8), scales


def packed_s8(weight, hidden):
    """[directions, gates * hidden, depth] -> packed, and scales by column."""
    q, scales = quantized(weight)
    fill = [(0, 0), (0, 0), (0, -hidden % 16)]
    by_gate = q.reshape(len(q), -1, hidden, q.shape[2])
    columns = np.pad(by_gate, [*fill, (0, 0)]).reshape(len(q), -1, q.shape[2])
    packed = np.stack([_core.pack_s8(np.ascontiguousarray(own.T)) for own in columns])
    of_gates = np.pad(scales.reshape(len(q), -1, hidden), fill, constant_values=1)
    return packed, np.ascontiguousarray(of_gates.reshape(len(q), -1))
