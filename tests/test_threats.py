"""Which test stands for which threat by files, and that it is there.

The rows are those of a study of what hostile and odd files do to programs that read workbooks; each names the tests
that would fail without its defence. `samples` are workbooks of `tests/workbooks/samples.py`, which end as they must in
`test_a_hostile_sample_ends_as_it_must`.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.workbooks.samples import samples

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Threat:
    """`tests` are names of files here, each with functions in it."""

    what: str
    samples: tuple[str, ...] = ()
    tests: tuple[tuple[str, tuple[str, ...]], ...] = ()


_LOOKED = (
    "workbooks/test_samples.py",
    ("test_a_hostile_sample_ends_as_it_must", "test_a_twin_without_the_look_and_the_limits_fails"),
)
_SACRED = (
    "workbooks/test_corpora.py",
    ("test_real_workbooks_keep_every_part", "test_the_check_finds_a_twin_that_saves_again"),
)

THREATS = (
    Threat(
        "zip bombs, nested, overlapping, lying about sizes and counts",
        (
            "strings that unpack 1000 to 1",
            "blanks between rows",
            "more than may be unpacked",
            "much that nobody unpacks",
            "zip files in zip files",
            "workbooks in workbooks",
            "two entries that share their bytes",
            "a thousand entries of one kernel",
            "an entry larger than it says",
            "an entry smaller than it says",
            "a picture larger than it says",
            "too many entries",
            "an end record that counts 65,535",
            "a directory of four thousand million bytes",
        ),
        (_LOOKED,),
    ),
    Threat(
        "one file that two programs read differently",
        (
            "two entries of one name",
            "one name in two cases",
            "one name with another slash",
            "another name in front than in the directory",
            "another method in front",
            "a program with a workbook behind it",
            "an end record in its comment",
        ),
    ),
    Threat(
        "entries that climb out of their folder",
        ("a name that climbs out", "a name that climbs out on Windows", "a name on a drive", "a name with a stream"),
    ),
    Threat(
        "entities: billion laughs, quadratic, external, in other encodings, in parts nobody reads",
        (
            "a billion laughs in strings",
            "a billion laughs in a sheet",
            "a billion laughs in the content types",
            "one entity fifty thousand times",
            "an entity that is a file",
            "a document type elsewhere",
            "a parameter entity",
            "a document type in UTF-16",
            "a document type in UTF-16 without its mark",
            "a document type in a part nobody reads",
            "a document type behind a megabyte of comment",
            "a document type behind three megabytes of blanks",
            "UTF-7",
            "EBCDIC",
        ),
        (("workbooks/test_encryption.py", ("test_what_says_how_it_is_encrypted_may_say_anything",)),),
    ),
    Threat(
        "a size of the sheet that is not true",
        ("a size of the whole sheet", "a size of one cell", "a size beyond the sheet"),
        (("workbooks/test_mutants.py", ("test_every_mutant_ends_with_a_reason_or_a_right_result",)),),
    ),
    Threat(
        "far cells, giant merges, counts that cannot be",
        (
            "a cell in the last corner",
            "a cell in the last corner that comes first",
            "cells down a diagonal",
            "a row far below",
            "a column far right",
            "a far row in single quotes",
            "a far row under a prefix",
            "a far row in UTF-16",
            "too many cells, packed",
            "a count of four thousand million",
            "a count of 9e18",
            "a merge of the whole sheet",
            "merges of whole columns",
            "definitions of more columns than there are",
            "one formula for the whole sheet",
            "a hundred thousand names",
            "64,000 formats of cells",
            "three thousand sheets in one part",
        ),
        (_LOOKED, ("workbooks/test_hostile.py", ("test_endless_work_is_ended",))),
    ),
    Threat(
        "links to files, to the network, to other programs; macros, controls, objects: never followed, never changed",
        ("a sheet that is the password file", "a sheet that is elsewhere", "a sheet that is the workbook"),
        (_SACRED,),
    ),
    Threat(
        "text that becomes a formula, a link or an error",
        tests=(
            (
                "workbooks/test_graft.py",
                ("test_text_never_becomes_code", "test_the_check_finds_a_twin_that_lets_text_become_code"),
            ),
            ("batch/test_tables.py", ("test_no_text_is_a_formula_wherever_a_program_ends_a_cell",)),
        ),
    ),
    Threat(
        "no number, too long a text, characters that are none, too large a number, dates of both calendars",
        (
            "numbers that are none",
            "a number of four million digits",
            "dates beyond the calendar",
            "control characters",
            "a zero in the text",
            "strings by numbers that are not there",
            "strings by negative numbers",
        ),
        (
            ("workbooks/test_graft.py", ("test_every_value_survives", "test_long_text_is_cut_and_said")),
            ("workbooks/test_reader.py", ("test_dates_of_both_calendars", "test_error_cells_are_problems")),
        ),
    ),
    Threat(
        "encrypted workbooks, and how often they say a password is to be hashed",
        tests=(
            (
                "workbooks/test_encryption.py",
                ("test_there_and_back", "test_another_password", "test_a_count_of_rounds_without_end"),
            ),
            (
                "batch/test_locked.py",
                (
                    "test_without_the_password_it_is_refused",
                    "test_what_can_be_read_lies_in_the_jobs_scratch_folder_and_is_gone",
                ),
            ),
        ),
    ),
    Threat(
        "other formats under a workbook's name",
        ("text", "a web page", "a document of another program"),
        (("workbooks/test_hostile.py", ("test_files_that_are_no_workbook", "test_other_kinds_of_package")),),
    ),
    Threat(
        "lock files and half-written files",
        ("an empty file", "zeros", "half a workbook", "a workbook with a hole"),
        (
            (
                "batch/test_intake.py",
                (
                    "test_lock_and_temporary_names_are_left_alone",
                    "test_a_workbook_that_is_open_in_excel_is_waited_for",
                    "test_a_half_written_workbook_is_waited_for_and_in_the_end_refused",
                ),
            ),
        ),
    ),
    Threat(
        "links, pipes, sockets, devices, hard links, folders called like a workbook",
        tests=(
            (
                "batch/test_dropped_files.py",
                (
                    "test_what_is_no_file_fails_and_is_never_opened",
                    "test_a_hard_link_fails",
                    "test_a_folder_called_like_a_workbook_is_left_and_what_is_in_it_refused",
                    "test_an_outbox_that_is_a_link_gets_nothing",
                ),
            ),
            (
                "test_folder.py",
                ("test_a_folder_that_was_opened_stays_the_one_that_is_used", "test_what_is_no_file_is_not_opened"),
            ),
            ("cli/test_score.py", ("test_a_link_is_not_followed",)),
        ),
    ),
    Threat(
        "names: control characters, markup, not UTF-8, reserved, endless, twins",
        tests=(
            (
                "batch/test_dropped_files.py",
                (
                    "test_a_file_may_be_called_anything",
                    "test_a_folders_name_and_a_files_name_make_no_path",
                    "test_names_that_differ_only_by_case_or_accents_stay_apart",
                ),
            ),
            ("host/test_workbooks.py", ("test_a_name_is_a_file_name_only", "test_a_name_that_is_none")),
            ("test_logs.py", ("test_what_cannot_be_encoded_is_told_all_the_same",)),
        ),
    ),
    Threat(
        "files that are replaced or written to while they are read",
        tests=(
            (
                "batch/test_dropped_files.py",
                (
                    "test_a_file_replaced_before_it_is_taken_is_waited_for",
                    "test_a_file_replaced_by_a_link_between_two_looks_is_not_followed",
                ),
            ),
            (
                "batch/test_kept.py",
                (
                    "test_a_writer_that_kept_the_file_open_changes_neither_what_is_read_nor_what_is_kept",
                    "test_a_twin_that_reads_what_was_dropped_takes_the_writers_bytes",
                    "test_a_file_that_is_written_while_it_is_copied",
                    "test_other_bytes_are_not_joined_with_scores_of_before",
                ),
            ),
        ),
    ),
    Threat(
        "a reader that dies: told, counted, not tried for ever, and never in the service's own process",
        tests=(
            (
                "batch/test_deaths.py",
                (
                    "test_a_child_that_died_by_chance_is_forgiven",
                    "test_a_file_that_ended_two_children_is_not_read_again",
                ),
            ),
            ("workbooks/test_quarantine.py", ("test_death_is_an_error_with_facts", "test_crash_names_the_signal")),
            ("test_apart.py", ("test_a_child_that_grows_is_ended_by_its_parent",)),
        ),
    ),
    Threat(
        "service: keys and passwords in workbooks, logs and files",
        tests=(
            ("cli/test_canary.py", ("test_nothing_of_ours_knows_a_key_or_a_cell",)),
            ("batch/test_locked.py", ("test_passwords_are_kept_under_the_homes_secret",)),
            ("test_apart.py", ("test_a_secret_comes_by_standard_input_alone",)),
        ),
    ),
    Threat(
        "service: one customer's folder that leads to another's",
        tests=(
            (
                "batch/test_intake.py",
                ("test_a_folder_that_is_a_link_is_not_looked_into", "test_the_folders_are_private"),
            ),
            ("host/test_workbooks.py", ("test_a_foreign_job_and_a_missing_one_answer_alike",)),
        ),
    ),
    Threat(
        "service: uploads too large, and senders that fall silent",
        ("more bytes than are taken",),
        (
            (
                "host/test_workbooks.py",
                ("test_the_limit_holds_however_it_is_sent", "test_an_upload_that_breaks_off_leaves_nothing"),
            ),
        ),
    ),
    Threat(
        "service: models that run code when they are loaded",
        tests=(("endpoints/test_onnxmodel.py", ("test_what_is_no_model_is_refused_and_not_run",)),),
    ),
)


def _functions(file: str) -> set[str]:
    tree = ast.parse((HERE / file).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: threat.what)
def test_every_threat_has_its_tests(threat: Threat) -> None:
    """Samples and functions of those names are there."""
    assert threat.samples or threat.tests
    assert [name for name in threat.samples if name not in samples()] == []
    assert [name for file, names in threat.tests for name in names if name not in _functions(file)] == []
