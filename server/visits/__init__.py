"""Visits (FHIR Encounter): the meeting itself.

Its state lives here, not in the call: either side may vanish and come back.
"""
