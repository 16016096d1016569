"""The vault: cells, data keys, blind indexes."""
