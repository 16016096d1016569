"""Every setting, with its default and what it means.

One prefix, `CAREROOM_`. Ports are chosen by URL and default to the embedded
ones, so an empty environment gives a clinic that runs on one machine. The
ports' variables are also read without the prefix (`DATABASE_URL`, `BUS_URL`),
because that is what hosting platforms set.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Mode(StrEnum):
    demo = "demo"
    development = "development"
    production = "production"


def _either(name: str) -> AliasChoices:
    return AliasChoices(f"CAREROOM_{name}", name)


class Settings(BaseSettings):
    """Read from the environment and from `.env` in the working directory."""

    model_config = SettingsConfigDict(env_prefix="CAREROOM_", env_file=".env", extra="ignore", populate_by_name=True)

    mode: Mode = Field(
        Mode.development, description="demo, development or production; production refuses unsafe defaults"
    )
    data_dir: Path = Field(Path(".state"), description="where the embedded ports keep their files")
    host: str = Field("127.0.0.1", description="address to listen on; anything but localhost serves HTTPS")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on")
    public_url: str = Field("", description="the address people open; links and webhook signatures are made from it")
    database_url: str = Field(
        "", validation_alias=_either("DATABASE_URL"), description="sqlite+aiosqlite: or postgresql+asyncpg:"
    )
    bus_url: str = Field(
        "memory:", validation_alias=_either("BUS_URL"), description="memory: or redis:// (rediss:// for TLS)"
    )
    sms_url: str = Field(
        "", validation_alias=_either("SMS_URL"), description="console:DIR or twilio://ACCOUNT:TOKEN@/?from=NUMBER"
    )
    mail_url: str = Field(
        "", validation_alias=_either("MAIL_URL"), description="file:DIR or smtp://USER:PASSWORD@HOST:PORT"
    )
    voice_url: str = Field(
        "",
        validation_alias=_either("VOICE_URL"),
        description="console:DIR or twilio://ACCOUNT:TOKEN@/?from=NUMBER for calls; by default as SMS_URL says",
    )
    mail_bounces: str = Field(
        "", description="mailbox to which undelivered mails return, each by an address of its own (it+...@...)"
    )
    mail_dkim: str = Field(
        "", description="SELECTOR:FILE, a private key in PEM by which mails are signed; empty where the relay signs"
    )
    mail_from: str = Field("visits@careroom.example", description="sender address of the clinic's mail")
    push_services: str = Field(
        "", description="comma-separated hosts of the web push services that are called; by default the browsers' own"
    )
    sms_rate: float = Field(0, ge=0, description="most texts a second that leave by the sender; 0: no limit of ours")
    mail_rate: float = Field(0, ge=0, description="most mails a second that leave by the sender; 0: no limit of ours")
    keys_url: str = Field("", validation_alias=_either("KEYS_URL"), description="file:PATH | env:VARIABLE")
    media_url: str = Field(
        "off:",
        validation_alias=_either("MEDIA_URL"),
        description="off: (peer to peer) or relay://HOST:PORT?workers=N&announce=ADDRESS (a relay of our own)",
    )
    turn_urls: str = Field(
        "", description="comma-separated TURN addresses, for example turn:turn.example:3478?transport=udp"
    )
    turn_secret: SecretStr = Field(SecretStr(""), description="coturn's static-auth-secret")
    relay_only: bool = Field(False, description="hide network addresses: media only through TURN")
    tls_cert: Path | None = Field(None, description="certificate chain (PEM) for serving HTTPS directly")
    tls_key: Path | None = Field(None, description="its private key (PEM)")
    worker: bool = Field(True, description="run the reminder worker inside the server process")
    trusted_proxies: str = Field("", description="front proxies (addresses, networks) whose X-Forwarded-* is believed")
    session_hours: int = Field(12, ge=1, le=72, description="how long a staff sign-in lasts")
    door_minutes: int = Field(60, ge=0, le=1440, description="how early a patient may check in")
    facts_at_admit: bool | None = Field(
        None, description="admit only with place and call-back number known; by default in production"
    )
    grace_hours: int = Field(72, ge=0, description="how long a link lives after its visit was closed")
    away_seconds: int = Field(90, ge=90, description="how long a patient may be silent before the place shows as away")
    keep_minutes: int = Field(60, ge=15, description="how long a place is kept for a patient who is away")
    line_alert_count: int = Field(0, ge=0, description="alert when more people than this wait in one line; 0 is never")
    line_alert_minutes: int = Field(0, ge=0, description="alert when somebody waits longer than this; 0 is never")
    unseen_minutes: int = Field(5, ge=2, description="after how long an arrival that nobody looked at calls louder")
    log_level: str = Field("", description="debug, info, warning or error; by default info, in the demo warning")
    log_json: bool | None = Field(None, description="JSON logs; by default when not on a terminal")
    log_pii: bool = Field(False, description="keep pii_* keys in logs; development only")

    def model_post_init(self, _context: object) -> None:
        home = self.data_dir.absolute()
        self.database_url = self.database_url or f"sqlite+aiosqlite:///{home / 'careroom.db'}"
        self.sms_url = self.sms_url or f"console:{home / 'sms'}"
        self.mail_url = self.mail_url or f"file:{home / 'mail'}"
        sends = self.sms_url.startswith("twilio:") and "from=MG" not in self.sms_url  # a messaging service cannot ring
        self.voice_url = self.voice_url or (self.sms_url if sends else f"console:{home / 'calls'}")
        self.keys_url = self.keys_url or f"file:{home / 'keys.json'}"
        self.public_url = (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def wants_facts(self) -> bool:
        """Whether nobody is admitted before place and call-back number are known."""
        return self.mode is Mode.production if self.facts_at_admit is None else self.facts_at_admit

    @property
    def secure(self) -> bool:
        """True when people reach us over HTTPS; cookies are then `Secure`."""
        return self.public_url.startswith("https://")

    @property
    def services(self) -> tuple[str, ...]:
        """The push services that are called; empty for the browsers' own."""
        return tuple(host.strip() for host in self.push_services.split(",") if host.strip())

    @property
    def twilio_token(self) -> str:
        """The account's auth token, for checking webhook signatures; empty without Twilio."""
        parts = urlsplit(self.sms_url)
        return unquote(parts.password or "") if parts.scheme == "twilio" else ""

    def unsafe(self) -> list[str]:
        """Why production must not start with these settings: one plain line each."""
        faults = []
        if not self.secure:
            faults.append("CAREROOM_PUBLIC_URL must begin with https://: browsers give no camera to plain HTTP.")
        if self.sms_url.startswith("console:"):
            faults.append("CAREROOM_SMS_URL is the local sink: no text message would leave this machine.")
        if self.mail_url.startswith("file:"):
            faults.append("CAREROOM_MAIL_URL is the local sink: no e-mail would leave this machine.")
        if self.voice_url.startswith("console:"):
            faults.append("CAREROOM_VOICE_URL is the local sink: no phone would ring when a call fails.")
        if self.log_pii:
            faults.append("CAREROOM_LOG_PII writes personal data to the log.")
        if not self.turn_urls:
            faults.append("CAREROOM_TURN_URLS is empty: patients behind strict firewalls could not join.")
        return faults


def masked(url: str) -> str:
    """A URL without its password, for people to read."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    user = f"{parts.username or ''}:***@"
    host = parts.hostname or ""
    if parts.port:
        host += f":{parts.port}"
    return urlunsplit((parts.scheme, user + host, parts.path, parts.query, parts.fragment))
