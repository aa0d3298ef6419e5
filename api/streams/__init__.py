"""Live pages: one stream of events a page, one reader of the store a process."""
