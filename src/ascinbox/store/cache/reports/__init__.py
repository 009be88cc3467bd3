"""What report files said, as rows of cache.db. Others use `Reports`; each kind of report has a part."""
