#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over sources of a build, several at a time. A source that passed is not looked at again before it changes.

What a pass depends on are clang-tidy's version and configuration, the compiler's command, and the contents of all files
that the compiler read, as ninja recorded them. Their hash is the name of an empty file in the folder of passes. An
interrupted run therefore goes on where it was.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

NOISE = re.compile(r"^\d+ warnings? (and \d+ errors? )?generated|^Suppressed |^Use -header-filter|^Error while processing")


def recorded_files(build):
    """Of each object what the compiler read for it, where the record is of the object as it is."""
    files, current = {}, None
    for line in subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True).stdout.splitlines():
        if line.startswith("    "):
            if current is not None:
                current.append(line.strip())
        elif ": #deps" in line:
            current = files.setdefault(line.split(": #deps")[0], []) if line.endswith("(VALID)") else None
    return files


class Hashes:
    """Hashes of files, each read once."""

    def __init__(self):
        self.known = {}

    def of(self, path):
        if path not in self.known:
            self.known[path] = hashlib.sha256(path.read_bytes()).hexdigest()
        return self.known[path]


def pass_name(entry, build, recorded, common, hashes):
    """Empty where it is not known what the compiler reads: then nothing is remembered."""
    command = shlex.split(entry["command"])
    files = recorded.get(command[command.index("-o") + 1], []) if "-o" in command else []
    if not files:
        return ""
    own = hashlib.sha256(f"{common}\n{entry['command']}\n".encode())
    for file in sorted(files):
        path = build / file
        if not path.exists():
            return ""
        own.update(f"{file} {hashes.of(path)}\n".encode())
    return own.hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="folder with compile_commands.json, made by ninja")
    parser.add_argument("passes", type=pathlib.Path, help="folder of passes")
    parser.add_argument("sources", nargs="*", help="default: all that is compiled of the project")
    arguments = parser.parse_args()
    root, build = pathlib.Path(__file__).resolve().parents[1], arguments.build.resolve()
    arguments.passes.mkdir(parents=True, exist_ok=True)
    wanted = {str(root / source) for source in arguments.sources}
    entries = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = entry["file"]
        own = file.startswith(f"{root}/") and not file.startswith(f"{root}/build/")
        if own and (not wanted or file in wanted):
            entries.setdefault(file, entry)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True).stdout
    recorded, hashes = recorded_files(build), Hashes()
    configuration = (root / ".clang-tidy").read_text()
    # The project's own headers: not those that the build generates, whose paths end alike.
    own_headers = f"^{re.escape(str(root))}/" + re.search(r"HeaderFilterRegex: '(.*)'", configuration).group(1)
    common = version + configuration
    names = {file: pass_name(entry, build, recorded, common, hashes) for file, entry in entries.items()}
    left = [file for file, name in sorted(names.items()) if not name or not (arguments.passes / name).exists()]
    print(f"clang-tidy: {len(entries)} sources, {len(entries) - len(left)} of them unchanged since they passed", flush=True)

    def check(file):
        found = subprocess.run(["clang-tidy", "-quiet", f"-header-filter={own_headers}", f"-p={build}", file],
                               capture_output=True, text=True)
        if found.returncode == 0 and names[file]:
            (arguments.passes / names[file]).touch()
        text = "\n".join(line for line in (found.stdout + found.stderr).splitlines() if not NOISE.match(line))
        return "" if found.returncode == 0 else text or f"{file}: clang-tidy ended with {found.returncode}"

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for text in pool.map(check, left):
            if text:
                failed += 1
                print(text, flush=True)
    if failed:
        sys.exit(f"clang-tidy: {failed} of {len(entries)} sources have findings")


if __name__ == "__main__":
    main()
