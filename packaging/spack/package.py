# SPDX-License-Identifier: MIT
"""Tally for Spack, for its folder packages/tally of a repository of yours (`spack repo create` makes one and says
where, `spack repo add` adds it). Then, in a checkout of Tally: spack dev-build tally@main
"""
from spack.package import *

try:  # Spack 1.0 and later
    from spack_repo.builtin.build_systems.cmake import CMakePackage
except ImportError:
    pass


class Tally(CMakePackage):
    """Data-parallel SGD on MNIST-format data over MPI and OpenMP: the same bits at any number of
    workers."""

    version("main", branch="main")
    license("MIT")

    variant("images", default=True, description="The tools for drawings and data, not for training alone")
    variant("onednn", default=True, description="Matrix products by oneDNN; Eigen's otherwise")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.22:", type="build")
    depends_on("ninja", type="build")

    depends_on("mpi")
    depends_on("cli11")
    depends_on("eigen@3.4:3")
    depends_on("fmt")
    depends_on("hdf5@1.10: +hl ~mpi")
    depends_on("onednn@2.6:3", when="+onednn")
    depends_on("nlohmann-json")
    depends_on("openssl")
    depends_on("random123")
    depends_on("tomlplusplus")
    depends_on("zlib-api")

    with when("+images"):
        depends_on("boost@1.74:")
        depends_on("libjpeg-turbo")
        depends_on("libpng")
        depends_on("opencv@4: +imgproc")
        depends_on("pkgconfig", type="build")

    generator("ninja")

    def cmake_args(self):
        return [
            # Spack's compilers add the instruction set of the target by themselves.
            self.define("TALLY_ARCH", ""),
            self.define("TALLY_KERNELS", "" if self.spec.satisfies("+onednn") else "eigen"),
            self.define("TALLY_TOOLS",
                        "all" if self.spec.satisfies("+images") else "train,checkpoint,status,sweep"),
        ]
