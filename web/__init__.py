"""What people see in a browser: a door beside `bot`, `api` and `workers`.

checkout  the page of a request for payment

Words and looks are in `templates/pages`.
"""
