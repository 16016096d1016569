"""The blind server's rules on standard input and output, for the browser's tests.

Run with `python -m tests.server.conversations.crp_bridge`. One JSON request per line, one
JSON answer per line. State is in memory; every rule is the real one from `crp.KeyState`.
The `sheet-*` requests are what the practice does offline with its recovery sheet.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace

from server.conversations.crp import ZERO32, Cert, Claim, Epoch, KeyState, MemberEntry, Message, Revocation, chain_hash
from server.conversations.crp_certs import verify_self_signed
from server.conversations.crp_epochs import check_message, verify_message
from server.core.errors import RefusedEpoch
from server.core.ids import b64, new_id
from server.records import Received, Sheet, approve_device, ceremony, export

Answer = dict[str, object]


class Bridge:
    """One practice, one patient, one conversation."""

    def __init__(self) -> None:
        self.practice_id = new_id()
        self.public, self.sheet = ceremony(self.practice_id, "Bridge Clinic", demo=True)
        self.state = KeyState(self.practice_id, new_id(), new_id(), self.public.root_pub, self.public.records_key)
        self.requests: dict[str, Cert] = {}
        self.received: list[Received] = []
        self.hash = ZERO32
        self.must_rotate = False

    def now(self) -> int:
        return int(time.time())

    def answer(self, request: dict[str, object]) -> Answer:
        act = str(request["act"]).replace("-", "_")
        try:
            found: Answer = getattr(self, f"do_{act}")(request)
        except RefusedEpoch as error:
            return {"status": 422, "detail": error.detail}
        return found

    def do_keys(self, _: dict[str, object]) -> Answer:
        head = len(self.received)
        return {"status": 200} | self.state.to_json(self.now(), must_rotate=self.must_rotate, seq=head, head=self.hash)

    def do_device(self, request: dict[str, object]) -> Answer:
        cert = Cert.from_json(request["cert"])
        if cert.is_request:
            verify_self_signed(cert, self.practice_id, self.now())
            self.requests[cert.device_id] = cert
            return {"status": 202}
        after = replace(self.state, certs=[*self.state.certs, cert])
        if after.directory.refused:
            raise RefusedEpoch(after.directory.refused[0][1])
        self.state = after
        return {"status": 201}

    def do_claim(self, request: dict[str, object]) -> Answer:
        cert, claim = Cert.from_json(request["cert"]), Claim.from_json(request["claim"])
        try:
            self.state.check_claim(cert, claim, self.now())
        except RefusedEpoch as error:
            return {"status": 409, "detail": error.detail}
        if claim not in self.state.claims:
            certs, claims = [*self.state.certs, cert], [*self.state.claims, claim]
            self.state = replace(self.state, certs=certs, claims=claims)
        return {"status": 201}

    def do_entry(self, request: dict[str, object]) -> Answer:
        entry = MemberEntry.from_json(request["entry"])
        if entry.i != self.state.log.i + 1 or entry.prev != self.state.log.hash:
            return {"status": 409}
        self.state.check_entry(entry)
        self.state = replace(self.state, members=[*self.state.members, entry])
        return {"status": 201}

    def do_revocation(self, request: dict[str, object]) -> Answer:
        end = Revocation.from_json(request["revocation"])
        self.state.directory.verify_revocation(end)
        self.state = replace(self.state, revocations=[*self.state.revocations, end])
        return {"status": 201}

    def do_epoch(self, request: dict[str, object]) -> Answer:
        epoch, current = Epoch.from_json(request["epoch"]), self.state.epoch
        if epoch.n != (current.n if current else 0) + 1:
            return {"status": 409, "current": current.to_json() if current else None}
        self.state.check_epoch(epoch, self.now())
        self.state = replace(self.state, epochs=[*self.state.epochs, epoch])
        self.must_rotate = False
        return {"status": 201}

    def do_message(self, request: dict[str, object]) -> Answer:
        message = Message.from_json(request["message"])
        for item in self.received:
            if item.message.msg_id == message.msg_id:
                same = item.message.hash == message.hash
                return {"status": 200, "seq": item.seq} if same else {"status": 409, "slug": "idempotency-conflict"}
        epoch = self.state.epoch
        if epoch is None or message.n != epoch.n or self.must_rotate or self.state.must_rotate(self.now()):
            return {"status": 409, "slug": "stale-epoch", "current": epoch.to_json() if epoch else None}
        check_message(message, epoch, str(request.get("device_id", message.device_id)))
        author = self.state.directory.valid(message.device_id, self.now())
        if author is None:
            raise RefusedEpoch("The device has no certificate.")
        verify_message(message, author)
        self.received.append(Received(len(self.received) + 1, self.now(), message))
        self.hash = chain_hash(self.hash, message)
        return {"status": 201, "seq": len(self.received)}

    def do_messages(self, request: dict[str, object]) -> Answer:
        after = request["after"]
        assert isinstance(after, int)
        page = self.received[after : after + 3]
        return {
            "status": 200,
            "messages": [m.message.to_json() | {"seq": m.seq, "received_at": m.received_at} for m in page],
        }

    def do_rotate(self, _: dict[str, object]) -> Answer:
        self.must_rotate = True
        return {"status": 200}

    def do_swap(self, _: dict[str, object]) -> Answer:
        """A dishonest server: the last two messages change places."""
        a, b = self.received[-2:]
        self.received[-2:] = [replace(b, seq=a.seq), replace(a, seq=b.seq)]
        return {"status": 200}

    def do_sheet_approve(self, _: dict[str, object]) -> Answer:
        """The administrator, offline, approves every waiting staff device."""
        sheet = Sheet.parse(self.sheet.render())
        certs = [approve_device(sheet, request, self.now()) for request in self.requests.values()]
        self.requests.clear()
        self.state = replace(self.state, certs=[*self.state.certs, *certs])
        return {"status": 201, "approved": len(certs)}

    def do_sheet_export(self, _: dict[str, object]) -> Answer:
        done = export(self.sheet, self.state, self.received, (len(self.received), self.hash))
        texts = [opened.body["text"] for opened in done.messages]
        return {"status": 200, "faults": list(done.faults), "texts": texts, "head": b64(done.head)}


def main() -> None:
    bridge = Bridge()
    for line in sys.stdin:
        print(json.dumps(bridge.answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
