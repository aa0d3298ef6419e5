"""`flask --app bot pulseops …`: the commands of operators.

commands     the group of all commands, and those with no module of their own
messages     failed and parked messages: list and replay
clinics      clinics that may not write to everybody yet: list and trust
templates    message templates: check, submit, and save their states
accounts     give a frozen account back to its owner
check_live   ask all that the product depends on whether it works
check_money  add up all money of some days
seed         the demo's clinics
"""
