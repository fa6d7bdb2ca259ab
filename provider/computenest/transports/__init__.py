"""Where states name the classes of dynamic providers; everything else of a transport is in `serve`."""
