"""A model that nobody has tried is tried in a child: what comes out, what is refused, what the child's death says."""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto as T
from onnx import helper

from tests.endpoints import greedy, tiny
from worker import apart
from worker.apart import ChildDied, Death
from worker.demo import material
from worker.endpoints import Registry, rules
from worker.endpoints.trial import TrialLimits, look_apart, score_apart

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="limits by the system hold on Linux")


def test_scores_of_the_sample_rows_come_back() -> None:
    """In the contract's order; a number that is not there is null."""
    found = score_apart(tiny.contract(), tiny.credit())
    assert found == {"Scored Labels": ["yes", "no"], "Scored Probabilities": [pytest.approx(0.711, abs=1e-3), None]}


def test_scores_are_kept_with_the_version(registry: Registry) -> None:
    """Each version has those of its own model."""
    registry.add_service("credit", tiny.contract(), tiny.credit())
    registry.publish("credit", tiny.contract(), tiny.credit(5))
    first, second = registry.versions("credit")
    assert first.sample_scores == score_apart(tiny.contract(), tiny.credit())
    assert second.sample_scores == score_apart(tiny.contract(), tiny.credit(5))
    assert first.sample_scores != second.sample_scores


def test_a_contract_without_sample_rows_has_no_scores() -> None:
    """The model is loaded and compared with the contract all the same."""
    assert score_apart(tiny.contract(sample=[]), tiny.credit()) == {}
    with pytest.raises(rules.ModelMisfit):
        score_apart(tiny.contract(sample=[]), tiny.echo())


def foreign() -> bytes:
    node = helper.make_node("Evil", ["x"], ["y"], domain="evil.example")
    return tiny.model([node], [("x", T.FLOAT)], [("y", T.FLOAT, [None, 1])], domains=("evil.example",))


def external() -> bytes:
    model = onnx.load_from_string(greedy.tile(2))
    tensor = model.graph.initializer[0]
    tensor.data_location = T.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("model", "error", "words"),
    [
        (pickle.dumps({"a": 1}), rules.NotAModel, "not an ONNX model"),
        (b"", rules.NotAModel, "no graph"),
        (foreign(), rules.ForeignOperators, "evil.example"),
        (external(), rules.ExternalData, "other files"),
        (tiny.credit(), rules.ModelMisfit, "the model wants 'Purpose', which is no input; .*no input 'x'"),
        (bytes(150 * 2**20 + 1), rules.ModelTooLarge, "at most 157286400"),
    ],
    ids=["pickle", "empty", "operators", "external", "inputs", "large"],
)
def test_refusals_come_back_as_they_are(model: bytes, error: type[rules.RuleError], words: str) -> None:
    """The error of the child is raised in the parent, with its facts."""
    with pytest.raises(error, match=words):
        score_apart(greedy.contract(), model)


@on_linux
@pytest.mark.parametrize(
    ("model", "what"),
    [
        (greedy.tile(1_000_000_000), "memory"),
        (greedy.tile(200_000_000), "memory"),
        (greedy.folded(1_000_000_000), "memory"),
        (greedy.loop(), "seconds"),
    ],
    ids=["4 GB", "800 MB", "4 GB on loading", "loop"],
)
def test_a_tiny_model_that_asks_for_much_is_refused(model: bytes, what: str, registry: Registry) -> None:
    """A few hundred bytes that want gigabytes, or never end, cost their limit and are not published."""
    assert len(model) < 400
    began = time.monotonic()
    with pytest.raises(rules.ModelTooCostly) as caught:
        score_apart(greedy.contract(x=11.0), model, TrialLimits(seconds=2, memory_bytes=2**29))
    assert caught.value.what == what
    assert time.monotonic() - began < 7


@on_linux
def test_the_limits_leave_room_for_real_models() -> None:
    """The demonstration's model fits well below the limits that hold when none are given."""
    scores = score_apart(material.contract(), material.model(1), TrialLimits(5, 2**28 + 2**27))
    assert set(scores) == set(material.contract().output_names)


def test_what_a_model_declares() -> None:
    """Inputs with type and dimensions, outputs with type and shape."""
    graph = look_apart(tiny.credit())
    assert graph.inputs == {
        "Purpose": ("tensor(string)", 2),
        "Amount": ("tensor(float)", 2),
        "Months": ("tensor(int64)", 2),
    }
    assert {name: (kind, shape[1]) for name, (kind, shape) in graph.outputs.items()} == {
        "label": ("tensor(string)", 1),
        "probabilities": ("tensor(float)", 2),
    }


def test_an_untried_model_is_not_loaded_here(tmp_path: Path) -> None:
    """Publishing imports neither the runtime nor the reader of ONNX files into its own process."""
    script = (
        "import sys; from pathlib import Path; from worker.store import open_store; from worker.demo import material\n"
        "from worker.endpoints import Registry\n"
        "home = Path(sys.argv[1])\n"
        "Registry(open_store('', home), home).add_service('credit', material.contract(), material.model(1))\n"
        "print([n for n in ('onnxruntime', 'google.protobuf', 'worker.endpoints.onnxmodel') if n in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_child_loads_only_what_the_model_needs(tmp_path: Path) -> None:
    """No store, no pandas, no HTTP: whoever publishes waits for every import."""
    (tmp_path / "model.onnx").write_bytes(tiny.credit())
    boot = (
        "import pathlib\n"
        "from worker.endpoints.trial_child import main; main(sys.argv[2])\n"
        "pathlib.Path(sys.argv[2], 'loaded').write_text(' '.join(sys.modules))"
    )
    job = {"contract": tiny.contract().to_dict(), "seconds": 30, "memory_bytes": 2**30}
    assert "scores" in apart.run(job, tmp_path, boot, 30)
    loaded = set((tmp_path / "loaded").read_text().split())
    assert "onnxruntime" in loaded
    assert {"pandas", "pyarrow", "requests", "sqlalchemy", "worker.store", "worker.endpoints.models"} & loaded == set()


@pytest.mark.parametrize(
    ("died", "error", "words"),
    [
        (ChildDied(Death.SECONDS, "SIGXCPU"), rules.ModelTooCostly, "more than 30 s"),
        (ChildDied(Death.MEMORY, "SIGKILL"), rules.ModelTooCostly, "more than 1,024 MB"),
        (ChildDied(Death.CRASHED, "SIGSEGV"), rules.NotAModel, "SIGSEGV"),
    ],
)
def test_the_death_of_a_child_says_what_the_model_did(
    died: ChildDied, error: type[rules.RuleError], words: str
) -> None:
    """Whatever ends the child, the parent lives and says which limit it was."""
    from worker.endpoints.trial import _told

    with pytest.raises(error, match=words):
        raise _told(died, TrialLimits())


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder shared with the child is gone, also when the model was refused."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    score_apart(tiny.contract(), tiny.credit())
    with pytest.raises(rules.NotAModel):
        score_apart(tiny.contract(), b"nonsense")
    assert list(tmp_path.iterdir()) == []
