# SPDX-License-Identifier: MIT
"""Which lines of the parsers the corpora reach, by clang's source-based coverage."""
import json
import os
import subprocess

from targets import BIN, BUILD, ROOT, replay, targets

# What hostile bytes pass through, from their source to the value. What opens files, writes them or
# computes with what was read is not among them.
PARSERS = """
src/apps/serve/address.cpp src/apps/serve/request.cpp
src/core/csv.cpp src/core/text.cpp
src/data/file_signature.cpp src/data/gzip_source.cpp src/data/idx_file.cpp src/data/idx_header.cpp
src/data/idx_stream.cpp
src/image/alpha.cpp src/image/decode.cpp src/image/digit_groups.cpp src/image/digit_image.cpp
src/image/drawing_choice.cpp
src/image/grey_image.cpp src/image/image_limits.cpp src/image/image_type.cpp src/image/ink.cpp
src/image/ink_parts.cpp src/image/jpeg_decoder.cpp src/image/jpeg_markers.cpp
src/image/orientation.cpp src/image/paper.cpp src/image/paper_mask.cpp src/image/png_decoder.cpp
src/image/ruling.cpp
src/image/tones.cpp
src/io/checkpoint.cpp src/io/config_file.cpp src/io/h5_handle.cpp
src/io/h5_reader.cpp src/io/run_status.cpp src/io/user_block.cpp
src/nn/layer_spec.cpp
src/state/config_text.cpp src/state/run_config.cpp
""".split()

LEAST_PERCENT = 95


def llvm(tool, *arguments):
    done = subprocess.run([tool, *map(str, arguments)], capture_output=True, text=True,
                          check=True, cwd=ROOT)
    return done.stdout


def replay_all(profiles):
    failures = []
    for target in targets():
        text = replay(target, profiles / f"{target}.profraw")
        if text:
            failures.append(f"{target}: its corpus has a finding:\n{text[-4000:]}")
    return failures


def lines_of_parsers(profiles):
    """{file: (lines, lines reached)}"""
    merged = profiles / "all.profdata"
    llvm("llvm-profdata", "merge", "-o", merged, *sorted(profiles.glob("*.profraw")))
    programs = [BIN / f"fuzz_{target}" for target in targets()]
    objects = [word for program in programs[1:] for word in ("-object", program)]
    report = json.loads(llvm("llvm-cov", "export", "-summary-only", f"-instr-profile={merged}",
                             programs[0], *objects))
    lines = {os.path.normpath(ROOT / entry["filename"]): entry["summary"]["lines"]
             for entry in report["data"][0]["files"]}
    known = {name: lines.get(str(ROOT / name), {"count": 0, "covered": 0}) for name in PARSERS}
    return {name: (count["count"], count["covered"]) for name, count in known.items()}


def coverage():
    """Prints the table; 1 if a corpus has a finding or reaches too little."""
    profiles = BUILD / "profiles"
    profiles.mkdir(parents=True, exist_ok=True)
    for path in profiles.iterdir():
        path.unlink()
    failures = replay_all(profiles)
    counts = lines_of_parsers(profiles)
    failures += [f"{name}: no target links it" for name in PARSERS if counts[name][0] == 0]
    print(f"{'parser':34} lines reached")
    for name, (lines, reached) in sorted(counts.items()):
        print(f"{name:34} {lines:5} {100 * reached / max(1, lines):6.1f} %")
    lines, reached = (sum(column) for column in zip(*counts.values()))
    percent = 100 * reached / lines
    print(f"{'all':34} {lines:5} {percent:6.1f} %")
    if percent < LEAST_PERCENT:
        failures.append(f"expected {LEAST_PERCENT} % of the lines of the parsers, got {percent:.1f} %")
    for failure in failures:
        print(f"fuzz.sh: {failure}")
    return 1 if failures else 0
