"""What an ONNX file must be, how it fits a contract, what it scores."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto as T
from onnx import helper

from tests.endpoints import tiny
from worker.endpoints.onnxmodel import SLICE_ROWS, OnnxSession
from worker.endpoints.rules import ExternalData, ForeignOperators, ModelMisfit, ModelTooLarge, NotAModel
from worker.endpoints.values import read_columns
from worker.scoring.errors import BadAnswer, Rejected
from worker.scoring.schema import Schema


def score(session: OnnxSession, schema: Schema, **cells: Any) -> dict[str, list[Any]]:
    columns, problems = read_columns(cells, schema)
    assert problems == []
    return {name: values.tolist() for name, values in session.score(columns, schema).items()}


def test_scores_are_those_of_the_formula() -> None:
    """Text, float with a blank and integer in; label and probability out, in the contract's types."""
    found = score(
        OnnxSession(tiny.credit()), tiny.contract(), Purpose=["car", "boat"], Amount=[1500, None], Months=[12, 1]
    )
    assert found["Scored Labels"] == ["yes", "no"]
    assert found["Scored Probabilities"][0] == pytest.approx(1 / (1 + np.exp(-(0.5 + 1.5 + 1.2 - 2))), abs=1e-6)
    assert np.isnan(found["Scored Probabilities"][1])


def test_every_type_goes_in_and_out_unchanged() -> None:
    """Numbers, integers up to 2**53, booleans, any text and dates before 1970 survive the model's own types."""
    cells = {
        "in_number": [0.1, -1e300],
        "in_integer": [2**53, -7],
        "in_boolean": [True, False],
        "in_text": ['a "b" \\ é', "\U0001f600"],
        "in_datetime": ["1900-01-01T00:00:01", "9999-12-31T23:59:59"],
    }
    found = score(OnnxSession(tiny.echo()), tiny.echo_contract(), **cells)
    assert found == {name.removeprefix("in_"): values for name, values in cells.items()}


def test_blanks_reach_the_model_as_nan_or_empty_text() -> None:
    """A blank integer, boolean or date needs a model that takes floats; a blank text is '' and comes back as null."""
    schema = Schema.from_dict(
        {
            "inputs": [
                {"name": f"in_{kind}", "type": kind, "nullable": True}
                for kind in ("integer", "boolean", "datetime", "text")
            ],
            "outputs": [
                {"name": kind, "type": "number", "source": f"out_{kind}"} for kind in ("integer", "boolean", "datetime")
            ]
            + [{"name": "text", "type": "text", "source": "out_text"}],
        }
    )
    session = OnnxSession(tiny.echo(integer=T.FLOAT, boolean=T.FLOAT, datetime=T.DOUBLE, text=T.STRING))
    session.check_fit(schema)
    found = score(
        session,
        schema,
        in_integer=[None, 3],
        in_boolean=[None, True],
        in_datetime=[None, "1970-01-02"],
        in_text=[None, "a"],
    )
    assert [np.isnan(found[kind][0]) for kind in ("integer", "boolean", "datetime")] == [True] * 3
    assert [found[kind][1] for kind in ("integer", "boolean", "datetime", "text")] == [3, 1, 86400, "a"]
    assert found["text"][0] is None


@pytest.mark.parametrize("rows", [1, SLICE_ROWS - 1, SLICE_ROWS, SLICE_ROWS + 1, 2 * SLICE_ROWS + 1])
def test_slices_come_back_whole_and_in_order(rows: int) -> None:
    """Whatever the number of slices, row n of the answer is row n of the question."""
    numbers = list(range(rows))
    found = score(OnnxSession(tiny.echo(integer=T.INT64)), tiny.echo_contract("integer"), in_integer=numbers)
    assert found["integer"] == numbers


def test_a_number_beyond_the_models_precision_is_refused() -> None:
    """1e39 would be infinite in float32, and the integer 2**24 + 1 another one: row and column are named."""
    for kind, value in (("number", 1e39), ("integer", 2**24 + 1)):
        schema = tiny.echo_contract(kind)
        for cells in ([1, value], [value], [1, 1, -value]):  # one row has a way of its own
            columns = {f"in_{kind}": np.array(cells)}
            with pytest.raises(Rejected) as caught:
                OnnxSession(tiny.echo(**{kind: T.FLOAT})).score(columns, schema)
            assert (caught.value.row, caught.value.column) == (len(cells) - 1, f"in_{kind}")


def test_a_model_that_fails_is_a_rejection_without_its_words() -> None:
    """What onnxruntime says can hold the customer's values: it is not passed on."""
    nodes = [helper.make_node("Cast", ["in_text"], ["out_number"], to=T.DOUBLE)]
    session = OnnxSession(tiny.model(nodes, [("in_text", T.STRING)], [("out_number", T.DOUBLE, [None, 1])]))
    schema = Schema.from_dict(
        {
            "inputs": [{"name": "in_text", "type": "text"}],
            "outputs": [{"name": "n", "type": "number", "source": "out_number"}],
        }
    )
    with pytest.raises(Rejected) as caught:
        score(session, schema, in_text=["secret"])
    assert caught.value.code == "ModuleExecutionError"
    assert "secret" not in caught.value.message


def test_a_model_that_loses_rows_is_not_trusted() -> None:
    """A model that gives one row whatever it got raises BadAnswer."""
    nodes = [helper.make_node("ReduceSum", ["in_number"], ["out_number"], keepdims=1)]
    session = OnnxSession(tiny.model(nodes, [("in_number", T.DOUBLE)], [("out_number", T.DOUBLE, [None, 1])]))
    with pytest.raises(BadAnswer):
        score(session, tiny.echo_contract("number"), in_number=[1, 2])


class Bomb:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("the pickle was run",))


@pytest.mark.parametrize(
    "data", [b"", b"hello", pickle.dumps(Bomb()), b"PK\x03\x04" + bytes(100), b"\x08\x08"], ids=range(5)
)
def test_what_is_no_model_is_refused_and_not_run(data: bytes) -> None:
    """Empty, text, a pickle that runs code, an archive, a model without a graph."""
    with pytest.raises(NotAModel):
        OnnxSession(data)


def test_an_operator_nobody_knows_is_refused() -> None:
    """A standard domain, but no such operator."""
    with pytest.raises(NotAModel):
        OnnxSession(
            tiny.model([helper.make_node("Nonsense", ["x"], ["y"])], [("x", T.FLOAT)], [("y", T.FLOAT, [None, 1])])
        )


def test_foreign_operators_are_refused_wherever_they_hide() -> None:
    """Also those that onnxruntime itself would run, and those in the branch of an If."""
    branch = helper.make_graph(
        [helper.make_node("Gelu", ["x"], ["z"], domain="com.microsoft")],
        "branch",
        [],
        [helper.make_tensor_value_info("z", T.FLOAT, [None, 1])],
    )
    node = helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)
    hidden = tiny.model([node], [("x", T.FLOAT), ("c", T.BOOL)], [("y", T.FLOAT, [None, 1])])
    plain = tiny.model([], [("x", T.FLOAT)], [("x", T.FLOAT, [None, 1])], domains=("com.example",))
    for data, domain in ((hidden, "com.microsoft"), (plain, "com.example")):
        with pytest.raises(ForeignOperators) as caught:
            OnnxSession(data)
        assert caught.value.domains == (domain,)


def test_weights_in_other_files_are_refused() -> None:
    """A tensor that points to a path is refused before anything is loaded."""
    weight = onnx.TensorProto(name="w", data_type=T.FLOAT, dims=[1], data_location=T.EXTERNAL)
    weight.external_data.add(key="location", value="../../etc/passwd")
    node = helper.make_node("Add", ["x", "w"], ["y"])
    with pytest.raises(ExternalData):
        OnnxSession(tiny.model([node], [("x", T.FLOAT)], [("y", T.FLOAT, [None, 1])], [weight]))


def test_a_graph_that_stands_twice_hides_nothing() -> None:
    """Protobuf merges a field that stands twice; both are looked into."""
    clean = tiny.echo(number=T.DOUBLE)
    node = helper.make_node("Gelu", ["x"], ["z"], domain="com.microsoft")
    extra = onnx.ModelProto(ir_version=8, graph=helper.make_graph([node], "g", [], [])).SerializeToString()
    for data in (clean + extra, extra + clean):
        with pytest.raises(ForeignOperators):
            OnnxSession(data)


def test_a_file_over_the_limit_is_not_looked_at() -> None:
    """Size comes first."""

    class Large(bytes):
        def __len__(self) -> int:
            return 200_000_001

    with pytest.raises(ModelTooLarge):
        OnnxSession(Large(b"x"))


def test_every_difference_from_the_contract_is_named() -> None:
    """Missing and surplus inputs, types, blanks, outputs, columns of outputs: all at once."""
    schema = tiny.contract(
        inputs=[
            {"name": "Purpose", "type": "number"},
            {"name": "Months", "type": "integer", "nullable": True},
            {"name": "Age", "type": "integer"},
        ],
        outputs=[
            {"name": "a", "type": "text", "source": "nothing"},
            {"name": "b", "type": "integer", "source": "probabilities", "index": 2},
            {"name": "c", "type": "number", "source": "probabilities"},
        ],
    )
    with pytest.raises(ModelMisfit) as caught:
        OnnxSession(tiny.credit()).check_fit(schema)
    faults = " | ".join(caught.value.faults)
    for words in (
        "wants 'Amount'",
        "'Purpose' is tensor(string); number needs tensor(float) or tensor(double)",
        "'Months' is tensor(int64); integer that may be blank needs tensor(float) or tensor(double)",
        "no input 'Age'",
        "no output 'nothing'",
        "integer needs tensor(int64)",
        "there is no column 2",
        "'c' needs an index",
    ):
        assert words in faults
    assert len(caught.value.faults) == 8


def test_a_map_output_is_explained() -> None:
    """ZipMap is what converters do unless told otherwise: the words say what to switch off."""
    zipmap = helper.make_node("ZipMap", ["x"], ["y"], domain="ai.onnx.ml", classlabels_int64s=[0])
    graph = helper.make_graph(
        [zipmap],
        "g",
        [helper.make_tensor_value_info("x", T.FLOAT, [None, 1])],
        [
            helper.make_value_info(
                "y",
                helper.make_sequence_type_proto(
                    helper.make_map_type_proto(T.INT64, helper.make_tensor_type_proto(T.FLOAT, []))
                ),
            )
        ],
    )
    data = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)], ir_version=8
    ).SerializeToString()
    schema = Schema.from_dict(
        {"inputs": [{"name": "x", "type": "number"}], "outputs": [{"name": "y", "type": "number", "source": "y"}]}
    )
    with pytest.raises(ModelMisfit, match="zipmap"):
        OnnxSession(data).check_fit(schema)


@pytest.mark.parametrize("shape", [[], [1], [1, 1], [None, 1]])
def test_a_parameter_is_fed_once_for_all_rows(shape: list[Any]) -> None:
    """Its default, or what the call gives; as one value, or repeated where the model wants a column. In every slice."""
    session, schema = OnnxSession(tiny.shifted(shape)), tiny.shifted_contract()
    session.check_fit(schema)
    assert score(session, schema, x=[1, 2]) == {"score": [1.5, 2.5]}
    rows = list(range(SLICE_ROWS + 1))
    assert score(session, schema.given({"Shift": -2.0}), x=rows) == {"score": [row - 2.0 for row in rows]}


def test_a_parameter_must_fit_and_have_a_value() -> None:
    """Of a type that the model takes; a model's input that nobody feeds is named; without a value nothing is scored."""
    for contract, said in (
        (tiny.shifted_contract(type="text", default="a", minimum=None, maximum=None), "needs tensor\\(string\\)"),
        (tiny.shifted_contract(source="other"), "the model has no input 'Shift'"),
    ):
        with pytest.raises(ModelMisfit, match=said):
            OnnxSession(tiny.shifted([])).check_fit(contract)
    with pytest.raises(Rejected) as refused:
        score(OnnxSession(tiny.shifted([])), tiny.shifted_contract(default=None), x=[1])
    assert (refused.value.code, refused.value.column) == ("MissingRequiredGlobalParameters", "Shift")
