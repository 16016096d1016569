"""The doors of encrypted conversations. Everything that passes here is public, signed or sealed."""

from __future__ import annotations

from typing import Any

from server.api.context import Answer, Context
from server.api.problems import as_response
from server.api.routing import Route, id_in
from server.conversations import export, service
from server.conversations.schemas import (
    ClaimIn,
    ClaimOut,
    DeviceOut,
    DevicesOut,
    EntryOut,
    EpochOut,
    ExportOut,
    MessagesOut,
    PostedOut,
    PracticeKeysOut,
    RevokedOut,
    SignedRecord,
)
from server.core.errors import (
    Conflict,
    Fault,
    IdempotencyConflict,
    Invalid,
    NotFound,
    RefusedEpoch,
    StaleEpoch,
    StaleVersion,
    TooLarge,
)
from server.core.ids import b64
from server.events import Audience, topic
from server.store import outbox


async def practice_keys(ctx: Context) -> PracticeKeysOut:
    """The public half of the practice's keys."""
    root_pub, records_key = await service.practice_keys(ctx.unit)
    return PracticeKeysOut(practice_id=ctx.unit.tenant, root_pub=b64(root_pub), records_key=records_key.to_json())


async def register_device(ctx: Context, body: SignedRecord) -> Answer:
    """Ask for a staff device's certificate (202 while it waits), or vouch for a patient's device (201)."""
    device = await service.register(ctx.unit, body.root)
    return Answer(device, 201 if device.state == "certified" else 202)


async def own_device(ctx: Context) -> DeviceOut:
    """What has become of this browser's request."""
    return await service.mine(ctx.unit, id_in(ctx.query("device_id"), "/device_id"))


async def list_devices(ctx: Context) -> DevicesOut:
    """The staff's devices; `state=pending` for those that wait."""
    state = ctx.query("state")
    if state not in {"", "pending"}:
        raise Invalid("`state` is `pending` or left out.", errors=[Fault("/state", "is not known")])
    devices = await service.listing(ctx.unit, pending=state == "pending")
    return DevicesOut(now=int(ctx.unit.clock.now().timestamp()), devices=devices)


async def certify_device(ctx: Context, body: SignedRecord) -> DeviceOut:
    """The certificate that the practice root signed for a device that asked."""
    return await service.certify(ctx.unit, ctx.path("device_id"), body.root)


async def revoke_device(ctx: Context, body: SignedRecord) -> RevokedOut:
    """End a device: lost, stolen, replaced, left or rejected."""
    end = await service.revoke(ctx.unit, body.root)
    return RevokedOut(device_id=end.device_id, at=end.at)


async def read(ctx: Context) -> dict[str, Any]:
    """The conversation: heads, keys and the newest messages."""
    conversation = await service.reachable(ctx.unit, ctx.path("conversation_id"))
    await service.note_reading(ctx.unit, conversation)
    heads = await outbox.heads(ctx.unit.session, [topic(Audience.conversation, conversation.id)])
    return {"heads": heads, **await service.snapshot(ctx.unit, conversation.id)}


async def keys(ctx: Context) -> dict[str, Any]:
    """The key state again, after `keys.changed`."""
    conversation = await service.reachable(ctx.unit, ctx.path("conversation_id"))
    return await service.key_state(ctx.unit, conversation)


async def messages(ctx: Context) -> dict[str, Any]:
    """Messages after a number, in order, a page at a time."""
    conversation = await service.reachable(ctx.unit, ctx.path("conversation_id"))
    await service.note_reading(ctx.unit, conversation)
    after = ctx.query("after", "0")
    if not after.isascii() or not after.isdigit() or len(after) > 12:
        raise Invalid("`after` is a message number.", errors=[Fault("/after", "is not a number")])
    return await service.page(ctx.unit, conversation.id, int(after))


async def add_member(ctx: Context, body: SignedRecord) -> EntryOut:
    """Append a signed entry to the membership log."""
    entry, version = await service.add_entry(ctx.unit, ctx.path("conversation_id"), body.root)
    return EntryOut(i=entry.i, keys_version=version)


async def claim(ctx: Context, body: ClaimIn) -> ClaimOut | Answer:
    """A patient's device answers its invite; the first one burns it."""
    done = await service.claim(ctx.unit, ctx.path("conversation_id"), body.cert, body.claim)
    if done.second:  # answered, not raised: the alarm in the audit trail must commit
        problem = Conflict("Another device has used this link already. Please call the clinic.")
        response = as_response(problem, ctx.request_id)
        return Answer(bytes(response.body), problem.status, media_type="application/problem+json")
    return ClaimOut(invite_id=done.claim.invite_id, device_id=done.claim.device_id)


async def post_epoch(ctx: Context, body: SignedRecord) -> EpochOut:
    """Open the next epoch, if nobody was faster."""
    epoch, version = await service.post_epoch(ctx.unit, ctx.path("conversation_id"), body.root)
    return EpochOut(n=epoch.n, keys_version=version)


async def post_message(ctx: Context, body: SignedRecord) -> Answer:
    """Post one sealed message; the same one again is answered with its first number (200)."""
    posted = await service.post(ctx.unit, ctx.path("conversation_id"), body.root)
    shown = PostedOut(seq=posted.seq, hash=b64(posted.chain), received_at=posted.received_at)
    return Answer(shown, 200 if posted.again else 201)


async def export_records(ctx: Context) -> ExportOut:
    """The practice's conversations, sealed, for its own offline tool."""
    lines, following = await export.page(ctx.unit, ctx.query("after"))
    return ExportOut(lines=lines, next=following)


_ONE = "/v1/conversations/{conversation_id}"
ROUTES = [
    Route("GET", "/v1/practice/keys", practice_keys, "practice.keys", returns=PracticeKeysOut, problems=[NotFound]),
    Route("POST", "/v1/devices", register_device, "device.request", body=SignedRecord, returns=DeviceOut, status=202,
          problems=[RefusedEpoch, NotFound, Conflict]),
    Route("GET", "/v1/devices/mine", own_device, "device.read_own", returns=DeviceOut, problems=[NotFound, Invalid]),
    Route("GET", "/v1/devices", list_devices, "device.list", returns=DevicesOut, problems=[NotFound, Invalid]),
    Route("POST", "/v1/devices/{device_id}/certificate", certify_device, "device.certify", body=SignedRecord,
          returns=DeviceOut, status=201, problems=[RefusedEpoch, NotFound, Conflict]),
    Route("POST", "/v1/revocations", revoke_device, "device.revoke", body=SignedRecord, returns=RevokedOut, status=201,
          problems=[RefusedEpoch, NotFound, Conflict]),
    Route("GET", _ONE, read, "conversation.read", writes=True, problems=[NotFound]),
    Route("GET", f"{_ONE}/keys", keys, "conversation.keys", problems=[NotFound]),
    Route("GET", f"{_ONE}/messages", messages, "conversation.messages", returns=MessagesOut, writes=True,
          problems=[NotFound, Invalid]),
    Route("POST", f"{_ONE}/members", add_member, "conversation.invite", body=SignedRecord, returns=EntryOut, status=201,
          problems=[NotFound, RefusedEpoch, StaleVersion, Conflict]),
    Route("POST", f"{_ONE}/claims", claim, "conversation.claim", body=ClaimIn, returns=ClaimOut, status=201,
          problems=[NotFound, RefusedEpoch, Conflict]),
    Route("POST", f"{_ONE}/epochs", post_epoch, "conversation.epoch", body=SignedRecord, returns=EpochOut, status=201,
          problems=[NotFound, RefusedEpoch, StaleEpoch, Conflict]),
    Route("POST", f"{_ONE}/messages", post_message, "conversation.post", body=SignedRecord, returns=PostedOut,
          status=201, problems=[NotFound, RefusedEpoch, StaleEpoch, IdempotencyConflict, Conflict, TooLarge]),
    Route("GET", "/v1/records/export", export_records, "records.export", returns=ExportOut, writes=True,
          problems=[NotFound, Invalid]),
]  # fmt: skip
