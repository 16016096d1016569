"""Conversations: sealed messages in order, and the signed key records that say who may open them.

This room stores, orders and checks. It never opens a message and holds no secret that could: `crp*.py` are the rules
of docs/crp-1.md, pure, without database or web.
"""
