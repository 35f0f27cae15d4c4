"""XLSX, written while the table is read: the first bytes leave at once, and memory stays flat.

The XML is our own. openpyxl makes an object of each cell, and holds the archive back until the last row is in it.
"""
