#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""peak_memory.py PROGRAM [ARGUMENT...]: runs a program and prints how much memory it took at most.

Under mpirun it wraps each rank: "rank 0: 61 MiB".
"""
import os
import resource
import subprocess
import sys

code = subprocess.run(sys.argv[1:], check=False).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # KiB
print(f"rank {os.environ.get('OMPI_COMM_WORLD_RANK', 0)}: {peak / 1024:.0f} MiB", flush=True)
sys.exit(code)
