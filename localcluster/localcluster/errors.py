"""What a person is told when something fails: what happened with its value, then the cure as a command.

Why one type: `cli` prints every failure the same way and a stack trace means a mistake of ours, never of the
machine.
"""

from __future__ import annotations

LINE = 300  # bytes of a log line that help; what follows is a stack trace


class ClusterError(Exception):
    """A failure with an answer. `cure` is a command or a setting; `detail` are lines to show below it."""

    exit_code = 1

    def __init__(self, message: str, *, cure: str | None = None, detail: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure
        self.detail = detail

    def __str__(self) -> str:
        lines = [self.message]
        if self.detail:
            lines += [f"  | {line[:LINE]}" for line in self.detail.rstrip().splitlines()]
        if self.cure:
            lines.append(f"cure: {self.cure}")
        return "\n".join(lines)


class UsageError(ClusterError):
    """A setting or an argument is missing or malformed."""

    exit_code = 2


class NotRunning(ClusterError):
    """The command needs a cluster and none runs."""
