from __future__ import annotations

from localcluster import commands
from localcluster.plan import Plan


def test_etcd_and_the_controllers_listen_on_the_clusters_own_loopback_address_only(one: Plan) -> None:
    listening = [
        word
        for command in (commands.etcd(one), commands.controller_manager(one), commands.scheduler(one))
        for word in command
        if word.startswith(("--listen", "--bind-address"))
    ]
    assert len(listening) == 4
    assert all("127.7.0.1" in word for word in listening), listening


def test_etcd_answers_only_who_shows_a_certificate(one: Plan) -> None:
    assert "--client-cert-auth" in commands.etcd(one)
    assert "--trusted-ca-file=/state/pki/ca.crt" in commands.etcd(one)


def test_pods_reach_the_api_server_at_the_bridge_on_the_chosen_port(one: Plan) -> None:
    command = commands.apiserver(one)
    assert {"--advertise-address=10.7.0.1", "--secure-port=6443"} <= set(command)
    assert "--service-cluster-ip-range=10.7.128.0/20" in command


def test_every_part_runs_the_program_of_its_own_build(one: Plan) -> None:
    node = one.nodes[0]
    host = (commands.etcd, commands.apiserver, commands.controller_manager, commands.scheduler)
    commands_of_host = [command(one) for command in (*host, commands.coredns, commands.local_path)]
    commands_of_node = [
        command(one, node) for command in (commands.containerd, commands.kubelet, commands.kube_proxy)
    ]
    programs = [command[0] for command in (*commands_of_host, *commands_of_node)]
    assert programs == [
        "/bins/etcd",
        "/bins/kube-apiserver",
        "/bins/kube-controller-manager",
        "/bins/kube-scheduler",
        "/bins/coredns",
        "/bins/local-path-provisioner",
        "/bins/containerd",
        "/bins/kubelet",
        "/bins/kube-proxy",
    ]
