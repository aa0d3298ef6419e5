"""Pages that people open in a browser; an entry point beside `bot`, `api` and `workers`.

checkout  the page of a request for payment

Their words, markup and styles are in `templates/pages`.
"""
