"""Reading state dicts and torch files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from polytope_engine.errors import (
    FileFormatError,
    InvalidArgumentError,
    InvalidNetworkError,
    MissingDependencyError,
    UnsupportedLayerError,
)
from polytope_engine.network.loading import load_network
from polytope_engine.network.relu_network import ReLUNetwork

Weights = dict[str, Any]


def linear(prefix: str, n_in: int, n_out: int, bias: bool = True) -> Weights:
    rng = np.random.default_rng(n_in + 10 * n_out)
    weights: Weights = {f"{prefix}.weight": rng.normal(size=(n_out, n_in))}
    if bias:
        weights[f"{prefix}.bias"] = rng.normal(size=n_out)
    return weights


def normalization(prefix: str, n: int) -> Weights:
    names = ("weight", "bias", "running_mean", "running_var")
    return {f"{prefix}.{name}": np.full(n, 2.0) for name in names} | {
        f"{prefix}.num_batches_tracked": torch.tensor(7)
    }


@pytest.mark.parametrize(
    ("activation", "slope"),
    [
        ("relu", 0.0),
        ("leaky_relu", 0.01),
        (("leaky_relu", 0.2), 0.2),
        (["leaky_relu", 0.2], 0.2),
        ("leaky_relu:0.3", 0.3),
    ],
)
def test_the_activation_stands_between_linear_layers(activation: Any, slope: float) -> None:
    state = linear("0", 2, 3) | linear("2", 3, 4, bias=False) | linear("4", 4, 1)
    network = ReLUNetwork.from_state_dict(state, activation)
    assert network.hidden_widths == (3, 4)
    assert all((s == slope).all() for s in network.negative_slopes)
    assert (network.weights[0][0] == state["0.weight"]).all()
    assert (network.weights[1][1] == 0).all()


def test_a_torch_state_dict_gives_the_network_of_its_module() -> None:
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        module = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)).to(dtype)
        expected = ReLUNetwork.from_torch(module)
        assert ReLUNetwork.from_state_dict(module.state_dict(), "relu").digest == expected.digest


def test_the_state_dict_of_a_single_linear_layer_has_no_prefix() -> None:
    module = nn.Linear(3, 2)
    network = ReLUNetwork.from_state_dict(module.state_dict(), activation="relu")
    assert (network.n_neurons, network.weights[0][0].shape) == (0, (2, 3))


def test_batch_normalization_stands_before_the_activation_with_the_default_epsilon() -> None:
    module = nn.Sequential(
        nn.BatchNorm1d(2), nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 1)
    ).eval()
    for layer in (module[0], module[2]):
        layer.running_mean.normal_()
        layer.running_var.uniform_(0.5, 2)
    expected = ReLUNetwork.from_torch(module)
    network = ReLUNetwork.from_state_dict(module.state_dict(), "relu")
    assert network.digest == expected.digest
    assert network.rounded_layers == ("`0` + Layer 0 + `2`",)


def test_slopes_of_prelu_are_read_where_the_activation_is_prelu() -> None:
    module = nn.Sequential(nn.Linear(2, 3), nn.PReLU(3), nn.Linear(3, 4), nn.PReLU(), nn.Linear(4, 1))
    network = ReLUNetwork.from_state_dict(module.state_dict(), "prelu")
    assert network.digest == ReLUNetwork.from_torch(module).digest


@pytest.mark.parametrize(
    "activation", [None, "tanh", "leaky_relu:steep", ("relu", 0.1), ("leaky_relu", np.nan), 0.1, "relu:0", ()]
)
def test_an_activation_must_be_named(activation: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r'`activation` is .*"relu", "leaky_relu"'):
        ReLUNetwork.from_state_dict(linear("0", 2, 3), activation)


def test_layers_that_do_not_fit_are_refused_by_number() -> None:
    state = linear("a", 2, 5) | linear("b", 5, 5) | linear("c", 5, 12) | linear("d", 16, 1)
    with pytest.raises(
        InvalidNetworkError, match=r"^Layer 3 expects 16 inputs, but layer 2 has 12 outputs\.$"
    ):
        ReLUNetwork.from_state_dict(state, "relu")


REFUSED: list[tuple[Weights, str, str]] = [
    (
        {"conv.weight": np.ones((2, 1, 3, 3))},
        "relu",
        r"`conv.weight` has shape \(2, 1, 3, 3\): a convolution",
    ),
    ({"norm.weight": np.ones(3), "norm.bias": np.ones(3)}, "relu", "`norm.weight` .* LayerNorm"),
    ({"act.weight": np.ones(3)}, "relu", 'if it is a PReLU, pass `activation="prelu"`'),
    (
        {"rnn.weight_ih_l0": np.ones((3, 3))},
        "relu",
        "Key `rnn.weight_ih_l0` of the state dict is not understood",
    ),
    ({"epoch": 3}, "relu", "Key `epoch` of the state dict holds a value of type int"),
    ({"fc.bias": np.ones(3)}, "relu", "Key `fc.bias` of the state dict belongs to no linear layer"),
    ({"fc.weight": np.ones((1, 1)), "fc.running_mean": np.ones(1)}, "relu", "Key `fc.running_mean`"),
    (
        linear("0", 2, 3) | normalization("2", 3) | linear("3", 3, 1),
        "relu",
        "`2` is a batch normalization that does not follow a linear layer directly",
    ),
    (
        linear("fc.0", 2, 3) | linear("fc.1", 3, 1) | normalization("bn.0", 1),
        "relu",
        "`bn.0` is a batch normalization after the last linear layer",
    ),
    (
        linear("0", 2, 3) | normalization("a", 3) | normalization("b", 3) | linear("9", 3, 1),
        "relu",
        "`b` is a batch normalization that does not follow a linear layer",
    ),
    (linear("0", 2, 3) | linear("2", 3, 1), "prelu", "There is no PReLU weight between `0` and `2`"),
    (
        {"act.weight": np.ones(3)} | linear("2", 3, 1),
        "prelu",
        "`act.weight` is a PReLU that follows no linear",
    ),
]


@pytest.mark.parametrize(("state", "activation", "message"), REFUSED)
def test_keys_that_are_not_read_are_refused_by_name(state: Weights, activation: str, message: str) -> None:
    with pytest.raises(UnsupportedLayerError, match=message):
        ReLUNetwork.from_state_dict(state, activation)


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        ({}, InvalidNetworkError, "The state dict has no linear layer"),
        ([1], InvalidArgumentError, "`state_dict` has type list, but must map keys to tensors"),
        (
            {"a.weight": np.ones((2, 2)), "a.bias": np.ones(3)},
            InvalidNetworkError,
            r"`a.bias` has shape \(3,\)",
        ),
        ({"a.weight": np.array([[np.nan]])}, InvalidNetworkError, r"``a.weight``|`a.weight` is NaN"),
        (
            linear("0", 2, 3) | normalization("1", 4) | linear("2", 3, 1),
            InvalidNetworkError,
            "`1` expects 4 inputs",
        ),
    ],
)
def test_state_dicts_that_make_no_network_are_refused(
    state: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        ReLUNetwork.from_state_dict(state, "relu")


# -- files -----------------------------------------------------------------------------------


@pytest.fixture
def module() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))


@pytest.mark.parametrize("suffix", ["pt", "pth", "PT"])
@pytest.mark.parametrize("wrap", [None, "state_dict", "model_state_dict"])
def test_torch_files_hold_a_state_dict_or_a_checkpoint(
    tmp_path: Path, module: nn.Module, suffix: str, wrap: str | None
) -> None:
    path = tmp_path / f"net.{suffix}"
    state = module.state_dict()
    torch.save(state if wrap is None else {wrap: state, "epoch": 3, "optimizer": {"lr": 0.1}}, path)
    assert load_network(path, activation="relu").digest == ReLUNetwork.from_torch(module).digest


def test_a_pickled_module_is_refused_with_the_line_that_saves_a_state_dict(
    tmp_path: Path, module: nn.Module
) -> None:
    torch.save(module, tmp_path / "net.pt")
    with pytest.raises(FileFormatError, match=r"`torch.save\(model.state_dict\(\), path\)`"):
        load_network(tmp_path / "net.pt", activation="relu")


def test_a_damaged_torch_file_is_refused(tmp_path: Path, module: nn.Module) -> None:
    torch.save(module.state_dict(), tmp_path / "net.pt")
    content = (tmp_path / "net.pt").read_bytes()
    for damaged in (b"", b"not a network", content[: len(content) // 2]):
        (tmp_path / "net.pt").write_bytes(damaged)
        with pytest.raises(FileFormatError, match=r"`net.pt`"):
            load_network(tmp_path / "net.pt", activation="relu")


def test_a_torch_file_with_something_else_is_refused(tmp_path: Path) -> None:
    torch.save(torch.zeros(3), tmp_path / "net.pt")
    with pytest.raises(FileFormatError, match="holds a value of type Tensor, but must hold a state dict"):
        load_network(tmp_path / "net.pt", activation="relu")


def test_a_torch_file_needs_an_activation(tmp_path: Path, module: nn.Module) -> None:
    torch.save(module.state_dict(), tmp_path / "net.pt")
    with pytest.raises(InvalidArgumentError, match="`activation` is missing"):
        load_network(tmp_path / "net.pt")


def test_without_torch_the_error_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net.pt").write_bytes(b"")
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "polytope_engine\[torch\]"'):
        load_network(tmp_path / "net.pt", activation="relu")
