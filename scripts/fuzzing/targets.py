# SPDX-License-Identifier: MIT
"""The fuzz targets and how libFuzzer runs one of them."""
import dataclasses
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "fuzz"
BIN = pathlib.Path(os.environ.get("TALLY_FUZZ_BIN", BUILD / "bin"))
CORPUS = ROOT / "tests" / "fuzz" / "corpus"
FOUND = BUILD / "found"
FINDINGS = BUILD / "findings"

# An input larger than this is only slower.
LARGEST_INPUT = {"png": 4096, "jpeg": 4096, "checkpoint": 512, "page": 192}

# HDF5 keeps what it frees; that target counts the open objects instead.
WITHOUT_LEAK_DETECTION = ("checkpoint",)

# 256 MB in all and 64 MB at once. Time is measured by the targets in seconds of a processor; this
# limit on the clock is for what never returns.
LIMITS = ["-rss_limit_mb=256", "-malloc_limit_mb=64", "-timeout=60"]

# Freed memory is kept back for a while to find those who still use it: the default is 256 MB.
SANITIZERS = "quarantine_size_mb=16:malloc_context_size=6:allocator_release_to_os_interval_ms=-1"


def targets():
    return sorted(path.name for path in CORPUS.iterdir())


@dataclasses.dataclass
class Result:
    target: str
    executions: int
    seconds: float
    edges: int
    peak_mb: int
    finding: str  # the first line of what was found; empty: nothing
    log: pathlib.Path


def run(target, *arguments, profile=os.devnull):
    """Runs a target of libFuzzer's and returns its exit code and what it printed."""
    leaks = ["-detect_leaks=0"] if target in WITHOUT_LEAK_DETECTION else []
    environment = dict(os.environ, ASAN_OPTIONS=SANITIZERS, LLVM_PROFILE_FILE=str(profile))
    FINDINGS.mkdir(parents=True, exist_ok=True)
    line = [str(BIN / f"fuzz_{target}"), f"-artifact_prefix={FINDINGS}/{target}-",
            f"-max_len={LARGEST_INPUT.get(target, 2048)}", *LIMITS, *leaks,
            *map(str, arguments)]
    done = subprocess.run(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, cwd=ROOT)
    return done.returncode, done.stdout.decode(errors="replace")


def last_number(pattern, text):
    found = re.findall(pattern, text)
    return float(found[-1]) if found else 0


def fuzz(target, limit):
    """The corpus, then new inputs up to a limit, an option of libFuzzer's."""
    found = FOUND / target
    found.mkdir(parents=True, exist_ok=True)
    code, text = run(target, limit, "-print_final_stats=1", found,
                     CORPUS / target)
    log = BUILD / f"{target}.log"
    log.write_text(text)
    finding = ""
    if code != 0:
        lines = re.findall(r"^(?:.*runtime error.*|==\d+==\s*ERROR.*|fuzz target:.*)$", text, re.MULTILINE)
        finding = lines[0] if lines else f"exit code {code}"
    return Result(target, int(last_number(r"number_of_executed_units: (\d+)", text)),
                  last_number(r"Done \d+ runs in (\d+) second", text),
                  int(last_number(r"cov: (\d+)", text)),
                  int(last_number(r"peak_rss_mb: +(\d+)", text)), finding, log)


def replay(target, profile):
    """The corpus alone; returns what it found, empty if nothing."""
    code, text = run(target, "-runs=0", CORPUS / target, profile=profile)
    return "" if code == 0 else text


def minimize(target):
    """Makes the corpus the fewest inputs that cover what it and all found ones cover."""
    fresh = BUILD / "minimized" / target
    if fresh.exists():
        for path in fresh.iterdir():
            path.unlink()
    fresh.mkdir(parents=True, exist_ok=True)
    sources = [path for path in (CORPUS / target, FOUND / target) if path.exists()]
    code, text = run(target, "-merge=1", "-use_counters=0", fresh, *sources)
    if code != 0:
        raise RuntimeError(f"{target}: the merge failed:\n{text[-2000:]}")
    for path in (CORPUS / target).iterdir():
        path.unlink()
    for path in fresh.iterdir():
        (CORPUS / target / path.name[:16]).write_bytes(path.read_bytes())
    return len(list((CORPUS / target).iterdir()))
