"""The systems of the lecture, a file each: a new one is a new file here that says `VARIANT = Variant(...)`."""
