"""The shape of the classic product's two Python samples for request-response: urllib, texts in a table (the older
portal) and in records (the newer one).
"""

import json
import os
import sys
import urllib.error
import urllib.request
from typing import Any

url = os.environ["URL"]
api_key = os.environ["KEY"]
headers = {"Content-Type": "application/json", "Authorization": "Bearer " + api_key}


def score(path: str, rows: Any) -> None:
    """Prints the answer, or ends with status, headers and error."""
    body = json.dumps({"Inputs": {"input1": rows}, "GlobalParameters": {}}).encode()
    try:
        print(urllib.request.urlopen(urllib.request.Request(url + path, body, headers)).read().decode())
    except urllib.error.HTTPError as error:
        sys.exit(f"{error.code} {error.info()} {json.loads(error.read())}")


table = {"ColumnNames": ["Purpose", "Amount", "Months"], "Values": [["car", "1500", "12"], ["boat", "20", "3"]]}
records = [
    {"Purpose": "car", "Amount": "1500", "Months": "12"},
    {"Purpose": "boat", "Amount": "20", "Months": "3"},
]
score("/execute?api-version=2.0&details=true", table)
score("/execute?api-version=2.0&format=swagger", records)
