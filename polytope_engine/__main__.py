"""`python -m polytope_engine` is the command line."""

from polytope_engine.cli import main

if __name__ == "__main__":
    main()
