"""Money that arrives becomes a seat, a paid bill or a refund (reconciliation).

captures  a payment captured, or one that failed, as a notice or the gateway says
polling   asking the gateway until money is where it belongs

It may know bookings and bills; nothing below knows it.
"""
