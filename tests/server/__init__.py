"""Tests of the server, one folder for each of its rooms."""
