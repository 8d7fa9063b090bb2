"""What an execution costs."""

from __future__ import annotations

import os
import resource
import sys
import time
from typing import Any


class Meter:
    """Starts to measure when it is made."""

    def __init__(self) -> None:
        _reset_peak()
        self._started = time.monotonic()
        self._cpu = _cpu_seconds()

    def read(self) -> dict[str, Any]:
        """Wall time, the highest resident size of the process in that time, processor time against wall time."""
        seconds = time.monotonic() - self._started
        cpu = _cpu_seconds() - self._cpu
        return {
            "timeMs": round(seconds * 1000),
            "memoryBytes": _peak_bytes(),
            "cpuPercent": round(100 * cpu / seconds) if seconds > 0 else 0,
        }


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _reset_peak() -> None:
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        pass


def _peak_bytes() -> int:
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    # Kilobytes on Linux, bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
