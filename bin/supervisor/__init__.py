"""Runs the whole product on one machine, with demo clinics and a simulator of WhatsApp.

``bin/demo`` starts it. `command` reads the options, `demo_settings` the ports and secrets, `demo`
says what starts and in which order, `supervisor` starts, watches and ends it.

No process outlives the demo, whichever one is killed:

- Each part is the leader of a session of its own, so Ctrl-C reaches the supervisor alone, which
  ends the parts in order: with SIGTERM first, then with SIGKILL.
- A guardian, forked before anything else, notices when the supervisor itself was killed (its pipe
  closes) and ends every session. It holds the lock of ``var/`` until that is done.
- The kernel sends SIGTERM to each part when the supervisor dies (``PR_SET_PDEATHSIG``), so that
  killing the guardian too leaves no part behind that ends on SIGTERM.
"""
