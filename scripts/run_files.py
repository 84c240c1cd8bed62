# SPDX-License-Identifier: MIT
"""Reading and writing in run directories, where others may have put what they like (docs/security.md)."""
import errno
import io
import os
import pathlib
import stat
import tempfile

MOST_BYTES = 64 << 20


def open_table(path: pathlib.Path) -> io.TextIOWrapper:
    """Opens a regular file of sane size for csv, without waiting for a pipe; else an OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    file = open(descriptor, newline="")
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_size <= MOST_BYTES:
        return file
    file.close()
    raise OSError(errno.EINVAL, f"expected a regular file of at most {MOST_BYTES >> 20} MB")


def save_figure(figure, path: pathlib.Path) -> None:
    """Writes a figure of matplotlib's as a whole; a link in its place is replaced, not followed."""
    umask = os.umask(0)
    os.umask(umask)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.tmp-", delete=False) as file:
        try:
            figure.savefig(file, format=path.suffix[1:] or "png", dpi=120)
            os.fchmod(file.fileno(), 0o666 & ~umask)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
