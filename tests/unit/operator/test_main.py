"""The command: exit codes and one clear line."""

from __future__ import annotations

import subprocess
import sys


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "whatsapp_operator", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_wrong_settings_end_with_two_and_one_line() -> None:
    ended = run("--session-image", "x:1", "--port", "many")
    assert ended.returncode == 2
    assert ended.stderr == "whatsapp-operator: --port is 'many': set a whole number from 0 to 65535\n"


def test_help_names_every_flag() -> None:
    ended = run("--help")
    assert ended.returncode == 0
    for flag in ("--session-image", "--namespaces", "--whatsapp-url", "--lease-name", "--port"):
        assert flag in ended.stdout


def test_no_cluster_to_talk_to_ends_with_one() -> None:
    ended = run(
        "--session-image",
        "x:1",
        "--port",
        "0",
        "--log-format",
        "text",
        KUBECONFIG="/no/such/file",
        HOME="/no/such/folder",
    )
    assert ended.returncode == 1
    assert "leaving" in ended.stderr
    assert "KUBECONFIG" in ended.stderr
