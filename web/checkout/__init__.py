"""The page of a request for payment: an advance, or a clinic's bill, and its button.

views       GET and POST /pay/{paymentId}, and pages for errors
view_model  what the page shows of an advance
bill        what it shows of a clinic's bill
pay         a press of its button
"""
