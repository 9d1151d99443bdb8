"""What is in a built template: every rule of the schema, every word, and nothing that could run or lead elsewhere."""

from __future__ import annotations

import datetime as dt
import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl import load_workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from tests.workbook_templates.conftest import FACTS
from workbook_templates.builder import bind, build
from workbook_templates.definition import Definition, DefinitionError
from workbook_templates.finish import finish
from workbook_templates.phrases import Phrases, line
from workbook_templates.plan import HEADER, TABLE, plan
from workbook_templates.reader import read_definition
from worker.scoring import Column, ColumnType, ContractError, Output, Schema
from worker.scoring.binding import NAMES, Binding
from worker.scoring.check import check
from worker.scoring.schema import match_key
from worker.workbooks import read_input

FIRST = HEADER + 1


def rules(sheet: Worksheet) -> dict[str, DataValidation]:
    """The validation of each column of the table, by its header; each covers the column's rows and no more."""
    found = {}
    _, bottom = sheet.tables[TABLE].ref.split(":")
    last = int(re.sub(r"\D", "", bottom))
    for rule in sheet.data_validations.dataValidation:
        left, right = str(rule.sqref).split(":")
        letter = re.sub(r"\d", "", left)
        assert (left, right) == (f"{letter}{FIRST}", f"{letter}{last}")
        found[str(sheet[f"{letter}{HEADER}"].value)] = rule
    return found


def test_every_rule_of_the_schema_is_in_the_workbook(every: tuple[Definition, Schema], made: dict[str, Path]) -> None:
    sheet = load_workbook(made["every"])["Input"]
    found = {
        name: (rule.type, rule.operator, rule.formula1, rule.formula2, rule.allow_blank, rule.errorStyle)
        for name, rule in rules(sheet).items()
    }
    assert found == {
        "Our number": (None, None, None, None, True, None),
        "Purpose": ("list", None, "List_Purpose", None, True, "stop"),
        "Age [years]": ("whole", "between", "18", "100", True, "stop"),
        "It's #1 @ home": ("decimal", "between", "0.25", "9.99999999999999E+307", True, "stop"),
        "Ratio": ("decimal", "between", "-9.99999999999999E+307", "9.99999999999999E+307", True, "stop"),
        "Count": ("whole", "between", "-9007199254740992", "9", True, "stop"),
        "Member": ("list", None, "List_TRUE_FALSE", None, True, "stop"),
        "Nickname": (None, None, None, None, True, None),
        "Due": ("date", "between", "2", "2958465", True, "stop"),
        "Plain": ("whole", "between", "-9007199254740992", "9007199254740992", True, "stop"),
    }


def test_each_column_says_what_it_wants_and_why_it_refuses(made: dict[str, Path]) -> None:
    sheet = load_workbook(made["every"])["Input"]
    told = {name: (rule.promptTitle, rule.prompt, rule.error) for name, rule in rules(sheet).items()}
    assert told["Age [years]"] == (
        "Age [years]",
        "How old.\nwhole number, 18 to 100 years · needed",
        "A whole number from 18 to 100 is needed.",
    )
    assert told["Purpose"][0] == "What for"
    assert told["Ratio"] == ("Ratio", "number · may be blank", "A number is needed, for instance 12.5.")
    assert told["Plain"][2] == "A whole number is needed, for instance 12."
    assert told["Count"][2] == "A whole number of 9 or less is needed."
    assert told["It's #1 @ home"][2] == "A number of 0.25 or more is needed."
    assert told["Due"][2] == "A date is needed, for instance 2026-03-31."
    assert told["Due"][1].endswith("…\ndate · needed")  # what is wanted stays when the help is too long
    for path in made.values():
        for sheet in load_workbook(path).worksheets:
            for rule in sheet.data_validations.dataValidation:
                assert len(rule.promptTitle) <= 32
                assert len(rule.prompt) <= 255
                assert rule.error is None or len(rule.error) <= 225
                assert rule.showInputMessage
                assert rule.type is None or rule.showErrorMessage


def test_lists_hold_each_category_once_in_order(made: dict[str, Path], examples) -> None:
    for name, path in made.items():
        book = load_workbook(path)
        definition, schema = examples[name]
        lists = book[definition.words["lists"]]
        assert lists.sheet_state == "hidden"
        for field in plan(definition, schema).inputs:
            if field.list:
                ((title, area),) = book.defined_names[field.list].destinations
                values = tuple(cell.value for row in book[title][area.replace("$", "")] for cell in row)
                assert values == (field.categories or (True, False))


def test_what_tries_to_be_a_formula_is_text(made: dict[str, Path]) -> None:
    """The only formulas are the two counts and the two cells that show them."""
    book = load_workbook(made["every"])
    formulas = {
        f"{sheet.title}!{cell.coordinate}": cell.value
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }
    assert len(formulas) == 4
    assert {value.split("(")[0].split("-")[0] for value in formulas.values()} == {
        "=SUMPRODUCT",
        "=Rows_Filled",
        "=Rows_Incomplete",
    }
    assert book["Start"]["B1"].value == "=HYPERLINK(1) & all"
    sheet = book["Input"]
    first = {sheet.cell(HEADER, column).value: sheet.cell(FIRST, column) for column in range(1, 10)}
    assert (first["Nickname"].value, first["Nickname"].data_type) == ("=2+2", "s")
    assert (first["Purpose"].value, first["Purpose"].data_type) == ("=1+1", "s")
    assert first["Due"].value == dt.datetime(2026, 3, 31, 8, 15)
    assert first["Member"].value is True


def test_formulas_have_the_stored_values_of_the_sample_rows(made: dict[str, Path]) -> None:
    book = load_workbook(made["every"], data_only=True)
    assert (book["Input"]["A3"].value, book["Input"]["A4"].value) == (2, 1)  # the second row lacks a number
    column = [cell.value for cell in book["Start"]["D"] if cell.value in {1, 2}]
    assert column == [2, 1]


def test_a_formula_without_a_stored_value_is_never_handed_out(made: dict[str, Path]) -> None:
    """The twin is a builder that forgets one."""
    bare = made["every"].read_bytes()
    unvalued = re.compile(rb"</f><v>\d+</v>")
    with zipfile.ZipFile(made["every"]) as archive:
        assert len(unvalued.findall(archive.read("xl/worksheets/sheet2.xml"))) == 2
    with pytest.raises(KeyError):
        finish(bare, {"xl/worksheets/sheet1.xml": {}}, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


def test_the_binding_stands_in_hidden_names(every: tuple[Definition, Schema], made: dict[str, Path]) -> None:
    book = load_workbook(made["every"])
    names = {name: str(defined.attr_text) for name, defined in book.defined_names.items()}
    assert Binding.from_formulas(names) == Binding("ab12" * 8, "every", "1", every[1].fingerprint())
    assert all(book.defined_names[name].hidden for name in NAMES.values())
    shown = {name for name, defined in book.defined_names.items() if not defined.hidden}
    assert {
        "Rows_Filled",
        "Rows_Incomplete",
        "Rows_To_Score",
        "Blue_Inputs",
        "Green_Outputs",
        "Own_Columns",
        "Start_Page",
    } <= shown


def test_start_is_protected_without_a_password_and_input_is_not(made: dict[str, Path]) -> None:
    for path in made.values():
        book = load_workbook(path)
        start, sheet = book.worksheets[:2]
        assert start.protection.sheet
        assert start.protection.password is None
        assert not sheet.protection.sheet
        assert not (book.security and book.security.lockStructure)
        assert book.active is start


def test_start_prints_on_one_page_and_the_table_repeats_its_header(made: dict[str, Path]) -> None:
    for path in made.values():
        start, sheet = load_workbook(path).worksheets[:2]
        assert (start.page_setup.fitToWidth, start.page_setup.fitToHeight) == (1, 1)
        assert start.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows == "$6:$9"
        assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
        assert "&P" in sheet.oddFooter.right.text


def test_properties_say_what_the_document_is(made: dict[str, Path]) -> None:
    about = load_workbook(made["every"]).properties
    assert (about.title, about.subject, about.creator) == ("=HYPERLINK(1) & all", "<Firm> & Sons", "Desk & co")
    assert (about.language, about.version, about.created) == ("en", "1", dt.datetime(2026, 4, 1, 9, 30))


def test_nothing_in_it_runs_or_leads_elsewhere(made: dict[str, Path]) -> None:
    """No macro, external link, connection, hyperlink, or address but those of the format's own vocabularies."""
    for path in made.values():
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                assert not re.search(r"vba|externalLink|connection|embedding|activeX|customXml", name, re.IGNORECASE)
                root = etree.fromstring(archive.read(name))
                for element in root.iter():
                    assert etree.QName(element).localname not in {"hyperlink", "oleObject", "externalReference"}
                    assert element.get("TargetMode") != "External"
                    for text in (element.text, *element.attrib.values()):
                        vocabulary = r"https?://(schemas|purl)\."
                        assert not re.search(r"https?://|file:", text or "") or re.match(vocabulary, text or "")


def test_two_builds_of_the_same_are_the_same_bytes(
    every: tuple[Definition, Schema], made: dict[str, Path], make: Callable[..., bytes]
) -> None:
    assert make(*every) == made["every"].read_bytes()
    assert make(replace(every[0], accent="AA3300"), every[1]) != made["every"].read_bytes()


def test_a_template_is_read_as_one_block_with_its_sample_rows(
    made: dict[str, Path], examples: dict[str, tuple[Definition, Schema]]
) -> None:
    """Labels above the header, hidden lists and codes do not look like a second block; prepared rows are no rows."""
    for name, path in made.items():
        definition, schema = examples[name]
        block = read_input(path, schema)
        assert len(block.frame) == definition.sample_rows, name
        assert block.address.startswith(definition.words["input"])


def test_labels_that_are_all_the_names_are_left_out(
    every: tuple[Definition, Schema], make: Callable[..., bytes], tmp_path: Path
) -> None:
    """Two rows that both name every column would be two blocks."""
    definition = replace(every[0], columns=tuple(column for column in every[0].columns if column.passes))
    path = tmp_path / "plain.xlsx"
    path.write_bytes(make(definition, every[1]))
    sheet = load_workbook(path)["Input"]
    assert not any(sheet.cell(HEADER - 2, column).value for column in range(1, 15))
    assert len(read_input(path, every[1]).frame) == 2


def test_sample_rows_are_only_there_if_they_are_wanted(
    every: tuple[Definition, Schema], make: Callable[..., bytes], tmp_path: Path
) -> None:
    path = tmp_path / "empty.xlsx"
    path.write_bytes(make(replace(every[0], sample_rows=0), every[1]))
    sheet = load_workbook(path, data_only=True)["Input"]
    assert (sheet["A3"].value, sheet["A4"].value) == (0, 0)
    assert sheet.max_row == HEADER
    assert sheet.tables[TABLE].ref == f"A{HEADER}:J{HEADER + 40}"


def test_more_columns_than_a_formula_can_count_are_refused(
    every: tuple[Definition, Schema], make: Callable[..., bytes]
) -> None:
    many = tuple(Column(f"{'Column with a long name' * 3} {n}", ColumnType.NUMBER) for n in range(120))
    wide = Schema(many, (Output("Score", ColumnType.NUMBER),))
    definition = replace(every[0], columns=(), outputs=(), sample_rows=0)
    with pytest.raises(DefinitionError, match="122 columns: the formula that counts rows would be longer"):
        make(definition, wide)
    make(definition, replace(wide, inputs=wide.inputs[:80]))


def test_a_name_longer_than_a_tables_is_refused(every: tuple[Definition, Schema], make: Callable[..., bytes]) -> None:
    schema = Schema((Column("x" * 256, ColumnType.NUMBER),), (Output("Score", ColumnType.NUMBER),))
    with pytest.raises(DefinitionError, match="a name has 255 characters at most"):
        make(replace(every[0], columns=(), outputs=(), sample_rows=0), schema)


def parts(path: Path) -> Iterator[tuple[str, bytes]]:
    """The parts of a package."""
    with zipfile.ZipFile(path) as archive:
        yield from ((name, archive.read(name)) for name in archive.namelist())


_SCHEMAS = {
    "[Content_Types].xml": "opc/opc-contentTypes.xsd",
    ".rels": "opc/opc-relationships.xsd",
    "docProps/app.xml": "shared-documentPropertiesExtended.xsd",
    "xl/theme/theme1.xml": "dml-main.xsd",
    "": "sml.xsd",
}


def test_every_part_is_valid(made: dict[str, Path], shared: Path) -> None:
    """Against the schemas of ECMA-376; that of the core properties imports Dublin Core's, which is not there."""
    known = {ending: etree.XMLSchema(etree.parse(shared / "schemas" / file)) for ending, file in _SCHEMAS.items()}
    faults = []
    for path in made.values():
        for name, data in parts(path):
            if name == "docProps/core.xml":
                continue
            schema = known[next(ending for ending in _SCHEMAS if name.endswith(ending))]
            if not schema.validate(etree.fromstring(data)):
                faults.append(f"{path.name} {name}: {schema.error_log.last_error}")
    assert not faults


def test_names_are_those_of_a_workbook_that_excel_opens(made: dict[str, Path]) -> None:
    """Names, tables and sheets are unique but for case; a name is no cell, no number, and has no blank."""
    for path in made.values():
        book = load_workbook(path)
        names = [*book.defined_names, *(table for sheet in book.worksheets for table in sheet.tables)]
        assert len({name.casefold() for name in names}) == len(names)
        for name in names:
            assert re.fullmatch(r"[A-Za-z_][\w.]{0,254}", name)
            assert not re.fullmatch(r"[A-Za-z]{1,3}\d+|[RrCc]\d*", name)
        for table in book.worksheets[1].tables.values():
            heads = [column.name for column in table.tableColumns]
            left, right = table.ref.split(":")
            row = book.worksheets[1][f"{left}:{re.sub(r'[0-9]+', '', right)}{HEADER}"][0]
            assert heads == [cell.value for cell in row]


@pytest.mark.parametrize(
    ("value", "percent", "english", "german"),
    [
        (1234.5, False, "1,234.5", "1.234,5"),
        (0.2, True, "20%", "20%"),
        (123456789012345.0, False, "123,456,789,012,345", "123.456.789.012.345"),
        (-7, False, "-7", "-7"),
    ],
)
def test_numbers_are_written_as_the_language_does(
    value: float, percent: bool, english: str, german: str, examples
) -> None:
    said = [Phrases(examples[name][0].words).number(value, percent=percent) for name in ("credit-en", "credit-de")]
    assert said == [english, german]


def test_what_is_chosen_from_a_list_stays_text(
    every: tuple[Definition, Schema], make: Callable[..., bytes], tmp_path: Path
) -> None:
    """Excel makes a number of `007` and a date of `1-2` unless the column is text. Names of lists are unique."""
    text = ColumnType.TEXT
    inputs = (
        Column("Code", text, categories=("007", "1-2")),
        Column("code!", text, categories=("TRUE",)),
        Column("TRUE FALSE", text, categories=("x",)),
        Column("Is", ColumnType.BOOLEAN),
    )
    path = tmp_path / "codes.xlsx"
    definition = replace(every[0], columns=(), outputs=(), sample_rows=0)
    path.write_bytes(make(definition, Schema(inputs, (Output("Score", ColumnType.NUMBER),))))
    book = load_workbook(path)
    assert [book["Input"].column_dimensions[letter].number_format for letter in "ABCD"] == ["@", "@", "@", "General"]
    lists = {name for name in book.defined_names if name.startswith("List_")}
    assert lists == {"List_Code", "List_code_2", "List_TRUE_FALSE_2", "List_TRUE_FALSE"}


def test_a_category_that_no_workbook_can_hold_is_named(
    every: tuple[Definition, Schema], make: Callable[..., bytes]
) -> None:
    schema = Schema((Column("Code", ColumnType.TEXT, categories=("a\x01b",)),), (Output("Score", ColumnType.NUMBER),))
    with pytest.raises(DefinitionError, match=r"columns \('Code'\): it has values with characters"):
        make(replace(every[0], columns=(), outputs=(), sample_rows=0), schema)


def test_rows_that_are_handed_in_stand_instead_of_the_sample(every: tuple[Definition, Schema], tmp_path: Path) -> None:
    definition, schema = every
    rows = [{"Our number": f"A-{n}", **schema.sample[0], "Count": None if n else 3} for n in range(3)]
    path = tmp_path / "filled.xlsx"
    path.write_bytes(build(definition, schema, bind(definition, schema, "ab" * 16), FACTS, [*rows, {}]))
    sheet = load_workbook(path, data_only=True)["Input"]
    assert (sheet["A3"].value, sheet["A4"].value) == (3, 2)  # the last is blank, and so not incomplete
    assert [sheet.cell(FIRST + n, 1).value for n in range(3)] == ["A-0", "A-1", "A-2"]
    with pytest.raises(DefinitionError, match="41 rows are to be filled in, and there is room for 40"):
        build(definition, schema, bind(definition, schema, "ab" * 16), FACTS, [{}] * 41)


NAMES_OF_COLUMNS = st.lists(st.text(min_size=1, max_size=24), min_size=1, max_size=5, unique_by=match_key)


@settings(max_examples=40)
@given(names=NAMES_OF_COLUMNS, values=st.lists(st.text(min_size=1, max_size=12), max_size=4, unique_by=str.casefold))
@example(names=["text"], values=[])
@example(names=["0"], values=["0"])
@example(names=["Row", "text"], values=["choose from the list"])
def test_whatever_columns_are_called_the_workbook_is_whole_or_the_name_is_refused(
    names: list[str], values: list[str]
) -> None:
    """Openpyxl reads it, table and header agree, and the worker finds the columns by their names."""
    definition = read_definition('service = "any"\ntitle = "T"\nrows = 3\n', "any")
    categories = tuple(values)
    try:
        inputs = tuple(Column(name, ColumnType.TEXT, categories=categories) for name in names)
        schema = Schema(inputs, (Output("Score", ColumnType.NUMBER),))
    except ContractError:
        return
    row = dict.fromkeys(names, values[0] if values else "=x")
    try:
        data = build(definition, schema, bind(definition, schema, "ab" * 16), FACTS, [row])
    except DefinitionError as error:
        if any("characters that a workbook cannot hold" not in fault.what for fault in error.faults):
            raise
        return
    sheet = load_workbook(io.BytesIO(data))["Input"]
    assert [column.name for column in sheet.tables[TABLE].tableColumns] == [line(name) for name in names]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "any.xlsx")
        path.write_bytes(data)
        block = read_input(path, schema)
    assert not check(block.frame, schema, block.problems).problems
