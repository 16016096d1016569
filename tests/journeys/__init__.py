"""Whole visits in real browsers with made-up cameras: nothing on the way is imitated."""
