"""What the integration tests are made of: processes, servers and clients to talk with."""
