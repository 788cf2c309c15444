"""GraphiQL served by the service itself: no third party is met, so it works offline and keeps a typed token at home."""

from app.explorer.assets import routes
from app.explorer.page import DemoSignIn, explorer_page
from app.explorer.story import ExampleOperation, load_operations

__all__ = ["DemoSignIn", "ExampleOperation", "explorer_page", "load_operations", "routes"]
