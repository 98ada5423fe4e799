"""The proof written down while it is found; docs/proof-format.md describes it."""

from __future__ import annotations

from polytope_engine.kernels.jit import counter, inner
from polytope_engine.kernels.search_state import (
    BY_CONSTANT,
    BY_FRAME,
    BY_MULTIPLIERS,
    BY_RESIDUES,
    EVENT_FLOATS,
    EVENT_NEGATIVE,
    EVENT_POSITIVE,
    EVENT_SPLIT,
    EVENT_TIGHT,
    LABEL_LAYER,
    LABEL_NEURON,
    LARGEST,
    N_EVENTS,
    N_LABELS,
    N_WRITTEN,
    OFFSET,
    PROOF,
    PROOF_SIZE,
    SCALE,
    TINY,
    Dictionary,
    Frame,
    Ints,
    Layers,
    Maps,
    Path,
    Record,
)


@inner
def record_event(record: Record, code: int, neuron: int) -> None:
    """Note an event whose labels stand in the record already."""
    n = record.sizes[N_EVENTS]
    record.codes[n] = code
    record.neurons[n] = neuron
    record.starts[n + 1] = record.sizes[N_LABELS]
    record.sizes[N_EVENTS] = n + 1


@inner
def record_split(record: Record, neuron: int, depth: int) -> None:
    """Note a split; the positive side, of this depth, comes next."""
    record_event(record, EVENT_SPLIT, neuron)
    record.sides[depth] = record.sizes[N_WRITTEN] + record.sizes[N_EVENTS]


@inner
def stated_multiplier(
    j: int, layer: int, neuron: int, layers: Layers, maps: Maps, path: Path, D: Dictionary, record: Record
) -> float:
    """The multiplier of tight row j, of the rows as they are stated and not as they are scaled."""
    asked = record.scales[layers.shape[OFFSET, layer] + neuron]
    value: float = D.z[1 + j] / (maps.bounds[layer, SCALE, neuron] * asked)
    row_layer = path.labels[D.col_label[j], LABEL_LAYER]
    row_neuron = path.labels[D.col_label[j], LABEL_NEURON]
    if row_layer < 0:
        value *= record.scales[layers.biases.shape[0] + row_neuron]
    else:
        value *= maps.bounds[row_layer, SCALE, row_neuron]
        value *= record.scales[layers.shape[OFFSET, row_layer] + row_neuron]
    return value


@inner
def can_be_stated(
    layer: int,
    neuron: int,
    r: int,
    layers: Layers,
    maps: Maps,
    path: Path,
    D: Dictionary,
    record: Record,
    control: Ints,
) -> bool:
    """Whether the floats of a proof are as accurate when they are stated: none overflows, or comes near zero."""
    if control[PROOF] != BY_MULTIPLIERS:
        return True
    for j in range(r):
        if D.z[1 + j] > 0.0:
            value = stated_multiplier(j, layer, neuron, layers, maps, path, D, record)
            if not (TINY < value < LARGEST):
                return False
    return True


@inner
def record_drop(
    record: Record,
    layer: int,
    neuron: int,
    sign: int,
    r: int,
    layers: Layers,
    maps: Maps,
    path: Path,
    D: Dictionary,
    frame: Frame,
    control: Ints,
) -> None:
    """Note how `ask` proved a sign."""
    proof = control[PROOF]
    code = EVENT_POSITIVE if sign > 0 else EVENT_NEGATIVE
    if proof == BY_MULTIPLIERS:
        code += EVENT_FLOATS
    elif proof != BY_CONSTANT:
        code += EVENT_TIGHT
    n_candidates = counter(0)
    if proof == BY_FRAME:
        n_candidates = control[PROOF_SIZE]
    elif proof != BY_CONSTANT:
        n_candidates = r
    n = record.sizes[N_LABELS]
    for j in range(n_candidates):
        p = frame.indices[1, j] if proof == BY_FRAME else D.col_label[j]
        if proof == BY_RESIDUES and frame.suspects[j] != 0:
            continue
        value = 0.0
        if proof == BY_MULTIPLIERS:
            if not (D.z[1 + j] > 0.0):
                continue
            value = stated_multiplier(j, layer, neuron, layers, maps, path, D, record)
        record.labels[n] = p
        record.multipliers[n] = value
        n += 1
    if n == record.sizes[N_LABELS] and proof != BY_CONSTANT:
        code = EVENT_POSITIVE if sign > 0 else EVENT_NEGATIVE
        if proof == BY_MULTIPLIERS:
            code += EVENT_FLOATS
    record.sizes[N_LABELS] = n
    record_event(record, code, neuron)
