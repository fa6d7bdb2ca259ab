"""What is written by hand of a type: a module named after it, which `make generate` reads and never runs.

    class Arguments:        what programs write in place of what the provider takes, with a sentence below each
    HIDES = (…)             properties that programs do not give, `direct.stack` for one of a nested object
    NAMES = {…}             what the schema's types are called in programs
    class Sugar(…)          base of the type's class: turns what is written into what is taken
    class Dynamic(Sugar, …) what only dynamic resources have

A type without such a module is complete without one.
"""
