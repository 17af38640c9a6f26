"""Writing a file at once: a reader sees the old one or the new, never a half."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield the path of a temporary file to create, which then takes the place of ``path``.

    If the body raises, the old file stays as it was. A symbolic link is followed.

    Raises
    ------
    OSError
        If ``path`` is a directory (``IsADirectoryError``) or a device, its folder is missing
        (``FileNotFoundError``) or can't be written to.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "a model file can't replace a directory", str(path))
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "a model file can't replace what is no regular file", str(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(
            errno.ENOENT, "the folder of the model file is missing", str(target.parent)
        )
    temporary = target.with_name(f".fourfold-{os.urandom(8).hex()}.tmp")
    try:
        yield temporary
        if target.exists():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
