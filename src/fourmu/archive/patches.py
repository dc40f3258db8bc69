"""Background-only workspaces and the patches that put a signal into them.

The background-only workspace of a window holds a ``signal`` sample of zero yield with its
modifiers; a patch replaces that sample. Every client of pyhf takes this form: nothing outside
/channels changes, so that ``pyhf cls --patch``, whose measurement is read first, works as well.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fourmu.errors import ConsistencyError, InputError

__all__ = [
    "SIGNAL",
    "canonical_digest",
    "patch_of",
    "patched",
    "patchset_document",
    "signal_place",
    "split_workspaces",
]

Document = dict[str, Any]

SIGNAL: Final = "signal"
"""Name of the sample that patches replace."""
_PLACE: Final = r"(0|[1-9]\d{0,5})"
_PATH: Final = re.compile(rf"/channels/{_PLACE}/samples/{_PLACE}(?:/(data|modifiers))?")


def canonical_digest(document: Any) -> str:
    """SHA-256 of a document in the canonical form that pyhf digests.

    Equal to ``pyhf.utils.digest(document)``, without importing pyhf for it.
    """
    text = json.dumps(document, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def signal_place(workspace: Mapping[str, Any], where: str) -> tuple[int, int]:
    """Channel and place of the signal sample.

    Raises
    ------
    ConsistencyError
        There is none, or more than one.
    """
    found = [
        (i, j)
        for i, channel in enumerate(workspace["channels"])
        for j, sample in enumerate(channel["samples"])
        if sample["name"] == SIGNAL
    ]
    if len(found) != 1:
        raise ConsistencyError(
            "a workspace of the scan needs one signal sample",
            where=where,
            found=len(found),
            expected=1,
        )
    return found[0]


def split_workspaces(
    workspaces: Mapping[str, Document], where: str
) -> tuple[Document, dict[str, list[Document]]]:
    """Background-only workspace and one patch per model.

    Parameters
    ----------
    workspaces
        Workspace of each model in one window; the first gives the modifiers of the empty signal.
    where
        Name of the window, for errors.

    Returns
    -------
    background_only, patches
        Applying the patch of a model gives back its workspace.

    Raises
    ------
    ConsistencyError
        The workspaces differ in more than the signal sample.
    """
    background: Document | None = None
    patches = {}
    for model, workspace in workspaces.items():
        i, j = signal_place(workspace, f"{where}, {model}")
        signal = workspace["channels"][i]["samples"][j]
        empty = _with_sample(workspace, i, j, _without_yield(signal))
        if background is None:
            background = empty
        elif _without_signal(empty, i, j) != _without_signal(background, i, j):
            raise ConsistencyError(
                "the workspaces of the models differ in more than the signal",
                where=where,
                found=model,
                expected=f"background and observation of {next(iter(workspaces))}",
            )
        patches[model] = patch_of(i, j, signal)
    if background is None:
        raise ConsistencyError("a window needs a model", where=where)
    return background, patches


def patch_of(channel: int, place: int, sample: Document) -> list[Document]:
    """JSON patch (RFC 6902) that puts a sample into the place of the empty signal."""
    return [{"op": "replace", "path": f"/channels/{channel}/samples/{place}", "value": sample}]


def patched(background_only: Document, patch: Sequence[Mapping[str, Any]], where: str) -> Document:
    """Apply a patch, which may only replace samples or what is in them.

    The background-only workspace is not changed; what the patch leaves alone is shared.

    Raises
    ------
    InputError
        The patch does something else, or its path does not exist.
    """
    result = background_only
    if not isinstance(patch, list) or not all(isinstance(entry, dict) for entry in patch):
        raise InputError("a patch is a list of operations", where=where, found=type(patch).__name__)
    for operation in patch:
        path = str(operation.get("path"))
        match = _PATH.fullmatch(path)
        if operation.get("op") != "replace" or match is None or "value" not in operation:
            raise InputError(
                "a patch may only replace a sample under /channels",
                where=where,
                found=f"{operation.get('op')} {path}"[:120],
                expected="replace /channels/<i>/samples/<j>",
            )
        i, j, key = int(match[1]), int(match[2]), match[3]
        try:
            sample = result["channels"][i]["samples"][j]
            value = operation["value"]
            result = _with_sample(result, i, j, value if key is None else {**sample, key: value})
        except (IndexError, KeyError, TypeError) as error:
            raise InputError(
                "the path of a patch does not exist", where=where, found=path
            ) from error
    return result


def patchset_document(
    patches: Mapping[str, list[Document]],
    background_only: Document,
    *,
    mass_gev: float,
    metadata: Mapping[str, Any],
) -> Document:
    """Pyhf patchset of one window: a patch per model, bound to the background-only workspace.

    Parameters
    ----------
    patches
        By model.
    background_only
        What the digest is taken of.
    mass_gev
        Mass of the hypothesis; labels are model and mass.
    metadata
        More of it: description, licence, citation ...
    """
    return {
        "version": "1.0.0",
        "metadata": {
            **metadata,
            "labels": ["model", "mass_gev"],
            "digests": {"sha256": canonical_digest(background_only)},
        },
        "patches": [
            {"metadata": {"name": model, "values": [model, mass_gev]}, "patch": patch}
            for model, patch in patches.items()
        ],
    }


def _with_sample(workspace: Document, channel: int, place: int, sample: Document) -> Document:
    """Return a copy with another sample; everything else is shared."""
    channels = list(workspace["channels"])
    samples = list(channels[channel]["samples"])
    samples[place] = sample
    channels[channel] = {**channels[channel], "samples": samples}
    return {**workspace, "channels": channels}


def _without_yield(sample: Document) -> Document:
    """Return a sample of zero yield with the same modifiers."""
    return {
        **sample,
        "data": [0.0] * len(sample["data"]),
        "modifiers": [_zeroed(modifier) for modifier in sample["modifiers"]],
    }


def _zeroed(modifier: Document) -> Document:
    """Return a modifier whose yields, if it holds some, are zero as well."""
    if modifier["type"] != "histosys":
        return modifier
    zeros = [0.0] * len(modifier["data"]["hi_data"])
    return {**modifier, "data": {"hi_data": zeros, "lo_data": list(zeros)}}


def _without_signal(workspace: Document, channel: int, place: int) -> Document:
    return _with_sample(workspace, channel, place, {})
