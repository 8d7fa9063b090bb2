"""The Python host of Parley's worker protocol. Authors need nothing from here but, if they like, these names."""

from .errors import AgentCallError, Canceled

__all__ = ["AgentCallError", "Canceled"]
