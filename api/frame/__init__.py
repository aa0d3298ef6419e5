"""What happens around every view. Resources are beside this folder, a module each.

routes       how a view becomes an address
engine       a view run in one transaction, replayed when it lost
calls        one call: who, cursor, audit
jwts         access and refresh tokens
reading      what was sent, read strictly
errors       refusals in the API's shape
idempotency  calls that act once
limits       how many calls
days         days and pages in addresses
signed       links that open one thing for a while
document     what /openapi.json adds: examples, links
docs         its page, /docs
headers      what answers say to browsers
services     what the API is given by its process
hub          one reader of the store a process, for all live pages
"""
