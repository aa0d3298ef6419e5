"""From a message's row to a phone.

states           what a provider's answer or status does to a message
freshness        what must still be true when it leaves, and its values as of then
circuit_breaker  a sending number that cannot send, and when it is probed
sms_fallback     an SMS where WhatsApp does not arrive, or an alert to the desk
sms_preference   news of a visit by SMS, as a patient prefers
costs            what messages cost a clinic
dead_letters     what failed or was parked, and replaying it

Not here: writing a message (`messages`).
"""
