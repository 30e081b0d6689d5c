"""Provisional: replaced by the ingest part."""
def safe_cell(value: str) -> str:
    return "'" + value if value[:1] in tuple("=+-@\t\r＝＋－＠") and value else value
