"""Messages made into words.

renderer         a message as text or template, within WhatsApp's limits
wordbook         the templates of messages, in every language
catalogue        what each message is for, with samples of its values
formats          times, days, money and names as people read them
template_checks  what WhatsApp would refuse in a template

Not here: a provider's payload (`bot/channels`).
"""
