"""What the engine runs for `path: …/provider`: the plugin, from this folder."""

from computenest.serve.plugin.main import main

if __name__ == "__main__":
    main()
