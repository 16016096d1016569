"""Calls by Twilio's Programmable Voice API (2010-04-01), over the one client that knows Twilio.

Each phone is rung by itself from the clinic's number and put into one conference with the others (TwiML `Dial` and
`Conference`); the instructions travel with the request, so no address of ours has to answer Twilio.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from notifications.message import DeliveryError, Remedy
from notifications.sms_twilio import SmsTwilio, in_our_words
from notifications.voice import Ring

LONGEST_SECONDS = 2 * 3600
RING_SECONDS = 40

# Twilio's <Say> speaks these tags for our ten languages; Ukrainian has no voice of its own there and is not said.
_SPOKEN = {
    "en": "en-GB", "es": "es-ES", "fr": "fr-FR", "de": "de-DE", "pt": "pt-PT", "it": "it-IT", "ar": "arb",
    "zh": "cmn-CN", "hi": "hi-IN",
}  # fmt: skip


class VoiceTwilio:
    """Rings through one Twilio account, from its own number."""

    def __init__(self, twilio: SmsTwilio) -> None:
        self._twilio = twilio

    @classmethod
    def from_url(cls, url: str) -> VoiceTwilio:
        """As the URL of texts; `from` must be a number, because a messaging service cannot ring. Raises ValueError."""
        twilio = SmsTwilio.from_url(url)
        if twilio.number is None:
            raise ValueError("VOICE_URL twilio: needs a number as from, such as from=+14155550100.")
        return cls(twilio)

    async def ring(self, call: Ring) -> str:
        with in_our_words("Twilio's answer was lost; the phone may ring."):
            made = await self._twilio.client().calls.create_async(
                to=call.to, from_=call.sender or self._twilio.number, twiml=twiml(call), timeout=RING_SECONDS,
                time_limit=LONGEST_SECONDS,
            )  # fmt: skip
        return str(made.sid)

    async def hang_up(self, provider_id: str) -> None:
        try:
            with in_our_words("Twilio's answer was lost; the call may go on."):
                await self._twilio.client().calls(provider_id).update_async(status="completed")
        except DeliveryError as error:
            if error.remedy is not Remedy.OTHER_CHANNEL:  # it has ended by itself
                raise

    async def check(self) -> str:
        return await self._twilio.check()

    async def aclose(self) -> None:
        await self._twilio.aclose()


def twiml(call: Ring) -> str:
    """What Twilio does when the phone is picked up."""
    tag = _SPOKEN.get(call.locale)
    said = f"<Say language={quoteattr(tag)}>{escape(call.words)}</Say>" if tag else ""
    room = f'<Conference beep="false" endConferenceOnExit="false">{escape(call.room)}</Conference>'
    return f"<Response>{said}<Dial>{room}</Dial></Response>"
