"""Progress of a long call: to the caller's function, or as a bar where rich is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

ProgressFunction = Callable[[float, str], object]
Progress = bool | ProgressFunction


@contextmanager
def reporting(progress: Progress) -> Iterator[ProgressFunction]:
    """Yield the function to tell the share that is done, from 0 to 1, and what is being done.

    ``True`` draws a bar on the terminal's standard error if rich is installed (extra ``cli``), and
    nothing elsewhere; ``False`` does nothing.
    """
    if callable(progress):
        yield progress
        return
    if progress:
        try:
            from rich.console import Console
            from rich.progress import Progress as Bar
        except ImportError:
            pass
        else:
            # No refresh of its own accord: that takes a thread, which would disturb the timing.
            console = Console(stderr=True)
            quiet = not console.is_terminal
            with Bar(console=console, auto_refresh=False, transient=True, disable=quiet) as bar:
                task = bar.add_task("", total=1.0)

                def report(share: float, what: str) -> None:
                    bar.update(task, completed=share, description=what, refresh=True)

                yield report
            return
    yield lambda _share, _what: None
