from __future__ import annotations

from localcluster import manifests
from localcluster.api import object_path
from localcluster.plan import HELPER_IMAGE, Plan


def test_pods_ask_the_usual_dns_service_and_coredns_on_the_host_answers(one: Plan) -> None:
    service, slice_ = manifests.dns(one)
    assert service["spec"]["clusterIP"] == "10.7.128.10"
    assert "selector" not in service["spec"]
    assert slice_["endpoints"] == [{"addresses": ["10.7.0.1"], "conditions": {"ready": True}}]


def test_there_is_one_default_storage_class_that_waits_for_the_pods_node() -> None:
    (found,) = [item for item in manifests.storage() if item["kind"] == "StorageClass"]
    assert found["metadata"]["annotations"] == {"storageclass.kubernetes.io/is-default-class": "true"}
    assert found["volumeBindingMode"] == "WaitForFirstConsumer"


def test_a_volume_can_be_written_by_any_user() -> None:
    assert 'chmod 0777 "$VOL_DIR"' in manifests.SETUP


def test_the_helper_pod_uses_the_image_that_is_always_there_and_no_fake_node() -> None:
    spec = manifests.helper_pod()["spec"]
    assert [container["image"] for container in spec["containers"]] == [HELPER_IMAGE]
    assert "kwok" in str(spec["affinity"])


def test_every_object_that_is_applied_has_a_path_at_the_api_server(one: Plan) -> None:
    paths = [object_path(item) for item in (*manifests.dns(one), *manifests.storage())]
    assert paths == [
        "/api/v1/namespaces/kube-system/services/kube-dns",
        "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/kube-dns-host",
        "/api/v1/namespaces/local-path-storage",
        "/api/v1/namespaces/local-path-storage/serviceaccounts/local-path-provisioner-service-account",
        "/api/v1/namespaces/local-path-storage/configmaps/local-path-config",
        "/apis/storage.k8s.io/v1/storageclasses/local-path",
    ]
