"""The settings of a session, under onnxruntime's names.

What the engine has no use for is kept and given back, so that code written for onnxruntime runs as
it is: the numbers are the same under every setting, and logging and profiling do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum


class GraphOptimizationLevel(IntEnum):
    """How far onnxruntime rewrites a graph; the engine always does all that it can.

    Examples
    --------
    >>> import fourfold as ort
    >>> ort.GraphOptimizationLevel.ORT_ENABLE_ALL.value
    99
    """

    ORT_DISABLE_ALL = 0
    ORT_ENABLE_BASIC = 1
    ORT_ENABLE_EXTENDED = 2
    ORT_ENABLE_LAYOUT = 3
    ORT_ENABLE_ALL = 99


class ExecutionMode(IntEnum):
    """Whether onnxruntime runs nodes side by side; the engine shares out each step instead.

    Examples
    --------
    >>> import fourfold as ort
    >>> ort.SessionOptions().execution_mode.name
    'ORT_SEQUENTIAL'
    """

    ORT_SEQUENTIAL = 0
    ORT_PARALLEL = 1


class ExecutionOrder(IntEnum):
    """In which order onnxruntime runs nodes; the engine keeps the model's.

    Examples
    --------
    >>> import fourfold as ort
    >>> ort.SessionOptions().execution_order.name
    'DEFAULT'
    """

    DEFAULT = 0
    PRIORITY_BASED = 1
    MEMORY_EFFICIENT = 2


@dataclass
class RunOptions:
    """Settings of one run: kept, not used.

    Examples
    --------
    >>> import fourfold as ort
    >>> options = ort.RunOptions(logid="a")
    >>> options.add_run_config_entry("memory", "shrink")
    >>> options.get_run_config_entry("memory")
    'shrink'
    """

    log_severity_level: int = 2
    log_verbosity_level: int = 0
    logid: str = ""
    only_execute_path_to_fetches: bool = False
    terminate: bool = False
    _entries: dict[str, str] = field(default_factory=dict, repr=False)

    def add_run_config_entry(self, key: str, value: str) -> None:
        """Keep an entry."""
        self._entries[key] = value

    def get_run_config_entry(self, key: str) -> str:
        """Return an entry that was added."""
        return self._entries[key]


@dataclass
class SessionOptions:
    """Settings of a session.

    Attributes
    ----------
    intra_op_num_threads : int
        Threads that a run uses at most; 0, the default, leaves it to ``fourfold.set_threads``.

    Examples
    --------
    >>> import fourfold as ort
    >>> options = ort.SessionOptions()
    >>> options.intra_op_num_threads = 1
    """

    intra_op_num_threads: int = 0
    inter_op_num_threads: int = 0
    graph_optimization_level: GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL
    execution_mode: ExecutionMode = ExecutionMode.ORT_SEQUENTIAL
    execution_order: ExecutionOrder = ExecutionOrder.DEFAULT
    enable_cpu_mem_arena: bool = True
    enable_mem_pattern: bool = True
    enable_mem_reuse: bool = True
    enable_profiling: bool = False
    use_deterministic_compute: bool = True
    use_per_session_threads: bool = True
    log_severity_level: int = 2
    log_verbosity_level: int = 0
    logid: str = ""
    optimized_model_filepath: str = ""
    profile_file_prefix: str = "onnxruntime_profile_"
    _entries: dict[str, str] = field(default_factory=dict, repr=False)

    def add_session_config_entry(self, key: str, value: str) -> None:
        """Keep an entry."""
        self._entries[key] = value

    def get_session_config_entry(self, key: str) -> str:
        """Return an entry that was added."""
        return self._entries[key]


def set_default_logger_severity(severity: int) -> None:
    """Do nothing: the library logs nothing.

    Examples
    --------
    >>> import fourfold as ort
    >>> ort.set_default_logger_severity(3)
    """
