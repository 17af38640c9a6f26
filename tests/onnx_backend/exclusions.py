"""Cases of claimed ops that do not pass, by the beginnings of their names, each with the reason."""

EXCLUSIONS: dict[str, str] = {
    "test_training_dropout": "dropout in training is random",
    "test_batchnorm_epsilon_training": "batch normalization in training changes its statistics",
    "test_batchnorm_example_training": "batch normalization in training changes its statistics",
}


def exclusion(name):
    """Return why a case is excluded, or "" if it is not."""
    fitting = [reason for start, reason in EXCLUSIONS.items() if name.startswith(start)]
    return fitting[0] if fitting else ""
