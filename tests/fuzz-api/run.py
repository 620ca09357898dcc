"""Starts a server, fuzzes it, and tells how many cases each operation had and how they were answered.

Beside the random cases there are those that follow from the document: examples, bounds, sequences. An operation that takes
nothing has nothing to vary, and no more than these.
"""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import stand

HERE = pathlib.Path(__file__).parent


def ways_out():
    """The interfaces, other than the loopback one, that anything can be sent by."""
    first = [line.split()[0] for line in pathlib.Path("/proc/net/route").read_text().splitlines()[1:]]
    last = [line.split()[-1] for line in pathlib.Path("/proc/net/ipv6_route").read_text().splitlines()]
    return sorted({*first, *last} - {"lo"})


def operations(document):
    methods = {"get", "put", "post", "delete", "patch"}
    paths = json.loads(document.read_text())["paths"]
    return [f"{method.upper()} {path}" for path, item in paths.items() for method in item if method in methods]


def main():
    parser = argparse.ArgumentParser(prog="fuzz-api")
    parser.add_argument("--binary", required=True, help="the server")
    parser.add_argument("--document", required=True, type=pathlib.Path, help="what it is held to")
    parser.add_argument("--cases", type=int, default=2000, help="how many random cases an operation has at most")
    parser.add_argument("--seed", type=int, help="repeats a run")
    # What else is given is the fuzzer's: `--include-operation-id`, `--phases` ...
    given, further = parser.parse_known_args()
    if ways := ways_out():
        sys.exit(f"made-up URLs would be fetched by way of {', '.join(ways)}; start scripts/fuzz-api")
    # Told to stop, it takes the server along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as folder, stand.Server(given.binary, folder) as server:
        origin = stand.Origin()
        answers = pathlib.Path(folder, "answers.json")
        user = stand.Api(server.url, origin.url).seed()
        environment = dict(
            os.environ,
            FUZZ_URL=server.url,
            FUZZ_ORIGIN=origin.url,
            FUZZ_USER=str(user),
            FUZZ_ANSWERS=str(answers),
            PYTHONPATH=str(HERE),
            PYTHONDONTWRITEBYTECODE="1",
        )
        schemathesis = pathlib.Path(sys.executable).parent / "schemathesis"
        command = [schemathesis, "--config-file", HERE / "schemathesis.toml", "run", given.document.resolve()]
        command += ["--url", server.url, "--max-examples", str(given.cases), "--checks", "all"]
        if given.seed is not None:
            command += ["--seed", str(given.seed)]
        fuzzed = subprocess.run([*map(str, command), *further], env=environment, cwd=folder).returncode
        alive = server.process.poll() is None
        counts = json.loads(answers.read_text())
    unanswered = report(operations(given.document), counts)
    if not alive:
        print("the server ended", file=sys.stderr)
    for operation in unanswered:
        print(f"{operation} was never answered with success", file=sys.stderr)
    return fuzzed or unanswered or not alive


def report(operations, answers):
    """Prints the cases of each operation; answers those that never ended well."""
    print(f"{'cases':>7}  {'2xx':>6}  operation: how often each status")
    unanswered, every = [], 0
    for operation in operations:
        statuses = {int(status): count for status, count in answers.get(operation, {}).items()}
        cases = sum(statuses.values())
        well = sum(count for status, count in statuses.items() if 200 <= status < 300)
        told = " ".join(f"{status}:{count}" for status, count in sorted(statuses.items()))
        print(f"{cases:>7}  {well:>6}  {operation}: {told}")
        every += cases
        if not well:
            unanswered.append(operation)
    print(f"{every:>7}  cases of {len(operations)} operations")
    return unanswered


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
