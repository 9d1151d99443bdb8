"""Calls at a fixed pace from a process of its own, whatever the answers take: call number n is due n paces after the
first, and one that is late is made at once. `Load` starts it from a test.
"""

from __future__ import annotations

import http.client
import itertools
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Self
from urllib.parse import SplitResult, urlsplit

CALLERS = 8
"""Calls under way at one time; each caller keeps its connections."""

Told = tuple[int, str, str, float]
"""Status, version of the model, name of the probability, probability."""


class Load:
    """A running driver: calls the addresses in turn while the block runs, then has what came back in `seen`."""

    def __init__(self, urls: Sequence[str], key: str, rows: Mapping[str, Any], per_second: int) -> None:
        self.seen: Counter[Told] = Counter()
        command = [sys.executable, "-m", "tests.host.load"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._say(json.dumps({"urls": urls, "key": key, "rows": rows, "per_second": per_second}))

    def _say(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(line, file=self._process.stdin, flush=True)
        return self._process.stdout.readline()

    def answered(self) -> int:
        """How many calls have come back so far."""
        return int(self._say("how many"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Waits for every call that is due by now."""
        rest, _ = self._process.communicate(timeout=60)
        self.seen.update({(status, *told): count for (status, *told), count in json.loads(rest)})


def told(headers: Mapping[str, str], scores: Mapping[str, str]) -> tuple[str, str, float]:
    """Version, name of the probability, probability."""
    name, value = next(((n, v) for n, v in scores.items() if n != "Scored Labels"), ("", "nan"))
    return headers.get("x-sheetscore-model-version") or "", name, round(float(value), 4)


class _Driver:
    """The callers, and what they saw."""

    def __init__(self, urls: list[str], key: str, rows: dict[str, Any], per_second: int) -> None:
        self._urls = [urlsplit(url) for url in urls]
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._body, self._per_second = json.dumps(rows).encode(), per_second
        self._numbers, self._began, self._ends = itertools.count(), time.monotonic(), float("inf")
        self.seen: list[Counter[Told]] = [Counter() for _ in range(CALLERS)]
        self._threads = [threading.Thread(target=self._run, args=(seen,)) for seen in self.seen]
        for thread in self._threads:
            thread.start()

    def _run(self, seen: Counter[Told]) -> None:
        hosts = [http.client.HTTPConnection(url.netloc, timeout=30) for url in self._urls]
        while True:
            number = next(self._numbers)
            due = self._began + number / self._per_second
            time.sleep(max(0.0, due - time.monotonic()))
            if due > self._ends:
                break
            seen[self._call(hosts[number % len(hosts)], self._urls[number % len(hosts)])] += 1
        for host in hosts:
            host.close()

    def _call(self, host: http.client.HTTPConnection, url: SplitResult) -> Told:
        try:
            host.request("POST", f"{url.path}?{url.query}", self._body, self._headers)
            answer = host.getresponse()
            body = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            host.close()
            return 0, type(error).__name__, str(error), 0.0
        scores = body["Results"]["output1"][0] if answer.status == 200 else {}
        return answer.status, *told(answer.headers, scores)

    def finish(self) -> Counter[Told]:
        """What came back, once every call that is due by now has."""
        self._ends = time.monotonic()
        for thread in self._threads:
            thread.join()
        return sum(self.seen, Counter())


def _main() -> None:
    driver = _Driver(**json.loads(sys.stdin.readline()))
    print("started", flush=True)
    for _ in sys.stdin:
        print(sum(seen.total() for seen in driver.seen), flush=True)
    json.dump(list(driver.finish().items()), sys.stdout)


if __name__ == "__main__":
    _main()
