"""Documents that people open, save and print: PDFs made of the words in templates/documents.

maker     which documents there are; sheet: paper, with letters shaped and selectable
report    a report as PDF; workbook: as XLSX; values: as CSV
storage   where made documents are kept: a folder or a bucket
"""
