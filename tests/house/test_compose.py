"""The deployment files: valid by the compose schema, and about settings, files and parts that exist."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from media.engine_relay import parse
from server.settings import Settings
from tests.house.tree import ROOT
from tests.parts.ports import free_port, listening, program
from tests.parts.process import Process

ONE_SHOT = {"migrate", "setup"}
VARIABLE = re.compile(r"\$\{([A-Z_]+)")
SETTING = re.compile(r"\bCAREROOM_([A-Z_]+)(?=[:=])")
NOT_OURS = {"SITE"}  # read by compose.yaml and the proxy, not by the server


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return loaded


def test_compose_is_valid_by_the_public_schema(compose: dict[str, Any]) -> None:
    schema = json.loads((ROOT / "tests/data/compose/compose-spec.json").read_text())
    jsonschema.Draft7Validator(schema).validate(compose)
    broken = {"services": {"app": {"imagine": "this"}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(schema).validate(broken)


def test_every_part_of_the_topology_is_there_and_watched(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"proxy", "app-1", "app-2", "worker", "postgres", "redis", "turn", "mail"} | ONE_SHOT
    runtime = (ROOT / "Dockerfile").read_text().rsplit("\nFROM ", 1)[1]
    for name, service in services.items():
        watched = "test" in service.get("healthcheck", {}) or ("build" in service and "HEALTHCHECK" in runtime)
        assert watched, name
    assert {name for name in services if services[name].get("healthcheck", {}).get("disable")} == ONE_SHOT


def test_dependencies_and_mounted_files_exist(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert set(service.get("depends_on", {})) <= set(compose["services"]), name
        assert set(service["networks"]) <= set(compose["networks"]), name
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert (ROOT / source).is_file() if source.startswith(".") else source in compose["volumes"], mount


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "compose.yaml").read_text()
    for secret in ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "TURN_SECRET"):
        assert set(re.findall(rf"\$\{{{secret}([^}}]*)\}}", text)) == {":?set it in .env"}
        assert f"\n{secret}=\n" in (ROOT / ".env.example").read_text()


def test_every_variable_stands_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text()
    used = set(VARIABLE.findall((ROOT / "compose.yaml").read_text()))
    assert {name for name in used if f"{name}=" not in example} == set()


@pytest.mark.parametrize("name", ["compose.yaml", ".env.example", "Dockerfile"])
def test_every_setting_named_is_a_setting(name: str) -> None:
    named = set(SETTING.findall((ROOT / name).read_text())) - NOT_OURS
    assert named
    assert named <= {field.upper() for field in Settings.model_fields}


def test_the_image_runs_as_nobody_special_and_copies_what_exists() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^USER careroom$", text.rsplit("\nFROM ", 1)[1], re.MULTILINE)
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    sources = {source.rstrip("/") for line in copied for source in line.split()}
    assert [source for source in sources if not (ROOT / source).exists()] == []
    allowed = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert [source for source in sources if source not in allowed and source.split("/")[0] not in allowed] == []


def test_the_turn_server_limits_each_user_and_all_together() -> None:
    """One who asks for ever more ports is stopped long before the others have none (ASVS 17.1.2)."""
    text = (ROOT / "deploy/turnserver.conf").read_text()
    number = {name: int(value) for name, value in re.findall(r"^([a-z-]+)=(\d+)$", text, re.MULTILINE)}
    ports = number["max-port"] - number["min-port"] + 1
    assert 0 < number["user-quota"] <= ports / 3
    assert number["user-quota"] < number["total-quota"]


def test_the_media_relays_of_the_instances_have_ports_that_are_open(compose: dict[str, Any]) -> None:
    taken: set[str] = set()
    for name in ("app-1", "app-2"):
        service = compose["services"][name]
        url = service["environment"]["CAREROOM_MEDIA_URL"].replace("${TURN_EXTERNAL_IP:-127.0.0.1}", "192.0.2.7")
        config = parse(url)
        assert config.announce == ("192.0.2.7",)
        first, last = config.port, config.port + config.workers
        wanted = {f"{first}-{last}:{first}-{last}/{protocol}" for protocol in ("udp", "tcp")}
        assert set(service["ports"]) == wanted
        assert not taken & wanted
        taken |= wanted


def test_the_relay_serves_our_credentials_and_refuses_the_inside_of_the_network(tmp_path: Path) -> None:
    secret, port = "a-secret-of-the-test", free_port()
    turn = Process(
        [
            program("turnserver", "coturn"),
            *("-c", str(ROOT / "deploy/turnserver.conf"), f"--static-auth-secret={secret}", "--realm=test.example"),
            *(f"--listening-port={port}", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1"),
            *(f"--db={tmp_path / 'turndb'}", f"--pidfile={tmp_path / 'pid'}"),
        ],
        tmp_path,
    )
    turn.start(lambda: listening(port))
    try:
        username = f"{int(time.time()) + 60}:seat"
        digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
        password = base64.b64encode(digest).decode()
        client = [program("turnutils_uclient", "coturn"), "-u", username, "-w", password, "-e", "127.0.0.1"]
        done = subprocess.run(
            [*client, "-n", "1", "-c", "-s", "-t", "-p", str(port), "127.0.0.1"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        # A permission is asked for only after our credential was accepted for an allocation.
        assert "create permission error 403" in done.stdout + done.stderr
    finally:
        turn.kill()
