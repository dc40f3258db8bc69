"""Files in and out: ntuples, candidates, LHE events, results. Everything else computes."""
