from __future__ import annotations

from localcluster.status import Row, all_up, table

UP = Row(part="etcd", pid=11)
DOWN = Row(part="node1", pid=None)
WAITING = Row(part="kubelet-node1", pid=1234, not_yet="https://x: refused")


def test_one_part_that_is_down_or_not_ready_makes_the_whole_not_up() -> None:
    assert not all_up([UP, DOWN])
    assert not all_up([UP, WAITING])
    assert all_up([UP])


def test_the_table_says_what_runs_and_why_a_part_is_not_ready() -> None:
    assert table([UP, DOWN, WAITING]) == (
        "PART           RUNNING  PID   READY\n"
        "etcd           yes      11    yes\n"
        "node1          no       -     no\n"
        "kubelet-node1  yes      1234  no: https://x: refused"
    )
