"""Workspaces drawn at random with every modifier of HistFactory, shared in every way."""

import numpy as np

VECTORS = ("staterror", "shapesys", "shapefactor")


def random_workspace(
    rng,
    *,
    channels=None,
    kinds=("normfactor", "normsys", "histosys", "lumi", "staterror", "shapesys", "shapefactor"),
    bins=4,
    scale=20.0,
    signal=4.0,
    settings=True,
):
    """Return a workspace of up to three channels with a signal and up to three backgrounds.

    Every kind named in ``kinds`` may occur; systematics are shared across samples and channels
    with sizes of their own. Data are drawn near the nominal expectation.
    """
    channels = int(rng.integers(1, 4)) if channels is None else channels
    with_staterror = "staterror" in kinds and rng.random() < 0.6
    document = {"channels": [], "observations": [], "version": "1.0.0"}
    order = rng.permutation(channels)
    for number in order:
        name = f"channel_{number}"
        size = int(rng.integers(1, bins + 1))
        samples = [_sample(rng, "signal", signal * rng.uniform(0.2, 1.0, size), kinds)]
        samples[0]["modifiers"].append({"name": "mu", "type": "normfactor", "data": None})
        for place in range(int(rng.integers(1, 4))):
            nominal = scale * rng.uniform(0.2, 1.0, size)
            samples.append(_sample(rng, f"background_{place}", nominal, kinds))
        if with_staterror:
            for sample in samples[1:2]:  # in every channel
                _add_staterror(rng, sample, "mc_stat")
            if rng.random() < 0.5:
                for sample in samples[1:]:
                    _add_staterror(rng, sample, f"mc_stat_{name}")
        if "shapesys" in kinds and rng.random() < 0.5:
            _add_shapesys(rng, samples[-1], f"shapesys_{name}")
        if "shapefactor" in kinds and len(samples) > 2 and rng.random() < 0.4:
            samples[-1]["modifiers"].append(
                {"name": f"shapefactor_{name}", "type": "shapefactor", "data": None}
            )
        document["channels"].append({"name": name, "samples": samples})
        expected = np.sum([sample["data"] for sample in samples], axis=0)
        document["observations"].append(
            {"name": name, "data": rng.poisson(expected).astype(float).tolist()}
        )
    parameters = [{"name": "mu", "bounds": [[0.0, 200.0]], "inits": [1.0]}]
    if "lumi" in kinds:
        parameters.append(
            {
                "name": "lumi",
                "auxdata": [1.0],
                "sigmas": [0.02],
                "bounds": [[0.5, 1.5]],
                "inits": [1.0],
            }
        )
    if settings:
        parameters += _settings(rng, document)
    document["measurements"] = [
        {"name": "measurement", "config": {"poi": "mu", "parameters": parameters}}
    ]
    return document


def _sample(rng, name, nominal, kinds):
    modifiers = []
    if "normfactor" in kinds and name == "background_0" and rng.random() < 0.5:
        modifiers.append({"name": "norm_0", "type": "normfactor", "data": None})
    if "lumi" in kinds and rng.random() < 0.5:
        modifiers.append({"name": "lumi", "type": "lumi", "data": None})
    for place in range(4):
        if "normsys" in kinds and rng.random() < 0.4:
            hi, lo = 1.0 + rng.uniform(0.02, 0.2), 1.0 - rng.uniform(0.02, 0.2)
            modifiers.append(
                {"name": f"alpha_{place}", "type": "normsys", "data": {"hi": hi, "lo": lo}}
            )
        if "histosys" in kinds and rng.random() < 0.25:
            data = {
                "hi_data": list(nominal * rng.uniform(0.9, 1.25, nominal.size)),
                "lo_data": list(nominal * rng.uniform(0.75, 1.1, nominal.size)),
            }
            modifiers.append({"name": f"alpha_{place}", "type": "histosys", "data": data})
    return {"name": name, "data": list(nominal), "modifiers": modifiers}


def _add_staterror(rng, sample, name):
    nominal = np.array(sample["data"])
    sizes = nominal * rng.uniform(0.02, 0.2, nominal.size)
    sizes[rng.random(nominal.size) < 0.1] = 0.0
    sample["modifiers"].append({"name": name, "type": "staterror", "data": list(sizes)})


def _add_shapesys(rng, sample, name):
    nominal = np.array(sample["data"])
    sizes = nominal * rng.uniform(0.05, 0.3, nominal.size)
    sizes[rng.random(nominal.size) < 0.1] = 0.0
    sample["modifiers"].append({"name": name, "type": "shapesys", "data": list(sizes)})


def _settings(rng, document):
    """Settings of some systematics: measured values, bounds, fixed ones."""
    names = {
        modifier["name"]
        for channel in document["channels"]
        for sample in channel["samples"]
        for modifier in sample["modifiers"]
        if modifier["type"] in ("normsys", "histosys")
    }
    found = []
    for name in sorted(names):
        choice = rng.random()
        if choice < 0.1:
            found.append({"name": name, "inits": [0.3], "fixed": True})
        elif choice < 0.2:
            found.append({"name": name, "auxdata": [0.4], "bounds": [[-0.9, 2.0]]})
    return found
