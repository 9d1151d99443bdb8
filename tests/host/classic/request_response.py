"""The shape of the classic product's Python sample for request-response: urllib, texts in a table."""

import json
import os
import sys
import urllib.error
import urllib.request

url = os.environ["URL"]
api_key = os.environ["KEY"]
data = {
    "Inputs": {
        "input1": {
            "ColumnNames": ["Purpose", "Amount", "Months"],
            "Values": [["car", "1500", "12"], ["boat", "20", "3"]],
        }
    },
    "GlobalParameters": {},
}
headers = {"Content-Type": "application/json", "Authorization": "Bearer " + api_key}
request = urllib.request.Request(url + "/execute?api-version=2.0&details=true", json.dumps(data).encode(), headers)
try:
    print(urllib.request.urlopen(request).read().decode())
except urllib.error.HTTPError as error:
    sys.exit(f"{error.code} {error.info()} {json.loads(error.read())}")
