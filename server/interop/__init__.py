"""Interop: other systems' messages become our own bookings, by the same services people use.

Today HL7 v2 SIU^S12. It parses, maps and answers; it never writes past the services of the rooms below,
and what it refuses leaves no trace in the database.
"""
