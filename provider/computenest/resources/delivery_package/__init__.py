"""`DeliveryPackage`: what a distributed application needs as one OCI image, in several registries."""
