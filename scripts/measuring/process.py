# SPDX-License-Identifier: MIT
"""Running a program to its end, with a limit of time and a message if it fails."""
import os
import subprocess
from collections.abc import Mapping, Sequence

# What would change the work that is measured if it came from the caller's environment.
STEERING = ("ATEN_", "BLIS_", "DNNL_", "GOMP_", "GOTO_", "KMP_", "MKL_", "NPY_", "OMP_", "ONEDNN_",
            "OPENBLAS_", "TALLY_", "TORCH_")


class Failed(RuntimeError):
    """A program that did not end as it should."""


def start(line: Sequence, environment: Mapping[str, str] | None = None) -> subprocess.Popen:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(STEERING)}
    return subprocess.Popen([str(word) for word in line], stdin=subprocess.DEVNULL, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**inherited, **(environment or {})})


def finish(process: subprocess.Popen, timeout: float = 600) -> str:
    """What the program printed; raises Failed with the end of its errors, behind which
    mpirun may say thirty lines of its own, and leaves no process."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise Failed(f"{' '.join(process.args)}: not done after {timeout:.0f} s") from None
    finally:
        stop(process)
    if process.returncode != 0:
        told = "\n".join(err.strip().splitlines()[-40:])
        raise Failed(f"{' '.join(process.args)}: exit code {process.returncode}\n{told}")
    return out


def stop(process: subprocess.Popen) -> None:
    """Ends it if it runs: kindly at first, since mpirun ends its ranks then and not when killed."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run(line: Sequence, environment: Mapping[str, str] | None = None, timeout: float = 600) -> str:
    return finish(start(line, environment), timeout)
