"""What report files said, as rows of cache.db. `Reports` is the door; each kind of report has a part."""
