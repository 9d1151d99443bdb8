"""The script an analyst would write in an afternoon: what a whole job is measured against.

`python -m tests.benchmarks.analyst BOOK URL KEY OUT` reads the first sheet of BOOK with pandas and openpyxl, sends its
rows to the execute URL in blocks of 1,000 with requests, and writes OUT: the book and a new sheet "Scores". Blanks are
null; nothing is checked, tried again or sent side by side.
"""

import shutil
import sys
from pathlib import Path

import pandas as pd
import requests

BLOCK_ROWS = 1000
SHEET = "Scores"


def main(book: Path, url: str, key: str, out: Path) -> int:
    """Score a workbook whose first sheet has its header in row 1; returns the number of rows.

    `url` is the whole execute URL, `?api-version=2.0` included. Raises requests.HTTPError when a call is refused.
    """
    frame = pd.read_excel(book, engine="openpyxl")
    blocks = [call(frame[start : start + BLOCK_ROWS], url, key) for start in range(0, len(frame), BLOCK_ROWS)]
    scores = pd.concat(blocks, ignore_index=True)
    shutil.copyfile(book, out)
    with pd.ExcelWriter(out, mode="a", engine="openpyxl") as writer:
        scores.to_excel(writer, sheet_name=SHEET, index=False)
    return len(scores)


def call(block: pd.DataFrame, url: str, key: str) -> pd.DataFrame:
    """The outputs for one block of rows."""
    rows = block.astype(object).where(block.notna(), None).to_numpy().tolist()
    body = {"Inputs": {"input1": {"ColumnNames": list(block.columns), "Values": rows}}, "GlobalParameters": {}}
    response = requests.post(url, json=body, headers={"Authorization": f"Bearer {key}"}, timeout=100)
    response.raise_for_status()
    table = response.json()["Results"]["output1"]["value"]
    return pd.DataFrame(table["Values"], columns=table["ColumnNames"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]))
