"""Parquet files, read in a process of their own: `python -m tables.imports.readers.arrow PATH OPTIONS`."""
