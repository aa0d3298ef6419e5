"""Documents that people open, save and print, with the words of templates/documents.

maker     every document: prescriptions, and reports in each format
sheet     a PDF page, whose text is shaped and selectable
fonts     which font has which letter
report    a report as PDF
workbook  a report as XLSX
values    a report as CSV
sealed    files of patients, encrypted
storage   where documents are stored: a folder or a bucket
"""
