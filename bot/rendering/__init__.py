"""Turns messages into the words that people read.

renderer         makes a message of its words: a text or a template, within WhatsApp's limits
rendered         a message in words
wordbook         the templates of messages, in every language
catalogue        the purpose of each message, its approved templates, samples of its values
formats          times, days, money and names as people read them
template_checks  what WhatsApp would refuse in a template

Not here: a provider's payload (`bot/channels`).
"""
