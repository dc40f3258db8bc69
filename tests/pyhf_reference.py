"""pyhf as it is at its best: its own likelihood and statistics, fitted with exact gradients.

pyhf's NumPy backend differentiates numerically, which leaves 1e-7 or so in a minimum and often no
convergence in models with many parameters. Here scipy gets the derivatives of our likelihood,
which tests compare with finite differences of pyhf's; what is minimised and what comes out is
pyhf's own function, so that a wrong gradient could only make its minimum higher.
"""

import contextlib

import numpy as np
import pyhf
import pytest
import scipy.optimize
import scipy.stats

from fourmu.inference import likelihood, limits
from fourmu.statmodel import batch_of

CODES = {"normsys_code": "code4", "histosys_code": "code4p"}


def model_and_data(spec, *, normsys_code="code4", histosys_code="code4p"):
    """Return pyhf's model of a workspace and its data."""
    workspace = pyhf.Workspace(spec)
    model = workspace.model(
        modifier_settings={
            "normsys": {"interpcode": normsys_code},
            "histosys": {"interpcode": histosys_code},
        }
    )
    return model, workspace.data(model)


def places(batch, model, place=0):
    """Return where pyhf's parameters stand among ours."""
    ours = {name: j for j, name in enumerate(batch.parameter_names[place])}
    return np.array([ours[name] for name in model.config.par_names])


class ExactGradients(pyhf.optimize.scipy_optimizer):
    """scipy's SLSQP on pyhf's objective with the gradient of our likelihood."""

    def __init__(self, spec, codes):
        super().__init__()
        self._batch = batch_of([("w", spec)], **codes)

    def minimize(
        self,
        objective,
        data,
        pdf,
        init_pars,
        par_bounds,
        fixed_vals=None,
        return_fitted_val=False,
        **_,
    ):
        order = places(self._batch, pdf)
        counts = np.asarray(data, dtype=float)[: pdf.config.nmaindata]
        measured = dict(zip(_auxiliary_names(pdf), data[pdf.config.nmaindata :], strict=True))
        auxiliary = np.array(
            [measured.get(name, 0.0) for name in self._batch.parameter_names[0]], dtype=float
        )
        start = np.array(init_pars, dtype=float)
        free = np.ones(start.size, dtype=bool)
        for index, value in fixed_vals or []:
            free[index], start[index] = False, value

        def parameters(x):
            full = start.copy()
            full[free] = x
            return full

        def value(x):
            return float(np.asarray(objective(parameters(x), data, pdf)).item())

        def gradient(x):
            ours = np.empty(start.size)
            ours[order] = parameters(x)
            found = likelihood(self._batch, 0, ours, counts=counts, auxiliary=auxiliary)
            return 2.0 * found.gradient[order][free]

        bounds = [tuple(pair) for pair, moves in zip(par_bounds, free, strict=True) if moves]
        best, lowest = start[free], value(start[free])
        rng = np.random.default_rng(1)
        low, high = np.array(bounds).reshape(-1, 2).T
        # SLSQP ends early at times: again from there, and from elsewhere
        for attempt in range(6 if best.size else 0):
            begin = best.copy()
            if attempt % 2 == 1:
                begin *= rng.uniform(0.5, 1.5, begin.size)
                begin = np.clip(begin + rng.normal(0.0, 0.01, begin.size), low, high)
            with contextlib.suppress(ValueError):
                result = scipy.optimize.minimize(
                    value,
                    begin,
                    jac=gradient,
                    bounds=bounds,
                    method="SLSQP",
                    options={"ftol": 1e-14, "maxiter": 2000},
                )
                if result.fun < lowest:
                    best, lowest = result.x, result.fun
        fitted = parameters(best)
        return (fitted, np.asarray(lowest)) if return_fitted_val else fitted


def _auxiliary_names(model):
    names = []
    for name in model.config.auxdata_order:
        entry = model.config.param_set(name)
        if entry.is_scalar:
            names.append(name)
        else:
            names += [f"{name}[{j}]" for j in range(entry.n_parameters)]
    return names


@contextlib.contextmanager
def pyhf_with(optimizer):
    """Use an optimizer of pyhf and leave its backend as it was."""
    before = pyhf.get_backend()
    pyhf.set_backend("numpy", optimizer)
    try:
        yield
    finally:
        pyhf.set_backend(*before)


def compare_limits(spec, **codes):
    """Compare fits and six limits with pyhf's, the fits at the same parameters too."""
    batch = batch_of([("w", spec)], **codes)
    found = limits(batch, threads=1)
    assert found.status == ("ok",), found.message
    model, data = model_and_data(spec, **codes)
    order = places(batch, model)
    with pyhf_with(ExactGradients(spec, codes)):
        null = float(pyhf.infer.mle.fixed_poi_fit(0.0, data, model, return_fitted_val=True)[1])
        free = float(pyhf.infer.mle.fit(data, model, return_fitted_val=True)[1])
        for values, ours in (
            (found.parameters_null, found.twice_nll_null[0]),
            (found.parameters_free, found.twice_nll_free[0]),
        ):
            theirs = float(pyhf.infer.mle.twice_nll(values[order], data, model)[0])
            assert ours == pytest.approx(theirs, rel=1e-8, abs=1e-8)
        assert found.twice_nll_null[0] == pytest.approx(null, rel=1e-8, abs=1e-8)
        if found.poi_hat[0] > 0:
            assert found.twice_nll_free[0] == pytest.approx(free, rel=1e-8, abs=1e-8)
        assert found.q0[0] == pytest.approx(max(null - free, 0.0), abs=1e-7)
        assert found.p0[0] == pytest.approx(scipy.stats.norm.sf(found.q0[0] ** 0.5), rel=1e-9)
        for place, mu in enumerate([found.limit_observed[0], *found.limit_expected[0]]):
            observed, expected = pyhf.infer.hypotest(
                float(mu), data, model, test_stat="qtilde", return_expected_set=True
            )
            cls = [float(observed), *map(float, expected)][place]
            assert cls == pytest.approx(0.1, abs=1e-7)
    return found
