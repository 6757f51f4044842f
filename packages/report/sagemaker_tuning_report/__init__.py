"""An HTML report on tuning jobs, built from the models in a warehouse."""
