#!/usr/bin/env python3
"""Run the tests, lane by lane, and count what they say.

    tests/run.py [-v] [-k WORD] [LANE ...]      without lanes: all of them

Every test program prints `ok - name`, `not ok - name: why` or `skip - name: why`,
one line per case; this runner counts them.  A program that ends badly without
a `not ok` counts as one failure, and so does one that runs into its time limit.
The last line is `N passed, N failed`, with `, N skipped` if there were any.
"""
import argparse
import concurrent.futures
import glob
import os
import signal
import subprocess
import sys
import time

from support import cpython

TESTS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(TESTS)
WORKERS = {"device": 4}  # boards sleep when they wait
USUAL_WORKERS = 2


class Job:
    """One test program: its name, its command, and what came of it."""

    def __init__(self, name, command, limit=300):
        self.name, self.command, self.limit = name, command, limit
        self.passed = self.failed = self.skipped = 0
        self.lines = []
        self.seconds = 0

    def run(self):
        start = time.monotonic()
        output, trouble = self.execute()
        self.seconds = time.monotonic() - start
        self.lines = output.splitlines()
        for line in self.lines:
            self.passed += line.startswith("ok - ")
            self.failed += line.startswith("not ok - ")
            self.skipped += line.startswith("skip - ")
        if not trouble and not (self.passed or self.failed or self.skipped):
            trouble = "said nothing of any case"
        if trouble and not self.failed:
            self.lines.append("not ok - %s: %s" % (self.name, trouble))
            self.failed = 1
        return self

    def execute(self):
        """(output, reason of a bad end or None); leaves no process behind."""
        child = subprocess.Popen(self.command, cwd=ROOT, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 start_new_session=True)
        trouble = None
        try:
            output = child.communicate(timeout=self.limit)[0]
        except subprocess.TimeoutExpired:
            trouble = "no end after %d s" % self.limit
            kill_group(child)
            output = child.communicate()[0]
        kill_group(child)
        if child.returncode and not trouble:
            trouble = "exit status %d" % child.returncode
        return output.decode("utf-8", "replace"), trouble


def kill_group(child):
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Missing(Exception):
    """A lane cannot run; the text says why."""


# ---- lanes: each gives a list of jobs ----


def python(path, *args, name=None, **options):
    return Job(name or os.path.relpath(path, ROOT), [sys.executable, path] + list(args), **options)


def lane_layers():
    return [python(os.path.join(TESTS, name)) for name in ("layers.py", "docs.py")]


def lane_core():
    return c_jobs("core")


def lane_accel():
    return c_jobs("accel")


def lane_engine():
    return c_jobs("engine")


def c_jobs(folder):
    """The C tests, built and run by make with each compiler."""
    path = os.path.join(TESTS, folder)
    return [Job("tests/%s with %s" % (folder, compiler),
                ["make", "--no-print-directory", "-s", "-C", path, "check", "CC=" + compiler], 900)
            for compiler in ("gcc", "clang")]


def lane_fuzz():
    return [Job("tests/fuzz", ["make", "--no-print-directory", "-s", "-C", os.path.join(TESTS, "fuzz"),
                               "smoke", "CC=gcc"], 900)]


def lane_mpy():
    return mpy_jobs("micropython", 1)


def lane_asan():
    return mpy_jobs("micropython-asan", 4)


def mpy_jobs(interpreter, slow):
    path = os.path.join(ROOT, "build", interpreter)
    if not os.path.exists(path):
        raise Missing("%s is not built" % os.path.relpath(path, ROOT))
    runner = os.path.join(TESTS, "support", "mpyrun.py")
    jobs = []
    for script in sorted(glob.glob(os.path.join(TESTS, "mpy", "test_*.py"))):
        command = [sys.executable, runner, "--interpreter", path, "--slow", str(slow), script]
        jobs.append(Job(os.path.relpath(script, ROOT), command, 1200))
    return jobs


def lane_same():
    """Each script under CPython and ussl."""
    runner = os.path.join(TESTS, "same", "test_same.py")
    scripts = sorted(glob.glob(os.path.join(TESTS, "same", "*.py")))
    return [python(runner, script, name=os.path.relpath(script, ROOT))
            for script in scripts if os.path.basename(script) not in ("same.py", "test_same.py")]


def lane_names():
    return programs("names") + with_newer("names", ["cpython"])


def lane_page():
    return programs("page")


# Boards on which all scripts run, and what a board of another core runs as well.
BOARD, OTHER_BOARD = "MPS2_AN385", "MPS2_AN500"
ON_OTHER_BOARD = ("connect", "io", "session", "verify", "rewrap", "mutual")


def lane_device():
    for board in (BOARD, OTHER_BOARD, BOARD + "-entropy-none"):
        if not os.path.exists(os.path.join(ROOT, "build", "firmware", board, "firmware.elf")):
            raise Missing("build/firmware/%s is not built" % board)
    return board_scripts(BOARD) + board_scripts(OTHER_BOARD, ON_OTHER_BOARD) + board_programs()


def board_scripts(board, names=("*",)):
    runner = os.path.join(TESTS, "support", "mpyrun.py")
    scripts = [script for name in names
               for script in sorted(glob.glob(os.path.join(TESTS, "mpy", "test_%s.py" % name)))]
    return [python(runner, "--board", board, "--slow", "4", script, limit=1200,
                   name="%s %s" % (board, os.path.relpath(script, ROOT))) for script in scripts]


def board_programs():
    page = [os.path.join(TESTS, "page", "test_page.py")]
    return [python(path, board, limit=900, name="%s %s" % (board, os.path.relpath(path, ROOT)))
            for path in page + sorted(glob.glob(os.path.join(TESTS, "device", "test_*.py")))
            for board in (BOARD, OTHER_BOARD)]


# What is tested with CPython as a peer has OpenSSL 3.5 then, with its post-quantum key shares.
WITH_NEWER = ("matrix", "mutual", "sessions")


def lane_interop():
    return programs("interop") + with_newer("interop", WITH_NEWER)


def with_newer(folder, names):
    """Programs that the fetched CPython runs as well."""
    paths = [os.path.join(TESTS, folder, "test_%s.py" % name) for name in names]
    return [Job(os.path.relpath(path, ROOT) + " with CPython 3.13", [cpython.FETCHED, path])
            for path in paths if os.path.exists(cpython.FETCHED)]


def programs(folder):
    return [python(path, limit=900)
            for path in sorted(glob.glob(os.path.join(TESTS, folder, "test_*.py")))]


def lane_upstream():
    return programs("upstream")


def lane_readme():
    return [python(os.path.join(TESTS, "readme.py"))]


def lane_ports():
    return [python(os.path.join(TESTS, "ports", "check.py"), limit=900)]


LANES = {name[5:]: function for name, function in list(globals().items())
         if name.startswith("lane_")}


# ---- running and telling ----


def run_lane(name, args):
    """Run one lane's jobs, several at a time; returns them."""
    start = time.monotonic()
    print("== " + name, flush=True)
    try:
        jobs = [job for job in LANES[name]() if args.word in job.name]
    except Missing as why:
        print("skip - %s: %s" % (name, why))
        job = Job(name, [])
        job.skipped = 1
        return [job]
    with concurrent.futures.ThreadPoolExecutor(WORKERS.get(name, USUAL_WORKERS)) as pool:
        for job in pool.map(Job.run, jobs):
            tell(job, args.verbose)
    print("   %s: %.1f s\n" % (name, time.monotonic() - start), flush=True)
    return jobs


def tell(job, verbose):
    """Failures in full, everything else as a count, unless all is wanted."""
    counts = "%d passed" % job.passed
    if job.failed:
        counts += ", %d FAILED" % job.failed
    if job.skipped:
        counts += ", %d skipped" % job.skipped
    print("   %-40s %s, %.1f s" % (job.name, counts, job.seconds), flush=True)
    for line in job.lines:
        if verbose or job.failed and not line.startswith("ok - ") or line.startswith("skip - "):
            print("      " + line)
        elif line.startswith("| "):  # a table meant for the reader
            print("   " + line)


def main():
    parser = argparse.ArgumentParser(prog="./run test", description=__doc__.split("\n")[0])
    parser.add_argument("-v", "--verbose", action="store_true", help="show every line")
    parser.add_argument("-k", dest="word", default="", help="only programs with this in their name")
    parser.add_argument("lanes", nargs="*", metavar="LANE", help="of: " + " ".join(LANES))
    args = parser.parse_args()
    unknown = [name for name in args.lanes if name not in LANES]
    if unknown:
        parser.error("no such lane: %s (there are: %s)" % (" ".join(unknown), " ".join(LANES)))
    start = time.monotonic()
    subprocess.run([sys.executable, os.path.join(TESTS, "certs", "make.py")], check=True,
                   stdout=subprocess.DEVNULL)
    jobs = [job for name in args.lanes or LANES for job in run_lane(name, args)]
    failed = sum(job.failed for job in jobs)
    for job in jobs:
        for line in job.lines:
            if line.startswith("not ok - "):
                print("%s: %s" % (job.name, line))
    print("%.0f s" % (time.monotonic() - start))
    skipped = sum(job.skipped for job in jobs)
    print("%d passed, %d failed" % (sum(job.passed for job in jobs), failed)
          + (", %d skipped" % skipped if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    sys.exit(main())
