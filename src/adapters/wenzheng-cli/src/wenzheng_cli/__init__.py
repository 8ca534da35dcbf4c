"""The ``wenzheng`` command. Everything it shows comes from the core and from installed plugins."""
