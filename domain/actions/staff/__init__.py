"""Staff: their accounts and numbers, sign-in and sessions, alerts, and answering in person.

accounts     admins: invite, deactivate
credentials  send a temporary password to a new user
numbers      a user's WhatsApp number: claim, prove, change, release
otps         one-time codes: request, send, check
code_limits  how many codes may be requested
sign_in      sign in with password and code; reset or change a password
notices      tell an account's owner of a sign-in or a new password
locks        an account's owner locks it
sessions     one sign-in each: start, read, renew, end
alerts       messages to admins, doctors and the desk
alarms       alerts about who writes: a person in danger, a machine
handover     people answer a patient instead of the bot
bundles      what one person writes to the desk, told every half minute
talks        what they answer, who of them does, and when it is over

Not here: a doctor's hours and fees (`clinics`).
"""
