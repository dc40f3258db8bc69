"""The exported network is the trained one, and is evaluated where it was trained."""

import json
from itertools import pairwise

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from fourmu.classifiers import MlpRange, Network, evaluate, scores
from fourmu.errors import ConsistencyError, InputError
from fourmu.selection import VARIABLES


def a_range(index, low, high, margin=0.1):
    return MlpRange(
        index=index,
        low_gev=low,
        high_gev=high,
        interval_low_gev=low - margin,
        interval_high_gev=high + margin,
    )


def random_network(rng, mlp_range, activation="relu"):
    sizes = [16, 8, 4, 1]
    return Network(
        mlp_range=mlp_range,
        variables=VARIABLES,
        mean=rng.standard_normal(16).astype(np.float32),
        scale=rng.uniform(0.5, 2.0, 16).astype(np.float32),
        weights=tuple(rng.standard_normal((a, b)).astype(np.float32) for a, b in pairwise(sizes)),
        biases=tuple(rng.standard_normal(b).astype(np.float32) for b in sizes[1:]),
        activation=activation,
    )


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_evaluation_equals_that_of_scikit_learn(activation):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((20_000, 16)).astype(np.float32)
    y = (x[:, 0] + 0.5 * x[:, 1] * x[:, 2] + 0.3 * rng.standard_normal(len(x)) > 0).astype(int)
    mean, scale = x.mean(axis=0), x.std(axis=0)
    classifier = MLPClassifier(
        hidden_layer_sizes=(32, 16), activation=activation, random_state=1, batch_size=500
    )
    for _ in range(5):
        classifier.partial_fit((x - mean) / scale, y, classes=[0, 1])
    network = Network(
        mlp_range=a_range(0, 0.21, 1.0),
        variables=VARIABLES,
        mean=mean,
        scale=scale,
        weights=tuple(classifier.coefs_),
        biases=tuple(classifier.intercepts_),
        activation=activation,
    )
    again = Network.from_dict(json.loads(json.dumps(network.to_dict())))
    expected = classifier.predict_proba((x - mean) / scale)[:, 1]
    np.testing.assert_allclose(evaluate(again, x), expected, atol=1e-6)
    np.testing.assert_array_equal(evaluate(again, x), evaluate(network, x))


def test_scores_are_given_inside_the_training_interval_only(make_candidates):
    rng = np.random.default_rng(2)
    ranges = [a_range(0, 0.3, 1.0), a_range(1, 1.0, 3.0)]
    networks = [random_network(rng, r) for r in ranges]
    mass = np.array([0.1, 0.25, 0.5, 0.95, 1.0, 1.05, 1.2, 3.05, 3.2, np.nan])
    candidates = make_candidates(rng, mass)
    result = scores(networks, candidates)
    assert result.dtype == np.float32
    expected_first = [False, True, True, True, True, True, False, False, False, False]
    expected_second = [False, False, False, True, True, True, True, True, False, False]
    np.testing.assert_array_equal(np.isfinite(result[:, 0]), expected_first)
    np.testing.assert_array_equal(np.isfinite(result[:, 1]), expected_second)
    alone = evaluate(networks[1], candidates.variables[3:8])
    # single precision: matrix products of other sizes may round otherwise
    np.testing.assert_allclose(result[3:8, 1], alone, atol=1e-6)


def test_a_large_output_does_not_overflow():
    rng = np.random.default_rng(3)
    network = random_network(rng, a_range(0, 0.3, 1.0))
    extreme = np.full((2, 16), 1e6, dtype=np.float32)
    extreme[1] *= -1
    output = evaluate(network, extreme)
    assert np.all((output >= 0.0) & (output <= 1.0))


def test_no_candidates_give_no_scores(make_candidates):
    rng = np.random.default_rng(4)
    networks = [random_network(rng, a_range(0, 0.3, 1.0))]
    assert scores(networks, make_candidates(rng, np.zeros(0))).shape == (0, 1)


def test_a_network_with_missing_numbers_is_refused():
    content = random_network(np.random.default_rng(5), a_range(0, 0.3, 1.0)).to_dict()
    with pytest.raises(InputError, match="scale"):
        Network.from_dict({k: v for k, v in content.items() if k != "scale"})
    with pytest.raises(ConsistencyError, match="layers"):
        Network.from_dict({**content, "weights": content["weights"][:-1]})
    with pytest.raises(ConsistencyError, match="finite"):
        Network.from_dict({**content, "mean": [float("nan")] * 16})
