"""The Model Context Protocol: the REST API as tools for assistants such as Claude and Cursor."""
