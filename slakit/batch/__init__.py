"""Many reports, headless: a plan, the runs, and a page that lists them."""
