"""Common interfaces of the packages above: tasks, settings of studies, searches and inference, costs."""
