"""From a staged factor file to production, and back."""
