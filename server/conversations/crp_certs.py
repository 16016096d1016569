"""CRP-1 rules about devices: certificates, their chain to the practice root, revocations, the records key.

Pure: everything is computed from signed records and a time in seconds. `Directory` is the one reading of them that the
server, the records tool and (in TypeScript) the browser share. Source: docs/crp-1.md section 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from server.conversations.crp_bytes import SKEW, ZERO_ID, lp, refuse, sha256, verify_sig
from server.conversations.crp_records import PATIENTS, STAFF, WRITERS, Cert, RecordsKey, Revocation
from server.core.errors import RefusedEpoch
from server.core.ids import unb64

DAY = 86400
STAFF_LIFE = 90 * DAY
PATIENT_LIFE = 400 * DAY
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def crockford(raw: bytes) -> str:
    """Crockford base32 without padding, for lengths that are a multiple of five bytes."""
    number = int.from_bytes(raw, "big")
    digits = len(raw) * 8 // 5
    return "".join(CROCKFORD[(number >> (5 * (digits - 1 - i))) & 31] for i in range(digits))


def root_fingerprint(practice_id: str, root_pub: bytes) -> str:
    """Six groups of four characters, to be read aloud or compared with the printed sheet."""
    return _groups(lp(b"careroom/root-fp/v1", unb64(practice_id), root_pub))


def device_fingerprint(ds_pub: bytes) -> str:
    """What a browser shows while it asks for a certificate; the administrator compares it (docs/crp-1.md 2)."""
    return _groups(lp(b"careroom/device-fp/v1", ds_pub))


def _groups(identity: bytes) -> str:
    text = crockford(sha256(identity)[:15])
    return " ".join(text[i : i + 4] for i in range(0, 24, 4))


def check_window(cert: Cert, now: int) -> None:
    """Raises RefusedEpoch when `now` (seconds) is outside the certificate's time."""
    if now < cert.not_before - SKEW:
        raise refuse("This certificate is not valid yet.", "/not_before")
    if now > cert.not_after:
        raise refuse("This certificate has expired.", "/not_after")


def _check_kind(cert: Cert) -> None:
    """Who may say what: the table of docs/crp-1.md 2.1, without signatures and times."""
    life = STAFF_LIFE if cert.role in STAFF else PATIENT_LIFE
    if not 0 < cert.not_after - cert.not_before <= life:
        raise refuse("This certificate's life is not allowed.", "/not_after")
    if cert.from_root:
        fits = cert.role in STAFF and cert.assurance == "practice"
    elif cert.self_signed:
        fits = cert.assurance == "claimed"
    else:
        fits = cert.role in PATIENTS and cert.assurance != "claimed"
    if not fits or cert.device_id == ZERO_ID:
        raise refuse("This issuer cannot give this role with this assurance.", "/role")


def verify_cert(cert: Cert, issuer_pub: bytes, now: int) -> None:
    """Shape rules, time and signature of one certificate under a known issuer key. Raises RefusedEpoch."""
    _check_kind(cert)
    check_window(cert, now)
    verify_sig(issuer_pub, cert.sig, cert.tbs, "certificate")


def verify_self_signed(cert: Cert, practice_id: str, now: int) -> None:
    """A phone's own certificate, or a staff device's request. Raises RefusedEpoch."""
    if not cert.self_signed:
        raise refuse("This certificate must be signed by its own device.", "/issuer_device_id")
    if cert.practice_id != practice_id:
        raise refuse("This certificate is for another practice.", "/practice_id")
    verify_cert(cert, cert.ds_pub, now)


def verify_records_key(key: RecordsKey, root_pub: bytes) -> None:
    """Raises RefusedEpoch unless the practice root signed this records key for this practice."""
    verify_sig(root_pub, key.sig, key.tbs, "records key")


def current_records_key(keys: Iterable[RecordsKey], root_pub: bytes, now: int) -> RecordsKey:
    """The signed key with the largest n that is in force at `now`. Raises RefusedEpoch when there is none."""
    found = [key for key in keys if key.since <= now]
    if not found:
        raise refuse("This practice has no records key.")
    best = max(found, key=lambda key: key.n)
    verify_records_key(best, root_pub)
    return best


@dataclass
class Directory:
    """What the signed records of one practice say about its devices.

    Records that break a rule do not count; `refused` says which and why (a reader must not fail because the server
    slipped in one bad line, and must not obey it either).
    """

    practice_id: str
    root_pub: bytes
    certs: Iterable[Cert]
    revocations: Iterable[Revocation] = ()
    refused: list[tuple[Cert | Revocation, str]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._certs: dict[str, list[Cert]] = {}
        self._ended: dict[str, int] = {}
        certs, ends = list(self.certs), sorted(self.revocations, key=lambda end: end.at)
        self._add(cert for cert in certs if cert.from_root)
        self._end(ends)  # staff devices that are gone must not count as issuers below
        self._add(cert for cert in certs if not cert.from_root and not cert.self_signed)
        self._add(cert for cert in certs if cert.self_signed)
        self.refused.extend((end, why) for end, why in self._end(ends))

    def _add(self, certs: Iterable[Cert]) -> None:
        for cert in certs:
            self._try_add(cert)

    def _end(self, revocations: list[Revocation]) -> list[tuple[Revocation, str]]:
        """Applies what can be applied now; gives back what cannot, with the reason."""
        left: list[tuple[Revocation, str]] = []
        for end in revocations:
            if self._ended.get(end.device_id, end.at + 1) <= end.at:
                continue
            try:
                self.verify_revocation(end)
            except RefusedEpoch as error:
                left.append((end, error.detail))
            else:
                self._ended[end.device_id] = end.at
        return left

    def _try_add(self, cert: Cert) -> None:
        try:
            self._verify_chain(cert)
        except RefusedEpoch as error:
            self.refused.append((cert, error.detail))
        else:
            self._certs.setdefault(cert.device_id, []).append(cert)

    def _verify_chain(self, cert: Cert) -> None:
        """Everything about a certificate except whether now is inside its time. Raises RefusedEpoch."""
        if cert.practice_id != self.practice_id:
            raise refuse("This certificate is for another practice.", "/practice_id")
        if cert.is_request:
            raise refuse("This is only a request for a certificate.", "/role")
        known = self._certs.get(cert.device_id)
        if known and known[0].ds_pub != cert.ds_pub:
            raise refuse("This device already has another signing key.", "/ds_pub")
        verify_cert(cert, self._issuer_key(cert), cert.not_before)

    def _issuer_key(self, cert: Cert) -> bytes:
        if cert.from_root:
            return self.root_pub
        if cert.self_signed:
            return cert.ds_pub
        issuer = self.staff(cert.issuer_device_id, cert.not_before)
        if issuer is None:
            raise refuse("The issuer was not a certified staff device at that time.", "/issuer_device_id")
        return issuer.ds_pub

    def verify_revocation(self, end: Revocation) -> None:
        """Raises RefusedEpoch unless the signer may end this device. Source: docs/crp-1.md 2.3."""
        if end.practice_id != self.practice_id:
            raise refuse("This revocation is for another practice.", "/practice_id")
        target = self._certs.get(end.device_id)
        if not target:
            raise refuse("This device is not known here.", "/device_id")
        if end.by == ZERO_ID:
            verify_sig(self.root_pub, end.sig, end.tbs, "revocation")
            return
        author = self.valid(end.by, end.at)
        patients_only = all(cert.role in PATIENTS for cert in target)
        if author is None or not (
            end.by == end.device_id
            or (author.from_root and (author.role == "admin" or (author.role in WRITERS and patients_only)))
        ):
            raise refuse("This signer may not end this device.", "/by")
        verify_sig(author.ds_pub, end.sig, end.tbs, "revocation")

    def _best(self, device_id: str, at: int) -> list[Cert]:
        if self._ended.get(device_id, at + 1) <= at:
            return []
        good = [c for c in self._certs.get(device_id, ()) if c.not_before - SKEW <= at <= c.not_after]
        return sorted(good, key=lambda c: (c.not_before, not c.self_signed, unb64(c.cert_id)), reverse=True)

    def valid(self, device_id: str, at: int) -> Cert | None:
        """The certificate that counts for this device at this time: the newest, a self-signed one included."""
        return next(iter(self._best(device_id, at)), None)

    def certified(self, device_id: str, at: int) -> Cert | None:
        """As `valid`, but only one that the root or a staff device issued."""
        return next((cert for cert in self._best(device_id, at) if not cert.self_signed), None)

    def staff(self, device_id: str, at: int) -> Cert | None:
        """As `valid`, but only a root-issued one with a role that reads conversations and signs entries."""
        return next((c for c in self._best(device_id, at) if c.from_root and c.role in WRITERS), None)

    def known(self, device_id: str) -> Cert | None:
        """Any sound certificate of the device whatever the time: its key verifies what it once signed."""
        return next(iter(self._certs.get(device_id, ())), None)

    def devices(self) -> list[str]:
        return list(self._certs)

    def ended_at(self, device_id: str) -> int | None:
        """When the device was revoked, in seconds, or None."""
        return self._ended.get(device_id)
