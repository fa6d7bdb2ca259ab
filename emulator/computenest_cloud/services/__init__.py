"""The emulated products. Each is split as moto splits its own: parsing, behaviour, errors; they never mix."""
