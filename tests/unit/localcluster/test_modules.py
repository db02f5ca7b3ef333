from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from localcluster.errors import ClusterError
from localcluster.modules import (
    MODULES,
    MODULES_FOLDER,
    Module,
    build_command,
    cache_folder,
    cache_key,
    linker_flags,
    programs,
    version,
)

GO_MOD = "module x\n\nrequire (\n\tk8s.io/kubernetes v1.36.3 // indirect\n)\n"
KUBERNETES = MODULES[0]


def test_a_missing_go_mod_is_named_with_the_command_that_brings_it_back(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"kubernetes/go\.mod is missing") as refused:
        cache_folder(KUBERNETES, tmp_path, tmp_path)
    assert refused.value.cure == "git checkout -- localcluster/modules"


def test_a_go_mod_without_the_pin_is_refused() -> None:
    with pytest.raises(ClusterError, match=r"requires no version of k8s\.io/kubernetes"):
        version(KUBERNETES, "module x\n\nrequire k8s.io/kubernetes-other v1.0.0\n")


def test_a_built_program_carries_the_version_that_go_mod_pins() -> None:
    flags = linker_flags(KUBERNETES, GO_MOD)
    assert "-X k8s.io/component-base/version.gitVersion=v1.36.3" in flags
    assert "-X k8s.io/component-base/version.gitMinor=36" in flags


CHANGES = {
    "another pin": (KUBERNETES, GO_MOD.replace("1.36.3", "1.36.4"), "sum"),
    "another checksum": (KUBERNETES, GO_MOD, "other"),
    "another tag": (replace(KUBERNETES, tags=("x",)), GO_MOD, "sum"),
    "another program": (replace(KUBERNETES, programs={"etcd": "x"}), GO_MOD, "sum"),
    "with C": (replace(KUBERNETES, cgo=True), GO_MOD, "sum"),
    "a byte moved from one file to the other": (KUBERNETES, GO_MOD + "s", "um"),
}


@pytest.mark.parametrize(("module", "go_mod", "go_sum"), CHANGES.values(), ids=CHANGES)
def test_every_change_that_changes_a_program_changes_its_cache_key(
    module: Module, go_mod: str, go_sum: str
) -> None:
    before = cache_key(KUBERNETES, GO_MOD.encode(), b"sum")
    assert cache_key(module, go_mod.encode(), go_sum.encode()) != before
    assert cache_key(KUBERNETES, GO_MOD.encode(), b"sum") == before


def test_what_only_a_person_reads_does_not_change_the_cache_key() -> None:
    told = replace(KUBERNETES, minutes=99)
    assert cache_key(told, GO_MOD.encode(), b"") == cache_key(KUBERNETES, GO_MOD.encode(), b"")


def test_a_build_is_the_same_in_every_folder() -> None:
    command = build_command(KUBERNETES, GO_MOD, go="go", package="p", out=Path("/out/p"))
    assert {"-trimpath", "-mod=readonly", "-buildvcs=false"} <= set(command)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_committed_module_pins_its_version_and_names_each_program_as_a_tool(module: Module) -> None:
    go_mod = (MODULES_FOLDER / module.name / "go.mod").read_text()
    assert version(module, go_mod).startswith("v")
    for package in module.programs.values():
        assert package in go_mod.partition("require (")[0], f"no tool line for {package}"


def test_every_kubernetes_module_is_of_one_release() -> None:
    lines = (MODULES_FOLDER / "kubernetes/go.mod").read_text().splitlines()
    staged = {line.split()[-1] for line in lines if "=>" in line}
    assert staged == {"v0.36.3"}
    assert version(KUBERNETES, "\n".join(lines)) == "v1.36.3"


def test_a_machine_without_kubernetes_tools_gets_kubectl_and_helm(tmp_path: Path) -> None:
    assert {"kubectl", "helm"} <= set(programs(tmp_path))
