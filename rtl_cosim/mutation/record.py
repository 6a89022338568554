# SPDX-License-Identifier: Apache-2.0
"""What became of each fault, kept beside the program that found it: a run that is interrupted goes on where it was.

A line holds the digest of what the answer depends on; answers of another build are not found.
"""

import hashlib
import json
import threading


def digest(*paths):
    total = hashlib.sha256()
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


class Record:
    def __init__(self, path):
        self.path, self.lock, self.answers = path, threading.Lock(), {}
        if path.exists():
            for line in path.read_text().splitlines():
                entry = json.loads(line)
                self.answers[entry["of"], entry["key"]] = entry["answer"]

    def get(self, of, key, find):
        """The answer for `key`, by calling `find` if there is none yet."""
        if (of, key) not in self.answers:
            answer = find()
            with self.lock, self.path.open("a") as file:
                self.answers[of, key] = answer
                file.write(json.dumps({"of": of, "key": key, "answer": answer}) + "\n")
        return self.answers[of, key]
