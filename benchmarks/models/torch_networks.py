"""``python -m benchmarks.models.torch_networks NAME PATH``: train a small network, export it.

A convolutional network, LSTM, GRU and multilayer perceptron, each trained in seconds, from a seed.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.models.torch_tasks import data

EPOCHS = {"MNIST CNN": 8, "power MLP": 200, "vowels LSTM": 80, "vowels BiGRU": 80}
BATCH = {"MNIST CNN": 64}


class _Recurrent(nn.Module):
    """Two layers of LSTM, whose last step counts; or a GRU both ways, the mean of its steps."""

    def __init__(self, kind: str, channels: int, classes: int) -> None:
        super().__init__()
        self.mean = kind == "vowels BiGRU"
        # The names order torch's draws of the weights.
        if self.mean:
            self.r: nn.Module = nn.GRU(channels, 64, 1, batch_first=True, bidirectional=True)
        else:
            self.r = nn.LSTM(channels, 64, 2, batch_first=True)
        self.f = nn.Linear(128 if self.mean else 64, classes)

    def forward(self, x: torch.Tensor) -> Any:
        states, _ = self.r(x)
        return self.f(states.mean(1) if self.mean else states[:, -1])


def _convolutional(classes: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 64),
        nn.ReLU(),
        nn.Linear(64, classes),
    )


def network(name: str, X: np.ndarray, classes: int) -> nn.Module:
    if name == "MNIST CNN":
        return _convolutional(classes)
    if name == "power MLP":
        layers = [nn.Linear(X.shape[1], 64), nn.ReLU(), nn.Linear(64, 32), nn.Tanh()]
        return nn.Sequential(*layers, nn.Linear(32, classes))
    return _Recurrent(name, X.shape[2], classes)


def trained(name: str) -> nn.Module:
    train, labels, _, _ = data(name)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = network(name, train, int(labels.max()) + 1)
    X, y = torch.tensor(train), torch.tensor(labels)
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=1e-2)
    for _ in range(EPOCHS[name]):
        for rows in torch.randperm(len(X)).split(BATCH.get(name, 32)):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(X[rows]), y[rows]).backward()
            optimizer.step()
    return model.eval()


def export(name: str, path: str) -> None:
    model, x = trained(name), torch.tensor(data(name)[0][:2])
    names: dict[str, Any] = {"input_names": ["x"], "output_names": ["y"]}
    if isinstance(model, _Recurrent):  # the newer exporter unrolls the steps
        axes = {"x": {0: "b"}, "y": {0: "b"}}
        torch.onnx.export(
            model, (x,), path, dynamo=False, opset_version=17, dynamic_axes=axes, **names
        )
    else:
        sizes = ({0: torch.export.Dim("b")},)
        torch.onnx.export(
            model, (x,), path, dynamo=True, dynamic_shapes=sizes, external_data=False, **names
        )


if __name__ == "__main__":
    export(*sys.argv[1:])
