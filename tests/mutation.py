"""Mutation testing of the rooms that decide what a search finds, by mutmut (pyproject.toml, [tool.mutmut]).

    python tests/mutation.py                          all of them, resumable
    python tests/mutation.py --sample 60 --seed 0     a fixed sample, chosen by name
    python tests/mutation.py --only 'ganmend.metrics.*' --retry   survivors of one room once more

Exits 1 where fewer than --least of the mutants are killed. Results lie in mutants/, a summary in mutants/summary.json.
"""

import argparse
import fnmatch
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MUTANTS = ROOT / "mutants"
STATS = MUTANTS / "mutmut-stats.json"
LOG = MUTANTS / "mutmut.log"
OWN_TESTS = ("search", "objective", "edits", "targets", "photographs", "metrics", "workbench")
DEAD = {"killed", "timeout", "crashed"}


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that mutmut ends with it
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, help="how many; all where left out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="*", help="a pattern of mutant names")
    parser.add_argument("--retry", action="store_true", help="run survivors again, though nothing but tests changed")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--least", type=float, default=0.0, help="smallest share killed")
    options = parser.parse_args()
    os.chdir(ROOT)
    forget_stale(keep_results=options.retry)
    mutmut(options.processes, "none.of.this.name")  # makes the mutants and maps the tests, then finds nothing to run
    if not STATS.exists():
        sys.exit(f"mutmut failed; the end of {LOG}:\n{LOG.read_text(errors='replace')[-3000:]}")
    prefer_own_tests()
    names = [name for name in verdicts() if fnmatch.fnmatch(name, options.only)]
    if options.sample:
        names = sorted(names, key=lambda name: hashlib.sha256(f"{options.seed} {name}".encode()).digest())
        names = names[: options.sample]
    again = {"not checked", "interrupted"} | ({"survived", "no tests"} if options.retry else set())
    now = verdicts()
    todo = [name for name in names if now[name] in again]
    print(f"{len(names)} mutants, {len(todo)} of them to run", flush=True)
    every = set(todo) == {name for name, verdict in now.items() if verdict == "not checked"}
    if todo:
        mutmut(options.processes, *([] if every else todo))
    return report(names, options.least)


def mutmut(processes: int, *names: str) -> None:
    """Run the named mutants, or where none is named all that are not checked yet.

    In a process of its own with one thread: what has started OpenMP threads cannot fork.
    """
    single = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS")}
    code = "import sys; sys.path.insert(0, 'tests'); import mutation; del sys.path[0]; mutation.adapted_mutmut()"
    command = [sys.executable, "-c", code, "run", "--max-children", str(processes), *names]
    with LOG.open("ab") as log:
        subprocess.run(command, env=os.environ | single, stdout=log, stderr=log)


def adapted_mutmut() -> None:
    """mutmut's command line, which mutates what @torch.no_grad() decorates too."""
    import libcst as cst
    import mutmut.__main__ as command
    from mutmut.mutation.file_mutation import MutationVisitor

    skips = MutationVisitor._skip_node_and_children

    def skips_but_no_grad(self: MutationVisitor, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef) and len(node.decorators) == 1:
            decorator = cst.Module([]).code_for_node(node.decorators[0].decorator)
            if decorator == "torch.no_grad()":
                return False
        return skips(self, node)

    MutationVisitor._skip_node_and_children = skips_but_no_grad
    command.cli()


def forget_stale(keep_results: bool) -> None:
    """Drop results that another tree gave, and always the copied tests: mutmut leaves removed ones in place."""
    now = {"sources": digest("src", "pyproject.toml", "tests/mutation.py"), "tests": digest("tests")}
    mark = MUTANTS / "tree.json"
    before = json.loads(mark.read_text()) if mark.exists() else {}
    if before.get("sources") != now["sources"] or (before != now and not keep_results):
        shutil.rmtree(MUTANTS, ignore_errors=True)
    shutil.rmtree(MUTANTS / "tests", ignore_errors=True)
    if before != now:
        STATS.unlink(missing_ok=True)  # which tests reach what: mutmut looks anew only at tests of new names
    MUTANTS.mkdir(exist_ok=True)
    mark.write_text(json.dumps(now))


def digest(*places: str) -> str:
    files = (path for place in places for path in ([Path(place)] if Path(place).is_file() else Path(place).rglob("*")))
    kept = sorted(path for path in files if path.is_file() and "__pycache__" not in path.parts)
    return hashlib.sha256(b"".join(str(path).encode() + path.read_bytes() for path in kept)).hexdigest()


def prefer_own_tests() -> None:
    """Run the tests of the other rooms only on functions that the rooms' own tests never reach."""
    stats = json.loads(STATS.read_text())
    reached = stats["tests_by_mangled_function_name"]
    for function, tests in reached.items():
        reached[function] = [test for test in tests if test.split("/")[1] in OWN_TESTS] or tests
    STATS.write_text(json.dumps(stats, indent=4))


def verdicts() -> dict[str, str]:
    """What became of each mutant, by name; mutmut's own table of exit codes, but that a crash is no suspicion."""
    from mutmut.stats import status_by_exit_code

    found = {}
    for path in sorted((MUTANTS / "src").rglob("*.meta")):
        for name, code in json.loads(path.read_text())["exit_code_by_key"].items():
            verdict = status_by_exit_code[code]
            found[name] = {"segfault": "crashed", "check was interrupted by user": "interrupted"}.get(verdict, verdict)
    return found


def report(names: list[str], least: float) -> int:
    from mutmut.mutation.diff_apply import find_mutant, get_diff_for_mutant

    now = verdicts()
    of = {name: now[name] for name in names}
    counts = Counter(of.values())
    alive = sorted(name for name, verdict in of.items() if verdict not in DEAD)
    for name in alive:
        diff = get_diff_for_mutant(name, path=find_mutant(name).path).splitlines()[2:]
        print(f"{of[name]}: {name}", *(line for line in diff if line[:1] in "+-"), sep="\n    ")
    share = sum(counts[verdict] for verdict in DEAD) / max(1, len(of))
    (MUTANTS / "summary.json").write_text(
        json.dumps({"mutants": len(of), "killed_share": share, "counts": counts, "alive": alive}, indent=4) + "\n"
    )
    print(f"{len(of)} mutants: {dict(counts)}; {share:.1%} killed, {least:.1%} asked for")
    return int(share < least or counts["not checked"] + counts["interrupted"] > 0)


if __name__ == "__main__":
    sys.exit(main())
