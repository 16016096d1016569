"""The clinic: what is true, and who may do what.

All tables, permissions, audit and state machines live here. The three sibling
packages (signaling, media, notifications) move bytes and know no patient.
Never in this package: a vendor's API outside the one file named for it.
"""
