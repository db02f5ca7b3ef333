"""The parts' configuration files as text: pure, the same plan gives the same bytes.

Why JSON where YAML is read: JSON is YAML, needs no library and quotes every path rightly.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from localcluster.debian import CNI_FOLDER
from localcluster.plan import DNS_DOMAIN, PAUSE_IMAGE, Node, Plan


def _json(value: Any) -> str:
    return json.dumps(value, indent=1) + "\n"


def kubeconfig(plan: Plan, *, server: str, authority: bytes, certificate: bytes, key: bytes) -> str:
    """Carries its certificates inside, so that a copy of the file is enough. `server` is an https URL."""
    name = f"localcluster-{plan.name}"

    def data(content: bytes) -> str:
        return base64.b64encode(content).decode()

    return _json(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": name, "cluster": {"server": server, "certificate-authority-data": data(authority)}}
            ],
            "users": [
                {
                    "name": name,
                    "user": {"client-certificate-data": data(certificate), "client-key-data": data(key)},
                }
            ],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        }
    )


def containerd(plan: Plan, node: Node) -> str:
    """Paths are the node's own, except the socket: in its folder, so that `ctr` works from the host."""

    def quoted(path: object) -> str:
        return json.dumps(str(path))  # a JSON string is a TOML basic string

    runtime = 'plugins."io.containerd.cri.v1.runtime"'
    return f"""version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = {quoted(node.socket)}
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = {quoted(PAUSE_IMAGE)}
[{runtime}]
  # Without CAP_SYS_RESOURCE (usual inside virtual machines and containers) runc may not lower a score.
  restrict_oom_score_adj = true
[{runtime}.cni]
  bin_dirs = [{quoted(CNI_FOLDER)}]
  conf_dir = "/etc/cni/net.d"
[{runtime}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  [{runtime}.containerd.runtimes.runc.options]
    SystemdCgroup = false
    BinaryName = {quoted(plan.bins["runc"])}
"""


def cni(node: Node, mtu: int) -> str:
    """Pods on a bridge inside the node; leases in /run, so that a power cut frees every address."""
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "mtu": mtu,
        "isGateway": True,
        "ipMasq": False,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "dataDir": "/run/cni/ipam",
            "ranges": [[{"subnet": str(node.pods)}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return _json({"cniVersion": "1.0.0", "name": "localcluster", "plugins": [bridge, ports]})


def kubelet(plan: Plan, node: Node) -> str:
    """Both cgroup versions: the driver writes groups itself, below a root that `cgroups` made."""
    return _json(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "failCgroupV1": False,
            "failSwapOn": False,
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": node.cgroup,
            "containerRuntimeEndpoint": f"unix://{node.socket}",
            "authentication": {
                "anonymous": {"enabled": False},
                "x509": {"clientCAFile": str(plan.pki / "ca.crt")},
                "webhook": {"enabled": True},
            },
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": str(plan.pki / f"kubelet-{node.name}.crt"),
            "tlsPrivateKeyFile": str(plan.pki / f"kubelet-{node.name}.key"),
            "clusterDNS": [plan.dns_service],
            "clusterDomain": DNS_DOMAIN,
            "resolvConf": "/etc/resolv.conf",
            "volumePluginDir": "/var/lib/kubelet/volume-plugins",
            # A dead node is seen within seconds, which tests of fail-over need.
            "nodeStatusUpdateFrequency": "5s",
            "nodeLeaseDurationSeconds": 12,
            # The machine's disk is not the cluster's own: react to a full one, not to a share of it.
            "evictionHard": {
                "memory.available": "100Mi",
                "nodefs.available": "100Mi",
                "imagefs.available": "100Mi",
            },
            # Images were loaded by hand and no registry may have them: never collect any.
            "imageGCHighThresholdPercent": 100,
        }
    )


def kube_proxy(plan: Plan, node: Node) -> str:
    return _json(
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "clientConnection": {"kubeconfig": str(plan.pki / "kube-proxy.kubeconfig")},
            "mode": "iptables",
            "clusterCIDR": str(plan.pod_network),
            "hostnameOverride": node.name,
            # 0 leaves the kernel's limits alone: they belong to the machine.
            "conntrack": {"maxPerCore": 0},
        }
    )


def corefile(plan: Plan) -> str:
    """On the bridge's address alone: the machine's own resolver keeps its ports."""
    return f""".:53 {{
  bind {plan.gateway}
  errors
  kubernetes {DNS_DOMAIN} in-addr.arpa {{
    kubeconfig {plan.pki / "coredns.kubeconfig"}
  }}
  forward . /etc/resolv.conf
  cache 5
}}
"""


def local_path(plan: Plan) -> str:
    """One folder that every node of the machine sees: a volume follows its pod to another node."""
    return _json({"sharedFileSystemPath": str(plan.volumes), "cmdTimeoutSeconds": 60})
