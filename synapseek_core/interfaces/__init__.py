"""What the rooms above agree on: tasks, settings of studies, searches and inference, costs."""
