"""What the clinic asks before the visit: the reason, where the patient is, how to ring back, questionnaires.

Sealed at rest and readable by the server, unlike messages; the page says so.
"""
