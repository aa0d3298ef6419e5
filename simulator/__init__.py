"""A provider's side of WhatsApp, and the phones of the people, on one machine.

The simulator answers the WhatsApp Cloud API as Meta does (sending, templates, signed webhooks with
retries, statuses), or Twilio's API as Twilio does, and draws the phones of patients, doctors and
admins in a browser. Demonstrations and end-to-end tests run the real product against it. It shares
no code with the product: the two meet only over HTTP, in the shapes that the providers document.

__main__   the command that starts it
app        all addresses, behind one port
parts      its parts, put together once
config     the configuration file
graph      Meta's API
validate   which messages Meta refuses
values     their values, read or refused
order_rules  which orders Meta refuses
limits     Meta's limits
errors     Meta's errors
rates      Meta's rates
templates  message templates
template_rules  which templates Meta refuses
parameters  which parameters of a template Meta refuses
render     what a person sees of a message
calls      the product's calls to send, with the faults that strike them
accepting  what the product sends to Meta, accepted
sending    a message from accepted to read
orders     orders inside WhatsApp, and their payments
fetching   the file of a message, fetched by its link
media      files of people and uploads
inbound    what people do on their phones
echoes     what people of a business type in its Business app
dialect    what differs between providers
cloud      Meta's Cloud API as one
twilio     Twilio's API, in a run that plays Twilio
envelope   the shapes of its webhooks
webhooks   their delivery, with retries
faults     settings that make Meta slow or wrong
control    the control API, for tests and scripts
page       the page with the phones
world      phones, chats and messages in memory
model      what these consist of
store      the memory on disk
"""
