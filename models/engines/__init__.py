"""Tortoise's two database clients, with the holes in their transactions closed."""
