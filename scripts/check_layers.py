#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that each layer includes only what the tables below allow: other layers, and packages.

A layer may include its own headers, those of the layers in its row, and the packages in its row;
the standard library, POSIX and fmt's core are free. A tool's folder of src/apps may include its own
headers and those of the folders in its row. No header may include itself through others. Prints one
line per violation; exit code 1 if there is any.
"""
import pathlib
import re
import sys

# layer: (layers it may include, include prefixes of the packages it may use)
LAYERS = {
    "core": ([], ["immintrin.h", "Eigen/", "dnnl.h", "dnnl.hpp", "omp.h", "openssl/", "Random123/", "fmt/"]),
    "data": (["core"], ["zlib.h", "fmt/"]),
    "image": (["core"], ["png.h", "turbojpeg.h", "opencv2/", "fmt/"]),
    "nn": (["core"], ["Eigen/", "fmt/"]),
    "optim": (["core"], ["Eigen/"]),
    "augment": (["core"], []),
    "state": (["core", "augment", "nn", "optim"], ["fmt/"]),
    "io": (["core", "state"], ["hdf5.h", "hdf5_hl.h", "toml++/", "fmt/"]),
    "parallel": (["core"], ["mpi.h"]),
    "train": (["core", "augment", "data", "nn", "optim", "state", "parallel"], ["fmt/"]),
    "run": (["core", "augment", "data", "nn", "optim", "state", "parallel", "train", "io"],
            ["fmt/", "nlohmann/"]),
    "model": (["core", "augment", "image", "nn", "optim", "state", "io"], ["fmt/"]),
    "apps": (
        ["core", "augment", "data", "image", "nn", "optim", "state", "parallel", "train", "io", "run",
         "model"],
        ["CLI/", "nlohmann/", "boost/asio/", "boost/beast/", "fmt/"],
    ),
}

# folder of src/apps: the folders that it may include
TOOLS = {
    "common": [],
    "checkpoint": ["common"],
    "data": ["common"],
    "evaluate": ["common"],
    "predict": ["common", "serve"],
    "serve": ["common"],
    "status": ["common"],
    "sweep": ["common"],
    "train": ["common"],
}

# Headers that everybody may use: those of the C library, the compiler and the kernel's interface.
FREE = ["sys/", "sanitizer/", "arpa/inet.h", "fcntl.h", "poll.h", "pthread.h", "sched.h", "unistd.h",
        "stdlib.h", "xmmintrin.h"]

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.MULTILINE)


def violation(layer: str, quote: str, header: str) -> str | None:
    layers, packages = LAYERS[layer]
    if header.startswith("tally/"):
        used = header.split("/")[1]
        if used != layer and used not in layers:
            return f"layer {layer} may not include layer {used}"
    elif quote == "<" and ("." in header or "/" in header):
        if not any(header.startswith(prefix) for prefix in packages + FREE):
            return f"layer {layer} may not use this package"
    return None


def violation_of_tool(folder: str, quote: str, header: str) -> str | None:
    used = header.split("/")[0]
    if quote == '"' and used != "tally" and used != folder and used not in TOOLS.get(folder, []):
        return f"folder {folder} of src/apps may not include {used}"
    return None


def target(root: pathlib.Path, includer: pathlib.Path, header: str) -> pathlib.Path | None:
    """The header of this tree that is meant."""
    for path in (includer.parent / header, root / "include" / header, root / "src" / "apps" / header):
        if path.is_file():
            return path
    return None


def cycles(included: dict[pathlib.Path, list[pathlib.Path]]) -> list[list[pathlib.Path]]:
    """Headers that include each other in a circle, each circle from one of them back to it."""
    found, on_the_way, done = [], [], set()

    def visit(header: pathlib.Path) -> None:
        on_the_way.append(header)
        for other in included.get(header, []):
            if other in on_the_way:
                found.append(on_the_way[on_the_way.index(other):] + [other])
            elif other not in done:
                visit(other)
        done.add(on_the_way.pop())

    for header in sorted(included):
        if header not in done:
            visit(header)
    return found


def main() -> int:
    root = pathlib.Path(__file__).resolve().parent.parent
    violations = 0
    files = 0
    included = {}  # of each header, the headers of this tree
    for layer in LAYERS:
        for folder in (root / "include" / "tally" / layer, root / "src" / layer):
            for path in sorted([*folder.rglob("*.hpp"), *folder.rglob("*.cpp")]):
                files += 1
                includes = INCLUDE.findall(path.read_text())
                if path.suffix == ".hpp":
                    targets = [target(root, path, header) for _, header in includes]
                    included[path] = [header for header in targets if header]
                for quote, header in includes:
                    reason = violation(layer, quote, header)
                    if layer == "apps" and not reason:
                        reason = violation_of_tool(path.parent.name, quote, header)
                    if reason:
                        violations += 1
                        print(f"{path.relative_to(root)}: {header}: {reason}")
    unknown = {p.name for p in (root / "include" / "tally").iterdir()} - set(LAYERS)
    for layer in sorted(unknown):
        violations += 1
        print(f"include/tally/{layer}: no such layer in the table")
    for circle in cycles(included):
        violations += 1
        print("a circle of headers: " + " includes ".join(str(path.relative_to(root)) for path in circle))
    print(f"{files} files, {violations} violations")
    return 1 if violations or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
