"""The ground floor: logs, metrics, limits, encodings."""
