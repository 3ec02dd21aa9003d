"""The `cunbao` command: one file a command.

May import everything below, but only inside a command, so that `cunbao --help` and the reading workers start at once.
Must not compute: it materialises the same assets as the schedule does, and shows what they made.
"""
