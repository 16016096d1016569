"""docs/realtime-wire.md and the code say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from signaling import frames
from signaling.connection import Code

PAGE = (Path(__file__).parents[2] / "docs" / "realtime-wire.md").read_text()
CLIENT, SERVER = PAGE.split("## Server to client")
EXAMPLE = re.compile(r"^\{\"t\".*\}$", re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLE.findall(CLIENT))
def test_client_examples_are_read_and_written_back(example: str) -> None:
    assert json.loads(frames.encode(frames.read_client(example))) == json.loads(example)


@pytest.mark.parametrize("example", EXAMPLE.findall(SERVER))
def test_server_examples_are_read_and_written_back(example: str) -> None:
    assert json.loads(frames.encode(frames.read_server(example))) == json.loads(example)


@pytest.mark.parametrize(("part", "union"), [(CLIENT, frames.ClientFrame), (SERVER, frames.ServerFrame)])
def test_every_frame_has_an_example_and_every_member_is_named(part: str, union: object) -> None:
    shown = {json.loads(example)["t"] for example in EXAMPLE.findall(part)}
    assert shown == {kind.__name__.lower() for kind in get_args(union)}
    for kind in get_args(union):
        for member in msgspec.structs.fields(kind):
            assert f'"{member.encode_name}"' in part or f"`{member.encode_name}`" in part


def test_every_own_close_code_is_documented() -> None:
    codes = [value for name, value in vars(Code).items() if name.isupper() and name != "GONE"]
    assert [code for code in codes if str(code) not in PAGE] == []


def test_members_nobody_knows_are_ignored() -> None:
    assert frames.read_client('{"t":"ping","later":1}') == frames.Ping()


def test_opaque_content_passes_byte_for_byte() -> None:
    call = frames.read_client('{"t":"call","ch":"visit:1","d":{ "z" : 1.50,"a":"\\u0041"}}')
    assert isinstance(call, frames.Call)
    assert bytes(call.d) == b'{ "z" : 1.50,"a":"\\u0041"}'
