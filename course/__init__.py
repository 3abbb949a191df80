"""What is done with the notebooks: run them, make the site, fetch data; `python -m course --help` says how."""

import sys

# jsonschema, which nbformat brings, would import it to check addresses in other scripts: three seconds a process.
sys.modules.setdefault("rfc3987_syntax", None)
