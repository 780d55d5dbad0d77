"""What happened at the controller: one JSON object a line, for the tests to read."""

import json
import threading
import time


class Journal:
    """Every line has `t` (seconds since 1970) and `event`; the rest depends on the event."""

    def __init__(self, path):
        self._file = open(path, "a", buffering=1, encoding="utf-8")
        self._lock = threading.Lock()

    def write(self, event, **fields):
        with self._lock:
            line = json.dumps({"t": round(time.time(), 6), "event": event, **fields})
            self._file.write(line + "\n")
