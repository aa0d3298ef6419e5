"""Documents that people open, save and print: PDFs made of the words in templates/documents."""
