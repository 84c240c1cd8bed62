# SPDX-License-Identifier: MIT
"""Instruction sets: which one the processor has, and what holds every library to one of them."""
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class InstructionSet:
    """One for which Tally can be built, as others call it; empty: what they choose by themselves."""

    name: str       # in tables
    built: str      # as a build calls itself, in its checkpoints
    flag: str       # of /proc/cpuinfo
    onednn: str     # DNNL_MAX_CPU_ISA
    openblas: str   # OPENBLAS_CORETYPE: a processor whose kernels use no more
    pytorch: str    # ATEN_CPU_CAPABILITY
    mkl: str        # MKL_ENABLE_INSTRUCTIONS
    numpy: str      # NPY_DISABLE_CPU_FEATURES

    def limits(self) -> dict[str, str]:
        """The environment in which no library uses more instructions than this set has."""
        named = {"DNNL_MAX_CPU_ISA": self.onednn, "ONEDNN_MAX_CPU_ISA": self.onednn,
                 "OPENBLAS_CORETYPE": self.openblas, "ATEN_CPU_CAPABILITY": self.pytorch,
                 "MKL_ENABLE_INSTRUCTIONS": self.mkl, "NPY_DISABLE_CPU_FEATURES": self.numpy}
        return {name: value for name, value in named.items() if value}


WITHOUT_AVX512 = "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL"
WITHOUT_AVX2 = f"AVX2 FMA3 F16C {WITHOUT_AVX512}"

# The widest first.
AVX512 = InstructionSet("AVX-512", "avx512", "avx512f", "", "SkylakeX", "", "", "")
AVX2 = InstructionSet("AVX2", "avx2", "avx2", "AVX2", "Haswell", "avx2", "AVX2", WITHOUT_AVX512)
AVX = InstructionSet("AVX", "avx", "avx", "AVX", "Sandybridge", "default", "AVX", WITHOUT_AVX2)
SSE2 = InstructionSet("SSE", "sse2", "sse2", "SSE41", "Nehalem", "default", "SSE4_2", WITHOUT_AVX2)
SETS = (AVX512, AVX2, AVX, SSE2)


def of_build(built: str) -> InstructionSet:
    """`built` as tally-checkpoint info has it. Elsewhere than on x86 nothing is limited."""
    for found in SETS:
        if found.built == built:
            return found
    return InstructionSet(built, built, "", "", "", "", "", "")


def of_processor(cpuinfo: str) -> str:
    """The widest that /proc/cpuinfo lists, as tables have it."""
    listed = re.search(r"^flags\s*: (.*)$", cpuinfo, re.MULTILINE)
    flags = listed.group(1).split() if listed else []
    return next((one.name for one in SETS if one.flag in flags), "unknown instructions")
