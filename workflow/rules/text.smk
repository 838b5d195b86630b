# The text of the configuration, before anything is made of it: what Snakemake reads without a word is refused.
import yaml
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError


class RepeatedKey(yaml.YAMLError):
    """Two keys of one name, of which Snakemake takes the last."""


class UniqueKeys(yaml.SafeLoader):
    """Reads YAML, but no two keys of one name."""

    def compose_mapping_node(self, anchor):
        node = super().compose_mapping_node(anchor)
        first = {}
        for key, _ in node.value:
            before = first.setdefault(str(key.value), key)
            if before is not key:
                lines = [one.start_mark.line + 1 for one in (before, key)]
                raise RepeatedKey(
                    f"the key {key.value} stands in lines {lines[0]} and {lines[1]}; keep one of them"
                )
        return node


def check_keys(text, name):
    """Refuse two keys of one name; of what is no YAML, Snakemake tells."""
    try:
        yaml.compose(text, UniqueKeys)
    except RepeatedKey as error:
        raise WorkflowError(f"{name}: {error}") from None
    except yaml.YAMLError:
        pass


def check_file(path):
    """Refuse a file that is no text, or with two keys of one name; that it is missing, Snakemake tells."""
    try:
        path.exists() and check_keys(path.read_text("utf-8"), path)
    except UnicodeDecodeError as error:
        raise WorkflowError(
            f"{path}: not in UTF-8 ({error}); save it as UTF-8"
        ) from None


def check_command_line():
    """Refuse the same in the files of --configfile and the values of --config."""
    for file in workflow.overwrite_configfiles:
        check_file(file)
    for argument in workflow.config_settings.config_args:
        check_keys(argument.partition("=")[2], "--config")


def reads_config_yaml():
    """Whether config.yaml counts, over which Snakemake lays what the command line says.

    A file given with --configfile that names studies stands in its place; a workflow that takes this one as a module may
    give a configuration.
    """
    files = workflow.overwrite_configfiles
    named = any("studies" in load_configfile(file) for file in files)
    return not (named or workflow.modifier.skip_configfile)
