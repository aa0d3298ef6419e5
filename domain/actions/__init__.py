"""What can be done. A chat, a desk and an API call that do the same thing call the same action.

Actions take a `Work`, write into it and return what a caller needs to answer; the caller commits.
"""
