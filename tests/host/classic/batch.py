"""The shape of the classic product's Python sample for batch: upload, submit, start, ask each second, fetch."""

import json
import os
import sys
import time
import urllib.request
from pathlib import Path

url = os.environ["URL"]
api_key = os.environ["KEY"]
headers = {"Content-Type": "application/json", "Authorization": "Bearer " + api_key}
asked = urllib.request.Request(url + "/uploads?name=input1data.csv", b"", headers)
blob = json.loads(urllib.request.urlopen(asked).read())
link = blob["BaseLocation"] + blob["RelativeLocation"] + blob["SasBlobToken"]
put = urllib.request.Request(link, Path("input1data.csv").read_bytes(), {"x-ms-blob-type": "BlockBlob"}, method="PUT")
urllib.request.urlopen(put)
payload = {
    "Inputs": {"input1": blob},
    "Outputs": {"output1": {"RelativeLocation": "mycontainer/output1results.csv"}},
    "GlobalParameters": {},
}
request = urllib.request.Request(url + "/jobs?api-version=2.0", json.dumps(payload).encode(), headers)
job = url + "/jobs/" + urllib.request.urlopen(request).read().decode()[1:-1]
urllib.request.urlopen(urllib.request.Request(job + "/start?api-version=2.0", b"", headers))
while True:
    told = json.loads(urllib.request.urlopen(urllib.request.Request(job + "?api-version=2.0", headers=headers)).read())
    if told["StatusCode"] in (2, "Failed", 3, "Cancelled", 4, "Finished"):
        break
    time.sleep(1)
if told["StatusCode"] not in (4, "Finished"):
    sys.exit(told["Details"])
result = told["Results"]["output1"]
place = result["BaseLocation"] + result["RelativeLocation"] + result["SasBlobToken"]
print(urllib.request.urlopen(place).read().decode(), end="")
