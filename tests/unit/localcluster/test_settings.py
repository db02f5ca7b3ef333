from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from localcluster.errors import UsageError
from localcluster.settings import SOCKET_ROOM, default_network, settings

HOME = {"XDG_STATE_HOME": "/s", "XDG_CACHE_HOME": "/c"}

BAD = {
    "a name too long for a network device": ({"LOCALCLUSTER_NAME": "abcdefghij"}, "'abcdefghij'"),
    "a name with a hyphen, which devices use": ({"LOCALCLUSTER_NAME": "a-n1"}, "'a-n1'"),
    "a name in capitals": ({"LOCALCLUSTER_NAME": "WAS"}, "'WAS'"),
    "a port that is a word": ({"LOCALCLUSTER_PORT": "https"}, "'https'"),
    "a privileged port": ({"LOCALCLUSTER_PORT": "443"}, "'443'"),
    "a port beyond the last": ({"LOCALCLUSTER_PORT": "65536"}, "'65536'"),
    "a network that is none": ({"LOCALCLUSTER_NETWORK": "10.1.0.0/33"}, "'10.1.0.0/33'"),
    "a network with host bits": ({"LOCALCLUSTER_NETWORK": "10.1.2.0/16"}, "'10.1.2.0/16'"),
    "a network of another size": ({"LOCALCLUSTER_NETWORK": "10.0.0.0/8"}, "'10.0.0.0/8'"),
    "a folder too long for a socket": (
        {"LOCALCLUSTER_STATE": "/" + "x" * SOCKET_ROOM},
        f"than {SOCKET_ROOM}",
    ),
}


@pytest.mark.parametrize(("environ", "said"), BAD.values(), ids=BAD)
def test_a_bad_setting_is_refused_with_its_value_and_a_cure(environ: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        settings({**HOME, **environ})
    assert said in refused.value.message
    assert refused.value.cure is not None
    assert refused.value.cure.startswith("LOCALCLUSTER_")
    assert refused.value.exit_code == 2


def test_without_settings_the_cluster_is_was_on_6443_in_the_folders_of_xdg() -> None:
    found = settings(HOME)
    assert (found.name, found.port) == ("was", 6443)
    assert found.state == Path("/s/whatsapp-session-operator/localcluster/was")
    assert found.cache == Path("/c/whatsapp-session-operator/localcluster")


def test_a_flag_wins_over_the_environment() -> None:
    environ = {**HOME, "LOCALCLUSTER_NAME": "one", "LOCALCLUSTER_PORT": "7001", "LOCALCLUSTER_STATE": "/one"}
    found = settings(environ, name="two", port="7002", state="/two")
    assert (found.name, found.port, found.state) == ("two", 7002, Path("/two"))


def test_two_names_get_two_networks_that_do_not_overlap() -> None:
    was, test = (IPv4Network(default_network(name)) for name in ("was", "lctest"))
    assert not was.overlaps(test)
    assert default_network("was") == str(was)
