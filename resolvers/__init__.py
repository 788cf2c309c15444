"""The resolvers listen: unpack, call one verb, wrap."""
