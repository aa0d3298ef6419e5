"""`flask --app bot pulseops …`: what operators do.

commands     all commands, and those that fit nowhere else
messages     messages failed or parked, and sending them once more
templates    templates at the provider: checked, pushed, synced
check_money  every paisa of a period, added up
seed         the demo's clinics
"""
