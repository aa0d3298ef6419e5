"""What runs beside the web process: delivery, due items, and the clock.

__main__    two RQ workers
jobs        the two jobs: deliver(shard), act(shard)
deliver     drains a shard of the outbox
ready       which messages may go now, in which order
sending     one message: whether it may go now, the call, its answer
content     what a message says when it leaves
due_runner  does due items
handlers    the handler of each kind of due item
catch_up    answers messages that a provider kept for us
clock       wakes workers once a second for what is due
context     a process's parts, built once
"""
