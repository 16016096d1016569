"""Appointments (FHIR Appointment): who, with whom, when, by what means.

Owns time and place. It never sends anything and never looks into a waiting room.
"""
