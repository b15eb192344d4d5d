"""What stops a change, in words for the person who asked for it."""


class Refused(Exception):
    """A command's guard said no. The message is shown as it is: what stopped it, what to do."""
