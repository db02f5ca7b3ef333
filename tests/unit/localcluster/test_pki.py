from __future__ import annotations

import dataclasses
import datetime
import ssl
import stat
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from localcluster import pki
from localcluster.pki import Subject
from localcluster.plan import Plan

NOW = datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC)
WANTED = {"a": Subject(user="system:node:node1", group="system:nodes", hosts=("node1", "10.7.0.11"))}


def load(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def test_a_certificate_says_user_group_and_hosts_and_is_signed_by_the_authority(tmp_path: Path) -> None:
    assert pki.ensure(tmp_path, WANTED, NOW)
    found, authority = load(tmp_path / "a.crt"), load(tmp_path / "ca.crt")
    found.verify_directly_issued_by(authority)
    assert [name.value for name in found.subject] == ["system:nodes", "system:node:node1"]
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == ["node1", "10.7.0.11"]
    assert found.not_valid_before_utc < NOW < found.not_valid_after_utc


def test_a_second_time_makes_nothing(tmp_path: Path) -> None:
    pki.ensure(tmp_path, WANTED, NOW)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert not pki.ensure(tmp_path, WANTED, NOW)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_another_address_makes_a_new_certificate_under_the_same_authority(tmp_path: Path) -> None:
    pki.ensure(tmp_path, WANTED, NOW)
    authority, tokens = (tmp_path / "ca.crt").read_bytes(), (tmp_path / "sa.key").read_bytes()
    moved = {"a": dataclasses.replace(WANTED["a"], hosts=("10.8.0.11",))}
    assert pki.ensure(tmp_path, moved, NOW)
    assert (tmp_path / "ca.crt").read_bytes() == authority
    assert (tmp_path / "sa.key").read_bytes() == tokens
    names = load(tmp_path / "a.crt").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == ["10.8.0.11"]


def test_a_new_authority_signs_every_certificate_anew(tmp_path: Path) -> None:
    pki.ensure(tmp_path, WANTED, NOW)
    (tmp_path / "ca.crt").unlink()
    assert pki.ensure(tmp_path, WANTED, NOW)
    load(tmp_path / "a.crt").verify_directly_issued_by(load(tmp_path / "ca.crt"))


def test_nobody_else_may_read_a_key(tmp_path: Path) -> None:
    pki.ensure(tmp_path / "pki", WANTED, NOW)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "pki").glob("*.key")}
    assert modes == {"ca.key": 0o600, "sa.key": 0o600, "a.key": 0o600}


def test_python_and_go_accept_the_pair(tmp_path: Path) -> None:
    pki.ensure(tmp_path, WANTED, datetime.datetime.now(datetime.UTC))
    context = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
    context.load_cert_chain(tmp_path / "a.crt", tmp_path / "a.key")
    assert context.get_ca_certs()[0]["subject"] == ((("commonName", "localcluster"),),)


def test_the_api_server_may_be_called_by_each_of_its_names_and_addresses(one: Plan) -> None:
    hosts = pki.subjects(one)["apiserver"].hosts
    assert set(hosts) == {
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "localhost",
        "127.0.0.1",
        "10.7.128.1",
        "10.7.0.1",
    }


def test_a_kubelet_is_its_own_node_and_no_administrator(two: Plan) -> None:
    found = pki.subjects(two)["kubelet-node2"]
    assert (found.user, found.group) == ("system:node:node2", "system:nodes")
    masters = {name for name, subject in pki.subjects(two).items() if subject.group == "system:masters"}
    assert masters == {"admin", "coredns", "local-path-provisioner"}


def test_the_authority_may_sign_and_its_name_is_known(tmp_path: Path) -> None:
    pki.ensure(tmp_path, {}, NOW)
    authority = load(tmp_path / "ca.crt")
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert authority.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "localcluster"
