"""From a message's row to a phone.

states           what a provider's answer or status does to a message
freshness        what must still be true when it leaves; news computed then
circuit_breaker  a sending number that cannot send, and when it is tried again
sms_fallback     a text message where WhatsApp does not arrive, or an alert to the desk
costs            what messages cost a clinic
dead_letters     what failed or was parked, and sending it once more

Not here: writing a message (`messages`).
"""
