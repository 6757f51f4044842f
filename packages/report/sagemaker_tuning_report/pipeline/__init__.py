"""`sagemaker-tuning`: from AWS credentials to the page, with this project's programs.

The tap and target-duckdb load a DuckDB file, dbt builds the models in it, and the
report turns them into a page. Everything is in one private folder.
"""
