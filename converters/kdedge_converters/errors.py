"""What is wrong with a checkpoint, in a sentence its owner can act on."""


class ConversionError(Exception):
    """A problem in one sentence, and what to do about it in another.

    ``kdedge.convert`` turns it into the error its command line shows.
    """

    def __init__(self, problem: str, *, hint: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint
