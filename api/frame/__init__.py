"""What happens around every view. Resources are beside this folder, a module each.

routes       how a view becomes an address
engine       a view run in one transaction, again after a conflict
calls        one call: its caller, its cursors, its audit entry
jwts         access and refresh tokens
reading      what was sent, read strictly
errors       refusals in the API's shape
idempotency  calls that act once
limits       how many calls may be made
days         days and pages in addresses
signed       links that open one thing for a while
document     what /openapi.json adds: examples, links
docs         its page, /docs
headers      what answers say to browsers
services     what the API is given by its process
hub          the live pages of a process, for which one thread reads the store
stream_shares  whose page gives way to a new one
"""
