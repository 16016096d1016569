"""People: who they are, how they are reached, who may speak for them, what they need.

Not "patients with a phone": a number may belong to several people, a person to
several numbers, and facts such as an interpreter are recorded once and obeyed
everywhere. Every personal column is sealed.
"""
