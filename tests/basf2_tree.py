"""Our own events as basf2 would write them: a row per candidate, names of variables escaped."""

import numpy as np
import uproot

from fourmu.io.basf2 import TRUTH_PDG
from fourmu.io.branch_names import branch_name

ORDERS = np.array([[0, 1, 2, 3], [2, 1, 0, 3], [3, 2, 1, 0], [1, 3, 0, 2]])
"""Tracks in the slots of the candidates of an event: all the same, each row another order."""


def four_track_events(events):
    """Events that a list of four daughters can hold."""
    return events.take(np.diff(events.track_offsets) == 4)


def columns_of(
    events, *, candidates=4, experiment=12, run=3, first_event=1, photons=8, x_pdg=32, prefix=""
):
    """Columns of a tree of candidates with four daughters, by basf2 variable.

    The truth is written where ``x_pdg`` is given: places 2 and 3 of the generated particles come
    from X, the others from a virtual photon.
    """
    n = len(events)
    rows = n * candidates

    def repeated(values):
        return np.repeat(np.asarray(values, dtype=np.float64), candidates)

    columns = {
        "__experiment__": np.full(rows, experiment, dtype=np.int32),
        "__run__": np.full(rows, run, dtype=np.int32),
        "__event__": np.repeat(np.arange(first_event, first_event + n), candidates).astype("i4"),
        "__candidate__": np.tile(np.arange(candidates), n).astype("i4"),
        "__ncandidates__": np.full(rows, candidates, dtype=np.int32),
        "__weight__": repeated(events.weight),
    }
    per_track = {
        "pt": events.track_pt,
        "theta": events.track_theta,
        "phi": events.track_phi,
        "charge": events.track_charge,
        "dr": np.abs(events.track_d0_cm),
        "dz": events.track_z0_cm,
        "muonID": np.where(events.track_is_muon, 0.97, 0.02),
        "electronID": np.where(events.track_is_electron, 0.9, np.nan),
    }
    if x_pdg is not None:
        known = np.append(events.truth_pdg, 0)
        place = np.where(events.track_truth < 0, len(known) - 1, events.track_truth)
        per_track["mcPDG"] = np.where(events.track_truth < 0, np.nan, known[place])
        per_track["genMotherPDG"] = np.where(events.track_truth >= 2, x_pdg, 10022)
    for name, values in per_track.items():
        table = np.asarray(values, dtype=np.float64).reshape(n, 4)
        for slot in range(4):
            column = np.stack([table[:, ORDERS[c][slot]] for c in range(candidates)], axis=1)
            columns[f"daughter({slot}, {name})"] = column.ravel()
    counts = np.diff(events.photon_offsets)
    for k in range(photons):
        filled = counts > k
        for name, values in (
            ("E", events.photon_energy),
            ("theta", events.photon_theta),
            ("phi", events.photon_phi),
        ):
            column = np.full(n, np.nan)
            column[filled] = values[events.photon_offsets[:-1][filled] + k]
            columns[f"photon{k + 1}_{name}"] = repeated(column)
    columns["nPhotons"] = repeated(counts)
    columns["L1PSNM(ffy)"] = repeated(events.trigger_three_track)
    columns["L1PSNM(cdcklm1)"] = repeated(events.trigger_single_muon)
    columns["L1PSNM(hie)"] = repeated(events.trigger_calorimeter)
    return {f"{prefix}{name}": column for name, column in columns.items()}


def write_tree(path, columns, *, tree="ntuple", escape=True):
    """Write columns, with the names that basf2 gives to branches."""
    named = {branch_name(name) if escape else name: column for name, column in columns.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with uproot.recreate(path, compression=uproot.LZ4(1)) as file:
        types = {
            name: column.dtype if hasattr(column, "dtype") else column.type
            for name, column in named.items()
        }
        file.mktree(tree, types)
        if len(next(iter(named.values()))):
            file[tree].extend(named)
    return path


def expected_truth(events):
    """Places of ``track_truth`` as the reader counts them."""
    known = np.append(events.truth_pdg, 0)
    code = known[np.where(events.track_truth < 0, len(known) - 1, events.track_truth)]
    from_x = events.track_truth >= 2
    plain = {code: place for place, code in reversed(list(enumerate(TRUTH_PDG)))}
    return np.array(
        [
            (2 if c < 0 else 3) if x else plain.get(int(c), -1)
            for c, x in zip(code, from_x, strict=True)
        ]
    )
