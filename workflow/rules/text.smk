# The configuration file, before anything reads it.
from snakemake.exceptions import WorkflowError


def check_text(path):
    """Refuse a file that is no text; that it is missing, Snakemake tells."""
    try:
        path.exists() and path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise WorkflowError(
            f"{path}: not in UTF-8 ({error}); save it as UTF-8"
        ) from None
