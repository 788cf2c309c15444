"""The app wires: settings, authentication, the schema object, the ASGI application, the command line."""

VERSION = "0.1.0"
