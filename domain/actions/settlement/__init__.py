"""Money that arrives becomes a seat, a paid bill or a refund (reconciliation).

captures  a captured payment applied to a booking or a bill, or refunded; an attempt that failed
polling   the gateway asked until every payment and refund has reached its end

It uses bookings and bills; neither of them uses it.
"""
