# SPDX-License-Identifier: MIT
"""Continues a script by a Python that has its packages: the first python3 in PATH may be one of pyenv,
conda or a virtual environment, which know nothing of the distribution's packages, and the other way
round."""
import importlib.util
import os
import pathlib
import subprocess
import sys

# Holds the number of the process that has been started again, which exec keeps: its children may be, too.
CONTINUED = "TALLY_PYTHON_CONTINUES"


def other_pythons() -> list[str]:
    """The distribution's first, then those in PATH."""
    folders = ["/usr/bin", *os.environ.get("PATH", "").split(os.pathsep)]
    paths = [os.path.join(folder, "python3") for folder in folders if folder]
    return [path for path in dict.fromkeys(paths) if os.access(path, os.X_OK)]


def has_packages(python: str, names: list[str]) -> bool:
    """Not in the current directory, any folder of which `python -c` takes for a package."""
    return subprocess.run([python, "-c", f"import {', '.join(names)}"], cwd="/", capture_output=True,
                          check=False).returncode == 0


def require(**packages: str) -> None:
    """Returns if this Python has all of `name="distribution's package"`; else starts the script again,
    by one that has, or ends it with the names of what to install."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if not missing:
        return
    script = pathlib.Path(sys.argv[0]).name
    pythons = [] if os.environ.get(CONTINUED) == str(os.getpid()) else other_pythons()
    for python in pythons:
        if has_packages(python, list(packages)):
            os.environ[CONTINUED] = str(os.getpid())
            os.execv(python, [python, *sys.argv])
    sys.exit(f"{script}: needs {', '.join(missing)}, which no python3 here has; on Debian and Ubuntu "
             f"install {', '.join(packages[name] for name in missing)}")
