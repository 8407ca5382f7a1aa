"""Pages of what comes in and goes out: imports, regular ones, mirrors, tidying."""
