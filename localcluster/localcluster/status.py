"""What runs of a cluster: one row a part, looked at afresh."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from localcluster import parts, probes
from localcluster.plan import Plan
from localcluster.processes import scan


@dataclass(frozen=True, kw_only=True)
class Row:
    """`pid` None: no such process. `not_yet`: why a running part is not ready; None where it is."""

    part: str
    pid: int | None
    not_yet: str | None = None

    @property
    def up(self) -> bool:
        return self.pid is not None and self.not_yet is None


def look(plan: Plan) -> list[Row]:
    """Every part's row, and one for each node as Kubernetes sees it."""
    found = scan(plan.state)
    asked: list[tuple[str, int | None, Callable[[], probes.NotYet]]] = []
    for part in parts.every(plan):
        process = part.process(found)
        asked.append((part.name, process.pid if process else None, partial(part.ready, plan)))
    pids = {name: pid for name, pid, _ in asked}
    for node in plan.nodes:
        kubelet = pids[parts.part_name("kubelet", node)]
        if kubelet is not None:
            asked.append((f"Node {node.name}", kubelet, partial(probes.node_ready, plan, node)))
    with ThreadPoolExecutor(len(asked)) as pool:  # one dead part makes others wait for their time-outs
        answers = [pool.submit(ready) if pid is not None else None for _, pid, ready in asked]
    return [
        Row(part=name, pid=pid, not_yet=answer.result() if answer else None)
        for (name, pid, _), answer in zip(asked, answers, strict=True)
    ]


def all_up(rows: Sequence[Row]) -> bool:
    return all(row.up for row in rows)


def table(rows: Sequence[Row]) -> str:
    """Columns PART, RUNNING, PID, READY; a reason behind what is not ready."""
    cells = [("PART", "RUNNING", "PID", "READY")]
    for row in rows:
        running = "no" if row.pid is None else "yes"
        ready = "yes" if row.up else "no" if row.pid is None else f"no: {row.not_yet}"
        cells.append((row.part, running, str(row.pid or "-"), ready))
    widths = [max(len(line[column]) for line in cells) for column in range(3)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[3]])
        for line in cells
    )
