"""The index of a scan."""

from __future__ import annotations

import dataclasses
import hashlib
import json

import pytest

from fourmu.errors import InputError
from fourmu.statmodel import index_document, index_entries, index_entry, vetoed_entry


def test_index_comes_back_in_the_order_of_masses(make_window):
    window = make_window()
    vetoed = dataclasses.replace(window.window, name="w0124", index=124, mass_gev=3.1, vetoed=True)
    entries = [vetoed_entry(vetoed), index_entry(window, b"{}\n")]
    document = json.loads(json.dumps(index_document("zprime", entries)))
    assert document["model"] == "zprime"
    assert index_entries(document) == entries[::-1]
    assert list(document["windows"][0]) == [
        "name", "mass_gev", "reduced_mass_gev", "sigma_gev", "mlp_range",
        "bin_low", "bin_high", "efficiency", "digest", "vetoed",
    ]  # fmt: skip


def test_entry_carries_the_digest_of_the_file(make_window):
    entry = index_entry(make_window(), b"{}\n")
    assert entry.digest == hashlib.sha256(b"{}\n").hexdigest()
    assert len(entry.bin_low) == len(entry.bin_high) == 120


def test_something_else_is_refused():
    with pytest.raises(InputError, match="index"):
        index_entries({"windows": [{"name": "w0000"}]})
