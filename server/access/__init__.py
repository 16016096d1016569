"""Who may come in and what they may do: accounts, sessions, links, the one policy table.

Decides; never looks at why somebody comes.
"""
