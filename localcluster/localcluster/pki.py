"""The cluster's certificates, made once and kept: one authority, a certificate for every part.

Why kept: pods hold tokens signed by `sa.key` and a kubeconfig may be copied elsewhere; both must outlive a
restart. A changed address makes new server certificates under the same authority.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from localcluster.plan import DNS_DOMAIN, Plan

VALID = datetime.timedelta(days=3650)
Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Whom a certificate speaks for: Kubernetes reads user and group out of the names."""

    user: str
    group: str | None = None
    hosts: tuple[str, ...] = ()  # names and addresses it serves under


def subjects(plan: Plan) -> dict[str, Subject]:
    """File name -> subject of every certificate the cluster needs."""
    service = [f"kubernetes.default.svc.{DNS_DOMAIN}".rsplit(".", count)[0] for count in (4, 3, 2, 0)]
    masters = "system:masters"
    return {
        "apiserver": Subject(
            user="kube-apiserver",
            hosts=(*service, "localhost", "127.0.0.1", plan.api_service, plan.gateway),
        ),
        "loopback": Subject(user="localcluster-loopback", hosts=("localhost", plan.loopback)),
        "admin": Subject(user="admin", group=masters),
        "kube-controller-manager": Subject(user="system:kube-controller-manager"),
        "kube-scheduler": Subject(user="system:kube-scheduler"),
        "kube-proxy": Subject(user="system:kube-proxy"),
        "coredns": Subject(user="localcluster-coredns", group=masters),
        "local-path-provisioner": Subject(user="localcluster-local-path", group=masters),
        **{
            f"kubelet-{node.name}": Subject(
                user=f"system:node:{node.name}", group="system:nodes", hosts=(node.name, node.address)
            )
            for node in plan.nodes
        },
    }


def ensure(folder: Path, wanted: Mapping[str, Subject], now: datetime.datetime) -> bool:
    """Makes what is missing or made for another subject; says whether it did. Keys are mode 600."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    record = folder / "made-for.json"
    known = json.loads(record.read_text()) if record.exists() else {}
    if not (folder / "ca.crt").exists():
        _authority(folder, now)
        known = {}
    if not (folder / "sa.key").exists():
        _write_key(folder / "sa.key", rsa.generate_private_key(public_exponent=65537, key_size=2048))
    made = False
    for name, subject in wanted.items():
        as_json = json.loads(json.dumps(asdict(subject)))
        if known.get(name) != as_json or not (folder / f"{name}.crt").exists():
            _certificate(folder, name, subject, now)
            known[name] = as_json
            made = True
    record.write_text(json.dumps(known, indent=1))
    return made


def _authority(folder: Path, now: datetime.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localcluster")])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(name, name, key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    _write_key(folder / "ca.key", key)
    _write_atomically(folder / "ca.crt", certificate.public_bytes(serialization.Encoding.PEM))


def _certificate(folder: Path, name: str, subject: Subject, now: datetime.datetime) -> None:
    authority = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
    signer = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    names = [x509.NameAttribute(NameOID.COMMON_NAME, subject.user)]
    if subject.group:
        names.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.group))
    key = ec.generate_private_key(ec.SECP256R1())
    uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH])
    builder = _builder(x509.Name(names), authority.subject, key, now).add_extension(uses, critical=False)
    if subject.hosts:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_host(host) for host in subject.hosts]), critical=False
        )
    _write_key(folder / f"{name}.key", key)
    certificate = builder.sign(signer, hashes.SHA256())
    _write_atomically(folder / f"{name}.crt", certificate.public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, now: datetime.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + VALID)
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write_key(file: Path, key: Key | rsa.RSAPrivateKey) -> None:
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write_atomically(file, text)


def _write_atomically(file: Path, content: bytes) -> None:
    """An interrupted `up` must not leave half a key that the next one believes."""
    half = file.with_suffix(file.suffix + ".half")
    half.touch(mode=0o600)
    half.write_bytes(content)
    half.rename(file)
