"""Runs the whole product on one machine, with demo clinics and a simulator of WhatsApp.

``bin/demo`` starts it.

__main__       the entry point
command        the command and its options
demo           what starts, and in which order
demo_settings  ports, secrets, and the environment of all parts
supervisor     starts the parts, restarts one that crashes, ends all
parts          one process of the product
redis_server   the demo's own Redis
guardian       ends every part when the supervisor was killed
lock           one demo at a time in a folder of data
processes      processes, as the kernel shows them
signals        requests to stop
terminal       lines for the person at the terminal
errors         why the demo ends

No process outlives the demo, whichever one is killed:

- Each part is the leader of a session of its own, so Ctrl-C reaches the supervisor alone, which
  ends the parts in order: with SIGTERM first, then with SIGKILL.
- A guardian, forked before anything else, notices when the supervisor itself was killed (its pipe
  closes) and ends every session. It holds the lock of ``var/`` until that is done.
- The kernel sends SIGTERM to each part when the supervisor dies (``PR_SET_PDEATHSIG``), so that
  killing the guardian too leaves no part behind that ends on SIGTERM.
"""
