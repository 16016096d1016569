"""Docs that cannot lie: each page is compared with the code it speaks about."""
