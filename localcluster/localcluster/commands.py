"""The command line of each part: pure, so that a test can read what a cluster is started with."""

from __future__ import annotations

from localcluster.manifests import STORAGE_NAMESPACE
from localcluster.plan import HELPER_IMAGE, Node, Plan

# Many pods at once (and fake nodes) must not wait for a client's own limit.
QUICK_CLIENT = ["--kube-api-qps=500", "--kube-api-burst=1000"]
GRACE_SECONDS = 20


def etcd(plan: Plan) -> list[str]:
    client, peer = f"https://{plan.loopback}:2379", f"http://{plan.loopback}:2380"
    return [
        str(plan.bins["etcd"]),
        f"--data-dir={plan.state / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        f"--cert-file={plan.pki / 'loopback.crt'}",
        f"--key-file={plan.pki / 'loopback.key'}",
        f"--trusted-ca-file={plan.pki / 'ca.crt'}",
        "--client-cert-auth",
        # A killed process loses nothing by it, only a machine without power; and a start is seconds faster.
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def apiserver(plan: Plan) -> list[str]:
    pki = plan.pki
    return [
        str(plan.bins["kube-apiserver"]),
        f"--etcd-servers=https://{plan.loopback}:2379",
        f"--etcd-cafile={pki / 'ca.crt'}",
        f"--etcd-certfile={pki / 'loopback.crt'}",
        f"--etcd-keyfile={pki / 'loopback.key'}",
        "--bind-address=0.0.0.0",
        f"--secure-port={plan.port}",
        f"--advertise-address={plan.gateway}",
        f"--tls-cert-file={pki / 'apiserver.crt'}",
        f"--tls-private-key-file={pki / 'apiserver.key'}",
        f"--client-ca-file={pki / 'ca.crt'}",
        f"--kubelet-certificate-authority={pki / 'ca.crt'}",
        f"--kubelet-client-certificate={pki / 'admin.crt'}",
        f"--kubelet-client-key={pki / 'admin.key'}",
        # Logs, exec and port-forward reach a node by address: its name does not resolve.
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-key-file={pki / 'sa.key'}",
        f"--service-account-signing-key-file={pki / 'sa.key'}",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-cluster-ip-range={plan.service_network}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
    ]


def controller_manager(plan: Plan) -> list[str]:
    return [
        str(plan.bins["kube-controller-manager"]),
        *_control(plan, "kube-controller-manager"),
        f"--service-account-private-key-file={plan.pki / 'sa.key'}",
        f"--root-ca-file={plan.pki / 'ca.crt'}",
        f"--cluster-signing-cert-file={plan.pki / 'ca.crt'}",
        f"--cluster-signing-key-file={plan.pki / 'ca.key'}",
        "--use-service-account-credentials",
        "--allocate-node-cidrs=false",
        f"--node-monitor-grace-period={GRACE_SECONDS}s",
        "--node-monitor-period=1s",
        *QUICK_CLIENT,
    ]


def scheduler(plan: Plan) -> list[str]:
    return [str(plan.bins["kube-scheduler"]), *_control(plan, "kube-scheduler"), *QUICK_CLIENT]


def _control(plan: Plan, name: str) -> list[str]:
    return [
        f"--kubeconfig={plan.pki / f'{name}.kubeconfig'}",
        f"--authentication-kubeconfig={plan.pki / f'{name}.kubeconfig'}",
        f"--authorization-kubeconfig={plan.pki / f'{name}.kubeconfig'}",
        f"--bind-address={plan.loopback}",
        f"--tls-cert-file={plan.pki / 'loopback.crt'}",
        f"--tls-private-key-file={plan.pki / 'loopback.key'}",
        "--leader-elect=false",
    ]


def coredns(plan: Plan) -> list[str]:
    return [str(plan.bins["coredns"]), "-conf", str(plan.config / "Corefile")]


def local_path(plan: Plan) -> list[str]:
    return [
        str(plan.bins["local-path-provisioner"]),
        "start",
        f"--config={plan.config / 'local-path.json'}",
        f"--kubeconfig={plan.pki / 'local-path-provisioner.kubeconfig'}",
        f"--namespace={STORAGE_NAMESPACE}",
        f"--helper-image={HELPER_IMAGE}",
        f"--helper-pod-file={plan.config / 'helper-pod.json'}",
    ]


def containerd(plan: Plan, node: Node) -> list[str]:
    return [str(plan.bins["containerd"]), f"--config={node.folder / 'containerd.toml'}"]


def kubelet(plan: Plan, node: Node) -> list[str]:
    return [
        str(plan.bins["kubelet"]),
        f"--config={node.folder / 'kubelet.json'}",
        f"--kubeconfig={plan.pki / f'kubelet-{node.name}.kubeconfig'}",
        f"--hostname-override={node.name}",
        f"--node-ip={node.address}",
    ]


def kube_proxy(plan: Plan, node: Node) -> list[str]:
    return [str(plan.bins["kube-proxy"]), f"--config={node.folder / 'kube-proxy.json'}"]
