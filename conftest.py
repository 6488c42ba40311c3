pytest_plugins = ["tests.cast", "tests.model_server.fixtures"]
