"""Drop-ins: a program behind the interface of the model that it came from."""
