"""Factor files: what they say (`document`), reading (`read`) and writing (`write`) them."""
