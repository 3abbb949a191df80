"""What is done with the notebooks: run them, make the site, fetch data; `python -m course --help` says how."""
