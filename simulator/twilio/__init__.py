"""Twilio's side of WhatsApp, under the strictest reading of its documentation.

api        its addresses
errors     its errors, and its codes for what WhatsApp refuses
limits     its limits
account    messages as the account lists them, in pages
messages   which messages it refuses, and what those it accepts show
contents   content resources, kept under a sid
creation   which contents it refuses to keep
review     which contents WhatsApp does not approve
variables  the values of a content's variables, checked and filled in
shown      what a person sees of a content
dialect    what sets it apart from Meta: ids, signatures, codes
forms      the shapes of its webhooks
"""
