"""Reading torch modules: what is understood, what is exact, and what is refused by name."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from polytope_engine.errors import (
    InvalidArgumentError,
    InvalidNetworkError,
    MissingDependencyError,
    UnsupportedLayerError,
)
from polytope_engine.network.relu_network import ReLUNetwork


@pytest.fixture(autouse=True)
def _same_weights_every_time() -> None:
    torch.manual_seed(0)


class Written(nn.Module):
    """A module written by hand: layers as attributes, the forward pass as a function."""

    def __init__(self, run: Callable[[Any, Any], Any]) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(4, 6), nn.Linear(6, 6), nn.Linear(6, 2)
        self.act, self.leaky, self.drop = nn.ReLU(), nn.LeakyReLU(0.2), nn.Dropout(0.5)
        self.norm, self.tanh = nn.LayerNorm(6), nn.Tanh()
        self.slope = nn.Parameter(torch.tensor([0.25]))
        self.matrix = nn.Parameter(torch.randn(6, 6))
        self.shift = nn.Parameter(torch.randn(6))
        self.run = run

    def forward(self, x: Any) -> Any:
        return self.run(self, x)


def agrees(module: nn.Module, network: ReLUNetwork) -> bool:
    module.eval()
    dtype = next(module.parameters()).dtype
    x = torch.randn(50, network.input_dim, dtype=dtype)
    with torch.no_grad():
        return bool(
            np.allclose(module(x).double().numpy(), network(x.double().numpy()), atol=1e-5, rtol=1e-4)
        )


ACCEPTED: dict[str, Callable[[Any, Any], Any]] = {
    "F.relu": lambda s, x: s.c(F.relu(s.b(F.relu(s.a(x))))),
    "torch.relu": lambda s, x: s.c(torch.relu(s.b(torch.relu(s.a(x))))),
    "x.relu": lambda s, x: s.c(s.b(s.a(x).relu()).relu()),
    "inplace": lambda s, x: s.c(F.relu(s.b(s.a(x).relu_()), inplace=True)),
    "clamp": lambda s, x: s.c(torch.clamp(s.b(s.a(x).clamp(min=0)), 0).clamp_min(0.0)),
    "one module twice": lambda s, x: s.c(s.act(s.b(s.act(s.b(s.act(s.a(x))))))),
    "F.leaky_relu": lambda s, x: s.c(F.leaky_relu(s.a(x), 0.3)),
    "leaky module": lambda s, x: s.c(s.leaky(s.a(x))),
    "F.prelu": lambda s, x: s.c(F.prelu(s.a(x), s.slope)),
    "F.linear": lambda s, x: F.relu(F.linear(s.a(x), s.matrix, s.shift)),
    "matmul": lambda s, x: s.c(F.relu(s.a(x)) @ s.matrix + s.shift),
    "subtraction": lambda s, x: s.c((s.shift - s.a(x - 0.5)).relu()),
    "added on the left": lambda s, x: s.c(torch.add(1.0, s.a(x)).relu()),
    "folded weights": lambda s, x: s.c(F.relu(F.linear(s.a(x), s.matrix * 2.0 + 1.0))),
    "view by size": lambda s, x: s.c(s.a(x.view(x.size(0), -1)).relu()),
    "reshape by shape": lambda s, x: s.c(s.a(x.reshape(x.shape[0], 4)).relu()),
    "view by width": lambda s, x: s.c(s.a(x.view(-1, 4)).relu()),
    "flatten": lambda s, x: s.c(torch.flatten(s.a(x.flatten(1)), start_dim=1).relu()),
    "dropout": lambda s, x: s.c(F.dropout(s.drop(s.a(x)).relu(), 0.5, s.training)),
    "contiguous": lambda s, x: s.c(s.a(x).contiguous().relu().clone()),
    "relu at the end": lambda s, x: s.c(s.a(x)).relu(),
}


@pytest.mark.parametrize("run", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_forward_passes_written_by_hand_are_understood(run: Callable[[Any, Any], Any]) -> None:
    module = Written(run)
    assert agrees(module, ReLUNetwork.from_torch(module))


NOT_PIECEWISE_LINEAR: dict[str, Callable[[Any, Any], Any]] = {
    "Layer `norm` is a LayerNorm": lambda s, x: s.c(s.norm(s.a(x))),
    "Layer `tanh` is a Tanh": lambda s, x: s.c(s.tanh(s.a(x))),
    "Operation `tanh` is a tanh": lambda s, x: s.c(torch.tanh(s.a(x))),
    "Operation `sigmoid` is a sigmoid": lambda s, x: s.c(s.a(x).sigmoid()),
    "Operation `gelu` is a gelu": lambda s, x: s.c(F.gelu(s.a(x))),
    "Operation `silu` is a silu": lambda s, x: s.c(F.silu(s.a(x))),
    "Operation `softplus` is a softplus": lambda s, x: s.c(F.softplus(s.a(x))),
    "Operation `softmax` is a softmax": lambda s, x: F.softmax(s.c(s.a(x).relu()), dim=-1),
    "Operation `log_softmax` is a log_softmax": lambda s, x: s.c(s.a(x).relu()).log_softmax(1),
    "Operation `layer_norm` is a layer_norm": lambda s, x: s.c(F.layer_norm(s.a(x), (6,))),
}


@pytest.mark.parametrize(("message", "run"), NOT_PIECEWISE_LINEAR.items(), ids=NOT_PIECEWISE_LINEAR.keys())
def test_what_is_not_piecewise_linear_is_refused_by_name(
    message: str, run: Callable[[Any, Any], Any]
) -> None:
    supported = "Supported: Linear, ReLU, LeakyReLU, PReLU, Flatten, Dropout, Identity, BatchNorm1d."
    with pytest.raises(
        UnsupportedLayerError, match=f"^{message}, which is not piecewise linear. {supported}$"
    ):
        ReLUNetwork.from_torch(Written(run))


NOT_UNDERSTOOD: dict[str, Callable[[Any, Any], Any]] = {
    "Operation `relu6` is a relu6, which is not supported": lambda s, x: F.relu6(s.c(s.a(x))),
    "Operation `squeeze` is a squeeze": lambda s, x: s.c(s.a(x)).squeeze(-1),
    "Operation `mul` is a mul": lambda s, x: s.c(s.a(x)) * 2,
    r"clamps to \[0, 6\]": lambda s, x: s.c(s.a(x).clamp(0, 6)),
    r"clamps to \[None, 0\]": lambda s, x: s.c(s.a(x).clamp(max=0)),
    r"The output of `relu` is used by `b` and `add`: skip connections": (
        lambda s, x: (lambda h: s.c(h + s.b(h)))(s.a(x).relu())
    ),
    "The output of `x` is used by `a` and `a`": lambda s, x: torch.cat([s.a(x), s.a(x)], 1),
    "must return one tensor": lambda s, x: [s.c(s.a(x))],
    "flattens dimensions 0 to -1": lambda s, x: s.c(torch.flatten(s.a(x))),
    "Operation `view` reshapes to something else": lambda s, x: s.a(x.view(4, -1)),
    "Operation `add` adds with alpha=2": lambda s, x: torch.add(s.a(x), s.shift, alpha=2),
    "multiply the points by a matrix on their right": lambda s, x: s.matrix @ s.a(x),
    "drops values at random also in evaluation": lambda s, x: s.c(F.dropout(s.a(x), 0.5, True)),
    "cannot be traced: symbolically traced variables": lambda s, x: s.a(x) if x.sum() > 0 else s.a(-x),
    r"Operation `clamp` \(clamp\) is called in a way": lambda s, x: s.c(s.a(x).clamp(0, None, 3)),
}


@pytest.mark.parametrize(("message", "run"), NOT_UNDERSTOOD.items(), ids=NOT_UNDERSTOOD.keys())
def test_what_is_not_understood_is_refused_by_name(message: str, run: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(UnsupportedLayerError, match=message):
        ReLUNetwork.from_torch(Written(run))


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            [nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2, 2)],
            "Layer `0` is a Conv2d, which is not supported",
        ),
        ([nn.Linear(4, 4), nn.MaxPool1d(2)], "Layer `1` is a MaxPool1d, which is not supported"),
        ([nn.Linear(4, 4), nn.ELU()], "Layer `1` is an ELU, which is not piecewise linear"),
        ([nn.Linear(4, 4), nn.LogSoftmax(1)], "Layer `1` is a LogSoftmax, which is not piecewise linear"),
        ([nn.Linear(4, 4), nn.ReLU6()], "Layer `1` is a ReLU6, which is not supported"),
        ([nn.Linear(4, 4), nn.Flatten(0)], "Layer `1` flattens dimensions 0 to -1"),
        ([nn.Linear(4, 4), nn.BatchNorm1d(4, track_running_stats=False)], "without running statistics"),
        ([nn.ReLU()], "Sequential has no Linear layer"),
        ([], "Sequential has no Linear layer"),
    ],
)
def test_layers_that_are_not_supported_are_refused_by_name(layers: list[nn.Module], message: str) -> None:
    with pytest.raises(UnsupportedLayerError, match=message):
        ReLUNetwork.from_torch(nn.Sequential(*layers))


def test_layers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(
        InvalidNetworkError, match=r"^Layer `2` expects 4 inputs, but layer `0` has 3 outputs.$"
    ):
        ReLUNetwork.from_torch(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(4, 1)))


def test_weights_are_taken_exactly() -> None:
    for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        module = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1)).to(dtype)
        network = ReLUNetwork.from_torch(module)
        assert network.weights[0][0].tolist() == module[0].weight.double().tolist()
        assert network.weights[1][1].tolist() == module[2].bias.double().tolist()
        assert network.rounded_layers == ()


def test_nested_containers_and_identities_make_one_chain() -> None:
    inner = nn.Sequential(nn.Linear(3, 5, bias=False), nn.ReLU(inplace=True), nn.Dropout())
    module = nn.Sequential(nn.Flatten(), nn.Sequential(inner, nn.Identity()), nn.Linear(5, 2))
    network = ReLUNetwork.from_torch(module)
    assert repr(network) == "<ReLUNetwork 3-5-2, 5 neurons>"
    assert (network.weights[0][1] == 0).all()


def test_a_layer_that_is_used_twice_stands_in_the_network_twice() -> None:
    shared = nn.Linear(3, 3)
    network = ReLUNetwork.from_torch(nn.Sequential(shared, nn.ReLU(), shared, nn.ReLU(), nn.Linear(3, 1)))
    assert network.hidden_widths == (3, 3)
    assert (network.weights[0][0] == network.weights[1][0]).all()


def test_consecutive_affine_layers_are_composed_exactly_and_rounded_once() -> None:
    module = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    network = ReLUNetwork.from_torch(module)
    assert network.rounded_layers == ("0 + 1",)
    first, second = (m.weight.tolist() for m in (module[0], module[1]))
    for i in range(4):
        for j in range(2):
            exact = sum(Fraction(second[i][k]) * Fraction(first[k][j]) for k in range(3))
            assert network.weights[0][0][i, j] == float(exact)


def test_a_composition_that_float64_holds_is_not_called_rounded() -> None:
    module = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4), nn.ReLU())
    for parameter in module.parameters():
        parameter.data = torch.randint(-9, 9, parameter.shape).float()
    network = ReLUNetwork.from_torch(module)
    assert network.rounded_layers == ()
    assert (network.weights[0][0] == (module[1].weight @ module[0].weight).detach().numpy()).all()


def test_an_activation_at_either_end_gets_an_identity() -> None:
    module = nn.Sequential(nn.ReLU(), nn.Linear(2, 3), nn.ReLU())
    network = ReLUNetwork.from_torch(module)
    assert network.hidden_widths == (2, 3)
    assert (network.weights[0][0] == np.eye(2)).all()
    assert (network.weights[2][0] == np.eye(3)).all()


def test_slopes_of_leaky_and_parametric_relu_are_kept() -> None:
    per_neuron = nn.PReLU(3)
    per_neuron.weight.data = torch.tensor([0.1, -0.5, 2.0])
    module = nn.Sequential(nn.Linear(2, 3), per_neuron, nn.Linear(3, 2), nn.PReLU(), nn.LeakyReLU(0.1))
    network = ReLUNetwork.from_torch(module)
    assert network.negative_slopes[0].tolist() == per_neuron.weight.double().tolist()
    assert network.negative_slopes[1].tolist() == [0.25, 0.25]
    assert network.negative_slopes[2].tolist() == [0.1, 0.1]


def batch_norm(n: int, affine: bool = True) -> nn.BatchNorm1d:
    layer = nn.BatchNorm1d(n, affine=affine)
    assert layer.running_mean is not None
    assert layer.running_var is not None
    layer.running_mean.normal_()
    layer.running_var.uniform_(0.5, 3)
    if affine:
        nn.init.normal_(layer.weight)
        nn.init.normal_(layer.bias)
    return layer


@pytest.mark.parametrize("affine", [True, False])
def test_batch_normalization_uses_running_statistics_and_is_named_as_rounded(affine: bool) -> None:
    module = nn.Sequential(
        batch_norm(3), nn.Linear(3, 5), batch_norm(5, affine), nn.ReLU(), batch_norm(5), nn.Linear(5, 2)
    )
    network = ReLUNetwork.from_torch(module)
    assert network.rounded_layers == ("0 + 1 + 2", "4 + 5")
    assert agrees(module, network)


def test_batch_normalization_is_exact_where_the_square_root_is() -> None:
    module = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1, eps=0.0))
    module[0].weight.data, module[0].bias.data = torch.tensor([[3.0]]), torch.tensor([1.0])
    module[1].running_mean, module[1].running_var = torch.tensor([2.0]), torch.tensor([0.25])
    network = ReLUNetwork.from_torch(module.eval())
    assert (network.weights[0][0].item(), network.weights[0][1].item()) == (6.0, -2.0)
    assert network.rounded_layers == ()


def test_training_flags_are_restored_also_after_a_refusal() -> None:
    module = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(), nn.Linear(3, 1)).train()
    module[1].eval()
    ReLUNetwork.from_torch(module)
    assert [m.training for m in module.modules()] == [True, True, False, True, True]
    refused = nn.Sequential(nn.Linear(2, 3), nn.Tanh()).train()
    with pytest.raises(UnsupportedLayerError):
        ReLUNetwork.from_torch(refused)
    assert refused.training


def test_a_hook_that_changes_the_values_is_noticed() -> None:
    module = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    module[1].register_forward_hook(lambda _module, _inputs, output: output * 1.01)
    with pytest.raises(UnsupportedLayerError, match="does not agree with the network that was read from it"):
        ReLUNetwork.from_torch(module)


def test_a_16_bit_module_is_checked_sharply() -> None:
    module = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 1)).to(torch.bfloat16)
    module[1].register_forward_hook(lambda _module, _inputs, output: output * 1.001)
    with pytest.raises(UnsupportedLayerError, match="does not agree"):
        ReLUNetwork.from_torch(module)


def test_an_optional_argument_that_stays_none_is_no_second_input() -> None:
    class Masked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Linear(2, 3)

        def forward(self, x: Any, mask: Any = None) -> Any:
            h = self.a(x).relu()
            return h if mask is None else h + mask

    assert ReLUNetwork.from_torch(Masked()).hidden_widths == (3,)


def test_two_inputs_are_refused() -> None:
    class Two(nn.Module):
        def forward(self, x: Any, y: Any) -> Any:
            return x + y.relu()

    with pytest.raises(UnsupportedLayerError, match="uses more than one input"):
        ReLUNetwork.from_torch(Two())


def test_a_linear_layer_alone_and_a_subclass_of_it_are_read() -> None:
    class Doubling(nn.Linear):
        def forward(self, x: Any) -> Any:
            return super().forward(x).relu()

    assert ReLUNetwork.from_torch(nn.Linear(3, 2)).n_neurons == 0
    assert ReLUNetwork.from_torch(nn.Sequential(Doubling(3, 2))).hidden_widths == (2,)


def test_reparametrized_weights_are_read_as_they_act() -> None:
    module = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(2, 3)), nn.ReLU())
    assert agrees(module, ReLUNetwork.from_torch(module))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (dict, InvalidArgumentError, "`module` has type dict, .*`ReLUNetwork.from_state_dict`"),
        (lambda: nn.LazyLinear(3), InvalidNetworkError, "uninitialized parameter"),
        (lambda: nn.Linear(2, 3, dtype=torch.complex64), InvalidNetworkError, "dtype torch.complex64"),
        (lambda: nn.Linear(2, 3, device="meta"), InvalidNetworkError, "cannot be read as a dense tensor"),
    ],
)
def test_things_that_are_no_module_with_real_weights_are_refused(
    make: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = make()
    with pytest.raises(error, match=message):
        ReLUNetwork.from_torch(module)


def test_nan_weights_are_refused_by_layer() -> None:
    module = nn.Linear(1, 1)
    module.weight.data.fill_(float("nan"))
    with pytest.raises(InvalidNetworkError, match=r"NaN at position \(0, 0\)"):
        ReLUNetwork.from_torch(nn.Sequential(module))


def test_without_torch_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "polytope_engine\[torch\]"'):
        ReLUNetwork.from_torch(object())
