"""Run the whole product on one machine: Redis, simulator, web, worker and clock, with demo clinics.

Started by ``bin/demo``. Nothing it starts outlives it:

- Each part is the leader of a session of its own, so Ctrl-C reaches the supervisor alone, which
  ends the parts in order: first asked, then told.
- A guardian, forked before anything else, notices when the supervisor itself was killed (its pipe
  closes) and ends every session. It holds the lock of ``var/`` until that is done.
- The kernel asks each part to end when the supervisor dies (``PR_SET_PDEATHSIG``), so that killing
  the guardian too leaves nothing behind that ends when asked.
"""
