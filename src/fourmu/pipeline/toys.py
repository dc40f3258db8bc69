"""Stage ``toys``: limits and bands by pseudo-experiments, beside the asymptotic ones.

It is run on request (``make toys``), for it takes minutes; results, tables and figures take its
products along while they are up to date.
"""

from __future__ import annotations

from fourmu.io.results import write_limits_json

from .blinding import limits_without_observation, toys_without_observation
from .context import Context
from .limits import asymptotic_limits
from .pseudo_experiments import pseudo_experiments

__all__ = ["run"]


def run(context: Context) -> None:
    """Throw the pseudo-experiments of every window of every model."""
    analysis = context.analysis
    target = context.target("toys")
    for model in analysis.models:
        batch, found = asymptotic_limits(context, model)
        toys, bands = pseudo_experiments(
            batch,
            found,
            analysis.inference,
            seed=analysis.seed,
            folder=context.target(f"chunks/{model}"),
            model=model,
            threads=context.workers.count,
        )
        if analysis.blind:
            found, toys = limits_without_observation(found), toys_without_observation(toys)
        write_limits_json(
            target / f"{model}.json",
            found,
            toys=toys,
            bands=bands,
            seed=analysis.seed,
            provenance=context.provenance,
        )
