"""Arithmetic of Tercet: a library of its own that has never heard of Django, an ORM or a clock.

Importing this package costs nothing; import the module that you need::

    from tercet.analysis import funnel
"""
