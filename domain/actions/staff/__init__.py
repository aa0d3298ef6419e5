"""Who works at a clinic, how they sign in, how they are told, how they answer in person.

accounts     admins and doctors as users: invited, deactivated
credentials  a temporary password on its way to a new user
numbers      a user's WhatsApp number: proven, changed, released
otps         one-time codes: asked for, sent, checked
sign_in      password and code; resetting and changing a password
sessions     one sign-in each: read at every call, renewed, ended
alerts       notes to admins, doctors and the desk
handover     people answer a patient instead of the bot

Not here: a doctor's hours and fees (`clinics`).
"""
