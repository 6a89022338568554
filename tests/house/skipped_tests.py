# SPDX-License-Identifier: Apache-2.0
"""Prints the tests that ctest skipped, by reason. With CI set, fails on a reason that is not in allowed_skips.txt.

usage: skipped_tests.py CTEST.xml, as `ctest --output-junit` writes it.
"""
import os
import pathlib
import re
import sys
import xml.etree.ElementTree

ALLOWED = pathlib.Path(__file__).with_name("allowed_skips.txt")
REASON = re.compile(r": Skipped\n(.*?)\n\[  SKIPPED \]|^SKIPPED: (.*)", re.DOTALL | re.MULTILINE)


def reason_of(case):
    """What GoogleTest or a script says of a skipped test, in one line."""
    found = REASON.search(case.findtext("system-out") or "")
    text = (found.group(1) or found.group(2)) if found else ""
    return " ".join(text.split()) or "no reason given"


def skipped_by_reason(path):
    """Reason -> names of tests, in the order of the file."""
    result = {}
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        if case.get("status") == "notrun" or case.find("skipped") is not None:
            result.setdefault(reason_of(case), []).append(case.get("name"))
    return result


def is_allowed(reason):
    lines = ALLOWED.read_text(encoding="utf-8").splitlines()
    return any(re.search(line, reason) for line in lines if not line.startswith("#"))


def main(path):
    skipped = skipped_by_reason(path)
    forbidden = [reason for reason in skipped if not is_allowed(reason)]
    print(f"skipped tests: {sum(map(len, skipped.values()))}")
    for reason, names in skipped.items():
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        print(f"  {len(names)}: {reason}\n      {', '.join(names[:3])}{more}")
    if not os.environ.get("CI"):
        return 0
    for reason in forbidden:
        print(f"not allowed in continuous integration ({ALLOWED.name}): {reason}", file=sys.stderr)
    return 1 if forbidden else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
