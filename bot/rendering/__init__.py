"""Turns messages into the words that people read.

renderer         a message as text or template, within WhatsApp's limits
wordbook         the templates of messages, in every language
catalogue        the purpose of each message, its approved templates, samples of its values
formats          times, days, money and names as people read them
template_checks  what WhatsApp would refuse in a template

Not here: a provider's payload (`bot/channels`).
"""
