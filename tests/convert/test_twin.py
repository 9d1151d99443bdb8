"""What is converted scores as the original does, and what does not is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from xgboost import XGBClassifier, XGBRegressor

from tests.convert import trained
from worker.convert.twin import Twin, convert
from worker.endpoints.rules import ModelMisfit

TOLERANCE = 1e-4
TREES = {"n_estimators": 10, "random_state": 0}


def twin(folder: Path, model: Any, frame: Any) -> Twin:
    return convert(*trained.files(folder, model, frame), TOLERANCE)


def text_imputed(**how: Any) -> Any:
    return make_pipeline(SimpleImputer(**how), OneHotEncoder(handle_unknown="ignore"))


CLASSIFIERS = {
    "logistic": lambda: make_pipeline(trained.columns(trained.scaled()), LogisticRegression()),
    "boosting": lambda: make_pipeline(trained.columns(SimpleImputer()), GradientBoostingClassifier(**TREES)),
    "histogram": lambda: make_pipeline(trained.columns(), HistGradientBoostingClassifier(max_iter=10)),
    "ordinal": lambda: make_pipeline(
        trained.columns(texts=OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)),
        HistGradientBoostingClassifier(max_iter=10),
    ),
    "lightgbm": lambda: make_pipeline(trained.columns(), LGBMClassifier(verbose=-1, **TREES)),
    "xgboost": lambda: make_pipeline(trained.columns(), XGBClassifier(**TREES)),
    "searched": lambda: GridSearchCV(
        make_pipeline(trained.columns(trained.scaled()), LogisticRegression()), {"logisticregression__C": [0.1, 1]}
    ),
}
REGRESSORS = {
    "ridge": lambda: make_pipeline(trained.columns(trained.scaled()), Ridge()),
    "histogram": lambda: make_pipeline(trained.columns(), HistGradientBoostingRegressor(max_iter=10)),
    "lightgbm": lambda: make_pipeline(trained.columns(), LGBMRegressor(verbose=-1, **TREES)),
    "xgboost": lambda: make_pipeline(trained.columns(), XGBRegressor(**TREES)),
}


@pytest.mark.filterwarnings("default")  # the libraries warn of each other
class TestAgrees:
    @pytest.mark.parametrize("name", CLASSIFIERS)
    def test_classifiers(self, tmp_path: Path, name: str) -> None:
        """Inputs have the columns' own names; a column that the model does not use is not asked for."""
        frame = trained.borrowers()
        made = twin(tmp_path, CLASSIFIERS[name]().fit(frame, trained.bad(frame)), frame)
        assert made.agreement.holds
        assert made.agreement.rows == trained.ROWS
        assert list(made.contract.input_names) == ["Age (years)", "Income", "Town"]
        assert list(made.contract.output_names) == ["Scored Labels", "Scored Probabilities"]

    @pytest.mark.parametrize("name", REGRESSORS)
    def test_regressors(self, tmp_path: Path, name: str) -> None:
        """One number, under the name the classic product had for it."""
        frame = trained.borrowers()
        made = twin(tmp_path, REGRESSORS[name]().fit(frame, trained.worth(frame)), frame)
        assert made.agreement.holds
        assert list(made.contract.output_names) == ["Scored Labels"]

    @pytest.mark.parametrize(
        "texts",
        [
            text_imputed(strategy="most_frequent"),
            text_imputed(strategy="constant", fill_value="none"),
            text_imputed(strategy="constant", fill_value="none", missing_values=""),
            OneHotEncoder(),
        ],
        ids=["most frequent", "constant", "empty text", "a category of its own"],
    )
    def test_blank_texts(self, tmp_path: Path, texts: Any) -> None:
        """However the original takes a blank; ONNX has none, so the host gives ''."""
        frame = trained.borrowers(blank_towns=True)
        pipeline = make_pipeline(trained.columns(trained.scaled(), texts), LogisticRegression())
        seen = frame.fillna({"Town": ""}) if "missing_values=''" in repr(texts) else frame
        made = twin(tmp_path, pipeline.fit(seen, trained.bad(frame)), frame)
        assert made.agreement.holds
        assert [c.nullable for c in made.contract.inputs if c.name == "Town"] == [True]

    def test_codes_learned_as_text_stay_text(self, tmp_path: Path) -> None:
        """Though the sample's cells look like numbers."""
        frame = trained.borrowers()
        frame["Town"] = frame["Code"].astype(str)
        made = twin(
            tmp_path,
            make_pipeline(trained.columns(SimpleImputer()), LogisticRegression(max_iter=1000)).fit(
                frame, trained.bad(trained.borrowers())
            ),
            frame,
        )
        assert made.agreement.holds
        assert [c.categories for c in made.contract.inputs if c.name == "Town"] == [("1", "2", "3")]

    @pytest.mark.parametrize("name", ["binary.txt", "many.txt", "number.txt", "binary.json", "many.ubj", "number.json"])
    def test_boosters_without_a_pipeline(self, tmp_path: Path, name: str) -> None:
        """LightGBM writes `Age_(years)` where the sample has a blank; the input is named as the sample's column is."""
        frame = trained.borrowers()[[*trained.NUMBERS, "Code"]].astype(float)
        kind, _, ending = name.partition(".")
        classes, numbers = (LGBMClassifier, LGBMRegressor) if ending == "txt" else (XGBClassifier, XGBRegressor)
        target = {
            "binary": trained.bad(trained.borrowers()),
            "many": frame["Code"].astype(int) - 1,
            "number": trained.worth(frame),
        }[kind]
        quiet = {"verbose": -1} if ending == "txt" else {}
        model = (numbers if kind == "number" else classes)(**TREES, **quiet).fit(frame, target)
        booster = model.booster_ if ending == "txt" else model.get_booster()
        booster.save_model(tmp_path / name)
        frame.to_csv(tmp_path / "rows.csv", index=False)
        made = convert(tmp_path / name, tmp_path / "rows.csv", TOLERANCE)
        assert made.agreement.holds
        assert list(made.contract.input_names) == ["Age (years)", "Income", "Code"]
        assert len(made.contract.outputs) == {"binary": 2, "many": 4, "number": 1}[kind]

    def test_classes_have_their_names(self, tmp_path: Path) -> None:
        """With more than two of them; a model that never saw names takes the sample's columns in order."""
        frame = trained.borrowers()[[*trained.NUMBERS, "Code"]]
        model = make_pipeline(trained.scaled(), LogisticRegression()).fit(
            frame.to_numpy(float), frame["Code"].map({1: "low", 2: "mid", 3: "top"})
        )
        made = twin(tmp_path, model, frame)
        assert made.agreement.holds
        assert [output.name.removeprefix("Scored Probabilities for ") for output in made.contract.outputs] == [
            "Scored Labels",
            "low",
            "mid",
            "top",
        ]

    def test_a_classifier_without_probabilities_has_labels_only(self, tmp_path: Path) -> None:
        """Its distance from the border is no probability."""
        frame = trained.borrowers()
        made = twin(
            tmp_path,
            make_pipeline(trained.columns(trained.scaled()), RidgeClassifier()).fit(frame, trained.bad(frame)),
            frame,
        )
        assert made.agreement.holds
        assert list(made.contract.output_names) == ["Scored Labels"]


@pytest.mark.filterwarnings("default")
class TestRefuses:
    def test_a_label_that_flips_is_told(self, tmp_path: Path) -> None:
        """Trees behind a scaler: 32 bits lift a scaled number over a threshold."""
        frame = trained.borrowers()
        pipeline = make_pipeline(trained.columns(StandardScaler()), XGBClassifier(n_estimators=60, random_state=0))
        agreement = twin(tmp_path, pipeline.fit(frame, trained.bad(frame)), frame).agreement
        assert not agreement.holds
        assert agreement.flips > 0
        assert agreement.told[0].output == "Scored Labels"
        assert agreement.told[0].original != agreement.told[0].converted

    def test_a_step_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        """With its place in the pipeline."""
        frame = trained.borrowers()
        own = make_pipeline(SimpleImputer(), Odd())
        model = make_pipeline(trained.columns(own), LogisticRegression()).fit(frame, trained.bad(frame))
        with pytest.raises(ValueError, match=r"^step columntransformer/numbers/odd: Odd cannot be written as ONNX$"):
            twin(tmp_path, model, frame)

    def test_what_gives_no_scores(self, tmp_path: Path) -> None:
        """A pickle of anything else."""
        with pytest.raises(ValueError, match="StandardScaler gives no scores"):
            twin(tmp_path, StandardScaler(), trained.borrowers())

    def test_a_sample_without_a_column(self, tmp_path: Path) -> None:
        """Each is named."""
        frame = trained.borrowers()
        model = CLASSIFIERS["logistic"]().fit(frame, trained.bad(frame))
        with pytest.raises(ModelMisfit, match="no column 'Income'"):
            twin(tmp_path, model, frame.drop(columns="Income"))


class Odd(StandardScaler):
    """A step of the provider's own."""
