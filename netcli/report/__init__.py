"""What a person sees: tables, progress, a page of a run, and the JSON that programs read."""
