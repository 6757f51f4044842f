"""A page of pictures about tuning jobs, made from the models in a warehouse."""
