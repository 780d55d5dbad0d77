#!/usr/bin/env python3
"""Measures whether the tests notice small defects: changes one place of core/ at a time, builds, and runs the tests.

    tests/mutate/mutate.py [--count 60] [--seed 1] [--jobs 2] [--only core/flow] [--build FOLDER]

Works on a copy of the files that git knows, in a temporary folder (or in FOLDER, which is kept, so that the next run
builds less). A mutation is killed when a test fails: first the unit tests of its layer run, then the other tests that
need no network. A mutation that does not compile does not count. Each survivor is printed with its line: it needs a
test, or is equivalent, which means that the program does the same. Not part of CI: 60 mutations take about half an
hour on two cores.
"""

import argparse
import itertools
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIMEOUT_S = 600

# Tests that take long, or that only look at texts.
LEFT_OUT = r"^(stress|hostile|docs\.|live|lab|daemon|install|store\.)"

# (name, pattern, replacement): each match of a pattern in a line of code is a place to mutate.
OPERATORS = [
    ("boundary", r"(?<![<>\-])<(?![<=>])(?=[^;]*[;){])(?!\w+[./]\w+>)", "<="),
    ("boundary", r"(?<![-<>])>(?![>=])", ">="),
    ("boundary", r"<=", "<"),
    ("boundary", r">=", ">"),
    ("negate", r"==", "!="),
    ("negate", r"!=", "=="),
    ("logic", r"&&", "||"),
    ("logic", r"\|\|", "&&"),
    ("condition", r"\bif \((?=[^!])", "if (!!0 && "),
    ("constant", r"(?<=[+\-] )1\b", "2"),
    ("arithmetic", r"(?<=[\w)]) \+ (?=\w)", " - "),
    ("arithmetic", r"(?<=[\w)]) - (?=\w)", " + "),
    ("result", r"\breturn true;", "return false;"),
    ("result", r"\breturn false;", "return true;"),
    ("result", r"\breturn 0;", "return -1;"),
    ("statement", r"^(\s+)(?!return|break|continue|goto|const|static|struct|#)(\w[\w>.\-\[\]]*(\+\+|--| [+\-|&]?= [^;{]*)|\w+\([^;{]*\));$", r"\1;"),
]


def places(path):
    """All mutations of a file: (line number, name, old line, new line)."""
    found = []
    comment = False
    whole = True  # whether a statement begins in this line
    for number, line in enumerate(path.read_text().split("\n"), 1):
        code = line.strip()
        begins, whole = whole, code == "" or code.endswith((";", "{", "}", ":", "*/"))
        if comment or code.startswith(("/*", "*", "#", "//")):
            comment = ("/*" in code or comment) and "*/" not in code
            continue
        if "_Static_assert" in code or code.startswith(("static const", "struct", "enum", "case")):
            continue
        for name, pattern, replacement in OPERATORS:
            if name == "statement" and not begins:
                continue
            for match in re.finditer(pattern, line):
                if '"' in line[: match.start()] or "/*" in line[: match.start()]:
                    continue
                new = line[: match.start()] + match.expand(replacement) + line[match.end() :]
                found.append((number, name, line, new))
    return found


def run(command, folder, log):
    try:
        done = subprocess.run(command, cwd=folder, stdout=log, stderr=log, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


class Copy:
    def __init__(self, folder, jobs):
        self.folder = folder
        self.jobs = str(jobs)
        self.log = open(folder / "log", "w", encoding="utf-8")

    def prepare(self):
        files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        subprocess.run(
            ["rsync", "-a", "--from0", "--files-from=-", f"{ROOT}/", f"{self.folder}/source/"], input=files, check=True
        )
        source = self.folder / "source"
        if not (source / "build" / "build.ninja").exists():
            configure = ["cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DBUILD_TESTING=ON"]
            if not run(configure, source, self.log):
                sys.exit(f"cmake fails: {self.folder}/log")
        if not self.build("all") or not self.test(None):
            sys.exit(f"the tests fail without a mutation: {self.folder}/log")

    def build(self, target):
        return run(["cmake", "--build", "build", "-j", self.jobs, "--target", target], self.folder / "source", self.log)

    def test(self, layer):
        which = ["-R", rf"^(unit|fuzz)\.{layer}\."] if layer else ["-E", LEFT_OUT]
        command = ["ctest", "--test-dir", "build", "-j", self.jobs, "--stop-on-failure", "--timeout", "120", *which]
        return run(command, self.folder / "source", self.log)

    def killer(self, layer, has_unit_tests):
        """What notices the change that was made: "unit tests", "other tests", "the compiler", or None."""
        if has_unit_tests:
            if not self.build(f"unit_{layer}"):
                return "the compiler"
            if not self.test(layer):
                return "unit tests"
        if not self.build("all"):
            return "the compiler"
        return None if self.test(None) else "other tests"


def choose(options):
    """Yields mutations from all layers in turns, without end, by the seed alone."""
    layers = {}
    for path in sorted((ROOT / "core").glob("*/*.c")):
        if str(path.relative_to(ROOT)).startswith(options.only):
            layers.setdefault(path.parent.name, []).append(path)
    chance = random.Random(options.seed)
    while layers:
        for layer in sorted(layers):
            path = chance.choice(layers[layer])
            candidates = places(path)
            if candidates:
                yield (layer, path.relative_to(ROOT), *chance.choice(candidates))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="core/", help="mutate only files whose path begins so")
    parser.add_argument("--build", type=pathlib.Path, help="where to build; it is kept")
    parser.add_argument("--list", action="store_true", help="print the mutations only")
    options = parser.parse_args()
    mutations = choose(options)
    if options.list:
        for layer, path, number, name, old, new in itertools.islice(mutations, options.count):
            print(f"{path}:{number}: {name}: {old.strip()}  ->  {new.strip()}")
        return
    folder = options.build or pathlib.Path(tempfile.mkdtemp(prefix="dpae-mutate-"))
    folder.mkdir(parents=True, exist_ok=True)
    copy = Copy(folder.resolve(), options.jobs)
    copy.prepare()
    killed = survived = 0
    for layer, path, number, name, old, new in mutations:
        file = copy.folder / "source" / path
        lines = file.read_text().split("\n")
        lines[number - 1] = new
        file.write_text("\n".join(lines))
        killer = copy.killer(layer, (ROOT / "tests/unit" / layer).is_dir())
        lines[number - 1] = old
        file.write_text("\n".join(lines))
        if killer == "the compiler":
            continue
        killed += killer is not None
        survived += killer is None
        verdict = f"killed by {killer}" if killer else "SURVIVED"
        print(f"{verdict}: {path}:{number}: {name}: {old.strip()}  ->  {new.strip()}", flush=True)
        if killed + survived == options.count:
            break
    print(f"{killed} of {killed + survived} mutations killed, {survived} survived")
    if not options.build:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
