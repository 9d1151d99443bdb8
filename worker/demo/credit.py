"""The German credit data as the demonstration shows it: readable column names and categories, 18 of its 20 attributes.

Source and licence of the data, and every change made to it, are in DATA.md. `personal_status_and_sex` and
`foreign_worker` are left out, and the categories of `job` say nothing of residency: a product does not show people
how to score on protected attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources

import pandas as pd

from worker.scoring.schema import Column, ColumnType

FILE = "german_credit.csv"
TARGET = "creditability"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of the data: its name in the file, the column it becomes, and the words for its categories."""

    source: str
    column: Column
    words: Mapping[str, str] = field(default_factory=dict)


def _text(source: str, name: str, description: str, words: Mapping[str, str]) -> Attribute:
    categories = tuple(dict.fromkeys(words.values()))
    return Attribute(source, Column(name, ColumnType.TEXT, categories=categories, description=description), words)


def _whole(source: str, name: str, description: str, between: tuple[int, int], unit: str = "") -> Attribute:
    lowest, highest = between
    column = Column(name, ColumnType.INTEGER, minimum=lowest, maximum=highest, description=description, unit=unit)
    return Attribute(source, column)


ATTRIBUTES = (
    _text(
        "status_of_existing_checking_account",
        "Checking account",
        "Balance of the applicant's checking account at this bank. '200 DM or more' also stands for a salary paid in "
        "for at least a year.",
        {
            "no checking account": "no account",
            "... < 0 DM": "under 0 DM",
            "0 <= ... < 200 DM": "0 to under 200 DM",
            "... >= 200 DM / salary assignments for at least 1 year": "200 DM or more",
        },
    ),
    _whole(
        "duration_in_month",
        "Duration (months)",
        "Months over which the credit is to be paid back. The models learned from 4 to 72.",
        (1, 120),
        "months",
    ),
    _text(
        "credit_history",
        "Credit history",
        "How the applicant has dealt with earlier and present credits.",
        {
            "no credits taken/ all credits paid back duly": "none taken, or all paid back duly",
            "all credits at this bank paid back duly": "all at this bank paid back duly",
            "existing credits paid back duly till now": "existing paid back duly till now",
            "delay in paying off in the past": "late payments in the past",
            "critical account/ other credits existing (not at this bank)": "critical, or credits elsewhere",
        },
    ),
    _text(
        "purpose",
        "Purpose",
        "What the credit is for.",
        {
            "car (new)": "car (new)",
            "car (used)": "car (used)",
            "furniture/equipment": "furniture/equipment",
            "radio/television": "radio/television",
            "domestic appliances": "domestic appliances",
            "repairs": "repairs",
            "education": "education",
            "retraining": "retraining",
            "business": "business",
            "others": "other",
        },
    ),
    Attribute(
        "credit_amount",
        Column(
            "Credit amount (DM)",
            ColumnType.NUMBER,
            minimum=1,
            maximum=100_000,
            description="Amount asked for, in German marks. The models learned from 250 to 18,424.",
            unit="DM",
        ),
    ),
    _text(
        "savings_account_and_bonds",
        "Savings",
        "Savings accounts and bonds of the applicant.",
        {
            "unknown/ no savings account": "none or unknown",
            "... < 100 DM": "under 100 DM",
            "100 <= ... < 500 DM": "100 to under 500 DM",
            "500 <= ... < 1000 DM": "500 to under 1000 DM",
            "... >= 1000 DM": "1000 DM or more",
        },
    ),
    _text(
        "present_employment_since",
        "Employment",
        "How long the applicant has been in the present employment.",
        {
            "unemployed": "unemployed",
            "... < 1 year": "under 1 year",
            "1 <= ... < 4 years": "1 to under 4 years",
            "4 <= ... < 7 years": "4 to under 7 years",
            "... >= 7 years": "7 years or more",
        },
    ),
    _whole(
        "installment_rate_in_percentage_of_disposable_income",
        "Instalment rate",
        "Instalment as a share of disposable income, in classes 1 to 4 as the source codes it.",
        (1, 4),
    ),
    _text(
        "other_debtors_or_guarantors",
        "Other debtors",
        "Whether somebody else answers for the credit.",
        {"none": "none", "co-applicant": "co-applicant", "guarantor": "guarantor"},
    ),
    _whole(
        "present_residence_since",
        "Time at address",
        "How long the applicant has lived at the present address, in classes 1 (short) to 4 (long) as the source "
        "codes it.",
        (1, 4),
    ),
    _text(
        "property",
        "Property",
        "The most valuable property of the applicant, savings apart.",
        {
            "unknown / no property": "none or unknown",
            "real estate": "real estate",
            "building society savings agreement/ life insurance": "building society or life insurance",
            "car or other, not in attribute Savings account/bonds": "car or other",
        },
    ),
    _whole(
        "age_in_years",
        "Age (years)",
        "Age of the applicant. The models learned from 19 to 75.",
        (18, 100),
        "years",
    ),
    _text(
        "other_installment_plans",
        "Other instalment plans",
        "Whether the applicant is paying instalments to others.",
        {"none": "none", "bank": "bank", "stores": "stores"},
    ),
    _text(
        "housing",
        "Housing",
        "How the applicant lives.",
        {"own": "own", "rent": "rent", "for free": "for free"},
    ),
    _whole(
        "number_of_existing_credits_at_this_bank",
        "Existing credits",
        "Credits the applicant has at this bank, 1 to 4 as the source codes it.",
        (1, 4),
    ),
    _text(
        "job",
        "Job",
        "The applicant's kind of work.",
        {
            "unemployed/ unskilled - non-resident": "unskilled or unemployed",
            "unskilled - resident": "unskilled or unemployed",
            "skilled employee / official": "skilled employee or official",
            "management/ self-employed/ highly qualified employee/ officer": "management or self-employed",
        },
    ),
    _whole(
        "number_of_people_being_liable_to_provide_maintenance_for",
        "Dependants",
        "People the applicant has to provide for, 1 or 2 as the source codes it.",
        (1, 2),
    ),
    _text(
        "telephone",
        "Telephone",
        "Whether a telephone is registered under the applicant's name.",
        {"yes, registered under the customers name": "yes", "none": "no"},
    ),
)


def load() -> tuple[pd.DataFrame, pd.Series]:
    """The 1,000 applicants in the file's order: (inputs, target).

    Inputs are 18 columns under their readable names, int64 or object of str; the target is "good" or "bad".
    """
    with (resources.files(__package__) / FILE).open(encoding="utf-8") as file:
        data = pd.read_csv(file, keep_default_na=False)
    inputs = {
        item.column.name: data[item.source].map(item.words.__getitem__).astype(object)
        if item.words
        else data[item.source]
        for item in ATTRIBUTES
    }
    return pd.DataFrame(inputs), data[TARGET].astype(object)
