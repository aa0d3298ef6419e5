"""Pages that people open in a browser; an entry point beside `bot`, `api` and `workers`.

checkout  the page of a request for payment
welcome   the first page of a new member of staff
pages     what all pages share: frame, styles, headers, words
notice    how data are used

Their words, markup and styles are in `templates/pages`.
"""
