"""Trains a Hamiltonian graph network by gradient descent, once for each optimizer that a job names.

Usage: optimizers.py JOB.json. The job names the graph, a file of little-endian doubles that holds the snapshots, and the runs.
It prints one line of JSON with PyTorch's version and the number of parameters, then one line for each run as it ends.
It needs PyTorch 1.13 or later, numpy, and a fast library for matrix products: on Debian the packages python3-torch,
python3-numpy and libopenblas0-pthread; without the last one it is slower by a factor of five.
One thread; the clock is the processor time of training alone, without evaluations.
"""
import json
import math
import sys
import time

import numpy
import torch

WIDTH = 128


class Snapshots:
    """Positions, momenta and their time derivatives, each [snapshots x bodies x dimension]."""

    def __init__(self, q, p, velocities, forces):
        self.q, self.p, self.velocities, self.forces = q, p, velocities, forces

    def __len__(self):
        return len(self.q)

    def take(self, index):
        return Snapshots(self.q[index], self.p[index], self.velocities[index], self.forces[index])


class Softplus(torch.autograd.Function):
    """softplus, whose derivative is the logistic function: cheaper to differentiate twice than PyTorch's own."""

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return torch.nn.functional.softplus(x)

    @staticmethod
    def backward(context, upstream):
        (x,) = context.saved_tensors
        return upstream * torch.sigmoid(x)


softplus = Softplus.apply


def invariant_inputs(q, p, senders, receivers):
    """Kinetic energies of bodies of unit mass, and distances of pairs."""
    return 0.5 * (p * p).sum(-1, keepdim=True), (q[:, senders] - q[:, receivers]).norm(dim=-1, keepdim=True)


def frame_inputs(q, p, senders, receivers):
    """Coordinates about the mean in a frame that the two bodies nearest the mean span."""
    centred = q - q.mean(1, keepdim=True)
    nearest = centred.detach().square().sum(-1).argsort(1)
    rows = torch.arange(len(q))
    first = torch.nn.functional.normalize(centred[rows, nearest[:, 0]], dim=-1)
    other = centred[rows, nearest[:, 1]]
    second = torch.nn.functional.normalize(other - (other * first).sum(-1, keepdim=True) * first, dim=-1)
    frame = torch.stack([first, second, torch.cross(first, second, dim=-1)], dim=-1)
    q, p = centred @ frame, p @ frame
    return torch.cat([q, p], -1), q[:, senders] - q[:, receivers]


class Network(torch.nn.Module):
    """H = readout . (sum of encoded bodies; sum of messages), a message being a layer over both ends and the encoded edge."""

    def __init__(self, inputs, edges, training):
        super().__init__()
        ends = torch.tensor(edges).T
        # Distances look the same from both ends; differences of coordinates do not.
        ends = ends if inputs == "invariant" else torch.cat([ends, ends.flip(0)], dim=1)
        self.senders, self.receivers = ends[0], ends[1]
        self.inputs = invariant_inputs if inputs == "invariant" else frame_inputs
        bodies, pairs = self.inputs(training.q, training.p, self.senders, self.receivers)
        self.scales = [(x.flatten(0, 1).mean(0), x.flatten(0, 1).std(0)) for x in (bodies, pairs)]
        self.body = torch.nn.Linear(bodies.shape[-1], WIDTH)
        self.edge = torch.nn.Linear(pairs.shape[-1], WIDTH)
        self.of_ends = torch.nn.Linear(WIDTH, WIDTH, bias=False)
        self.of_edge = torch.nn.Linear(WIDTH, WIDTH)
        self.readout = torch.nn.Linear(2 * WIDTH, 1, bias=False)

    def energy(self, q, p):
        (body_mean, body_scale), (edge_mean, edge_scale) = self.scales
        bodies, pairs = self.inputs(q, p, self.senders, self.receivers)
        bodies = softplus(self.body((bodies - body_mean) / body_scale))
        pairs = softplus(self.edge((pairs - edge_mean) / edge_scale))
        of_ends = self.of_ends(bodies)
        messages = softplus(of_ends[:, self.senders] + of_ends[:, self.receivers] + self.of_edge(pairs))
        return self.readout(torch.cat([bodies.sum(1), messages.sum(1)], -1))

    def error(self, snapshots, training=True):
        """Mean square error of all components of q' = dH/dp and p' = -dH/dq."""
        q, p = snapshots.q.detach().requires_grad_(), snapshots.p.detach().requires_grad_()
        of_q, of_p = torch.autograd.grad(self.energy(q, p).sum(), (q, p), create_graph=training)
        return 0.5 * ((of_p - snapshots.velocities).square().mean() + (of_q + snapshots.forces).square().mean())


def evaluate(network, snapshots, block=100):
    """The error over all snapshots, of which a few are in the processor's caches at a time."""
    starts = range(0, len(snapshots), block)
    parts = [snapshots.take(slice(start, start + block)) for start in starts]
    return sum(len(part) * network.error(part, training=False).item() for part in parts) / len(snapshots)


def blas():
    """The library that multiplies matrices: with the reference implementation all times are several times as long."""
    try:
        with open("/proc/self/maps", encoding="utf-8") as file:
            maps = file.read()
    except OSError:
        return "unknown"
    names = {"mkl": "MKL", "openblas": "OpenBLAS", "blis": "BLIS", "atlas": "ATLAS"}
    linked = next((line for line in maps.splitlines() if "libblas.so" in line), maps)
    return next((names[key] for key in names if key in linked), "the reference implementation")


def make_optimizer(name, parameters, rate):
    optim = torch.optim
    make = {
        "SGD": lambda: optim.SGD(parameters, rate),
        "momentum": lambda: optim.SGD(parameters, rate, momentum=0.9),
        "Nesterov": lambda: optim.SGD(parameters, rate, momentum=0.9, nesterov=True),
        "AMSGrad": lambda: optim.Adam(parameters, rate, amsgrad=True),
        # Its own tolerances are absolute, and stop it too early.
        "LBFGS": lambda: optim.LBFGS(
            parameters, rate, max_iter=5, history_size=100, tolerance_grad=0, tolerance_change=0, line_search_fn="strong_wolfe"
        ),
    }
    return make.get(name, lambda: getattr(optim, name)(parameters, rate))()


class OutOfTime(Exception):
    pass


class Watch:
    """The clock, which rests during evaluations, and the best checkpoint by validation."""

    def __init__(self, network, data, limit):
        self.network, self.data, self.limit = network, data, limit
        self.least, self.best, self.curve = math.inf, None, []
        self.before, self.next, self.since = 0.0, 0.0, time.process_time()

    def now(self):
        return self.before + time.process_time() - self.since

    def look(self):
        """Evaluates if it is time to."""
        if self.now() >= self.next:
            self.before = self.now()
            error = evaluate(self.network, self.data["validation"])
            if error < self.least:
                self.least, self.best = error, self.before
                self.curve.append([self.before, evaluate(self.network, self.data["test"])])
            # Many looks early, where the error falls fast, then fewer: an evaluation takes as long as some steps.
            self.next = 1.1 * self.before + 0.05
            self.since = time.process_time()
            if not math.isfinite(error):
                raise OutOfTime

    def check(self):
        if self.now() >= self.limit:
            raise OutOfTime


def descend(run, data, network, watch):
    """Steps until the time is over."""
    batch, training = run["batch"], data["training"]
    optimizer = make_optimizer(run["optimizer"], list(network.parameters()), run["rate"])
    whole = run["snapshots"] <= batch
    fixed = training.take(slice(0, len(training), len(training) // run["snapshots"]))
    generator = torch.Generator().manual_seed(run["seed"])
    order, used = torch.randperm(len(fixed), generator=generator), 0
    while True:
        if whole:
            part = fixed
        else:
            if used + batch > len(order):
                order, used = torch.randperm(len(fixed), generator=generator), 0
            part, used = fixed.take(order[used : used + batch]), used + batch

        def loss():
            watch.check()
            optimizer.zero_grad(set_to_none=run["optimizer"] != "LBFGS")
            value = run["scale"] * network.error(part)
            value.backward()
            return value

        if run["decay"]:
            # Half a cosine over the time there is.
            for group in optimizer.param_groups:
                group["lr"] = run["rate"] * max(1e-3, 0.5 + 0.5 * math.cos(math.pi * min(1.0, watch.now() / watch.limit)))

        optimizer.step(loss)
        watch.look()


def train(run, edges, data):
    torch.manual_seed(run["seed"])
    network = Network(run["inputs"], edges, data["training"])
    network.error(data["training"].take(slice(0, 50))).backward()
    watch = Watch(network, data, run["seconds"])
    try:
        watch.look()
        descend(run, data, network, watch)
    except OutOfTime:
        watch.next = 0.0
        try:
            watch.look()
        except OutOfTime:
            pass
    return {"validationError": watch.least, "curve": watch.curve}


def read(job):
    numbers = numpy.fromfile(job["numbers"], dtype="<f8").reshape(-1, 4, job["bodies"], job["dimension"])
    data, first = {}, 0
    for name in ("training", "validation", "test"):
        part = numbers[first : first + job[name]].transpose(1, 0, 2, 3)
        data[name] = Snapshots(*(torch.from_numpy(x.copy()) for x in part))
        first += job[name]
    return data


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    data = read(job)
    parameters = sum(x.numel() for x in Network("invariant", job["edges"], data["training"]).parameters())
    print(json.dumps({"version": torch.__version__, "blas": blas(), "parameters": parameters, "width": WIDTH}), flush=True)
    for run in job["runs"]:
        print(json.dumps(train(run, job["edges"], data)), flush=True)


if __name__ == "__main__":
    main()
